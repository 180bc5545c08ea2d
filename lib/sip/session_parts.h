/*
 * session_parts -- what the files of session share among themselves
 *
 * session.c          the set: finding, life and death
 * session_heap.c     its timers
 * session_restore.c  taken up after the process died
 * session_call.c     our INVITE: 2xx, ACK, CANCEL, refusals
 * session_early.c    ... before that: forks, PRACK
 * session_serve.c    their INVITE: 2xx, ACK
 * session_reliable.c ... before that: 18x, reliable ones
 * session_send.c     requests and responses put together
 * session_inside.c   their requests within the dialog, as a table
 * session_change.c   our re-INVITE and UPDATE, glare, session timer
 * session_info.c     digits, both ways
 * session_refer.c    REFER and NOTIFY, both ways
 * session_replace.c  one dialog for another
 * session_sdp.c      where offer and answer stand
 * session_relay.c    ... of descriptions that are passed on
 *
 * Whatever calls a handler of the owner may find the session gone afterwards:
 * gone sessions stay readable until the next call from outside, and
 * session_is_gone() tells.
 */
#ifndef VAXEL_SIP_SESSION_PARTS_H
#define VAXEL_SIP_SESSION_PARTS_H

#include "base/secret.h"
#include "sip/session.h"
#include "sip/session_timer.h"

#define SESSION_FORKS 4
#define SESSION_ENDED 64 /* dialogs that are known to have been */
#define SESSION_T1_MS 500
#define SESSION_GIVE_UP_MS (64 * SESSION_T1_MS)
#define SESSION_HEADERS_MAX 4096
#define SESSION_BODY_MAX (16 * 1024)
#define SESSION_SUPPORTED "100rel, timer, replaces"
#define SESSION_ALLOW                                                          \
	"INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, "      \
	"NOTIFY"

enum session_phase {
	PHASE_CALLING,  /* our INVITE has no final answer */
	PHASE_RINGING,  /* theirs has none */
	PHASE_ANSWERED, /* our 2xx waits for its ACK */
	PHASE_TALKING,
	PHASE_LEAVING, /* the owner is gone; the wire is not done yet */
	PHASE_GONE,
	PHASE_COUNT
};

/* Our INVITE, initial or not. It outlives the session by up to 32 s, to
 * acknowledge what comes late. */
struct session_invite {
	struct session_invite *prev, *next; /* of all */
	struct sessions *all;
	struct session *s; /* NULL: over */
	struct stack_client *client;
	bool initial;
	bool offers; /* carries an offer that the owner wanted */
	bool asks;   /* ... or asks for theirs */
	bool final;
	unsigned tries; /* with credentials */
	uint32_t seq;
	char winner[DIALOG_TAG_MAX];
	char *auth; /* line with credentials; or NULL */
};

/* How the initial INVITE is made, should it have to be made again. */
struct session_again {
	struct flow flow;
	bool has_flow;
	bool asks; /* for an offer */
	unsigned hops;
	char route[DIALOG_URI_MAX];
	char headers[]; /* terminated */
};

struct session_copy {
	char *p; /* NULL: none */
	size_t len;
};

/* Descriptions that are passed on. In force, on their way, just read, and
 * those that wait until they may be sent. */
struct session_words {
	struct session_copy ours, theirs, our_offer, their_offer, heard;
	struct session_copy next, want;
};

struct session_fork {
	struct session_fork *next;
	struct session_dialog d;
	struct session_copy theirs;
};

/* A reliable provisional response of ours, waiting for its PRACK. */
struct session_reliable {
	uint32_t rseq; /* 0: none was sent yet */
	bool waiting;
	bool described; /* it carried a description */
	uint64_t again_at;
	uint64_t give_up_at;
	uint32_t interval_ms;
};

struct session_refer {
	struct session_refer *prev, *next; /* of all */
	struct sessions *all;
	struct session *s; /* NULL: over; then the dialog counts */
	uint32_t id;
	struct dialog dialog;
	char user[SESSION_USER_MAX];
};

struct session {
	struct session *next; /* of the bucket; of the dead */
	struct sessions *all;
	struct session_state *state;
	void *owner;
	size_t heap_at; /* 0: in no heap */
	uint64_t due;
	unsigned depth; /* of changes to the state */
	struct stack_server *invite_in;
	uint32_t invite_in_seq;
	struct stack_server *offer_in; /* UPDATE or PRACK with an offer */
	struct session_reliable reliable;
	/* what waits for the PRACK: another 18x, or the answer */
	unsigned next_code;
	struct offer_media next_media;
	struct session_invite *invite_out;
	struct session_again *again;
	struct session_fork *forks;
	unsigned fork_count;
	struct stack_client *update_out;
	uint32_t own_min_se; /* raised by 422 */
	uint32_t expires_s;
	struct session_words words;
	uint32_t ack_seq;   /* of the 2xx whose ACK waits for our answer; 0 */
	uint32_t acked_seq; /* of the last whose ACK carried one */
	char *ack_auth;
	struct session_copy lines; /* for our next 2xx */
	/* our wish to change, and when it may be tried (again) */
	struct offer_media want_media;
	uint64_t retry_at;
	struct session_refer *refer_in; /* their interest in our progress */
	struct stack_client *refer_out;
	char auth_user[SETTINGS_NAME_MAX];
	const struct secret *password;
	/* flags */
	uint8_t phase;
	bool required_100rel;
	bool invite_in_final;
	bool next_answer;
	bool next_described;
	bool update_offers;
	bool plain_tried;
	bool want_offer;
	bool want_update; /* ... by UPDATE */
	bool want_refresh;
	bool refer_out_busy; /* our interest in theirs */
};

