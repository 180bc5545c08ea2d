#include "recording/last_ms.h"

/* EBML (RFC 8794), Matroska (RFC 9559): the ids and sizes that we write. */
enum { ID_TIMESTAMP = 0xe7, ID_SIMPLE_BLOCK = 0xa3, ID_BLOCK_GROUP = 0xa0 };

static const uint8_t cluster_id[] = { 0x1f, 0x43, 0xb6, 0x75 };

/* A size of up to 8 bytes; all ones means unknown. */
static int read_size(struct reader *r, uint64_t *ret, bool *ret_unknown)
{
	uint8_t first, more;
	unsigned len = 1;
	uint64_t v;

	if (reader_u8(r, &first) || !first)
		return EBADMSG;
	while (!(first & (0x80u >> (len - 1))))
		len++;
	v = first & (0xffu >> len);
	for (unsigned i = 1; i < len; i++) {
		if (reader_u8(r, &more))
			return EBADMSG;
		v = v << 8 | more;
	}
	*ret = v;
	*ret_unknown = v == (UINT64_MAX >> (64 - 7 * len));
	return 0;
}

static int read_uint(struct reader *r, uint64_t len, uint64_t *ret)
{
	uint64_t v = 0;
	uint8_t b;

	if (len > 8)
		return EBADMSG;
	while (len--) {
		if (reader_u8(r, &b))
			return EBADMSG;
		v = v << 8 | b;
	}
	*ret = v;
	return 0;
}

/* The id, unknown size, then the timestamp. */
static int read_cluster(struct reader *r, uint64_t *ret_ms)
{
	struct bytes begins;
	uint64_t len;
	uint8_t id;
	bool unknown;

	if (reader_bytes(r, sizeof(cluster_id), &begins) ||
	    memcmp(begins.p, cluster_id, sizeof(cluster_id)) != 0)
		return EBADMSG;
	if (read_size(r, &len, &unknown) || !unknown || reader_u8(r, &id) ||
	    id != ID_TIMESTAMP || read_size(r, &len, &unknown) || unknown)
		return EBADMSG;
	return read_uint(r, len, ret_ms);
}

int cluster_ms(struct bytes at, uint64_t *ret_ms)
{
	struct reader r = reader_on(at.p, at.len);

	return read_cluster(&r, ret_ms) ? EBADMSG : 0;
}

static uint64_t walk_blocks(struct reader *r, uint64_t cluster_ms)
{
	uint64_t last = cluster_ms, len, track;
	struct bytes block;
	uint16_t relative;
	uint8_t id;
	bool unknown;

	while (!reader_u8(r, &id) &&
	       (id == ID_SIMPLE_BLOCK || id == ID_BLOCK_GROUP)) {
		struct reader b;

		if (read_size(r, &len, &unknown) || unknown ||
		    reader_bytes(r, (size_t)len, &block))
			break;
		b = reader_on(block.p, block.len);
		if (id != ID_SIMPLE_BLOCK || read_size(&b, &track, &unknown) ||
		    reader_u16(&b, &relative))
			continue;
		if (relative < 0x8000 && cluster_ms + relative > last)
			last = cluster_ms + relative;
	}
	return last;
}

int last_ms(struct bytes tail, uint64_t *ret_ms)
{
	for (size_t at = tail.len; at-- > 0;) {
		struct reader r;
		uint64_t ms;

		if (tail.p[at] != cluster_id[0])
			continue;
		r = reader_on(tail.p + at, tail.len - at);
		if (read_cluster(&r, &ms))
			continue;
		*ret_ms = walk_blocks(&r, ms);
		return 0;
	}
	return ENOENT;
}
