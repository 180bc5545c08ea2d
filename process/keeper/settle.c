#include "process/keeper/settle.h"

#include <sodium.h>

int settle_allowed(const struct view *v, const uint8_t id[16])
{
	const struct view_recording *rec = view_recording(v, id);

	if (!rec || !rec->recovering_size ||
	    rec->recovering_size > v->proven_size)
		return EAGAIN;
	if (rec->sealed)
		return EEXIST;
	return rec->erased ? EPERM : 0;
}

static bool is_over(const void *view, const uint8_t id[16])
{
	int err = settle_allowed(view, id);

	return err == EEXIST || err == EPERM;
}

static bool same_end(const struct spool_end *a, const struct spool_end *b)
{
	return a->body_len == b->body_len && a->length_ms == b->length_ms &&
	       a->reason == b->reason && a->at_ms == b->at_ms;
}

static bool is_digest(struct bytes record, const uint8_t digest[32])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, record.p, record.len);
	return !memcmp(hash, digest, sizeof(hash));
}

int settle_end(const struct settle *s, struct bytes start, struct bytes record,
	       struct spool_end *end)
{
	const struct view_recording *rec =
		view_recording(s->view, s->recording);
	const struct spool_end *known = used_end(s->used, s->recording);
	int err;

	if (!rec || !is_digest(start, rec->start_sha256) ||
	    (rec->has_end && !is_digest(record, rec->end_sha256)))
		return EBADMSG;
	if (known && record.len)
		return same_end(known, end) ? 0 : EBADMSG;
	if (known) {
		*end = *known;
		return 0;
	}
	err = used_end_add(s->used, s->recording, end, is_over, s->view);
	if (err)
		return err;
	err = used_save(s->dir_fd, s->used);
	if (err) /* not durable, so not settled */
		s->used->end_count--;
	return err;
}
