#include "probe/service.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"

enum { GREETING_MS = 300 };

static bool open_wire(struct service *s, struct wire *w)
{
	if (s->p->stopped || clock_mono_ms() >= s->until_ms ||
	    wire_open(w, s->t, SOCK_STREAM, s->p->patience_ms))
		return false;
	if (!s->tls || !wire_tls(w, s->p->tls, s->t->host))
		return true;
	wire_close(w);
	return false;
}

bool service_on(struct service *s, struct wire *w, struct text say)
{
	s->len = 0;
	if (wire_say(w, say.p, say.len))
		return false;
	wire_hear(w, s->answer, sizeof(s->answer), w->patience_ms, &s->len);
	return true;
}

bool service_ask(struct service *s, struct text say)
{
	struct wire w;
	bool said;

	s->len = 0;
	if (!open_wire(s, &w))
		return false;
	said = service_on(s, &w, say);
	wire_close(&w);
	return said;
}

void service_open(struct service *s, const char *mend, const char *found)
{
	if (s->t->exposed)
		probe_fault(s->p, "GDPR-32-OPEN", s->t->name, mend, "%s",
			    found);
	else
		probe_weakness(s->p, "GDPR-32-OPEN", s->t->name, mend,
			       "%s (to the programs of this machine)", found);
}

/* ---- what an answer holds */

static bool first(struct service *s, unsigned what)
{
	bool told = s->told[what];

	s->told[what] = true;
	return !told;
}

/* The way that it came was open to every ear. */
static void in_clear(struct service *s)
{
	static const char mend[] = "take it off the network; whatever stays "
				   "asks for a client certificate, over TLS";

	if (s->tls)
		return;
	if (!s->told[TOLD_CLEAR])
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name, mend,
			    "what it gives away goes over the wire in clear");
	s->told[TOLD_CLEAR] = true;
	if (s->t->exposed)
		probe_fault(s->p, "HSLF-3-15", s->t->name, mend,
			    "patients' data can be reached with neither "
			    "encryption nor sign-in");
}

static void holds(struct service *s, enum sniffed what, const char *name,
		  const char *where)
{
	static const char *const words[] = {
		[SNIFF_AUDIO] = "it answers with audio",
		[SNIFF_CAPTURE] = "it answers with captured packets",
		[SNIFF_DATABASE] = "it answers with a database",
		[SNIFF_KEY] = "it answers with a private key",
	};
	bool any = s->told[SNIFF_AUDIO] || s->told[TOLD_LISTING] ||
		   s->told[TOLD_IDS];

	if (!first(s, what))
		return;
	probe_fault(s->p, what == SNIFF_KEY ? "GDPR-32-KEY" : "GDPR-32-OPEN",
		    s->t->name,
		    "close it now: whoever knows the address can copy this; "
		    "then find out who did",
		    "%s (%s) and asks for nothing: %s", words[what], name,
		    where);
	if (!any)
		in_clear(s);
}

void service_sniff(struct service *s, struct bytes b, const char *where)
{
	struct text t = { (const char *)b.p, b.len };
	bool any = s->told[SNIFF_AUDIO] || s->told[TOLD_LISTING] ||
		   s->told[TOLD_IDS];
	const char *name;
	enum sniffed what = sniff_bytes(b, &name);
	unsigned ids;

	if (what != SNIFF_NOTHING) {
		holds(s, what, name, where);
		return;
	}
	ids = sniff_ids(t);
	if (sniff_listing(t) && first(s, TOLD_LISTING))
		probe_fault(s->p, "GDPR-32-OPEN", s->t->name,
			    "turn listings off, and ask for a client "
			    "certificate or sign-in",
			    "it lists its files to anybody: %s", where);
	if (ids && first(s, TOLD_IDS))
		probe_fault(s->p, "GDPR-32-OPEN", s->t->name,
			    "ask for a client certificate or sign-in",
			    "it names recordings to anybody (%u ids): %s", ids,
			    where);
	if (!any && (s->told[TOLD_LISTING] || s->told[TOLD_IDS]))
		in_clear(s);
}

/* ---- which language */

