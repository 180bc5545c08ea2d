#include "process/switch/outbox.h"

#include <stdatomic.h>

static struct outbox_event *slot_of(const struct outbox *o, uint64_t number)
{
	struct outbox_event *e = &o->slots[number % o->max];

	return e->number == number ? e : NULL;
}

static void free_slot(struct outbox_event *e)
{
	e->number = 0;
	/* what it said has no business in memory any longer */
	atomic_signal_fence(memory_order_seq_cst);
	memset(e, 0, sizeof(*e));
}

static bool sane(const struct outbox *o, const struct outbox_event *e)
{
	return e->number % o->max == (uint64_t)(e - o->slots) &&
	       e->organisation_len <= OUTBOX_ORGANISATION &&
	       e->details_len <= OUTBOX_DETAILS;
}

int outbox_open(struct outbox *o, void *memory, size_t len)
{
	size_t max = len / sizeof(struct outbox_event);
	uint64_t newest = 0;

	if (!max || max > UINT32_MAX)
		return EMSGSIZE;
	*o = (struct outbox){ .slots = memory, .max = (uint32_t)max };
	for (uint32_t i = 0; i < o->max; i++) {
		struct outbox_event *e = &o->slots[i];

		if (!e->number)
			continue;
		if (!sane(o, e)) {
			free_slot(e);
			continue;
		}
		o->waiting++;
		if (!o->oldest || e->number < o->oldest)
			o->oldest = e->number;
		if (e->number > newest)
			newest = e->number;
	}
	if (!o->oldest)
		o->oldest = 1;
	o->next = newest + 1;
	if (o->next - o->oldest > o->max) {
		/* numbers that cannot be of one outbox: none is to be trusted
		 */
		memset(o->slots, 0, o->max * sizeof(*o->slots));
		o->waiting = 0;
		o->oldest = 1;
		o->next = 1;
	}
	o->unsent = o->oldest;
	return 0;
}

int outbox_add(struct outbox *o, uint8_t type, const uint8_t id[ID_BYTES],
	       uint64_t at_ms, struct text organisation, struct text details)
{
	struct outbox_event *e = &o->slots[o->next % o->max];

	if (organisation.len > OUTBOX_ORGANISATION ||
	    details.len > OUTBOX_DETAILS || e->number) {
		o->lost++;
		return EMSGSIZE;
	}
	e->at_ms = at_ms;
	e->type = type;
	memcpy(e->id, id, ID_BYTES);
	e->organisation_len = (uint8_t)organisation.len;
	e->details_len = (uint16_t)details.len;
	memcpy(e->organisation, organisation.p, organisation.len);
	memcpy(e->details, details.p, details.len);
	atomic_signal_fence(memory_order_seq_cst);
	e->number = o->next++;
	o->waiting++;
	return 0;
}

const struct outbox_event *outbox_next(struct outbox *o)
{
	while (o->unsent < o->next) {
		const struct outbox_event *e = slot_of(o, o->unsent);

		if (e)
			return e;
		o->unsent++; /* acknowledged already, before a rewind */
	}
	return NULL;
}

void outbox_sent(struct outbox *o)
{
	if (o->unsent < o->next)
		o->unsent++;
}

void outbox_rewind(struct outbox *o)
{
	o->unsent = o->oldest;
}

/* Nearly always the oldest: acknowledgements come in order. */
int outbox_done(struct outbox *o, const uint8_t id[ID_BYTES])
{
	for (uint64_t n = o->oldest; n < o->next; n++) {
		struct outbox_event *e = slot_of(o, n);

		if (!e || memcmp(e->id, id, ID_BYTES) != 0)
			continue;
		free_slot(e);
		o->waiting--;
		while (o->oldest < o->next && !slot_of(o, o->oldest))
			o->oldest++;
		if (o->unsent < o->oldest)
			o->unsent = o->oldest;
		return 0;
	}
	return ENOENT;
}

uint64_t outbox_in_flight(const struct outbox *o)
{
	return o->unsent - o->oldest;
}
