/*
 * session -- one call leg: INVITE and all that may happen within its dialog
 *
 * RFC 3261 (INVITE, re-INVITE, CANCEL, BYE, forks), 3262 (100rel, PRACK), 3264
 * (offer/answer), 3311 (UPDATE), 3515 (REFER), 3891 (Replaces), 4028 (session
 * timers), 6086 (INFO). A session is one leg; who builds a call out of two of
 * them carries offers from one to the other, at leisure: nothing has to be
 * answered from within a handler.
 *
 * Two halves. struct session_state is plain and lies in memory of the owner's
 * choice; it is kept current in place, and session_restore() builds a session
 * from it after the process died. struct session (transactions, timers) is
 * beside it and goes with the process.
 *
 * Life. A session begins with session_call(), session_restore() or the handler
 * incoming(). It is over when refused() or ended() is called, or when the
 * owner calls session_end(), or refuses an incoming call that was not
 * answered: then neither `s` nor its state may be touched any more, the state
 * is the owner's again, and no handler follows. What is still to be done on
 * the wire (CANCEL, waiting for an ACK, BYE) goes on without the owner.
 * Handlers may call any function of this header.
 */
#ifndef VAXEL_SIP_SESSION_H
#define VAXEL_SIP_SESSION_H

#include "sip/dialog.h"
#include "sip/offer.h"
#include "sip/stack.h"

#define SESSION_STATE_MAGIC 0x76e45e55
#define SESSION_USER_MAX 64

struct sessions; /* all of one stack */
struct session;
struct session_refer; /* a REFER of theirs, and who wants to hear of it */

/* Where offer and answer stand (RFC 3264; 6337 for the whole story). */
enum session_sdp {
	SESSION_SDP_NONE,
	SESSION_SDP_WE_OFFERED,
	SESSION_SDP_THEY_OFFERED,
	SESSION_SDP_STABLE
};

/* A dialog and what was agreed in it. A forked INVITE has several of these. */
struct session_dialog {
	struct dialog dialog;
	struct offer ours, theirs; /* in force, or previewed in an 18x */
	struct offer pending;      /* offered, not yet answered */
	uint8_t sdp;               /* enum session_sdp */
	uint8_t agreed;            /* ours and theirs are in force */
	uint8_t previewed;         /* an answer came in an unreliable 18x */
	uint8_t we_offered;        /* ... the pair in force */
	uint32_t rseq;             /* of the last reliable response */
};

struct session_state {
	uint32_t magic;   /* SESSION_STATE_MAGIC while a session uses it */
	uint32_t writing; /* odd while being changed */
	struct session_dialog d;
	uint64_t session_id; /* o= of ours */
	uint64_t tag; /* the owner's: which call, which leg; kept as it is */
	/* RFC 4028; absolute, of a clock that only goes forward; 0: none */
	uint64_t refresh_at_ms;
	uint64_t expire_at_ms;
	uint32_t interval_s; /* 0: no session timer */
	uint32_t min_se_s;
	uint8_t we_refresh;
	uint8_t peer_update;   /* Allow: UPDATE */
	uint8_t peer_no_refer; /* an Allow without REFER */
	uint8_t peer_replaces;
	uint8_t peer_100rel;
	uint8_t peer_timer;
	uint8_t srtp; /* enum srtp_use */
	int16_t trunk;
	char user[SESSION_USER_MAX]; /* user part of our Contact */
};

/* What the owner decides for a leg, by trunk or agent. */
struct session_terms {
	enum srtp_use srtp;
	unsigned session_expires_s; /* 0: none asked for by us */
	int trunk;                  /* index, or -1 */
	struct text contact_user;
	/* for 401 and 407; user empty: none */
	struct text user;
	const struct secret *password; /* must outlive the session */
};

enum session_end_reason {
	SESSION_END_BYE,        /* the peer hung up */
	SESSION_END_CANCELLED,  /* the caller gave up before the answer */
	SESSION_END_EXPIRED,    /* session timer: no refresh; BYE was sent */
	SESSION_END_LOST,       /* 408 or 481 within the dialog; BYE was sent */
	SESSION_END_NO_ACK,     /* our 2xx was never acknowledged; BYE sent */
	SESSION_END_NO_PRACK,   /* our reliable 18x was not; 504 was sent */
	SESSION_END_BAD_ANSWER, /* the answer is none; BYE or CANCEL was sent */
	SESSION_END_BROKEN      /* the response could not be delivered */
};

/* replaces, confirmed, pracked, dtmf and refer_progress may be NULL. */
struct session_handlers {
	/*
	 * An INVITE for a new call. Say where its state shall lie, who its
	 * owner is and on what terms (all zero before, trunk -1), and return 0;
	 * or return a code from 300 to 699 to refuse with.
	 */
	unsigned (*room)(void *arg, const struct sip_msg *invite,
			 const struct flow *flow, struct session_terms *terms,
			 struct session_state **ret_state, void **ret_owner);

