/*
 * kept -- the switch's events, in the spool while the ledger is away
 *
 * Asked to keep one, we append it to the spool; once it is durable the switch
 * hears so and forgets it. The ledger gets it from us when it is back, and
 * takes it once, by its id. An event leaves our list when the ledger has
 * stored it; it may be found again in the spool by our successor and be told
 * again, which does no harm.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/recorder/self.h"

#define KEPT_MAX 65536
#define FORWARD_AT_ONCE 128
#define CARRY_EVENTS 256

struct kept_event {
	uint8_t id[ID_BYTES];
	uint8_t type;
	bool used;
	bool spooled, durable;
	bool carried;
	bool sent;
	uint64_t at_ms;
	uint64_t segment;
	char *words; /* organisation, then details */
	uint16_t organisation_len;
	uint16_t details_len;
};

struct kept {
	struct id_map *by_id;
	struct kept_event *events; /* in the order they came, with holes */
	uint32_t first, count, room;
	uint32_t live;
	uint64_t again_ms; /* when all of them were last told again */
};

int kept_open(struct recorder *self)
{
	struct kept *k = calloc(1, sizeof(*k));

	if (!k || id_map_new(&k->by_id, 64)) {
		free(k);
		return ENOMEM;
	}
	self->kept = k;
	return 0;
}

void kept_close(struct recorder *self)
{
	struct kept *k = self->kept;

	if (!k)
		return;
	for (uint32_t i = k->first; i < k->count; i++)
		free(k->events[i].words);
	free(k->events);
	id_map_free(k->by_id);
	free(k);
	self->kept = NULL;
}

/* Close the holes: what was stored leaves from the front mostly. */
static int compact(struct kept *k)
{
	uint32_t n = 0;
	int err = 0;

	for (uint32_t i = k->first; i < k->count && !err; i++) {
		if (!k->events[i].used)
			continue;
		k->events[n] = k->events[i];
		err = id_map_put(k->by_id, k->events[n].id, n);
		n++;
	}
	k->first = 0;
	k->count = n;
	return err;
}

static int make_place(struct kept *k)
{
	struct kept_event *more;
	uint32_t room;

	if (k->live == KEPT_MAX)
		return ENOBUFS;
	if (k->count < k->room)
		return 0;
	if (k->live <= k->room / 2 && k->room)
		return compact(k);
	room = k->room ? 2 * k->room : 256;
	more = realloc(k->events, room * sizeof(*more));
	if (!more)
		return ENOMEM;
	k->events = more;
	k->room = room;
	return 0;
}

static int add(struct kept *k, const struct spool_event *from,
	       struct kept_event **ret)
{
	struct kept_event *e;
	int err = make_place(k);

	if (err)
		return err;
	e = &k->events[k->count];
	*e = (struct kept_event){ .type = from->type,
				  .used = true,
				  .at_ms = from->at_ms,
				  .organisation_len =
					  (uint16_t)from->organisation.len,
				  .details_len = (uint16_t)from->details.len };
	memcpy(e->id, from->id, ID_BYTES);
	e->words = malloc(from->organisation.len + from->details.len + 1);
	if (!e->words)
		return ENOMEM;
	memcpy(e->words, from->organisation.p, from->organisation.len);
	memcpy(e->words + from->organisation.len, from->details.p,
	       from->details.len);
	err = id_map_put(k->by_id, e->id, k->count);
	if (err) {
		free(e->words);
		return err;
	}
	k->count++;
	k->live++;
	metric_set(METRIC_ledger_waiting, k->live);
	*ret = e;
	return 0;
}

static struct text organisation_of(const struct kept_event *e)
{
	return (struct text){ e->words, e->organisation_len };
}

static struct text details_of(const struct kept_event *e)
{
	return (struct text){ e->words + e->organisation_len, e->details_len };
}

static void say_kept(struct recorder *self, const uint8_t id[ID_BYTES])
{
	struct ipc_message m = { .type = IPC_EVENT_KEPT, .fd = -1 };

	memcpy(m.u.EVENT_KEPT.id, id, ID_BYTES);
	(void)!ipc_send(self->p->peers[ROLE_SWITCH], &m);
}

void kept_asked(struct recorder *self, const struct ipc_EVENT_KEEP *m)
{
	struct spool_event from = { .type = m->type,
				    .at_ms = m->at_ms,
				    .organisation = m->organisation,
				    .details = m->details };
	struct kept_event *e;
	uint32_t i;

	memcpy(from.id, m->id, ID_BYTES);
	if (!id_map_get(self->kept->by_id, m->id, &i)) {
		/* asked again: our answer was lost, or it is on its way */
		if (self->kept->events[i].durable)
			say_kept(self, m->id);
		return;
	}
	if (add(self->kept, &from, &e))
		log_error("an event of the switch cannot be kept");
}

