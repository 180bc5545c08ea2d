/*
 * service -- one listening address, asked in every language that we know
 *
 * What it speaks is told by its answers, never by its port: first we listen,
 * then offer TLS, then ask over HTTP (inside TLS where that was taken), then
 * in the other protocols of file shares, streams, stores and switchboards.
 */
#ifndef VAXEL_PROBE_SERVICE_H
#define VAXEL_PROBE_SERVICE_H

#include "probe/answer.h"
#include "probe/probe.h"
#include "probe/sniff.h"
#include "probe/wire.h"

#define SERVICE_ANSWER_MAX 65536
#define SERVICE_PATIENCE 12 /* so many times one answer's, for one address */

/* Look at it. Nobody there is no finding: false. */
bool probe_tcp(struct probe *p, const struct target *t);

#define PROBE_DATAGRAMS 64 /* addresses at once */
void probe_udp(struct probe *p, const struct target *const *t, unsigned n);

/* ---- among the files of this part */

enum { TOLD_LISTING = SNIFF_KEY + 1, TOLD_IDS, TOLD_CLEAR, TOLD_COUNT };

struct service {
	struct probe *p;
	const struct target *t;
	bool tls;              /* it is spoken to inside TLS */
	bool self_signed;      /* who it is, nobody but itself says */
	bool told[TOLD_COUNT]; /* by enum sniffed, and those above */
	uint64_t until_ms;
	size_t len; /* of the last answer */
	uint8_t answer[SERVICE_ANSWER_MAX];
};

/*
 * Say this on a fresh connection; the answer is in s. False: no connection,
 * or the patience is over.
 */
bool service_ask(struct service *s, struct text say);

/* A further word on a connection that stays open. */
bool service_on(struct service *s, struct wire *w, struct text say);

static inline struct bytes service_answer(const struct service *s)
{
	return (struct bytes){ s->answer, s->len };
}

/* Of others' concern: a fault. Of this machine's programs alone: a weakness. */
void service_open(struct service *s, const char *mend, const char *found);

/* Audio, keys, captures, databases, ids, listings in a text or bytes. */
void service_sniff(struct service *s, struct bytes b, const char *where);

/* tls.c: a handshake that went well; then older ones are tried. */
void tls_judge(struct service *s, const struct wire *w);

/* web.c: it speaks HTTP; `answer` has what it says of its first page. */
void web_judge(struct service *s);

/* The page that is asked for first. */
struct text web_first(const struct service *s, char *to, size_t max);

/* greet.c: every other protocol. */
void greet_judge(struct service *s, enum spoken spoken);

/* Ask in those that wait to be spoken to. */
enum spoken greet_ask(struct service *s);

#endif