static void speak(struct service *s)
{
	char page[TARGET_PATH_MAX + TARGET_HOST_MAX + 128];
	enum spoken spoken = SPOKEN_NOTHING;

	if (service_ask(s, web_first(s, page, sizeof(page))))
		spoken = answer_protocol(service_answer(s));
	if (spoken == SPOKEN_HTTP) {
		web_judge(s);
		return;
	}
	service_sniff(s, service_answer(s), "to whatever is said");
	if (spoken == SPOKEN_NOTHING || spoken == SPOKEN_UNKNOWN) {
		enum spoken other = greet_ask(s);

		spoken = other == SPOKEN_NOTHING ? spoken : other;
	}
	greet_judge(s, spoken);
}

static void first_words(struct service *s, struct wire *w)
{
	wire_hear(w, s->answer, sizeof(s->answer), GREETING_MS, &s->len);
	if (s->len) {
		wire_close(w);
		service_sniff(s, service_answer(s), "as soon as one connects");
		greet_judge(s, answer_protocol(service_answer(s)));
		return;
	}
	s->tls = !wire_tls(w, s->p->tls, s->t->host);
	if (s->tls)
		tls_judge(s, w);
	wire_close(w);
	speak(s);
}

bool probe_tcp(struct probe *p, const struct target *t)
{
	struct service *s;
	struct wire w;

	if (!probe_step(p, t->name) ||
	    wire_open(&w, t, SOCK_STREAM, p->patience_ms))
		return false;
	s = calloc(1, sizeof(*s));
	if (!s) {
		wire_close(&w);
		return false;
	}
	s->p = p;
	s->t = t;
	s->until_ms = clock_mono_ms() + SERVICE_PATIENCE * p->patience_ms;
	first_words(s, &w);
	free(s);
	return true;
}

/* ---- datagrams */

/* GET of sysDescr.0 in SNMP v2c (RFC 1901, RFC 3416), community "public". */
static const uint8_t snmp_public[] = { 0x30, 0x26, 0x02, 0x01, 0x01, 0x04, 0x06,
				       'p',  'u',  'b',  'l',  'i',  'c',  0xa0,
				       0x19, 0x02, 0x01, 0x01, 0x02, 0x01, 0x00,
				       0x02, 0x01, 0x00, 0x30, 0x0e, 0x30, 0x0c,
				       0x06, 0x08, 0x2b, 0x06, 0x01, 0x02, 0x01,
				       0x01, 0x01, 0x00, 0x05, 0x00 };

static const char sip_options[] =
	"OPTIONS sip:probe@invalid SIP/2.0\r\n"
	"Via: SIP/2.0/UDP probe.invalid;rport;branch=z9hG4bKprobe\r\n"
	"From: <sip:probe@probe.invalid>;tag=probe\r\n"
	"To: <sip:probe@invalid>\r\nCall-ID: probe@probe.invalid\r\n"
	"CSeq: 1 OPTIONS\r\nMax-Forwards: 0\r\nContent-Length: 0\r\n\r\n";

static void hear_datagram(struct service *s, struct wire *w)
{
	ssize_t n = recv(w->fd, s->answer, sizeof(s->answer), MSG_DONTWAIT);

	if (n <= 0)
		return;
	s->len = (size_t)n;
	service_sniff(s, service_answer(s), "to a datagram");
	if (answer_protocol(service_answer(s)) == SPOKEN_SIP)
		greet_judge(s, SPOKEN_SIP);
	else if (s->answer[0] == snmp_public[0])
		service_open(s, "set another community, or turn SNMP off",
			     "SNMP answers to the default secret \"public\"");
}

/* All are spoken to before the first is waited for: one patience for all. */
void probe_udp(struct probe *p, const struct target *const *t, unsigned n)
{
	struct wire wires[PROBE_DATAGRAMS];
	struct service *s = calloc(1, sizeof(*s));
	unsigned i;

	assert(n <= PROBE_DATAGRAMS);
	for (i = 0; s && i < n && probe_step(p, t[i]->name); i++)
		if (wire_open(&wires[i], t[i], SOCK_DGRAM, p->patience_ms) ||
		    wire_say(&wires[i], sip_options, sizeof(sip_options) - 1) ||
		    wire_say(&wires[i], snmp_public, sizeof(snmp_public)))
			wire_close(&wires[i]);
	(void)!poll(NULL, 0, GREETING_MS);
	n = i;
	for (i = 0; i < n; i++) {
		*s = (struct service){ .p = p, .t = t[i] };
		if (wires[i].fd >= 0)
			hear_datagram(s, &wires[i]);
		wire_close(&wires[i]);
	}
	free(s);
}
