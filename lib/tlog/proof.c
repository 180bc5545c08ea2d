#include "tlog/proof.h"

#include "base/encode.h"

static const char header[] = "c2sp.org/tlog-proof@v1";

/* Base64 of whatever length, strict all the same. */
static bool is_base64(struct text t)
{
	for (; t.len > 4; t.p += 4, t.len -= 4) {
		uint8_t raw[3];
		size_t len;

		if (base64_read((struct text){ t.p, 4 }, BASE64_PADDED, raw,
				sizeof(raw), &len) ||
		    len != 3)
			return false;
	}
	return !base64_read(t, BASE64_PADDED, (uint8_t[3]){ 0 }, 3,
			    &(size_t){ 0 });
}

int tlog_proof_read(struct text t, struct tlog_proof *ret)
{
	struct reader r = reader_on(t.p, t.len);
	struct tlog_proof p = { .index = 0 };
	struct text line;

	if (reader_until(&r, '\n', &line) || !text_is(line, header) ||
	    reader_until(&r, '\n', &line))
		return EBADMSG;
	if (text_take(&line, "extra ")) {
		p.extra = line;
		if (!line.len || !is_base64(line) ||
		    reader_until(&r, '\n', &line))
			return EBADMSG;
	}
	if (!text_take(&line, "index ") || merkle_size_read(line, &p.index) ||
	    merkle_proof_read(&r, MERKLE_PROOF_MAX, &p.path))
		return EBADMSG;
	p.checkpoint = (struct text){ (const char *)r.at, reader_left(&r) };
	*ret = p;
	return 0;
}

int tlog_proof_write(struct writer *w, const struct tlog_proof *p)
{
	writer_printf(w, "%s\n", header);
	if (p->extra.len) {
		writer_str(w, "extra ");
		writer_text(w, p->extra);
		writer_u8(w, '\n');
	}
	writer_printf(w, "index %llu\n", (unsigned long long)p->index);
	merkle_proof_write(w, &p->path);
	writer_text(w, p->checkpoint);
	return writer_finish(w);
}