struct sessions {
	struct stack *stack;
	struct session_handlers h;
	void *arg;
	uint64_t (*clock_ms)(void);
	uint32_t min_se_s;
	bool relays;
	struct session **buckets;
	size_t bucket_mask;
	unsigned count;
	struct session **heap; /* from index 1 */
	size_t heap_len, heap_max;
	struct session *dead;
	struct session_invite *invites;
	struct session_refer *refers;
	uint64_t ended[SESSION_ENDED];
	unsigned ended_at;
	struct session_state scrap; /* what gone sessions look at */
	uv_timer_t *timer;
	uint64_t armed_at;
};

static inline uint64_t session_now(const struct session *s)
{
	return s->all->clock_ms();
}

static inline bool session_is_gone(const struct session *s)
{
	return s->phase == PHASE_GONE;
}

/* Where offer and answer stand right after our first INVITE. */
static inline uint8_t session_first_sdp(const struct session *s)
{
	return s->again && s->again->asks ? SESSION_SDP_NONE
					  : SESSION_SDP_WE_OFFERED;
}

/* Nobody to tell any more. */
static inline bool session_is_left(const struct session *s)
{
	return s->phase == PHASE_LEAVING || s->phase == PHASE_GONE;
}

/* ---- session.c */
struct session *session_new(struct sessions *all, struct session_state *state,
			    void *owner, const struct session_terms *terms);
void session_keep_terms(struct session_state *state,
			const struct session_terms *terms);
void session_hash(struct session *s);
uint64_t session_random_id(void); /* for o=: fits everybody's integers */
/* The state is being changed; nests. */
void session_begin(struct session *s);
void session_done(struct session *s);
/* ---- session_heap.c */
/* Room for one more session's timer. */
int sessions_heap_room(struct sessions *all) CHECK_RESULT;
void session_unschedule(struct session *s);
/* Timers may have changed. */
void session_touch(struct session *s);
/* ---- session.c again */
/* Let go of everything; the caller then tells the owner. */
void session_bury(struct session *s);
void session_over(struct session *s, enum session_end_reason reason);
/* The owner leaves; false when even that is impossible (no memory). */
bool session_detach(struct session *s);
/* BYE, without waiting for its answer. */
void session_bye(struct session *s);
void sessions_reap(struct sessions *all);

/* ---- headers and sending (session_send.c) */
/* Contact is the stack's; Allow and Supported are here. */
void session_write_features(struct writer *w, bool reliable);
void session_write_timer(struct session *s, struct writer *w, bool response,
			 const struct session_timer *t);
int session_send(struct session *s, struct stack_client **ret_client,
		 enum message_method method, const struct writer *more,
		 struct text content_type, struct text body,
		 stack_response_h *h, void *arg) CHECK_RESULT;
/* The same in a dialog that is nobody's session any more. */
int session_send_in(struct sessions *all, struct dialog *d, const char *user,
		    struct stack_client **ret_client,
		    enum message_method method, const struct writer *more,
		    struct text content_type, struct text body,
		    stack_response_h *h, void *arg) CHECK_RESULT;
/* For requests whose answer changes nothing. */
void session_ignore(void *arg, struct stack_client *c, unsigned code,
		    const struct sip_msg *msg, const struct flow *flow);
void session_send_ack(struct sessions *all, struct dialog *d, uint32_t seq,
		      const char *auth, struct text sdp);
/* 200 (or another) with lines and description. */
int session_reply(struct session *s, struct stack_server *t, unsigned code,
		  const struct writer *more, const struct writer *sdp);
/* With what RFC 3261 and 4028 want beside the code. */
void session_turn_away(const struct sessions *all, struct stack_server *t,
		       unsigned code);
void session_retry_later(struct stack_server *t); /* 500 and Retry-After */
/* Credentials for a 401 or 407, as a line. ENOENT: none that would do. */
int session_authorize(const struct session *s, const struct sip_msg *msg,
		      struct text method, struct text uri,
		      char **ret_line) CHECK_RESULT;

/* ---- session_sdp.c */
/* ENOENT no body; EINVAL another kind of body; EBADMSG; EMSGSIZE */
int session_body(const struct sip_msg *msg, struct text *ret) CHECK_RESULT;
int session_read_sdp(struct session *s, const struct sip_msg *msg,
		     struct offer *ret) CHECK_RESULT;
void session_their_offer(struct session *s, const struct offer *o);
/* Ours to an offer of theirs, or an offer where they had none; written to w. */
int session_describe(struct session *s, const struct offer_media *m,
		     bool preview, struct writer *w) CHECK_RESULT;
