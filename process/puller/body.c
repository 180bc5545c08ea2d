/*
 * body -- the sealed bytes of an item, into the store
 *
 * They grow in NAME.part and go on where they broke off. Order is the point:
 * all bytes, their digest seen, fsync, rename, fsync of the folder; only then
 * does the ledger hear of the item. What a power cut may have left of a part
 * shows in the digest: then it is fetched once more from its beginning.
 */
#include <sodium.h>
#include <string.h>

#include "base/metric.h"
#include "process/puller/self.h"

enum { BLOCK_BYTES = 64 * 1024 };

void pull_body_drop(struct pull *p)
{
	store_part_close(p->part);
	p->part = NULL;
}

static void cannot_write(struct pull *p)
{
	pull_alarm(p, ALARM_FEED_STORE);
	pull_fail(p, "a body cannot be written into the store");
}

static void fetch(struct pull *p)
{
	char path[64], id[ID_CHARS + 1];
	struct writer w = writer_on(path, sizeof(path) - 1);

	id_text(p->item.id, id);
	writer_printf(&w, "/recordings/%s/body", id);
	path[w.len] = '\0';
	p->base = p->offset;
	p->is_resumed = p->offset > 0;
	/* who knows no ranges sends all of it again */
	(void)pull_fetch(p, PULL_BODY, false, path, p->offset,
			 p->item.body_bytes);
}

/* From the part, or from the body where that is whole already. */
static int digest(struct pull *p, bool whole, uint8_t ret[32])
{
	static uint8_t block[BLOCK_BYTES];
	crypto_hash_sha256_state h;
	uint64_t at = 0;
	size_t len;
	int err;

	(void)crypto_hash_sha256_init(&h);
	do {
		err = whole ? store_read(p->self->store, p->item.body, at,
					 block, sizeof(block), &len)
			    : store_part_read(p->part, at, block, sizeof(block),
					      &len);
		if (err)
			return err;
		(void)crypto_hash_sha256_update(&h, block, len);
		at += len;
	} while (len);
	(void)crypto_hash_sha256_final(&h, ret);
	return 0;
}

static bool is_right(struct pull *p, bool whole)
{
	uint8_t is[32];

	return !digest(p, whole, is) &&
	       !memcmp(is, p->item.body_sha256, sizeof(is));
}

static int open_part(struct pull *p)
{
	int err = store_part_open(p->self->store, p->item.body, &p->part);

	if (!err)
		err = store_part_size(p->part, &p->offset);
	return err;
}

static int begin_anew(struct pull *p)
{
	int err;

	pull_body_drop(p);
	err = store_part_delete(p->self->store, p->item.body);
	return err && err != ENOENT ? err : open_part(p);
}

static void all_here(struct pull *p)
{
	int err;

	if (!is_right(p, false)) {
		bool resumed = p->is_resumed;

		if (begin_anew(p))
			cannot_write(p);
		else if (resumed)
			fetch(p);
		else
			pull_wrong(p, "a body is not what its log says");
		return;
	}
	err = store_part_finish(p->part, p->item.body_bytes);
	if (!err)
		err = store_names_sync(p->self->store);
	pull_body_drop(p);
	if (err)
		cannot_write(p);
	else
		pull_has_body(p);
}

void pull_body_begin(struct pull *p)
{
	int err = store_whole(p->self->store, p->item.body, p->item.body_bytes);

	if (!err && is_right(p, true)) {
		pull_has_body(p);
		return;
	}
	if (!err || err == EBADMSG) {
		/* of whatever size: it is not theirs to replace */
		pull_wrong(p, "under a body's name lies another body");
		return;
	}
	err = err == ENOENT ? open_part(p) : err;
	if (!err && p->offset > p->item.body_bytes)
		err = begin_anew(p);
	p->is_resumed = p->offset > 0;
	if (err)
		cannot_write(p);
	else if (p->offset == p->item.body_bytes)
		all_here(p);
	else
		fetch(p);
}

static void write_part(struct pull *p, const struct ipc_FETCHED *m)
{
	if (m->status == 200)
		p->base = 0;
	p->offset = p->base + m->offset;
	if (p->offset + m->bytes.len > p->item.body_bytes) {
		pull_wrong(p, "a body is longer than its log says");
		return;
	}
	if (store_part_write(p->part, p->offset, m->bytes.p, m->bytes.len)) {
		cannot_write(p);
		return;
	}
	p->offset += m->bytes.len;
	metric_add(METRIC_pulled_bytes, m->bytes.len);
}

/* What is no body is read too: its end says why. */
static void take_part(struct pull *p, const struct ipc_FETCHED *m)
{
	if (m->status == 200 || m->status == 206)
		write_part(p, m);
	if (p->step == PULL_BODY)
		(void)!IPC_SEND(p->self->process->peers[ROLE_COURIER],
				FETCH_CREDIT, p->fetch,
				.bytes = (uint32_t)m->bytes.len);
}

void pull_body_fetched(struct pull *p, const struct ipc_FETCHED *m)
{
	if (m->outcome == FETCH_MORE)
		take_part(p, m);
	else if (m->outcome != FETCH_DONE)
		pull_fail(p,
			  fetch_outcome_text((enum fetch_outcome)m->outcome));
	else if (m->status == 404)
		pull_wrong(p, "a body is in its list and not in its store");
	else if (m->status != 200 && m->status != 206)
		pull_fail(p, "it answers, but not with a body");
	else if (p->offset != p->item.body_bytes)
		pull_fail(p, "a body was cut off");
	else
		all_here(p);
}
