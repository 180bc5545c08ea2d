#include "sip/quirks.h"

static const struct {
	enum quirk quirk;
	const char *agent; /* how its User-Agent begins */
} table[] = {
	/* on libre 1.1.0, Debian 12's; tests/system: every nurse's phone */
	{ QUIRK_MD5_ALONE, "baresip v1." },
	/* on libre 2.0.1, Debian 13's */
	{ QUIRK_MD5_ALONE, "baresip v2." },
};

bool quirk_of(const struct sip_msg *request, enum quirk quirk)
{
	struct text agent = message_header(request, SIP_HDR_USER_AGENT);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t len = strlen(table[i].agent);

		if (table[i].quirk == quirk && agent.len >= len &&
		    !memcmp(agent.p, table[i].agent, len))
			return true;
	}
	return false;
}
