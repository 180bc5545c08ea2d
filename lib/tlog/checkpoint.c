#include "tlog/checkpoint.h"

int checkpoint_read(struct text text, struct checkpoint *ret)
{
	struct reader r = reader_on(text.p, text.len);
	struct text origin, size, root;
	struct checkpoint c;

	if (reader_until(&r, '\n', &origin) || !origin.len ||
	    reader_until(&r, '\n', &size) || reader_until(&r, '\n', &root))
		return EBADMSG;
	if (merkle_size_read(size, &c.size) || merkle_hash_read(root, &c.root))
		return EBADMSG;
	c.origin = origin;
	c.extensions = (struct text){ (const char *)r.at, reader_left(&r) };
	/* extensions are lines that are not empty */
	while (reader_left(&r)) {
		struct text line;

		if (reader_until(&r, '\n', &line) || !line.len)
			return EBADMSG;
	}
	*ret = c;
	return 0;
}

void checkpoint_write(struct writer *w, const char *origin, uint64_t size,
		      const struct merkle_hash *root)
{
	writer_printf(w, "%s\n%llu\n", origin, (unsigned long long)size);
	merkle_hash_write(w, root);
	writer_u8(w, '\n');
}

int checkpoint_sign(struct writer *w, const char *origin, uint64_t size,
		    const struct merkle_hash *root, const struct note_signer *s)
{
	size_t from = w->len;
	int err;

	checkpoint_write(w, origin, size, root);
	err = writer_finish(w);
	if (!err) {
		struct text text = { (const char *)w->buf + from,
				     w->len - from };

		writer_u8(w, '\n');
		err = note_sign(w, text, s, 0);
	}
	return err;
}

int checkpoint_open(struct text note, const char *origin,
		    const struct note_key *log_key,
		    const struct note_key *witnesses, unsigned witness_count,
		    struct checkpoint *ret, uint64_t *ret_cosigned_s)
{
	struct checkpoint c;
	uint64_t signed_s;
	struct note n;
	int err = note_read(note, &n);

	if (!err)
		err = checkpoint_read(n.text, &c);
	if (!err && origin && !text_is(c.origin, origin))
		err = EBADMSG;
	if (!err)
		err = note_verify(&n, log_key, 1, &signed_s);
	if (!err && !signed_s)
		err = ENOKEY;
	if (!err && witness_count)
		err = note_verify(&n, witnesses, witness_count, ret_cosigned_s);
	if (!err)
		*ret = c;
	return err;
}
