/*
 * fill_value -- one value of the file: of a closed list, a number, an address
 */
#include <arpa/inet.h>
#include <strings.h>

#include "settings/internal.h"

int loader_choose(struct loader *l, const struct choice *list, size_t n,
		  const char *word, unsigned line, const char *what)
{
	char words[160];
	struct writer w = writer_on(words, sizeof(words) - 1);

	for (size_t i = 0; i < n; i++) {
		if (word && !strcasecmp(list[i].word, word))
			return list[i].value;
		writer_printf(&w, "%s%s", i ? ", " : "one of ", list[i].word);
	}
	words[w.len] = '\0';
	loader_fault(l, line, "CONFIG", words, "%s has an unknown value", what);
	return list[0].value;
}

unsigned loader_number(struct loader *l, cfg_t *cfg, const char *option,
		       long min, long max, unsigned line)
{
	long v = cfg_getint(cfg, option);

	if (v >= min && v <= max)
		return (unsigned)v;
	loader_fault(l, line, "CONFIG", "see vaxel.conf(5)",
		     "%s must be from %ld to %ld", option, min, max);
	return (unsigned)min;
}

int loader_host_and_port(const char *from, char *host, size_t max,
			 uint16_t *ret_port)
{
	const char *end, *colon;
	uint64_t port = 0;

	if (*from == '[') {
		end = strchr(from++, ']');
		if (!end || (end[1] && end[1] != ':'))
			return EINVAL;
		colon = end[1] ? end + 1 : NULL;
	} else {
		colon = strrchr(from, ':');
		/* a bare IPv6 address has several */
		if (colon && strchr(from, ':') != colon)
			colon = NULL;
		end = colon ? colon : from + strlen(from);
	}
	if (colon && text_u64(text_of(colon + 1), 0, 65535, &port))
		return EINVAL;
	*ret_port = (uint16_t)port;
	return end == from
		       ? EINVAL
		       : text_copy(host, max,
				   (struct text){ from, (size_t)(end - from) });
}

bool loader_is_numeric(const char *address)
{
	struct in6_addr any;

	return inet_pton(AF_INET, address, &any) == 1 ||
	       inet_pton(AF_INET6, address, &any) == 1;
}

enum sip_transport loader_transport(struct loader *l, const char *word,
				    unsigned line, const char *what)
{
	static const struct choice transports[] = { { "udp", SIP_UDP },
						    { "tcp", SIP_TCP },
						    { "tls", SIP_TLS } };

	return (enum sip_transport)CHOOSE(l, transports, word, line, what);
}

enum srtp_use loader_srtp(struct loader *l, const char *word, unsigned line)
{
	static const struct choice srtps[] = { { "off", SRTP_OFF },
					       { "offered", SRTP_OFFERED },
					       { "required", SRTP_REQUIRED } };

	return (enum srtp_use)CHOOSE(l, srtps, word, line, "srtp");
}
