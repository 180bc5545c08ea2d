/*
 * message -- SIP messages as bytes: decode behind limits, build in one buffer
 *
 * What comes out is libre's struct sip_msg, with bounds before and judgement
 * after, so that whoever gets a struct sip_msg knows: start line, topmost Via,
 * From, To, Call-ID and CSeq are there, once, well-formed and agree with each
 * other; the body is exactly as long as Content-Length says. Texts in a message
 * point into it; message_keep() and message_drop() prolong its life.
 *
 * Building appends to a struct writer that the caller bounded.
 */
#ifndef VAXEL_SIP_MESSAGE_H
#define VAXEL_SIP_MESSAGE_H

#include <re.h>

#include "base/bytes.h"

#define MESSAGE_MAX (64 * 1024)
#define MESSAGE_HEADERS_MAX 128
#define MESSAGE_TAG_CHARS 16
#define MESSAGE_HOPS_MAX 70 /* Max-Forwards of a request of our own */

/* libre's text by length to ours, and back. */
static inline struct text message_text(struct pl pl)
{
	return (struct text){ pl.p, pl.l };
}

static inline struct pl message_pl(struct text t)
{
	return (struct pl){ t.p, t.len };
}

/*
 * What is wrong with a message, and what to do about it. A response that is
 * wrong is always dropped; so is an ACK.
 */
struct message_fault {
	uint16_t code; /* answer with this, or 0: drop it */
	const char *reason;
};

/*
 * Decode a whole datagram or one framed message of a stream.
 *
 * stream   a Content-Length is then demanded (RFC 3261 18.3); in a datagram
 *          bytes past it are cut off
 *
 * 0         *ret is the caller's, to message_drop()
 * EBADMSG   *ret_fault says what to answer; message_refuse() can build it
 * EMSGSIZE  over a limit; ret_fault as above
 * ENOMEM
 */
int message_decode(struct sip_msg **ret, const void *p, size_t len, bool stream,
		   struct message_fault *ret_fault) CHECK_RESULT;

struct sip_msg *message_keep(const struct sip_msg *msg);
void message_drop(const struct sip_msg *msg); /* NULL is fine */

/*
 * A response to bytes that could not be decoded: copies what RFC 3261 8.2.6
 * wants as it stands. EBADMSG when even those cannot be found.
 */
int message_refuse(struct writer *w, const void *p, size_t len,
		   const struct message_fault *fault) CHECK_RESULT;

/* The method, as a number where we know it. */
enum message_method {
	METHOD_OTHER,
	METHOD_INVITE,
	METHOD_ACK,
	METHOD_BYE,
	METHOD_CANCEL,
	METHOD_OPTIONS,
	METHOD_PRACK,
	METHOD_UPDATE,
	METHOD_INFO,
	METHOD_REFER,
	METHOD_NOTIFY,
	METHOD_REGISTER,
	METHOD_SUBSCRIBE,
	METHOD_MESSAGE,
	METHOD_PUBLISH,
	METHOD_COUNT
};

enum message_method message_method(struct text name);
const char *message_method_name(enum message_method m);

/* Of a request its method, of a response that of its CSeq. */
enum message_method message_method_of(const struct sip_msg *msg);

/* The value of the first header with this id; {NULL, 0} if there is none. */
struct text message_header(const struct sip_msg *msg, enum sip_hdrid id);

/* The same by name, for headers that libre has no number for. */
struct text message_xheader(const struct sip_msg *msg, const char *name);

/* Value number i (from 0) of a header that may stand several times. */
bool message_header_at(const struct sip_msg *msg, enum sip_hdrid id, unsigned i,
		       struct text *ret);

/* Whether a list header (Supported, Require, Allow) holds this token. */
bool message_has_token(const struct sip_msg *msg, enum sip_hdrid id,
		       const char *token);

/* How many hops a request that is passed on has behind it, this one included:
 * past MESSAGE_HOPS_MAX it is not to be passed on (483). */
unsigned message_hops(const struct sip_msg *msg);

/* A decimal header as a number, or `otherwise` where absent or malformed. */
uint64_t message_number(const struct sip_msg *msg, enum sip_hdrid id,
			uint64_t otherwise);

/* A parameter `;name=value` of a header's or URI's parameters. */
bool message_param(struct text params, const char *name, struct text *ret);

/* The body; empty when there is none. */
struct text message_body(const struct sip_msg *msg);

/* Usual words for a status code, "OK" for 200. */
const char *message_reason(unsigned code);

/*
 * A response to msg, up to and without Content-Type, Content-Length and body:
 * status line, every Via, Record-Route (2xx and 101 to 199 of a request that
 * can make a dialog), From, To with our tag added if it had none, Call-ID and
 * CSeq (RFC 3261 8.2.6, 12.1.1). `received` and `rport` (RFC 3581) are filled
 * into the topmost Via from `source`, NULL for neither.
 *
 * tag   for the To; empty for none (100)
 */
void message_response(struct writer *w, const struct sip_msg *msg,
		      unsigned code, const char *reason, struct text tag,
		      const struct sa *source);

/* "Name: value\r\n" */
void message_line(struct writer *w, const char *name, struct text value);

/* Content-Type (unless the body is empty), Content-Length, blank line, body. */
void message_end(struct writer *w, struct text content_type, struct text body);

/* Sixteen random characters of [a-z2-7]: a tag, a branch, part of a Call-ID. */
void message_token(char to[MESSAGE_TAG_CHARS + 1]);

#endif
