/*
 * session_timer -- who refreshes a session, and how often: RFC 4028
 *
 * Pure: what the two sides said goes in, the agreement comes out. Roles are
 * those of the transaction: "uac" sent the INVITE or UPDATE that is judged.
 */
#ifndef VAXEL_SIP_SESSION_TIMER_H
#define VAXEL_SIP_SESSION_TIMER_H

#include "sip/message.h"

#define SESSION_TIMER_MIN_S 90 /* RFC 4028 section 4 */
#define SESSION_TIMER_MAX_S (7 * 24 * 3600)

enum refresher { REFRESHER_NONE, REFRESHER_UAC, REFRESHER_UAS };

/* What a request or response says about it. */
struct session_timer_said {
	bool supported;     /* Supported: timer */
	uint32_t expires_s; /* Session-Expires; 0: absent */
	uint32_t min_se_s;  /* Min-SE; 0: absent */
	enum refresher refresher;
};

struct session_timer_ours {
	uint32_t expires_s; /* what we ask for; 0: nothing */
	uint32_t min_se_s;
};

struct session_timer {
	uint32_t interval_s; /* 0: the session does not expire */
	enum refresher refresher;
};

/* EBADMSG: a header is there and makes no sense. */
int session_timer_read(struct session_timer_said *ret,
		       const struct sip_msg *msg) CHECK_RESULT;

/*
 * UAS: judge a request (section 9). EMSGSIZE: the interval is too small, to be
 * answered with 422 and our Min-SE.
 */
int session_timer_judge(struct session_timer *ret,
			const struct session_timer_said *said,
			const struct session_timer_ours *ours) CHECK_RESULT;

/* UAC: what a 2xx means (section 7.2). */
void session_timer_settle(struct session_timer *ret,
			  const struct session_timer_said *said,
			  const struct session_timer_ours *ours);

/* When we are to refresh, ms from now: half the interval (section 10). */
uint64_t session_timer_refresh_ms(uint32_t interval_s);

/* When to give up and send BYE: 32 s, or a third of the interval if that is
 * less, before it ends (section 10). */
uint64_t session_timer_expire_ms(uint32_t interval_s);

#endif