int kept_found(struct recorder *self, const struct spool_record *rec,
	       uint64_t segment)
{
	struct spool_event from;
	struct kept_event *e;
	uint32_t i;
	int err = spool_read_event(rec, &from);

	if (err || !id_map_get(self->kept->by_id, from.id, &i))
		return err;
	err = add(self->kept, &from, &e);
	if (err)
		return err;
	e->spooled = e->durable = true;
	e->segment = segment;
	return 0;
}

static int spool_one(struct recorder *self, struct kept_event *e)
{
	struct spool_event event = { .type = e->type,
				     .at_ms = e->at_ms,
				     .organisation = organisation_of(e),
				     .details = details_of(e) };
	struct writer *w;
	int err = journal_room(self->journal, e->durable, &w);

	memcpy(event.id, e->id, ID_BYTES);
	if (!err)
		err = spool_write_event(w, &event);
	if (!err)
		journal_added(self->journal);
	return err;
}

int kept_spool(struct recorder *self, bool carry)
{
	struct kept *k = self->kept;
	uint64_t now = journal_segment(self->journal);
	unsigned carried = 0;
	int err = 0;

	for (uint32_t i = k->first; i < k->count && !err; i++) {
		struct kept_event *e = &k->events[i];
		bool old = carry && e->durable && e->segment < now &&
			   carried < CARRY_EVENTS;

		if (!e->used || (e->spooled && !old))
			continue;
		err = spool_one(self, e);
		if (err)
			break;
		e->spooled = true;
		e->carried = old;
		carried += old;
	}
	return err;
}

void kept_spool_again(struct recorder *self)
{
	struct kept *k = self->kept;

	for (uint32_t i = k->first; i < k->count; i++) {
		k->events[i].spooled = k->events[i].durable;
		k->events[i].carried = false;
	}
}

void kept_committed(struct recorder *self, uint64_t segment)
{
	struct kept *k = self->kept;

	for (uint32_t i = k->first; i < k->count; i++) {
		struct kept_event *e = &k->events[i];

		if (e->used && e->spooled && (!e->durable || e->carried))
			e->segment = segment;
		if (e->used && e->spooled && !e->durable)
			say_kept(self, e->id);
		e->durable = e->spooled;
		e->carried = false;
	}
}

void kept_forward(struct recorder *self, bool again)
{
	struct kept *k = self->kept;
	unsigned n = 0;

	if (!self->p->peers[ROLE_LEDGER])
		return;
	if (clock_mono_ms() - k->again_ms > TELL_AGAIN_MS)
		again = true;
	if (again)
		k->again_ms = clock_mono_ms();
	for (uint32_t i = k->first; again && i < k->count; i++)
		k->events[i].sent = false;
	for (uint32_t i = k->first; i < k->count && n < FORWARD_AT_ONCE; i++) {
		struct kept_event *e = &k->events[i];
		struct ipc_message m = { .type = IPC_EVENT, .fd = -1 };

		/* the first ones are the switch's own until they are durable */
		if (!e->used || !e->durable || e->sent)
			continue;
		m.u.EVENT.type = e->type;
		m.u.EVENT.at_ms = e->at_ms;
		m.u.EVENT.organisation = organisation_of(e);
		m.u.EVENT.details = details_of(e);
		memcpy(m.u.EVENT.id, e->id, ID_BYTES);
		if (ipc_send(self->p->peers[ROLE_LEDGER], &m))
			return;
		e->sent = true;
		n++;
	}
}

bool kept_stored(struct recorder *self, const uint8_t id[ID_BYTES])
{
	struct kept *k = self->kept;
	uint32_t i;

	if (id_map_get(k->by_id, id, &i))
		return false;
	id_map_remove(k->by_id, id);
	free(k->events[i].words);
	k->events[i] = (struct kept_event){ .durable = true, .spooled = true };
	k->live--;
	while (k->first < k->count && !k->events[k->first].used)
		k->first++;
	if (!k->live)
		k->first = k->count = 0;
	metric_set(METRIC_ledger_waiting, k->live);
	return true;
}

uint64_t kept_lowest_segment(const struct recorder *self)
{
	const struct kept *k = self->kept;
	uint64_t lowest = UINT64_MAX;

	for (uint32_t i = k->first; i < k->count; i++)
		if (k->events[i].used && k->events[i].durable &&
		    k->events[i].segment < lowest)
			lowest = k->events[i].segment;
	return lowest;
}