	/*
	 * An INVITE that is to take the place of an established session of
	 * this owner (RFC 3891). As room(), for the same owner, who is then
	 * told incoming(); he answers it, ends the old one and may move the
	 * new one's state to where that lay. NULL: 603.
	 */
	unsigned (*replaces)(void *owner, struct session *old,
			     const struct sip_msg *invite,
			     const struct flow *flow,
			     struct session_terms *terms,
			     struct session_state **ret_state);

	/* It stands: ring, answer or refuse it, now or later. 100 was sent. */
	void (*incoming)(void *owner, struct session *s,
			 const struct sip_msg *invite);

	/* Our call: 101 to 199. early: session_theirs() and session_agreed()
	 * hold what media can already flow. */
	void (*progress)(void *owner, struct session *s, unsigned code,
			 bool early);
	/* Our call: 2xx; the ACK is sent. session_agreed() is valid. */
	void (*answered)(void *owner, struct session *s,
			 const struct sip_msg *msg);
	/* Our call came to nothing. Over. msg NULL when made here. */
	void (*refused)(void *owner, struct session *s, unsigned code,
			const struct sip_msg *msg);
	/* Their call: the ACK of our 2xx came. */
	void (*confirmed)(void *owner, struct session *s);

	/*
	 * They offer anew (re-INVITE, UPDATE, PRACK): session_pending() is the
	 * offer, or NULL when they ask for ours (an offerless re-INVITE).
	 * Answer with session_answer() or session_refuse(); until then further
	 * ones are turned away.
	 */
	void (*offered)(void *owner, struct session *s);
	/* Our offer was answered: session_offer(), or the one in a 2xx or 18x
	 * to an offerless INVITE. session_agreed() is the new state. */
	void (*offer_answered)(void *owner, struct session *s);
	/* Our offer was refused; what was agreed before holds. */
	void (*offer_refused)(void *owner, struct session *s, unsigned code);

	/* A reliable 18x of ours arrived. */
	void (*pracked)(void *owner, struct session *s);
	/* INFO with application/dtmf-relay or dtmf: 0-9 * # A-D. */
	void (*dtmf)(void *owner, struct session *s, char digit,
		     unsigned duration_ms);

	/*
	 * They ask us to call somebody in their place. 202 to accept: then
	 * session_refer_progress(r) is due until a final code, even when the
	 * session has ended meanwhile; else a code to refuse with. r is NULL
	 * where they wish to hear nothing. uri is the target's.
	 */
	unsigned (*referred)(void *owner, struct session *s,
			     struct session_refer *r, struct text uri,
			     const struct sip_msg *refer);
	/* How it goes with our own session_refer(): 100 to 699. */
	void (*refer_progress)(void *owner, struct session *s, unsigned code);

	/* Over. s is NULL if, after room(), memory for it ran out. */
	void (*ended)(void *owner, struct session *s,
		      enum session_end_reason reason);

	/* Another node of ours says a word: session_say(). May be NULL. */
	void (*told)(void *owner, struct session *s, struct text word);
};

struct sessions_options {
	unsigned min_se_s;          /* RFC 4028; 0: 90 */
	uint64_t (*clock_ms)(void); /* NULL: clock_mono_ms */
	/*
	 * Descriptions are somebody else's: taken as they come, read by
	 * session_said(), said as struct offer_media's as_is, never judged.
	 * An empty as_is in session_call() and session_offer() asks the peer
	 * for an offer; it then waits like any other of theirs, as of
	 * answered() or offered(), for session_answer(). It cannot be refused
	 * but by ending the call.
	 */
	bool relays;
};

/* loop NULL: no timer of its own, somebody calls sessions_tick(). */
int sessions_new(struct sessions **ret, struct stack *stack, uv_loop_t *loop,
		 const struct sessions_options *options,
		 const struct session_handlers *handlers,
		 void *arg) CHECK_RESULT;

/* Drops everything without a word on the wire and without a call; after
 * stack_close(). The states stay, for session_restore(). */
void sessions_free(struct sessions *all);

/*
 * A request from the stack: whatever belongs to a dialog, or is an INVITE, is
 * dealt with. False: not ours (REGISTER and others without a To tag); it is
 * still to be answered.
 */
bool sessions_request(struct sessions *all, struct stack_server *t,
		      const struct sip_msg *msg, const struct flow *flow);

/* When sessions_tick() is next to be called; 0: never. For virtual time. */
uint64_t sessions_due(const struct sessions *all);
void sessions_tick(struct sessions *all, uint64_t now_ms);

unsigned sessions_count(const struct sessions *all);

/* ---- calling */

struct session_call {
	const struct flow *flow; /* a registered phone's; or NULL */
	struct text uri;         /* request-URI */
	struct text route;   /* next hop's URI where not uri's; may be empty;
				with a trunk in terms and no flow the call
				goes to the trunk's host */
	struct text from;    /* "<sip:+46...@domain>", no tag */
	struct text to;      /* "<sip:...>" */
	struct text headers; /* further lines with CRLF, or empty */
	unsigned hops;       /* as in struct stack_request */
	const struct session_terms *terms;
};

