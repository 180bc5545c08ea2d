#include "container/ebml.h"

/* RFC 8794 section 4: leading zeros of the first byte give the length. */
int ebml_vint(struct reader *r, unsigned max, bool keep_marker, uint64_t *ret,
	      bool *ret_all_ones)
{
	uint8_t first, next;
	unsigned n = 1;
	uint64_t v;

	if (!reader_left(r))
		return EAGAIN;
	first = *r->at;
	while (n <= max && !(first >> (8 - n)))
		n++;
	if (n > max)
		return EBADMSG;
	if (reader_left(r) < n)
		return EAGAIN;
	r->at++;
	v = keep_marker ? first : first & (0xffu >> n);
	for (unsigned i = 1; i < n; i++) {
		next = *r->at++;
		v = v << 8 | next;
	}
	*ret = v;
	*ret_all_ones = !keep_marker && v == (UINT64_C(1) << (7 * n)) - 1;
	return 0;
}

/* EAGAIN: more bytes are needed. */
int ebml_element(struct bytes in, struct ebml_element *ret)
{
	struct reader r = reader_on(in.p, in.len);
	uint64_t id, size;
	bool unknown;
	int err = ebml_vint(&r, 4, true, &id, &unknown);

	if (!err)
		err = ebml_vint(&r, 8, false, &size, &unknown);
	if (err)
		return err;
	*ret = (struct ebml_element){ (uint32_t)id,
				      unknown ? EBML_UNKNOWN : size,
				      (size_t)(r.at - in.p) };
	return 0;
}

/* The next element inside a master that is in memory whole. */
int ebml_child(struct reader *r, uint32_t *ret_id, struct bytes *ret)
{
	struct ebml_element e;

	if (ebml_element((struct bytes){ r->at, reader_left(r) }, &e) ||
	    e.size > reader_left(r) - e.header)
		return EBADMSG;
	*ret_id = e.id;
	*ret = (struct bytes){ r->at + e.header, (size_t)e.size };
	r->at += e.header + e.size;
	return 0;
}
