/*
 * Release: the log is followed, a request judged, a file key re-wrapped.
 *
 * The order of keeper_on_release() is the point: judged, written down as used
 * and durable, only then re-wrapped and sent.
 */
#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/keeper/feed.h"
#include "process/keeper/internal.h"
#include "process/keeper/rewrap.h"
#include "release/receipt.h"

static struct ipc *desk(const struct keeper *k)
{
	return k->process->peers[ROLE_DESK];
}

static struct unwrap unwrap_of(const struct keeper *k)
{
	return (struct unwrap){ .identities = k->vault.identities,
				.identity_count = vault_in_use(&k->vault),
				.generations = k->generations.list,
				.generation_count = k->generations.count,
				.view = &k->view };
}

void keeper_send_state(struct keeper *k, uint64_t about, int error)
{
	/* a desk that is away asks when it is back */
	(void)!IPC_SEND(desk(k), KEEPER_STATE, about,
			.locked = !k->vault.unlocked, .error = (uint16_t)error,
			.next_entry = k->view.edge.size);
}

void keeper_on_log(struct keeper *k, const struct ipc_message *m)
{
	int err = feed_take(&k->view, m->u.KEEPER_LOG.entries);

	if (err == EBADMSG)
		log_error("entry %llu of the log is not what it commits to, or "
			  "was withheld",
			  (unsigned long long)k->view.edge.size);
	if (k->view.forked)
		err = ESTALE;
	keeper_send_state(k, m->about, err);
}

static void rolled_back(struct keeper *k)
{
	process_alarm(k->process, ALARM_LOG_ROLLED_BACK);
	/* perhaps the desk fed us nonsense: follow anew */
	view_restart(&k->view);
	k->confirmed_size = 0;
}

static void refuse(struct keeper *k, uint64_t about, enum refusal reason)
{
	metric_add(METRIC_releases_refused, 1);
	log_notice("release refused: %s", refusal_text(reason));
	if (reason == REFUSAL_ROLLED_BACK)
		rolled_back(k);
	if (reason == REFUSAL_QUOTA)
		process_alarm(k->process, ALARM_BULK_OPENING);
	(void)!IPC_SEND(desk(k), RELEASE_REFUSED, about,
			.reason = (uint8_t)reason,
			.next_entry = k->view.edge.size);
}

/*
 * A root that held up is remembered, so that no older log is believed; and
 * how far witnesses have seen it too.
 */
static void remember_log(struct keeper *k, const struct verdict *v)
{
	if (v->log_proven)
		k->view.proven_size = v->log_size;
	if (v->log_confirmed)
		k->confirmed_size = v->log_size;
	if (!v->log_proven || v->log_size <= k->used.log_size)
		return;
	k->used.log_size = v->log_size;
	k->used.log_root = v->log_root;
	view_anchor(&k->view, v->log_size, &v->log_root);
}

/* Not for a release: what was followed so far shall count (recovery.c). */
void keeper_on_checkpoint(struct keeper *k, const struct ipc_message *m)
{
	const struct ipc_KEEPER_PROVE *in = &m->u.KEEPER_PROVE;
	struct judge j = { .view = &k->view,
			   .log_key = &k->log_key,
			   .policy = &k->policy,
			   .now_ms = (uint64_t)clock_wall_ms(),
			   .checkpoint = { (const char *)in->checkpoint.p,
					   in->checkpoint.len } };
	struct verdict v = { 0 };
	enum refusal refusal = keeper_judge_log(&j, &v);

	remember_log(k, &v);
	if (refusal == REFUSAL_ROLLED_BACK)
		rolled_back(k);
	/* what witnesses have not signed yet can be followed all the same */
	keeper_send_state(k, m->about, v.log_proven ? 0 : ESTALE);
}

static int remember_used(struct keeper *k, const struct verdict *v,
			 uint64_t now_ms)
{
	struct used_request q = { .not_after_ms = v->request.not_after_ms,
				  .released_ms = now_ms };
	int err;

	memcpy(q.d, v->d, sizeof(q.d));
	memcpy(q.asker, v->request.asker, sizeof(q.asker));
	err = used_add(&k->used, &q, now_ms);
	return err ? err : used_save(k->folder_fd, &k->used);
}

