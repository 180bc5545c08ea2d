#include "handover/replay.h"

enum {
	MAGIC = 0x56524550, /* "VREP" */
	SLOTS_MIN = 64,
	SLOTS_MAX = 1 << 20,
	PROBES = 32, /* an id lies within so many places of its first */
};

struct slot {
	uint8_t id[ID_BYTES];
	int64_t until_s; /* 0: never used */
};

struct handover_replay {
	uint32_t magic;
	uint32_t slots; /* a power of two */
	struct slot at[];
};

size_t handover_replay_bytes(unsigned slots)
{
	return sizeof(struct handover_replay) + slots * sizeof(struct slot);
}

static bool sound(unsigned slots, size_t len)
{
	return slots >= SLOTS_MIN && slots <= SLOTS_MAX &&
	       !(slots & (slots - 1)) && len >= handover_replay_bytes(slots);
}

int handover_replay_init(void *memory, size_t len, unsigned slots,
			 struct handover_replay **ret)
{
	struct handover_replay *r = memory;

	if (!sound(slots, len))
		return EINVAL;
	memset(memory, 0, handover_replay_bytes(slots));
	r->magic = MAGIC;
	r->slots = slots;
	*ret = r;
	return 0;
}

int handover_replay_adopt(void *memory, size_t len,
			  struct handover_replay **ret)
{
	struct handover_replay *r = memory;

	if (len < sizeof(*r) || r->magic != MAGIC || !sound(r->slots, len))
		return EBADMSG;
	*ret = r;
	return 0;
}

/* Ids are random and signed, so whoever calls cannot choose their places. */
static uint32_t first_place(const uint8_t id[ID_BYTES])
{
	return (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 |
	       (uint32_t)id[2] << 8 | id[3];
}

/*
 * Every place where the id could lie is looked at, so places whose time is
 * over can be used again without moving anything.
 */
int handover_replay_use(struct handover_replay *r, const uint8_t id[ID_BYTES],
			int64_t until_s, int64_t now_s)
{
	uint32_t from = first_place(id);
	struct slot *room = NULL;

	for (uint32_t i = 0; i < PROBES; i++) {
		struct slot *s = &r->at[(from + i) & (r->slots - 1)];

		if (s->until_s < now_s) {
			room = room ? room : s;
			continue;
		}
		if (!memcmp(s->id, id, ID_BYTES))
			return EPROTO;
	}
	if (!room)
		return EAGAIN;
	memcpy(room->id, id, ID_BYTES);
	room->until_s = until_s;
	return 0;
}
