/*
 * number -- telephone numbers out of SIP, in one form
 *
 * E.164 with "+" for what can be dialled from abroad; short numbers (1177,
 * 112) as they are. National numbers are Swedish: 0 is +46, 00 is +. Pure.
 *
 * Who calls. P-Asserted-Identity (RFC 3325) counts only from a trusted trunk;
 * From only where there is nothing better. `Privacy: id`, "user" or "header"
 * (RFC 3323), or an anonymous From, makes the number restricted: known to us
 * for the record, shown to nobody on the way.
 */
#ifndef VAXEL_SIP_NUMBER_H
#define VAXEL_SIP_NUMBER_H

#include "sip/message.h"

#define NUMBER_MAX 24

enum number_kind {
	NUMBER_NONE,      /* not a telephone number: "alice" */
	NUMBER_E164,      /* "+46812345" */
	NUMBER_SHORT,     /* 3 to 6 digits, "1177" */
	NUMBER_ANONYMOUS, /* withheld by the network before us */
};

struct number {
	enum number_kind kind;
	char digits[NUMBER_MAX]; /* terminated; "" for NONE and ANONYMOUS */
};

struct number_caller {
	struct number number;
	bool asserted;   /* by a trunk that we trust */
	bool restricted; /* the caller does not want it shown */
};

/*
 * The user part of a sip: URI or the subscriber of a tel: URI, visual
 * separators and escapes allowed. EBADMSG: malformed or absurdly long.
 */
int number_from_uri(struct text uri, struct number *ret) CHECK_RESULT;

/* The same of digits as dialled. */
int number_from_text(struct text dialled, struct number *ret) CHECK_RESULT;

/* Never fails: what cannot be read is NUMBER_NONE. */
void number_caller(const struct sip_msg *msg, bool trusted,
		   struct number_caller *ret);

#endif
