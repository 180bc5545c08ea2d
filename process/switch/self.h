/*
 * self -- what the switch holds
 *
 * What has to survive this process is in kept.h. Beside each slot stands a
 * struct live with what cannot survive: sessions (their transactions) and
 * deadlines.
 *
 *   switch.c        start, messages, drain
 *   call.c          a slot's life
 *   line.c          answer, notice, queue
 *   told.c          evidence of the notice
 *   wish.c          its long form, and who objects
 *   nurse.c         ringing and answering
 *   legs.c          what we ask of media
 *   hold.c          re-INVITEs between legs
 *   transfer.c      REFER
 *   replace.c       another dialog for the caller's
 *   fate.c          are we recording?
 *   say.c           events for the ledger
 *   caller.c        who calls, from where
 *   asking.c        asked where he is
 *   route.c         where it may go
 *   national*.c     the way through a national node
 *   handover.c      letting go of a call
 *   token.c         tokens and receipts
 *   trunk.c         keep-alive, registration
 *   waiting.c       how long queues are
 *   places.c        indexes that stay
 *   ask.c           what the command line sees
 *   restore.c       after a death
 *
 * What its files do to get a call to where it may go is in national.h.
 *
 * Everything runs in one thread; a handler never blocks.
 */
#ifndef VAXEL_SWITCH_SELF_H
#define VAXEL_SWITCH_SELF_H

#include "base/encode.h"
#include "handover/kept.h"
#include "handover/keys.h"
#include "handover/receipt.h"
#include "handover/token.h"
#include "handover/waiting.h"
#include "ipc/process.h"
#include "ipc/values.h"
#include "process/switch/kept.h"
#include "process/switch/outbox.h"
#include "process/switch/outcome.h"
#include "process/switch/table.h"
#include "prompts/prompts.h"
#include "queue/queue.h"
#include "routing/decide.h"
#include "routing/lawbook.h"
#include "routing/location.h"
#include "routing/location_ask.h"
#include "settings/place.h"
#include "sip/number.h"
#include "sip/register_client.h"
#include "sip/registrar.h"
#include "sip/session.h"

#define SWITCH_TICK_MS 100
#define NO_AGENT UINT32_MAX
#define NO_SLOT UINT32_MAX
#define HAND_OVER_PATIENCE_MS 2000
/* "refer" in an INVITE: another one will come in its place, and soon. */
#define HANDOVER_WAY_HEADER "Vaxel-Way"
#define HANDOVER_STAYS "stays" /* to the provider, once it came to nothing */

struct told_digests {
	uint8_t text[TOLD_DIGEST];
	uint8_t sound[PROMPTS_CODECS][TOLD_DIGEST];
};

struct switch_self;

/* The owner of a session: which leg of which call. */
struct live_leg {
	struct switch_self *self;
	uint32_t slot;
	enum side side;
	struct session *session; /* NULL: none (any more) */
};

/* What the ledger hears of a receipt. */
struct token_receipt {
	const char *result; /* NULL: none is due (yet) */
	int64_t minute;     /* since 1970, from which the provider answers */
	char text[HANDOVER_RECEIPT_CHARS + 1]; /* "": it is not good */
};

/* A caller who is asked where he is. */
struct asking {
	struct ask ask;
	struct location found;             /* what his trunk said */
	uint64_t until_ms;                 /* 0: it has not begun */
	uint8_t pieces[2 * SETTINGS_ASKS]; /* of what he hears now */
	uint8_t count, at;
	uint8_t way; /* enum key_way */
};

struct live {
	struct live_leg legs[SIDES];
	struct session_refer *refer; /* who hears how a transfer goes */
	/* that goes, or came, with the call; "": none */
	char token[HANDOVER_TOKEN_CHARS + 1];
	struct token_receipt receipt;
	struct asking asking;
	uint64_t due_ms; /* 0: none; what for follows from the state */
	uint32_t next_free;
};

struct trunk_live {
	bool up;
	bool asked; /* an OPTIONS is under way */
	bool known; /* one was answered, or was not */
	bool registered;
	uint64_t due_ms;
	uint64_t register_due_ms;
	uint32_t seq;
	uint32_t calls;
	struct waiting waiting; /* as its last answer said */
	struct register_client *client;
	struct secret *password;
	char host[SETTINGS_NAME_MAX]; /* as the client knows them */
	char user[SETTINGS_NAME_MAX];
	struct switch_self *self;
};

