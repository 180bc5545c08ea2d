/*
 * answer -- what a stranger's service said, taken apart
 *
 * Pure: any bytes, of any length, as they came from the wire.
 */
#ifndef VAXEL_PROBE_ANSWER_H
#define VAXEL_PROBE_ANSWER_H

#include "base/bytes.h"

enum spoken {
	SPOKEN_NOTHING, /* silence */
	SPOKEN_UNKNOWN,
	SPOKEN_HTTP,
	SPOKEN_TLS,
	SPOKEN_SIP,
	SPOKEN_RTSP,
	SPOKEN_SSH,
	SPOKEN_FTP,
	SPOKEN_MAIL, /* SMTP, POP3, IMAP */
	SPOKEN_RSYNC,
	SPOKEN_VNC,
	SPOKEN_TELNET,
	SPOKEN_SMB,
	SPOKEN_REDIS,
	SPOKEN_MEMCACHED,
	SPOKEN_ESL, /* FreeSWITCH's event socket */
	SPOKEN_AMI, /* Asterisk's manager interface */
	SPOKEN_MYSQL,
};

/* By how the answer begins. */
enum spoken answer_protocol(struct bytes b);

/* "HTTP", "RTSP", ...: for people. */
const char *answer_name(enum spoken s);

struct http_answer {
	unsigned status;
	struct text head; /* all header lines */
	struct text body; /* as far as it came; of a chunked one, its first */
};

/* EBADMSG: no answer of HTTP/1. Headers that are cut off have no body. */
int answer_http(struct bytes b, struct http_answer *ret) CHECK_RESULT;

/* A header's value, blanks cut off; empty where there is none. */
struct text answer_header(const struct http_answer *a, const char *name);

#endif
