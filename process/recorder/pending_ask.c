/*
 * pending_ask -- one recording's records to the keeper, sealed bytes back
 *
 * Asked twice where END is missing: the first time the keeper gives END alone;
 * once that is durable, the second time it gives chunks, card and summary. So
 * the last chunk of a body is never written before END is durable, here as in
 * finish.c. Chunks that are there already are written again: the same bytes.
 */
#include "base/clock.h"
#include "base/log.h"
#include "process/recorder/pending.h"

#include <stdlib.h>

#define SEND_AT_ONCE ((size_t)512 * 1024)
#define PATIENCE_MS 30000
#define RETRY_MOST_MS 600000
/* a desk or keeper that died in between may have lost a piece */
#define REFUSED_MOST 3

/* How much of the body lies in the store as whole chunks. */
static int find_base(struct recorder *self, const struct pending *p,
		     struct store_part **ret_part, uint64_t *ret_base)
{
	uint64_t size;
	int err = store_size(self->store, p->d.body_name, &size);

	*ret_part = NULL;
	if (!err) {
		*ret_base = UINT64_MAX;
		return 0;
	}
	if (err != ENOENT)
		return err;
	err = store_part_open(self->store, p->d.body_name, ret_part);
	if (!err)
		err = store_part_size(*ret_part, &size);
	if (err)
		return err;
	*ret_base = size < AGE_NONCE_BYTES ? 0
					   : (size - AGE_NONCE_BYTES) /
						     STREAM_SEALED_CHUNK_BYTES *
						     STREAM_CHUNK_BYTES;
	return 0;
}

static void later(struct recorder *self, struct pending *p)
{
	self->pendings->current = NO_CURRENT;
	store_part_close(p->part);
	p->part = NULL;
	p->state = PENDING_WAITING;
	p->retry_ms = clock_mono_ms() + p->wait_ms;
	p->wait_ms =
		p->wait_ms < RETRY_MOST_MS / 2 ? 2 * p->wait_ms : RETRY_MOST_MS;
}

void pending_ask(struct recorder *self, uint32_t i)
{
	struct pendings *ps = self->pendings;
	struct pending *p = ps->all[i];

	if (find_base(self, p, &p->part, &ps->base)) {
		later(self, p);
		return;
	}
	p->state = PENDING_ASKING;
	p->summed = p->end_came = false;
	p->d.card_len = 0;
	ps->current = i;
	ps->request++;
	ps->heard_ms = clock_mono_ms();
	ps->next = ps->offset = ps->loaded = 0;
	ps->all_sent = false;
}

bool pending_may_ask(struct recorder *self, struct pending *p)
{
	if (p->state != PENDING_WAITING || !report_done(&p->d) ||
	    clock_mono_ms() < p->retry_ms || !self->p->peers[ROLE_DESK])
		return false;
	if (p->d.due & TELL_RECOVERING)
		return true;
	p->d.due |= TELL_RECOVERING; /* logged first, then asked */
	p->d.sent_ms = 0;
	return false;
}

static int send_piece(struct recorder *self, const struct pending *p,
		      const uint8_t *bytes, size_t len, bool last)
{
	struct ipc_message m = { .type = IPC_RECOVER_ASK,
				 .about = self->pendings->request,
				 .fd = -1 };

	memcpy(m.u.RECOVER_ASK.recording_id, p->d.id, ID_BYTES);
	m.u.RECOVER_ASK.base = self->pendings->base;
	m.u.RECOVER_ASK.last = last;
	m.u.RECOVER_ASK.records = (struct bytes){ bytes, len };
	return ipc_send(self->p->peers[ROLE_DESK], &m);
}

/* The record whose turn it is; ENOENT: there is none of that kind. */
static int load_record(struct recorder *self, const struct pending *p)
{
	struct pendings *ps = self->pendings;
	const struct journal_place *place;
	int err;

	place = ps->next == 0   ? &p->start
		: ps->next == 1 ? &p->end
				: &p->places[ps->next - 2];
	if (!place->len || place->len > sizeof(ps->record))
		return ENOENT;
	err = journal_read(self->journal, place, ps->record);
	if (!err)
		ps->loaded = place->len;
	return err;
}

static int send_some(struct recorder *self, const struct pending *p)
{
	struct pendings *ps = self->pendings;
	size_t sent = 0;
	int err = 0;

	while (!err && sent < SEND_AT_ONCE && ps->next < p->count + 2) {
		size_t n;

		if (!ps->loaded) {
			err = load_record(self, p);
			if (err == ENOENT) {
				ps->next++;
				err = 0;
				continue;
			}
			if (err)
				break;
		}
		n = ps->loaded - ps->offset;
		if (n > RECOVER_PIECE_MAX)
			n = RECOVER_PIECE_MAX;
		err = send_piece(self, p, ps->record + ps->offset, n, false);
		if (err)
			break;
		sent += n;
		ps->offset += n;
		if (ps->offset == ps->loaded) {
			ps->next++;
			ps->offset = ps->loaded = 0;
		}
	}
	if (!err && ps->next == p->count + 2)
		err = send_piece(self, p, NULL, 0, true);
	else
		return err;
	ps->all_sent = !err;
	return err;
}

