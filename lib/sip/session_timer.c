#include "sip/session_timer.h"

static int read_seconds(struct text value, uint32_t *ret, struct text *ret_rest)
{
	size_t n = 0;
	uint64_t number;

	while (n < value.len && value.p[n] >= '0' && value.p[n] <= '9')
		n++;
	if (text_u64((struct text){ value.p, n }, 1, UINT32_MAX, &number))
		return EBADMSG;
	*ret = number > SESSION_TIMER_MAX_S ? SESSION_TIMER_MAX_S
					    : (uint32_t)number;
	*ret_rest = (struct text){ value.p + n, value.len - n };
	return 0;
}

/* Session-Expires: 1800;refresher=uac, or its short form x. */
int session_timer_read(struct session_timer_said *ret,
		       const struct sip_msg *msg)
{
	struct session_timer_said said = { 0 };
	struct text value = message_header(msg, SIP_HDR_SESSION_EXPIRES);
	struct text rest, role;

	said.supported = message_has_token(msg, SIP_HDR_SUPPORTED, "timer") ||
			 message_has_token(msg, SIP_HDR_REQUIRE, "timer");
	if (value.p) {
		if (read_seconds(value, &said.expires_s, &rest))
			return EBADMSG;
		if (message_param(rest, "refresher", &role)) {
			if (text_is(role, "uac"))
				said.refresher = REFRESHER_UAC;
			else if (text_is(role, "uas"))
				said.refresher = REFRESHER_UAS;
		}
	}
	value = message_header(msg, SIP_HDR_MIN_SE);
	if (value.p && read_seconds(value, &said.min_se_s, &rest))
		return EBADMSG;
	*ret = said;
	return 0;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

int session_timer_judge(struct session_timer *ret,
			const struct session_timer_said *said,
			const struct session_timer_ours *ours)
{
	struct session_timer t = { .interval_s = said->expires_s };

	/* 9: only a UAC that knows 422 can mend its request */
	if (said->supported && said->expires_s &&
	    said->expires_s < ours->min_se_s)
		return EMSGSIZE;
	/* 9: the UAS may shorten the interval, or bring one in, but not below
	 * Min-SE */
	if (ours->expires_s &&
	    (!t.interval_s || ours->expires_s < t.interval_s))
		t.interval_s = larger(ours->expires_s, said->min_se_s);
	if (said->expires_s && t.interval_s > said->expires_s)
		t.interval_s = said->expires_s;
	if (!t.interval_s) {
		*ret = t;
		return 0;
	}
	t.interval_s = larger(t.interval_s, SESSION_TIMER_MIN_S);
	/* table 2 of section 9: a UAC that does not know timers cannot refresh;
	 * one that does has its way, and gets the work where it left it open */
	if (!said->supported)
		t.refresher = REFRESHER_UAS;
	else
		t.refresher = said->refresher ? said->refresher : REFRESHER_UAC;
	*ret = t;
	return 0;
}

void session_timer_settle(struct session_timer *ret,
			  const struct session_timer_said *said,
			  const struct session_timer_ours *ours)
{
	struct session_timer t = { said->expires_s, said->refresher };

	/* 7.2: no answer to our wish means that the UAS does not know timers;
	 * then we refresh by ourselves, and so learn whether it is still there
	 */
	if (!t.interval_s && ours->expires_s)
		t = (struct session_timer){ ours->expires_s, REFRESHER_UAC };
	else if (t.interval_s && !t.refresher)
		t.refresher = REFRESHER_UAC;
	if (t.interval_s)
		t.interval_s = larger(t.interval_s, SESSION_TIMER_MIN_S);
	*ret = t;
}

uint64_t session_timer_refresh_ms(uint32_t interval_s)
{
	return (uint64_t)interval_s * 500;
}

uint64_t session_timer_expire_ms(uint32_t interval_s)
{
	uint32_t early = interval_s / 3;

	return (uint64_t)(interval_s - (early < 32 ? early : 32)) * 1000;
}
