/*
 * greet -- file shares, streams, stores and switchboards, each in its protocol
 */
#include "probe/service.h"

#include <strings.h>

/* Somewhere in the last answer. */
static bool heard(const struct service *s, const char *word)
{
	return s->len && memmem(s->answer, s->len, word, strlen(word));
}

/* SMB 2 NEGOTIATE with the dialects 2.0.2 to 3.0.2 (MS-SMB2 2.2.3) */
static const char smb_negotiate[] =
	"\0\0\0\x6c"
	"\xfeSMB\x40\0\0\0\0\0\0\0\0\0\x1f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	"\x24\0\x04\0\x01\0\0\0\0\0\0\0"
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	"\x02\x02\x10\x02\x00\x03\x02\x03";

#define SAY(s)                                                                 \
	{                                                                      \
		s, sizeof(s) - 1                                               \
	}

enum spoken greet_ask(struct service *s)
{
	static const struct text words[] = {
		SAY("OPTIONS sip:probe@invalid SIP/2.0\r\n"
		    "Via: SIP/2.0/TCP probe.invalid;branch=z9hG4bKprobe\r\n"
		    "From: <sip:probe@probe.invalid>;tag=probe\r\n"
		    "To: <sip:probe@invalid>\r\n"
		    "Call-ID: probe@probe.invalid\r\nCSeq: 1 OPTIONS\r\n"
		    "Max-Forwards: 0\r\nContent-Length: 0\r\n\r\n"),
		SAY("DESCRIBE rtsp://probe.invalid/ RTSP/1.0\r\nCSeq: 1\r\n"
		    "Accept: application/sdp\r\n\r\n"),
		SAY("PING\r\n"),
		SAY("version\r\n"),
		SAY(smb_negotiate),
	};
	enum spoken spoken = SPOKEN_NOTHING;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!service_ask(s, words[i]))
			continue;
		spoken = answer_protocol(service_answer(s));
		service_sniff(s, service_answer(s), "to whatever is said");
		if (spoken != SPOKEN_NOTHING && spoken != SPOKEN_UNKNOWN)
			return spoken;
	}
	return spoken;
}

/* ---- each protocol's way to let strangers in */

static void ftp(struct service *s)
{
	struct wire w;

	if (wire_open(&w, s->t, SOCK_STREAM, s->p->patience_ms))
		return;
	wire_hear(&w, s->answer, sizeof(s->answer), w.patience_ms, &s->len);
	if (service_on(s, &w, TEXT("USER anonymous\r\n")) && heard(s, "331"))
		(void)!service_on(s, &w, TEXT("PASS probe@probe.invalid\r\n"));
	if (heard(s, "230"))
		probe_fault(s->p, "GDPR-32-OPEN", s->t->name,
			    "turn anonymous FTP off; better, all FTP",
			    "FTP lets everybody in as anonymous");
	wire_close(&w);
}

static void rsync(struct service *s)
{
	if (!service_ask(s, TEXT("@RSYNCD: 30.0\n#list\n")))
		return;
	if (heard(s, "\t"))
		probe_fault(s->p, "GDPR-32-OPEN", s->t->name,
			    "set auth users, or turn rsync's daemon off",
			    "rsync lists what it has to anybody");
}

static void esl(struct service *s)
{
	if (service_ask(s, TEXT("auth ClueCon\n\n")) && heard(s, "+OK acc"))
		probe_fault(s->p, "GDPR-32-OPEN", s->t->name,
			    "set a password of its own, bind it to loopback",
			    "FreeSWITCH's event socket takes its default "
			    "password");
}

static void redis(struct service *s)
{
	if (service_ask(s, TEXT("PING\r\n")) && heard(s, "+PONG"))
		service_open(s, "set a password, and bind it to loopback",
			     "Redis answers to anybody without a password");
}

static void rtsp(struct service *s)
{
	if (service_ask(s,
			TEXT("DESCRIBE rtsp://probe.invalid/ RTSP/1.0\r\n"
			     "CSeq: 1\r\nAccept: application/sdp\r\n\r\n")) &&
	    heard(s, " 200 "))
		service_open(s, "ask for sign-in, or turn it off",
			     "RTSP describes its streams to anybody");
}

static void in_clear(struct service *s, const char *what)
{
	if (!s->tls && s->t->exposed)
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name,
			    "turn it off, or carry it inside TLS or SSH",
			    "%s is reached in clear", what);
}

static void sip(struct service *s)
{
	if (!s->tls && s->t->exposed && !probe_target_is_loopback(&s->t->at))
		probe_weakness(s->p, "GDPR-32-PLAIN", s->t->name,
			       "use TLS where the other side can",
			       "SIP is spoken in clear");
}

static void unknown(struct service *s)
{
	if (s->t->open_bind)
		probe_weakness(s->p, "GDPR-32-OPEN", s->t->name,
			       "find out what it is; bind it to an address "
			       "inside, or stop it",
			       "something listens on a public address or all "
			       "of them, and says nothing that is known here");
}

void greet_judge(struct service *s, enum spoken spoken)
{
	switch (spoken) {
	case SPOKEN_FTP:
		in_clear(s, "FTP");
		ftp(s);
		break;
	case SPOKEN_RSYNC:
		in_clear(s, "rsync");
		rsync(s);
		break;
	case SPOKEN_ESL:
		in_clear(s, answer_name(spoken));
		esl(s);
		break;
	case SPOKEN_REDIS:
		in_clear(s, "Redis");
		redis(s);
		break;
	case SPOKEN_MEMCACHED:
		service_open(s, "bind it to loopback, or stop it",
			     "memcached answers to anybody");
		break;
	case SPOKEN_RTSP:
		in_clear(s, "RTSP");
		rtsp(s);
		break;
	case SPOKEN_SMB:
		service_open(s, "stop it: a node shares no files",
			     "a file share (SMB) answers");
		break;
	case SPOKEN_VNC:
	case SPOKEN_TELNET:
	case SPOKEN_AMI:
	case SPOKEN_MYSQL:
		in_clear(s, answer_name(spoken));
		break;
	case SPOKEN_SIP:
		sip(s);
		break;
	case SPOKEN_NOTHING:
	case SPOKEN_UNKNOWN:
		unknown(s);
		break;
	case SPOKEN_HTTP:
	case SPOKEN_TLS:
	case SPOKEN_SSH:
	case SPOKEN_MAIL:
		break;
	}
}
