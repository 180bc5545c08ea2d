/*
 * dialog -- the peer-to-peer relation of RFC 3261 section 12, written down
 *
 * A plain struct without pointers: it may be copied into memory that outlives
 * the process and be taken up again by the next one. Its texts are bounded,
 * each and together; a peer whose identifiers do not fit is refused, never cut
 * short.
 *
 * Pure: nothing here sends, waits or asks for the time.
 */
#ifndef VAXEL_SIP_DIALOG_H
#define VAXEL_SIP_DIALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "sip/stack.h"

#define DIALOG_CALL_ID_MAX 160
#define DIALOG_TAG_MAX 96
#define DIALOG_URI_MAX 512 /* a hand-over token takes 231 */
#define DIALOG_ROUTES_MAX 1024
#define DIALOG_BYTES 1280 /* of all its texts */

enum dialog_state { DIALOG_NONE, DIALOG_EARLY, DIALOG_CONFIRMED };

enum dialog_word {
	DIALOG_CALL_ID,
	DIALOG_LOCAL_TAG,
	DIALOG_REMOTE_TAG,
	DIALOG_LOCAL, /* name-addr as in From or To, without tag */
	DIALOG_REMOTE,
	DIALOG_TARGET, /* the URI of their Contact */
	DIALOG_ROUTES, /* "<sip:a;lr>,<sip:b;lr>" in order of use; "": none */
	DIALOG_WORDS
};

struct dialog {
	uint8_t state;  /* enum dialog_state */
	uint8_t caller; /* we sent the INVITE, so we own the Call-ID */
	uint8_t secure; /* RFC 3261 12.1: sips over TLS */
	uint8_t remote_seq_known;
	uint32_t local_seq;       /* CSeq of our last request */
	uint32_t remote_seq;      /* of theirs */
	struct flow flow;         /* by which the peer was last heard */
	char words[DIALOG_BYTES]; /* one after the other, each terminated */
};

/* Valid until the dialog changes; "": it has none. */
const char *dialog_word(const struct dialog *d, enum dialog_word which);

/*
 * Any text but from the dialog itself. Nothing has changed where it fails.
 *
 * EMSGSIZE  longer than its kind may be, or than what is left
 * EBADMSG   a control character: it could begin a new line
 */
int dialog_set(struct dialog *d, enum dialog_word which,
	       struct text t) CHECK_RESULT;

/*
 * A dialog begun by their INVITE (12.1.1). It is DIALOG_EARLY.
 *
 * tag   ours, as in every response
 *
 * EMSGSIZE  an identifier or the route set is too long: 513
 * EBADMSG   no usable Contact, or more than one: 400
 */
int dialog_accept(struct dialog *ret, const struct sip_msg *invite,
		  const struct flow *flow, struct text tag) CHECK_RESULT;

/* Before our INVITE: who we are and whom we call. DIALOG_NONE. EMSGSIZE. */
int dialog_call(struct dialog *ret, struct text local, struct text remote,
		struct text target) CHECK_RESULT;

/* As dialog_call() left it: nobody has answered. */
void dialog_unanswer(struct dialog *d);

/*
 * A response to our INVITE, 101 to 299 with a To tag, begins or confirms the
 * dialog (12.1.2): tag, target, and route set (a 2xx sets it anew,
 * 13.2.2.4). `from` is what dialog_call() made; ret may be the same.
 * Errors as dialog_accept(), EPROTO for a response without a tag.
 */
int dialog_response(struct dialog *ret, const struct dialog *from,
		    const struct sip_msg *response,
		    const struct flow *flow) CHECK_RESULT;

/*
 * A dialog out of a 2xx to an INVITE that nobody remembers, good for its ACK
 * and a BYE. Errors as dialog_response().
 */
int dialog_orphan(struct dialog *ret, const struct sip_msg *response,
		  const struct flow *flow) CHECK_RESULT;

/*
 * Judge a request within the dialog and take its CSeq (12.2.2). ACK and CANCEL
 * carry the number of their INVITE and are not judged.
 *
 * EPROTO    out of order: 500
 */
int dialog_check(struct dialog *d, const struct sip_msg *request) CHECK_RESULT;

/* INVITE and UPDATE move the target (12.2.1.2, 12.2.2; RFC 3311 5.1). A
 * Contact that is absent or unusable leaves it where it was. */
void dialog_refresh(struct dialog *d, const struct sip_msg *msg,
		    const struct flow *flow);

/*
 * Request-URI and the lines Route, From, To, Call-ID, CSeq of a request within
 * the dialog (12.2.1.1), loose or strict routing. Takes the next CSeq itself
 * unless seq is given (ACK: the number of its INVITE).
 */
void dialog_request(struct dialog *d, struct writer *w,
		    enum message_method method, uint32_t seq,
		    struct text *ret_uri);

/*
 * Where such a request goes. A living connection carries on; a UDP peer is
 * sent to by route set or target, but for a target that nobody can reach
 * (".invalid", a private address seen from outside): there to where it was
 * last heard.
 */
void dialog_where(const struct dialog *d, struct stack_target *ret);

/* Fit for use after it lay in memory that somebody else could have written. */
bool dialog_sane(const struct dialog *d);

#endif
