/*
 * rig -- a switch without a network: SIP, media, recorder and ledger are
 * scripted, time stands still until told to move
 *
 * Everything that the switch does to the outside is written down as one line
 * each; heard() compares what was done since it was called last.
 */
#ifndef VAXEL_TESTS_SWITCH_RIG_H
#define VAXEL_TESTS_SWITCH_RIG_H

#include "tests/unit/unit.h"

#include "process/switch/self.h"

#define RIG_CALLS 8

struct session {
	void *owner;
	struct session_state *state;
	bool established, waiting, over;
	bool has_pending, has_agreed;
	struct offer pending, theirs;
	struct offer_agreed agreed;
	enum codec speaks; /* what its phone will agree to */
	const char *says;  /* where descriptions are passed on */
	bool by_update;    /* its offers */
};

struct rig {
	struct switch_self self;
	struct process process;
	struct settings settings;
	uint64_t now_ms;
	char log[8192];
	size_t log_len;
	bool registered[SETTINGS_AGENTS];
	bool listens[SETTINGS_LISTENERS];
	enum codec nurse_speaks;
	const char *place; /* in the caller's INVITE */
	bool offerless;    /* that INVITE */
	const char *more;  /* further lines of it */
	int refer_err;
	int answer_err;
	int call_err;
	int restore_err;
	struct session *sessions[64];
	unsigned session_count;
	uint8_t *memory;
	size_t memory_len;
	struct outbox_event events[256];
	/* events that the other side will acknowledge a little later */
	uint8_t stored[64][STORED_BYTES];
	unsigned stored_count;
	bool nobody_stores;
	bool recorder_hangs;
	uint32_t recording; /* the handle that the recorder speaks of */
	uint8_t recording_id[ID_BYTES];
	char details[1024]; /* of the last event */
};

extern struct rig *rig;

void rig_up(void);
void rig_down(void);

/* The same memory in the hands of a new process. */
void rig_restart(void);

/* The configuration was read again. */
void rig_reload(const struct settings *file);

/* The lines since the last time, each with a line feed. */
void heard(const char *want);
void forget(void);
/* Sessions and events, too. */
void rig_forget_all(void);

/* A caller's INVITE for user, from trunk 0 (or -1). The refusal, or 0. */
unsigned rig_invite(const char *user, int trunk, struct session **ret);

/* Another's INVITE that is to take the place of that leg. */
unsigned rig_replace(struct call *c, enum side side, int trunk,
		     struct session **ret);

/* As media, recorder, ledger would say it. */
void rig_opened(struct call *c, enum side side, uint16_t port);
void rig_played(struct call *c, bool complete, uint32_t samples);
void rig_key(struct call *c, unsigned event);
void rig_closed(struct call *c);
void rig_recorder(struct call *c, enum record_state state);

/* The peer of this leg. */
struct session *rig_session(const struct call *c, enum side side);
void rig_confirmed(struct session *s);
void rig_answers(struct session *s);
void rig_refuses(struct session *s, unsigned code);
void rig_hangs_up(struct session *s);
void rig_offers(struct session *s, enum offer_direction direction);
void rig_takes_offer(struct session *s, enum codec codec);

void rig_register(unsigned agent, bool here);
void rig_wait(uint64_t ms);

/* A national node: county 04 by trunk 1, else trunk 2. */
void rig_national(void);

/* A call that waits / talks, with everything before it forgotten. */
struct call *rig_queued(void);
struct call *rig_talking(void);

#endif