struct switch_self {
	struct process *p;
	struct stack *stack;
	struct sessions *sessions;
	struct registrar *registrar;
	struct switch_memory *memory;
	struct queue *queue;
	struct call *calls;
	struct live *live;
	uint32_t max;
	uint32_t free; /* first free slot */
	uint32_t count;
	uv_timer_t tick;
	struct outbox outbox;
	struct session_state spare; /* of who takes another's place */
	uint64_t ledger_away_ms;    /* since; 0: here */
	uint64_t recorder_away_ms;
	uint64_t recorder_heard_ms; /* monotonic; while it is here */
	uint64_t outbox_stuck_ms;
	uint64_t lost_told;
	bool keeping;          /* events go to the recorder meanwhile */
	bool recorder_alarmed; /* said, until it is heard again */
	bool draining;
	struct prompts prompts;
	uint16_t rendering; /* of the prompts: what media is to play from */
	struct told_digests told[SETTINGS_LINES][TOLD_MAX];
	struct trunk_live trunks[SETTINGS_TRUNKS];
	struct handover_keys handover;
	struct handover_sealer *sealers[SETTINGS_TRUNKS]; /* by trunk */
	struct note_signer signer; /* of tokens or receipts; secret NULL: no */
	struct handover_replay *replay; /* in kept memory */
	struct lawbook law;
	struct kept_sealer *kept;
	int16_t route_trunk[ROUTES_MAX]; /* of each route; -1: gone */
	/* a removed listener: when it was last needed; 0: it was not */
	uint64_t needed_ms[SETTINGS_LISTENERS];
};

/* ---- caller.c */

/* Who calls and from where, into the call. */
void caller_read(struct switch_self *self, struct call *c,
		 const struct sip_msg *invite);

/* His Geolocation was of no use, and by his trunk's rule he was refused for it;
 * else the answer will say so. */
bool caller_misplaced(struct switch_self *self, struct call *c);

/* Where he is, by what was found of it. */
void caller_place(struct call *c, const struct location *l);

/* ---- call.c */

struct call *call_of(struct switch_self *self, uint32_t slot);
uint64_t call_handle(const struct switch_self *self, const struct call *c);
uint32_t call_slot(const struct switch_self *self, const struct call *c);
struct live *call_live(struct switch_self *self, const struct call *c);
struct session *call_session(struct switch_self *self, const struct call *c,
			     enum side side);

/* NULL: the handle names no call (any more). */
struct call *call_by_handle(struct switch_self *self, uint64_t handle);

/* A fresh slot in CALL_RECEIVED, or NULL: full. */
struct call *call_new(struct switch_self *self);

/* The event must be possible: ours to know. Logs and ends the call if not. */
bool call_event(struct switch_self *self, struct call *c, enum call_event e);

/*
 * The call is over: hang up every leg that stands, end the recording, close
 * media. The slot is free once media and recorder have said that they ended.
 */
void call_end(struct switch_self *self, struct call *c, enum record_end why);

/* Do what is due for this call. */
void call_tick(struct switch_self *self, struct call *c, uint64_t now_ms);

/* Something that an ending call waited for has come. */
void call_release(struct switch_self *self, struct call *c);

/* Put a session's end down. The leg's state is ours again. */
void call_leg_over(struct switch_self *self, struct call *c, enum side side);

/* End a session of ours and put it down; none is fine. */
void call_leg_end(struct switch_self *self, struct call *c, enum side side);

void call_due(struct switch_self *self, struct call *c, uint64_t in_ms);

/* A leg for somebody else from now on. Its session must be over. */
void call_leg_fresh(struct call *c, enum side side);

/* ---- legs.c */

struct ipc *legs_worker(struct switch_self *self, const struct call *c);

/* Ask for a port; legs_message() goes on when it is there. ENOTCONN. */
int legs_open(struct switch_self *self, struct call *c, enum side side,
	      bool ipv6) CHECK_RESULT;
void legs_close(struct switch_self *self, struct call *c, enum side side);

/* What we offer or answer for this leg, at its port. */
void legs_media(struct switch_self *self, const struct call *c, enum side side,
		struct offer_media *ret);

/* Codecs of the line, this one before all others. */
void legs_codecs(const struct switch_self *self, enum codec first,
		 struct offer_media *ret);

/* The codec in use on a leg, or CODEC_NONE. */
enum codec legs_codec(struct switch_self *self, const struct call *c,
		      enum side side);