static int write_receipt(struct keeper *k, const struct verdict *v,
			 uint64_t now_ms, struct bytes header, struct writer *w)
{
	struct receipt r = { .entry = v->entry,
			     .size = v->log_size,
			     .cosigned = (uint8_t)v->cosigned,
			     .witnesses = (uint8_t)v->witnesses,
			     .at_ms = now_ms };

	memcpy(r.d, v->d, sizeof(r.d));
	memcpy(r.recording, v->request.recording, sizeof(r.recording));
	memcpy(r.root, v->log_root.b, sizeof(r.root));
	(void)crypto_hash_sha256(r.header_sha256, header.p, header.len);
	return receipt_sign(w, &r, k->vault.signer->bytes);
}

static int release(struct keeper *k, uint64_t about, const struct verdict *v,
		   uint64_t now_ms)
{
	uint8_t header[ENVELOPE_MAX], receipt[RECEIPT_BYTES];
	struct writer h = writer_on(header, sizeof(header));
	struct writer r = writer_on(receipt, sizeof(receipt));
	struct age_recipient to;
	int err;

	memcpy(to.key, v->request.recipient, sizeof(to.key));
	err = envelope_rewrap(v->fk, &to, &h);
	if (!err)
		err = write_receipt(k, v, now_ms,
				    (struct bytes){ header, h.len }, &r);
	if (!err)
		err = IPC_SEND(desk(k), RELEASED, about,
			       .envelope = { header, h.len },
			       .receipt = { receipt, r.len });
	return err;
}

void keeper_on_release(struct keeper *k, const struct ipc_message *m)
{
	uint64_t now_ms = (uint64_t)clock_wall_ms();
	const struct ipc_RELEASE_ASK *ask = &m->u.RELEASE_ASK;
	const struct settings *s = k->process->settings;
	struct judge j = {
		.view = &k->view,
		.used = &k->used,
		.log_key = &k->log_key,
		.policy = &k->policy,
		.unwrap = unwrap_of(k),
		.rule = { .approval_purposes = s->approval_purposes,
			  .approval_over = s->approval_over,
			  .quota = s->quota },
		.now_ms = now_ms,
		.request = ask->request,
		.signature = ask->signature,
		.envelope = ask->envelope,
		.beside = ask->beside,
		.checkpoint = { (const char *)ask->checkpoint.p,
				ask->checkpoint.len },
	};
	struct verdict v;
	enum refusal refusal = keeper_judge(&j, &v);
	int err;

	remember_log(k, &v);
	if (refusal != REFUSAL_NONE) {
		refuse(k, m->about, refusal);
		return;
	}
	err = remember_used(k, &v, now_ms);
	if (!err)
		err = release(k, m->about, &v, now_ms);
	sodium_memzero(&v, sizeof(v));
	if (err) {
		/* the reason of no refusal: it could not be written down */
		log_error("a release failed: %s", strerror(err));
		refuse(k, m->about, REFUSAL_NONE);
		return;
	}
	metric_add(METRIC_releases, 1);
}

void keeper_on_rewrap(struct keeper *k, const struct ipc_message *m)
{
	const struct ipc_REWRAP_ASK *ask = &m->u.REWRAP_ASK;
	const struct unwrap unwrap = unwrap_of(k);
	const struct rewrap q = { .unwrap = &unwrap,
				  .confirmed_size = k->confirmed_size,
				  .recording = ask->recording_id,
				  .envelope = ask->envelope,
				  .card_envelope = ask->card_envelope };
	struct ipc_message to = { .type = IPC_REWRAPPED,
				  .about = m->about,
				  .fd = -1 };
	struct rewrapped made;

	to.u.REWRAPPED.reason = (uint8_t)keeper_rewrap(&q, &made);
	to.u.REWRAPPED.envelope =
		(struct bytes){ made.envelope, made.envelope_len };
	to.u.REWRAPPED.card_envelope =
		(struct bytes){ made.card_envelope, made.card_envelope_len };
	memcpy(to.u.REWRAPPED.bond, made.bond, sizeof(made.bond));
	/* a desk that is away asks again when it is back */
	(void)!ipc_send(desk(k), &to);
}