void pending_ask_step(struct recorder *self)
{
	struct pendings *ps = self->pendings;
	struct pending *p = ps->all[ps->current];
	int err = 0;

	if (p->state != PENDING_ASKING)
		return;
	if (!ps->all_sent)
		err = send_some(self, p);
	/* full: the desk is slow; anything else: it is gone */
	if ((err && err != ENOBUFS) ||
	    clock_mono_ms() - ps->heard_ms > PATIENCE_MS)
		later(self, p);
}

/* ---- answers */

static int hash_body(struct recorder *self, struct dossier *d)
{
	SHA256_CTX sha;
	uint64_t at = 0;

	SHA256_Init(&sha);
	while (at < d->body_bytes) {
		size_t n;
		int err = store_read(self->store, d->body_name, at, self->data,
				     sizeof(self->data), &n);

		if (err || !n)
			return err ? err : EBADMSG;
		SHA256_Update(&sha, self->data, n);
		at += n;
	}
	SHA256_Final(d->body_sha256, &sha);
	return at == d->body_bytes ? 0 : EBADMSG;
}

static int finish_one(struct recorder *self, struct pending *p)
{
	struct dossier *d = &p->d;
	int err;

	d->body_bytes = stream_sealed_bytes(p->summary.body_len);
	d->length_ms = p->summary.length_ms;
	d->ended_ms = p->summary.ended_ms;
	/* without a part it has its name, which store_whole() makes last too */
	err = p->part ? store_part_finish(p->part, d->body_bytes) : 0;
	if (!err)
		err = store_whole(self->store, d->body_name, d->body_bytes);
	if (!err)
		err = hash_body(self, d);
	if (err)
		return err;
	store_part_close(p->part);
	p->part = NULL;
	d->state = RECORD_RECOVERED;
	d->reason = REASON_NONE;
	d->due |= TELL_OUTCOME | TELL_END;
	d->told &= (uint8_t)~TELL_END; /* another end than `interrupted` */
	d->sent_ms = 0;
	p->state = PENDING_OVER;
	self->pendings->current = NO_CURRENT;
	log_notice("a recording was recovered");
	return 0;
}

static int take_card(struct pending *p, uint64_t at, struct bytes sealed)
{
	if (at != p->d.card_len || sealed.len > CARD_MAX - at)
		return EBADMSG;
	if (!p->card)
		p->card = malloc(CARD_MAX);
	if (!p->card)
		return ENOMEM;
	memcpy(p->card + at, sealed.p, sealed.len);
	p->d.card_len += (uint32_t)sealed.len;
	return 0;
}

static int take_piece(struct pending *p, uint64_t at, struct bytes sealed)
{
	if (!sealed.len)
		return 0;
	if (at == RECOVER_AT_END) {
		if (p->end.len || p->end_len ||
		    sealed.len > sizeof(p->end_record) ||
		    !spool_is_end(sealed, p->d.id))
			return EBADMSG;
		memcpy(p->end_record, sealed.p, sealed.len);
		p->end_len = sealed.len;
		p->end_came = true;
		return 0;
	}
	if (at == RECOVER_AT_SUMMARY) {
		p->summed = true;
		return recover_summary_read(sealed, &p->summary);
	}
	if (at >= RECOVER_AT_CARD)
		return take_card(p, at - RECOVER_AT_CARD, sealed);
	/* the last chunk must not be written before END is durable; the keeper
	   sends none before it has seen END, and we hold it to that */
	if (!p->part || !p->end.len || p->end_came)
		return EBADMSG;
	return store_part_write(p->part, at, sealed.p, sealed.len);
}

static int take_last(struct recorder *self, struct pending *p)
{
	if (p->end_came) {
		p->state = PENDING_ENDING;
		self->pendings->current = NO_CURRENT;
		store_part_close(p->part);
		p->part = NULL;
		return 0;
	}
	return p->summed ? finish_one(self, p) : EBADMSG;
}

/* It was all over and told, but for DONE. */
static void was_over(struct recorder *self, struct pending *p)
{
	later(self, p);
	p->d.state = RECORD_SEALED;
	p->d.reason = REASON_NONE;
	p->state = PENDING_LEAVING;
}

/* Nobody will ever make a body of it: what was told last holds. */
static void no_good(struct recorder *self, struct pending *p)
{
	later(self, p);
	p->d.due |= TELL_ALARM | TELL_END;
	p->d.sent_ms = 0;
	p->state = PENDING_OVER;
	log_alarm("a recording cannot be recovered, ever: the keeper finds its "
		  "records no good");
}

static void failed(struct recorder *self, struct pending *p, int err)
{
	if (p->end_came)
		p->end_len = 0;
	p->refused = err == EBADMSG ? p->refused + 1 : 0;
	if (err == EEXIST) {
		was_over(self, p);
		return;
	}
	log_notice("a recording cannot be recovered now: %s", strerror(err));
	if (p->refused == REFUSED_MOST || err == EPERM)
		no_good(self, p);
	else
		later(self, p);
}

void pending_recovered(struct recorder *self, uint64_t request,
		       const struct ipc_RECOVERED_PASS *m)
{
	struct pendings *ps = self->pendings;
	struct pending *p =
		ps->current == NO_CURRENT ? NULL : ps->all[ps->current];
	int err;

	if (!p || p->state != PENDING_ASKING || request != ps->request ||
	    memcmp(p->d.id, m->recording_id, ID_BYTES) != 0)
		return;
	ps->heard_ms = clock_mono_ms();
	err = m->error ? m->error : take_piece(p, m->offset, m->sealed);
	if (!err && m->last)
		err = take_last(self, p);
	if (err)
		failed(self, p, err);
}