/* Tell media what was agreed. ENOENT: nothing yet. */
int legs_set(struct switch_self *self, struct call *c,
	     enum side side) CHECK_RESULT;

/* Media have no part in the call any more. */
void legs_leave(struct switch_self *self, struct call *c);
/* ... nor know of it. */
void legs_forget(struct call *c);

void legs_play(struct switch_self *self, struct call *c, enum side side,
	       uint16_t prompt, bool repeat);
void legs_stop(struct switch_self *self, struct call *c, enum side side);
void legs_bridge(struct switch_self *self, struct call *c, enum side a,
		 enum side b, bool on);
void legs_message(struct switch_self *self, struct ipc_message *m);
void legs_worker_lost(struct switch_self *self, unsigned worker);

/* ---- line.c */

/* Judge an INVITE at a line: 0 to take it, else a code to refuse with. */
unsigned line_judge(struct switch_self *self, const struct sip_msg *invite,
		    const struct flow *flow, unsigned *ret_line);
void line_incoming(struct switch_self *self, struct call *c,
		   const struct sip_msg *invite);
void line_port_ready(struct switch_self *self, struct call *c);
void line_confirmed(struct switch_self *self, struct call *c);
/* Nobody came in the place of the one who said so. */
void line_waited(struct switch_self *self, struct call *c);
void line_played(struct switch_self *self, struct call *c, bool complete,
		 uint32_t samples);
void line_enqueue(struct switch_self *self, struct call *c);
/* Where a prompt of the call's line lies in the rendering in force, or
 * PROMPT_NONE. */
uint16_t line_prompt(const struct switch_self *self, const struct call *c,
		     enum prompt_kind kind, unsigned which);
void line_music(struct switch_self *self, struct call *c);
/* Music, again and again, to either side; he who waits hears it as such. */
void line_play_music(struct switch_self *self, struct call *c, enum side side);
/* There are new prompts: music goes on by them. */
void line_reload(struct switch_self *self);
void line_tick(struct switch_self *self, uint64_t now_ms);

/* ---- told.c */

/* Digests of all notices in the rendering in force. */
void told_prepare(struct switch_self *self);

/*
 * Text, version and sound of what is about to be played, once for all notices
 * of the call: a reload between two of them must not mix what was with what
 * is.
 */
void told_settle(struct switch_self *self, struct call *c);

/* The same for one, of the line as it is now; false: there is no such sound. */
bool told_settle_one(struct switch_self *self, struct call *c,
		     const struct line *line, unsigned which);

/* So much of that was sent: to the ledger. */
void told_played(struct switch_self *self, struct call *c, unsigned which,
		 bool complete, uint32_t samples);
void told_facts(struct switch_self *self, const struct call *c);

/* Every sample of every notice was sent. */
bool told_all(const struct call *c);

/* ---- wish.c */

void wish_key(struct switch_self *self, struct call *c, char key);
/* The next long form that is wished for, of these notices; false: none. */
bool wish_next(struct switch_self *self, struct call *c, unsigned from,
	       unsigned to);
/* So much of the long form was heard. */
void wish_played(struct switch_self *self, struct call *c, bool complete,
		 uint32_t samples);

/* ---- nurse.c */

/* Offer whoever waits to whoever is free, as long as there are both. */
void nurse_pump(struct switch_self *self);
void nurse_registered(void *arg, unsigned agent, bool here);
void nurse_port_ready(struct switch_self *self, struct call *c);
void nurse_answered(struct switch_self *self, struct call *c);
void nurse_not(struct switch_self *self, struct call *c, unsigned code);
void nurse_codecs_agreed(struct switch_self *self, struct call *c, bool ok);
void nurse_free(struct switch_self *self, struct leg *leg);
/* The agent of that account, registered or not; NO_AGENT. */
uint32_t nurse_by_name(const struct switch_self *self, struct text name);

/* From, in a call to a nurse: the caller's number unless withheld. */
void nurse_from(const struct switch_self *self, const struct call *c, char *to,
		size_t max);
/* An INVITE to the phone of an agent for this leg. ENOENT: not here. */
int nurse_invite(struct switch_self *self, struct call *c, enum side side,
		 uint32_t agent) CHECK_RESULT;

void nurse_tick(struct switch_self *self, struct call *c);

/* ---- hold.c */