void session_our_offer(struct session *s, const struct offer *o);
/* Their answer to our offer. ENOENT: unusable. */
int session_their_answer(struct session *s, const struct offer *o,
			 bool preview) CHECK_RESULT;
void session_take_preview(struct session *s);
void session_rollback(struct session *s);
void session_settle(struct session *s, const struct offer *ours,
		    const struct offer *theirs, bool we_offered, bool preview);

/* ---- session_replace.c */
/* Does this INVITE replace one of ours? 0 and *ret or NULL; else a code. */
unsigned session_replaced(struct sessions *all, const struct sip_msg *msg,
			  struct session **ret);
/* It ends: who wants to replace it later comes too late. */
void session_remember(struct session *s);

/* ---- session_relay.c */
void session_copy_drop(struct session_copy *c);
int session_copy_keep(struct session_copy *c, struct text t) CHECK_RESULT;
/* Of what is to be said later, the bytes too. */
int session_hold(struct offer_media *to, struct session_copy *hold,
		 const struct offer_media *from) CHECK_RESULT;
void session_words_drop(struct session_words *w);
int relay_read(struct session *s, struct text body,
	       struct offer *ret) CHECK_RESULT;
void relay_their_offer(struct session *s);
void relay_their_answer(struct session *s, bool preview);
void relay_take_preview(struct session *s);
void relay_rollback(struct session *s);
int relay_refresh(struct session *s) CHECK_RESULT;
int relay_offer(struct session *s, struct text t) CHECK_RESULT;
int relay_describe(struct session *s, struct text t, bool preview,
		   struct writer *w) CHECK_RESULT;
bool relay_repeats(const struct session *s);
int session_owe_ack(struct session *s,
		    const struct session_invite *inv) CHECK_RESULT;
void session_pay_ack(struct session *s, struct text sdp);
void session_ack_again(struct session *s, uint32_t seq, const char *auth);
int session_answer_ack(struct session *s,
		       const struct offer_media *media) CHECK_RESULT;

/* ---- session_call.c */
/* We asked for an offer: it has to be in this 2xx. */
int session_their_first_offer(struct session *s,
			      const struct sip_msg *msg) CHECK_RESULT;
struct session_invite *session_invite_new(struct session *s, bool initial);
void session_invite_free(struct session_invite *inv);
int session_invite_send(struct session *s, struct session_invite *inv,
			const struct offer *offer) CHECK_RESULT;
/* The session of a response of ours, if it still lives. */
struct session *sessions_find(const struct sessions *all, const struct pl *tag,
			      const struct pl *call_id);
/* ---- session_early.c */
void session_drop_forks(struct session *s);
/* Make the dialog of this tag the current one. False: no room for it. */
bool session_pick_tag(struct session *s, const struct pl *tag, bool may_begin);
void session_on_provisional(struct session *s, unsigned code,
			    const struct sip_msg *msg, const struct flow *flow);
bool session_pick(struct session *s, const struct sip_msg *msg);
void session_peer_features(struct session *s, const struct sip_msg *msg);

/* ---- session_serve.c */
void session_serve_new(struct sessions *all, struct stack_server *t,
		       const struct sip_msg *msg, const struct flow *flow);
void session_on_ack(struct session *s, const struct sip_msg *msg);
void session_on_prack(struct session *s, struct stack_server *t,
		      const struct sip_msg *msg);
void session_watch_invite(struct session *s, struct stack_server *t,
			  uint32_t seq);
int session_accept_invite(struct session *s, const struct writer *sdp);
/* UPDATE or PRACK with an offer: it waits for the owner. */
void session_watch_offer(struct session *s, struct stack_server *t);
/* ---- session_reliable.c */
/* What waited for a PRACK. */
void session_go_on(struct session *s);
void session_reliable_tick(struct session *s, uint64_t now);

/* ---- session_inside.c */
void session_inside(struct session *s, struct stack_server *t,
		    const struct sip_msg *msg, const struct flow *flow);

/* ---- session_info.c */
void session_on_info(struct session *s, struct stack_server *t,
		     const struct sip_msg *msg);

/* ---- session_change.c */
/* Send what we wish to change, if nothing is in the way. */
void session_flush(struct session *s);
void session_reinvite_response(struct session *s, struct session_invite *inv,
			       unsigned code, const struct sip_msg *msg,
			       const struct flow *flow);
void session_timer_start(struct session *s, const struct session_timer *t,
			 bool we_are_uac);
/* The session timer of a 2xx of ours, and the same in force. */
void session_answer_timer(struct session *s, const struct sip_msg *msg,
			  struct writer *w);
void session_write_refresh(struct session *s, struct writer *w);
void session_settle_timer(struct session *s, const struct sip_msg *msg);
void session_change_tick(struct session *s, uint64_t now);

/* ---- session_refer.c */
void session_on_refer(struct session *s, struct stack_server *t,
		      const struct sip_msg *msg);
/* The session ends, their subscription does not. */
void session_refer_outlives(struct session *s);
void session_refer_free(struct session_refer *r);
void session_on_notify(struct session *s, struct stack_server *t,
		       const struct sip_msg *msg);

#endif