/* Errors: EMSGSIZE, ENOMEM, and those of stack_request(). Nothing is called
 * before it returns. */
int session_call(struct session **ret, struct sessions *all,
		 struct session_state *state, void *owner,
		 const struct session_call *call,
		 const struct offer_media *media) CHECK_RESULT;

/* ---- being called; before the answer */

/*
 * 180 (or another 18x) without a description. reliable: where the peer can
 * (RFC 3262); where it demands it (Require: 100rel) it always is.
 */
int session_ring(struct session *s, unsigned code, bool reliable) CHECK_RESULT;

/* 183 with a description: early media. Reliable where the peer can. With an
 * offerless INVITE and no 100rel the description has to wait for the answer. */
int session_progress(struct session *s,
		     const struct offer_media *media) CHECK_RESULT;

/*
 * 200 with answer (or offer, where they had none) to the INVITE, or to the
 * re-INVITE, UPDATE or PRACK that offered() told of. Waits by itself for a
 * PRACK that is still due.
 *
 * ENOENT   nothing in common: session_refuse(s, 488)
 * EPROTO   nothing is waiting for an answer
 */
int session_answer(struct session *s,
		   const struct offer_media *media) CHECK_RESULT;

/* Further lines for our next 2xx to an INVITE of theirs. ENOMEM. */
int session_add(struct session *s, struct text lines) CHECK_RESULT;

/* 300 to 699 to the same. Before the answer the session is then over. */
void session_refuse(struct session *s, unsigned code);

/* The same with further lines, say "Contact: <...>\r\n" of a 302. */
void session_refuse_with(struct session *s, unsigned code, struct text headers);

/* ---- in a call */

/*
 * Offer anew: UPDATE before the answer, re-INVITE after it. While something
 * else is under way it waits, and a 491 is tried again (RFC 3261 14.1); only
 * the last one counts. EPROTO: not possible any more, or not yet (no peer that
 * allows UPDATE).
 */
int session_offer(struct session *s,
		  const struct offer_media *media) CHECK_RESULT;

/* The same by UPDATE, where the peer takes one. */
int session_update(struct session *s,
		   const struct offer_media *media) CHECK_RESULT;

/* Ask the peer to call somebody else: a URI, with headers behind a '?'.
 * EAGAIN: one is under way; EOPNOTSUPP: he has said that he never does. */
int session_refer(struct session *s, struct text refer_to,
		  struct text referred_by) CHECK_RESULT;

/* How it goes with what referred() accepted; >= 200 is the last, and r is
 * invalid then. The subscription lives on its own (RFC 5057 3.2): a referrer
 * who has hung up is told all the same. NULL is fine. */
void session_refer_progress(struct session_refer *r, unsigned code);

/* A word between nodes of ours, by INFO (application/vaxel). As below. */
int session_say(struct session *s, struct text word) CHECK_RESULT;

/* A digit by INFO (application/dtmf-relay). EPROTO: not in a call. */
int session_dtmf(struct session *s, char digit,
		 unsigned duration_ms) CHECK_RESULT;

/* CANCEL, BYE or 480, as is due. Over at once for the owner. */
void session_end(struct session *s);

/* The state lies at `to` from now on. */
void session_move(struct session *s, struct session_state *to);

/*
 * For a Refer-To that names this dialog to a third party: its peer's Contact,
 * and "Replaces=...", escaped, to stand behind a '?'. EPROTO: not confirmed;
 * EOPNOTSUPP: its peer does not say that it knows Replaces.
 */
struct text session_target(const struct session *s);
int session_write_replaces(const struct session *s,
			   struct writer *w) CHECK_RESULT;

/* ---- after the process died */

/*
 * A session from a state that lies in surviving memory. Of the terms only
 * session_expires_s, user and password count: the rest is in the state.
 *
 * EPROTO    it was not established: nothing to go on with
 * EBADMSG   the bytes make no sense, or were being changed
 *
 * In both cases the state is free.
 */
int session_restore(struct session **ret, struct sessions *all,
		    struct session_state *state, void *owner,
		    const struct session_terms *terms) CHECK_RESULT;

/* ---- what is known */

struct session_state *session_state(struct session *s);
bool session_established(const struct session *s);
/* False: the peer's Allow has no REFER. */
bool session_takes_refer(const struct session *s);
/* Is an offer of theirs, or their INVITE, waiting for us? */
bool session_waiting(const struct session *s);

/* Their description in force (or previewed); NULL for none. */
const struct offer *session_theirs(const struct session *s);
/* That, or the offer that waits for our answer, as it came; empty for none.
 * Only where descriptions are passed on; valid until the next message. */
struct text session_said(const struct session *s);
/* Did what waits for our answer come by UPDATE? */
bool session_asked_by_update(const struct session *s);
/* Their offer that waits for our answer; NULL for none. */
const struct offer *session_pending(const struct session *s);
/* ENOENT: nothing agreed yet. */
int session_agreed(const struct session *s,
		   struct offer_agreed *ret) CHECK_RESULT;

#endif