/* Caller and nurse hear each other, unless one of them holds. */
void hold_bridge(struct switch_self *self, struct call *c, bool on);
void hold_offered(struct switch_self *self, struct call *c, enum side side);
void hold_answered(struct switch_self *self, struct call *c, enum side side);

/* What a side's last description says about holding. */
void hold_learn(struct switch_self *self, struct call *c, enum side side);

/* ---- replace.c */

/* May this INVITE take the place of that leg? As room(). */
unsigned replace_judge(struct switch_self *self, struct call *c, enum side side,
		       const struct sip_msg *invite, const struct flow *flow,
		       struct session_terms *terms);
void replace_incoming(struct switch_self *self, struct call *c,
		      struct session *s);

/* ---- transfer.c */

unsigned transfer_asked(struct switch_self *self, struct call *c,
			enum side side, struct text uri);
void transfer_port_ready(struct switch_self *self, struct call *c);
void transfer_progress(struct switch_self *self, struct call *c, unsigned code);
void transfer_answered(struct switch_self *self, struct call *c);
void transfer_failed(struct switch_self *self, struct call *c, unsigned code);
/* The one who transfers hung up: the transfer goes on. */
void transfer_referrer_gone(struct switch_self *self, struct call *c);
void transfer_tick(struct switch_self *self, struct call *c);
/* Whoever asked for a transfer hears how it went; >= 200 is the last. */
void transfer_tell(struct switch_self *self, struct call *c, unsigned code);
/* Which leg the new nurse gets. */
enum side transfer_side(const struct call *c);

/* ---- fate.c */

/* A nurse answered: ask, or say why not. */
void fate_answered(struct switch_self *self, struct call *c);
void fate_event(struct switch_self *self, struct call *c,
		enum outcome_event event);
void fate_state(struct switch_self *self, uint64_t handle,
		const struct ipc_RECORD_STATE *m);
void fate_recorder(struct switch_self *self, bool here);
/* It says that it lives. */
void fate_heard(struct switch_self *self);
void fate_mark(struct switch_self *self, struct call *c, enum mark_kind kind);
void fate_fact(struct switch_self *self, const struct call *c,
	       enum fact_kind kind, const char *value);
void fate_tick(struct switch_self *self, struct call *c, uint64_t now_ms);

/* ---- say.c */

/*
 * An event about a call. extra: further members of the details, each as
 * `,"name":value`, or "". Nothing personal. At most SAY_EXTRA with the NUL, so
 * that call and line fit beside it.
 */
#define SAY_EXTRA (OUTBOX_DETAILS - 96)
void say_call(struct switch_self *self, const struct call *c,
	      enum event_type type, const char *extra);
void say_pump(struct switch_self *self);
void say_stored(struct switch_self *self, struct bytes events);
void say_kept(struct switch_self *self, const uint8_t id[ID_BYTES]);
void say_ledger(struct switch_self *self, bool here);
void say_tick(struct switch_self *self, uint64_t now_ms);

/* ---- trunk.c */

void trunk_prepare(struct switch_self *self);
void trunk_start(struct switch_self *self);
void trunk_reload(struct switch_self *self, const struct settings *before);
void trunk_tick(struct switch_self *self, uint64_t now_ms);

/* ---- places.c */

/*
 * Give the sections of the settings the places that calls know them by.
 * before: the settings until now, or NULL at the start. ENOMEM.
 */
int places_take(struct switch_self *self,
		const struct settings *before) CHECK_RESULT;

/* By which trunk he came; "" for one that is over. */
const char *places_trunk_of(const struct switch_self *self,
			    const struct call *c);
/* The account of the nurse who is rung, or talks; "": nobody yet. */
const char *places_agent_of(const struct switch_self *self,
			    const struct call *c);

/* The descriptors of the listeners, by place; -1: none. */
void places_sockets(const struct switch_self *self,
		    int ret_fds[SETTINGS_LISTENERS]);

/* Close removed listeners that no call needs any more. */
void places_tick(struct switch_self *self, uint64_t now_ms);

/* After a reload: whom the queue may ring. */
void places_agents(struct switch_self *self);

/* ---- restore.c */

int restore_layout(struct switch_self *self) CHECK_RESULT;
void restore_calls(struct switch_self *self);
size_t restore_bytes(const struct settings *s);

/* ---- sessions.c */

extern const struct session_handlers switch_session_handlers;

/* ---- ask.c */

void ask(struct switch_self *self, uint64_t request, uint8_t what);

#endif
