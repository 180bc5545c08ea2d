/*
 * Offers and answers: RFC 3264 as tables, and what peers write who mean no
 * good. Every description is read from memory that ends at a page which nobody
 * may touch.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/encode.h"
#include "sip/offer.h"

#define HEAD "v=0\r\no=- 5 6 IN IP4 192.0.2.1\r\ns=-\r\n"
#define LONG "m=application 1 UDP/TLS/RTP/SAVPF 111\r\n"
#define C4 "c=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define CRYPTO "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" KEY

/* Lay the text against a page that must not be read. */
static int read_guarded(struct offer *o, const char *text, size_t len,
			enum srtp_use srtp)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (len + page - 1) / page * page;
	char *p;
	int err;

	p = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p + room, page, PROT_NONE), 0);
	memcpy(p + room - len, text, len);
	err = offer_read(o, (struct text){ p + room - len, len }, srtp);
	assert_int_equal(munmap(p, room + page), 0);
	return err;
}

static int read_text(struct offer *o, const char *text, enum srtp_use srtp)
{
	return read_guarded(o, text, strlen(text), srtp);
}

static const char *brief(const struct offer *o)
{
	static const char names[] = "AU9O";
	static const char *const directions[] = { "off", "send", "recv",
						  "both" };
	static char text[256];
	size_t len = 0;

	if (!o->port) {
		(void)snprintf(text, sizeof(text), "none of %u", o->line_count);
		return text;
	}
	len += (size_t)snprintf(text, sizeof(text), "%s:%u %s", o->address,
				o->port, directions[o->direction]);
	for (unsigned i = 0; i < o->codec_count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %c%u",
					names[o->codecs[i].codec],
					o->codecs[i].payload_type);
	if (o->dtmf_type != OFFER_NO_TYPE)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " d%u",
					o->dtmf_type);
	if (o->dtmf48_type != OFFER_NO_TYPE)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " D%u",
					o->dtmf48_type);
	(void)snprintf(text + len, sizeof(text) - len, "%s %u/%u",
		       o->secure ? " srtp" : "", o->audio_line, o->line_count);
	return text;
}

static void reading(void **state)
{
	static const struct {
		const char *sdp;
		enum srtp_use srtp;
		int err;
		const char *brief;
	} rows[] = {
		/* ordinary */
		{ HEAD C4 "m=audio 4000 RTP/AVP 8 0 101\r\n"
			  "a=rtpmap:101 telephone-event/8000\r\n",
		  SRTP_OFF, 0, "192.0.2.1:4000 both A8 U0 d101 0/1" },
		{ HEAD C4 "m=audio 4000 RTP/AVP 9 111 8 110\r\n"
			  "a=rtpmap:111 OPUS/48000/2\r\n"
			  "a=rtpmap:110 telephone-event/48000\r\n",
		  SRTP_OFF, 0, "192.0.2.1:4000 both 99 O111 A8 D110 0/1" },
		/* line ends without CR, c= of the media line, IPv6 */
		{ "v=0\no=- 5 6 IN IP6 ::1\ns=-\nt=0 0\n"
		  "m=audio 4000 RTP/AVP 8\nc=IN IP6 2001:db8::1\n",
		  SRTP_OFF, 0, "2001:db8::1:4000 both A8 0/1" },
		/* a static number given another meaning */
		{ HEAD C4 "m=audio 4000 RTP/AVP 0 96\r\n"
			  "a=rtpmap:0 G729/8000\r\na=rtpmap:96 PCMU/8000/1\r\n",
		  SRTP_OFF, 0, "192.0.2.1:4000 both U96 0/1" },
		/* directions, RFC 3264 5.1; at the session, at the line */
		{ HEAD C4 "a=sendonly\r\nm=audio 4000 RTP/AVP 8\r\n", SRTP_OFF,
		  0, "192.0.2.1:4000 send A8 0/1" },
		{ HEAD C4 "a=sendonly\r\nm=audio 4000 RTP/AVP 8\r\n"
			  "a=recvonly\r\n",
		  SRTP_OFF, 0, "192.0.2.1:4000 recv A8 0/1" },
		{ HEAD C4 "m=audio 4000 RTP/AVP 8\r\na=inactive\r\n", SRTP_OFF,
		  0, "192.0.2.1:4000 off A8 0/1" },
		/* 8.4: hold in the old way */
		{ HEAD "c=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 8\r\n",
		  SRTP_OFF, 0, "0.0.0.0:4000 send A8 0/1" },
		{ HEAD "c=IN IP6 ::\r\nm=audio 4000 RTP/AVP 8\r\n"
		       "a=recvonly\r\n",
		  SRTP_OFF, 0, ":::4000 off A8 0/1" },
		/* several lines; which one is ours */
		{ HEAD C4
		  "m=video 5000 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 8\r\n"
		  "m=text 6000 RTP/AVP 98\r\n",
		  SRTP_OFF, 0, "192.0.2.1:4000 both A8 1/3" },
		{ HEAD C4 "m=audio 0 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 0\r\n",
		  SRTP_OFF, 0, "192.0.2.1:4002 both U0 1/2" },
		{ HEAD C4 "m=video 5000 RTP/AVP 96\r\n", SRTP_OFF, 0,
		  "none of 1" },
		{ HEAD C4, SRTP_OFF, 0, "none of 0" },
		{ HEAD C4 "m=audio 4000/2 RTP/AVP 8\r\n", SRTP_OFF, 0,
		  "192.0.2.1:4000 both A8 0/1" },
		{ HEAD C4 "m=audio 4000 udptl t38\r\n", SRTP_OFF, 0,
		  "none of 1" },
		{ HEAD C4 "m=audio 4000 RTP/AVP 18\r\n", SRTP_OFF, 0,
		  "192.0.2.1:4000 both 0/1" },
		/* RFC 4568 */
		{ HEAD C4 "m=audio 4000 RTP/SAVP 8\r\n" CRYPTO "\r\n",
		  SRTP_OFFERED, 0, "192.0.2.1:4000 both A8 srtp 0/1" },
		{ HEAD C4 "m=audio 4000 RTP/SAVP 8\r\n" CRYPTO "\r\n", SRTP_OFF,
		  0, "none of 1" },
		{ HEAD C4 "m=audio 4000 RTP/AVP 8\r\n" CRYPTO "\r\n",
		  SRTP_REQUIRED, 0, "none of 1" },
		{ HEAD C4 "m=audio 4000 RTP/AVP 8\r\n"
			  "m=audio 4002 RTP/SAVP 8\r\n" CRYPTO "|2^20\r\n",
		  SRTP_OFFERED, 0, "192.0.2.1:4002 both A8 srtp 1/2" },
		{ HEAD C4 "m=audio 4000 RTP/AVP 8\r\n"
			  "m=audio 4002 RTP/SAVP 8\r\n" CRYPTO "|1:4\r\n",
		  SRTP_OFFERED, 0, "192.0.2.1:4000 both A8 0/2" },
		{ HEAD C4 "m=audio 4002 RTP/SAVP 8\r\n" CRYPTO
			  " UNENCRYPTED_SRTP\r\n",
		  SRTP_OFFERED, 0, "none of 1" },
		{ HEAD C4 "m=audio 4002 RTP/SAVP 8\r\n"
			  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n",
		  SRTP_OFFERED, 0, "none of 1" },
		{ HEAD C4 "m=audio 4002 RTP/SAVP 8\r\n"
			  "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:" KEY
			  "\r\n" CRYPTO "\r\n",
		  SRTP_OFFERED, 0, "192.0.2.1:4002 both A8 srtp 0/1" },
		/* not SDP, or wrong where it matters */
		{ "", SRTP_OFF, EBADMSG, NULL },
		{ "v=1\r\n", SRTP_OFF, EBADMSG, NULL },
		{ "v=0", SRTP_OFF, EBADMSG, NULL },
		{ "v=0\r\ns=-\r\n", SRTP_OFF, EBADMSG, NULL },
		{ "v=0\r\no=- x 6 IN IP4 1.2.3.4\r\n", SRTP_OFF, EBADMSG,
		  NULL },
		{ "v=0\r\no=- 99999999999999999999 6 IN IP4 1.2.3.4\r\n",
		  SRTP_OFF, EBADMSG, NULL },
		{ HEAD "m=audio 4000 RTP/AVP 8\r\n", SRTP_OFF, EBADMSG, NULL },
		{ HEAD "c=IN IP4 example.org\r\nm=audio 4000 RTP/AVP 8\r\n",
		  SRTP_OFF, EBADMSG, NULL },
		{ HEAD "c=IN IP4 224.1.2.3/127\r\nm=audio 4000 RTP/AVP 8\r\n",
		  SRTP_OFF, EBADMSG, NULL },
		{ HEAD "c=IN IP4 255.255.255.255\r\nm=audio 4000 RTP/AVP 8\r\n",
		  SRTP_OFF, EBADMSG, NULL },
		{ HEAD "c=IN IP6 ff02::1\r\nm=audio 4000 RTP/AVP 8\r\n",
		  SRTP_OFF, EBADMSG, NULL },
		{ HEAD "c=IN IP7 1\r\nm=audio 4000 RTP/AVP 8\r\n", SRTP_OFF,
		  EBADMSG, NULL },
		{ HEAD C4 "m=audio 70000 RTP/AVP 8\r\n", SRTP_OFF, EBADMSG,
		  NULL },
		{ HEAD C4 "m=audio -1 RTP/AVP 8\r\n", SRTP_OFF, EBADMSG, NULL },
		{ HEAD C4 "m=audio\r\n", SRTP_OFF, EBADMSG, NULL },
		{ HEAD C4 "m=\r\n", SRTP_OFF, EBADMSG, NULL },
		{ HEAD C4 "nonsense\r\n", SRTP_OFF, EBADMSG, NULL },
		{ HEAD C4 "m=audio 4000 RTP/A\rVP 8\r\n", SRTP_OFF, EBADMSG,
		  NULL },
		{ HEAD C4 "m=averyveryverylongmedium 4000 RTP/AVP 8\r\n",
		  SRTP_OFF, EBADMSG, NULL },
		{ HEAD C4 "m=a 1 b 1\r\nm=a 1 b 1\r\nm=a 1 b 1\r\nm=a 1 b 1\r\n"
			  "m=a 1 b 1\r\nm=a 1 b 1\r\nm=a 1 b 1\r\nm=a 1 b 1\r\n"
			  "m=a 1 b 1\r\n",
		  SRTP_OFF, EMSGSIZE, NULL },
		/* each may be, and together they are too much to remember */
		{ HEAD C4 LONG LONG LONG LONG LONG LONG LONG, SRTP_OFF,
		  EMSGSIZE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct offer o = { 0 };
		int err = read_text(&o, rows[i].sdp, rows[i].srtp);

		if (err != rows[i].err)
			print_error("row %zu: %s\n", i, rows[i].sdp);
		assert_int_equal(err, rows[i].err);
		if (!err)
			assert_string_equal(brief(&o), rows[i].brief);
		if (!err)
			assert_true(offer_sane(&o));
	}
}

/* Cut off anywhere, or with any one byte spoilt: never past the end, and what
 * was read can always be written. */
static void cut_and_spoilt(void **state)
{
	static const char sdp[] =
		HEAD C4 "m=video 5000 RTP/AVP 96\r\nm=audio 4000 RTP/SAVP 8 "
			"111 101\r\na=rtpmap:111 opus/48000/2\r\n" CRYPTO
			"|2^20\r\na=rtpmap:101 telephone-event/8000\r\n"
			"a=sendonly\r\n";
	char text[sizeof(sdp)];
	struct offer o;

	(void)state;
	for (size_t n = 0; n < sizeof(sdp); n++)
		(void)!read_guarded(&o, sdp, n, SRTP_OFFERED);
	for (size_t i = 0; i < sizeof(sdp) - 1; i++) {
		for (unsigned c = 0; c < 256; c += 5) {
			memcpy(text, sdp, sizeof(sdp));
			text[i] = (char)c;
			if (!offer_read(&o,
					(struct text){ text, sizeof(sdp) - 1 },
					SRTP_OFFERED))
				assert_true(offer_sane(&o));
		}
	}
}

static struct offer_media media(const char *codecs)
{
	struct offer_media m = { .address = "198.51.100.7",
				 .port = 6000,
				 .dtmf = true,
				 .direction = OFFER_SENDRECV };

	for (; *codecs; codecs++)
		m.codecs[m.codec_count++] = *codecs == 'A'   ? CODEC_PCMA
					    : *codecs == 'U' ? CODEC_PCMU
					    : *codecs == '9' ? CODEC_G722
							     : CODEC_OPUS;
	return m;
}

static const char *written(const struct offer *o)
{
	static char text[OFFER_BYTES_MAX + 1];
	struct writer w = writer_on(text, OFFER_BYTES_MAX);

	offer_write(&w, o);
	assert_int_equal(writer_finish(&w), 0);
	text[w.len] = '\0';
	return text;
}

static void answering(void **state)
{
	static const struct {
		const char *lines; /* of the offer */
		const char *codecs;
		enum offer_direction direction;
		int err;
		const char *answer; /* from the first m-line on */
		bool send, receive;
	} rows[] = {
		/* ours first, with the offer's number (RFC 3264 6.1) */
		{ "m=audio 4000 RTP/AVP 0 97 100\r\na=rtpmap:97 PCMA/8000\r\n"
		  "a=rtpmap:100 telephone-event/8000\r\n",
		  "AU", OFFER_SENDRECV, 0,
		  "m=audio 6000 RTP/AVP 97 100\r\na=rtpmap:97 PCMA/8000\r\n"
		  "a=rtpmap:100 telephone-event/8000\r\na=fmtp:100 0-16\r\n"
		  "a=ptime:20\r\na=sendrecv\r\n",
		  true, true },
		/* directions turned around */
		{ "m=audio 4000 RTP/AVP 8\r\na=sendonly\r\n", "A",
		  OFFER_SENDRECV, 0,
		  "m=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
		  "a=ptime:20\r\na=recvonly\r\n",
		  false, true },
		{ "m=audio 4000 RTP/AVP 8\r\na=sendonly\r\n", "A",
		  OFFER_SENDONLY, 0,
		  "m=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
		  "a=ptime:20\r\na=inactive\r\n",
		  false, false },
		{ "m=audio 4000 RTP/AVP 8\r\na=recvonly\r\n", "A",
		  OFFER_SENDRECV, 0,
		  "m=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
		  "a=ptime:20\r\na=sendonly\r\n",
		  true, false },
		{ "m=audio 4000 RTP/AVP 8\r\na=inactive\r\n", "A",
		  OFFER_SENDRECV, 0,
		  "m=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
		  "a=ptime:20\r\na=inactive\r\n",
		  false, false },
		{ "c=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 8\r\n", "A",
		  OFFER_SENDRECV, 0,
		  "m=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
		  "a=ptime:20\r\na=recvonly\r\n",
		  false, true },
		/* every other line is declined in its place (6) */
		{ "m=video 5000 RTP/AVP 96 97\r\nm=audio 4000 RTP/AVP 8\r\n"
		  "m=text 5002 RTP/SAVPF 98\r\n",
		  "A", OFFER_SENDRECV, 0,
		  "m=video 0 RTP/AVP 96\r\n"
		  "m=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
		  "a=ptime:20\r\na=sendrecv\r\nm=text 0 RTP/SAVPF 98\r\n",
		  true, true },
		/* events have the clock of the codec (RFC 4733 2.1) */
		{ "m=audio 4000 RTP/AVP 111 8 101 110\r\n"
		  "a=rtpmap:111 opus/48000/2\r\n"
		  "a=rtpmap:101 telephone-event/8000\r\n"
		  "a=rtpmap:110 telephone-event/48000\r\n",
		  "OA", OFFER_SENDRECV, 0,
		  "m=audio 6000 RTP/AVP 111 110\r\na=rtpmap:111 opus/48000/2"
		  "\r\na=rtpmap:110 telephone-event/48000\r\n"
		  "a=fmtp:110 0-16\r\na=ptime:20\r\na=sendrecv\r\n",
		  true, true },
		/* nothing in common: 488 */
		{ "m=audio 4000 RTP/AVP 0\r\n", "A", OFFER_SENDRECV, ENOENT,
		  NULL, false, false },
		{ "m=audio 4000 RTP/AVP 18\r\n", "A", OFFER_SENDRECV, ENOENT,
		  NULL, false, false },
		{ "m=audio 0 RTP/AVP 8\r\n", "A", OFFER_SENDRECV, ENOENT, NULL,
		  false, false },
		{ "m=video 5000 RTP/AVP 8\r\n", "A", OFFER_SENDRECV, ENOENT,
		  NULL, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct offer_media m = media(rows[i].codecs);
		struct offer_agreed agreed;
		struct offer theirs, ours;
		char sdp[1024];
		int err;

		(void)snprintf(sdp, sizeof(sdp), HEAD C4 "%s", rows[i].lines);
		assert_int_equal(read_text(&theirs, sdp, SRTP_OFF), 0);
		m.direction = rows[i].direction;
		err = offer_answer(&ours, &theirs, &m, NULL, 4711);
		assert_int_equal(err, rows[i].err);
		if (err)
			continue;
		assert_string_equal(strstr(written(&ours), "m="),
				    rows[i].answer);
		assert_int_equal(offer_agree(&agreed, &ours, &theirs, false),
				 0);
		assert_int_equal(agreed.send, rows[i].send);
		assert_int_equal(agreed.receive, rows[i].receive);
		assert_int_equal(agreed.port, 4000);
	}
}

static void offering(void **state)
{
	struct offer_media m = media("AUO");
	struct offer_agreed agreed;
	struct offer ours, theirs;

	(void)state;
	offer_make(&ours, &m, 4711);
	assert_string_equal(
		written(&ours),
		"v=0\r\no=- 4711 1 IN IP4 198.51.100.7\r\ns=-\r\n"
		"c=IN IP4 198.51.100.7\r\nt=0 0\r\n"
		"m=audio 6000 RTP/AVP 8 0 111 101 110\r\n"
		"a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
		"a=rtpmap:111 opus/48000/2\r\n"
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
		"a=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-16\r\n"
		"a=ptime:20\r\na=sendrecv\r\n");
	/* they may number differently: each sends as the other reads */
	assert_int_equal(read_text(&theirs,
				   HEAD C4 "m=audio 4000 RTP/AVP 0 96\r\n"
					   "a=rtpmap:96 telephone-event/8000"
					   "\r\n",
				   SRTP_OFF),
			 0);
	assert_int_equal(offer_agree(&agreed, &ours, &theirs, true), 0);
	assert_int_equal(agreed.codec, CODEC_PCMU);
	assert_int_equal(agreed.dtmf_type, 96);
	assert_int_equal(agreed.dtmf_type_in, 101);
	/* refused, or about something that was not offered */
	assert_int_equal(
		read_text(&theirs, HEAD C4 "m=audio 0 RTP/AVP 8\r\n", SRTP_OFF),
		0);
	assert_int_equal(offer_agree(&agreed, &ours, &theirs, true), ENOENT);
	assert_int_equal(read_text(&theirs,
				   HEAD C4 "m=audio 4000 RTP/AVP 9\r\n",
				   SRTP_OFF),
			 0);
	assert_int_equal(offer_agree(&agreed, &ours, &theirs, true), ENOENT);
}

/* RFC 3264 8: lines stay, numbers keep their meaning, the version counts
 * changes alone */
static void offering_again(void **state)
{
	struct offer_media m = media("A");
	struct offer theirs, ours, again;

	(void)state;
	assert_int_equal(read_text(&theirs,
				   HEAD C4
				   "m=video 5000 RTP/AVP 96\r\n"
				   "m=audio 4000 RTP/AVP 97 111\r\n"
				   "a=rtpmap:97 PCMA/8000\r\n"
				   "a=rtpmap:111 telephone-event/8000\r\n",
				   SRTP_OFF),
			 0);
	assert_int_equal(offer_answer(&ours, &theirs, &m, NULL, 4711), 0);
	offer_remake(&again, &m, &ours, &theirs);
	assert_true(offer_same(&again, &ours));
	assert_int_equal(again.version, 1);
	assert_int_equal(again.session_id, 4711);
	m.direction = OFFER_INACTIVE;
	offer_remake(&again, &m, &ours, &theirs);
	assert_int_equal(again.version, 2);
	/* Opus would like 111, but that is taken */
	m = media("AO");
	offer_remake(&again, &m, &ours, &theirs);
	assert_string_equal(brief(&again),
			    "198.51.100.7:6000 both A97 O96 d111 D110 1/2");
	assert_non_null(strstr(written(&again), "m=video 0 RTP/AVP 96\r\n"));
	/* the same answer again keeps its version, another raises it */
	assert_int_equal(offer_answer(&again, &theirs, &m, &ours, 1), 0);
	assert_int_equal(again.version, 1);
	m.port = 6002;
	assert_int_equal(offer_answer(&again, &theirs, &m, &ours, 1), 0);
	assert_int_equal(again.version, 2);
	assert_int_equal(again.session_id, 4711);
}

/* RFC 4568 5.1.2: the answer has the tag of the line that it takes */
static void securing(void **state)
{
	struct offer_media m = media("A");
	struct offer_agreed agreed;
	struct offer theirs, ours;
	uint8_t zero[OFFER_KEY_BYTES] = { 0 };

	(void)state;
	memset(m.key, 0xab, sizeof(m.key));
	m.srtp = SRTP_REQUIRED;
	assert_int_equal(read_text(&theirs,
				   HEAD C4 "m=audio 4000 RTP/SAVP 8\r\n" CRYPTO
					   "\r\n",
				   SRTP_REQUIRED),
			 0);
	assert_int_equal(offer_answer(&ours, &theirs, &m, NULL, 1), 0);
	assert_non_null(
		strstr(written(&ours),
		       "m=audio 6000 RTP/SAVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
		       "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:"
		       "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6ur\r\n"));
	assert_int_equal(offer_agree(&agreed, &ours, &theirs, false), 0);
	assert_true(agreed.secure);
	assert_memory_equal(agreed.tx_key, m.key, sizeof(m.key));
	assert_memory_equal(agreed.rx_key, zero, sizeof(zero));
	m.srtp = SRTP_OFF;
	assert_int_equal(offer_answer(&ours, &theirs, &m, NULL, 1), ENOENT);
	/* we offered security; an answer without it is none */
	m.srtp = SRTP_REQUIRED;
	offer_make(&ours, &m, 1);
	assert_int_equal(read_text(&theirs,
				   HEAD C4 "m=audio 4000 RTP/AVP 8\r\n",
				   SRTP_OFFERED),
			 0);
	assert_int_equal(offer_agree(&agreed, &ours, &theirs, true), ENOENT);
}

/* Wherever our line stands, and whatever it said, the others stay. */
static void secured_and_plain(void **state)
{
	struct offer o;

	(void)state;
	assert_int_equal(read_text(&o,
				   HEAD C4 LONG
				   "m=audio 4000 RTP/AVP 8\r\n" LONG LONG LONG,
				   SRTP_OFF),
			 0);
	assert_true(text_is(offer_line(&o, 1), "audio RTP/AVP 8"));
	for (unsigned i = 0; i < 3; i++) {
		offer_secure(&o, true);
		assert_true(text_is(offer_line(&o, 1), "audio RTP/SAVP 0"));
		assert_true(offer_sane(&o));
		offer_secure(&o, false);
		assert_true(text_is(offer_line(&o, 1), "audio RTP/AVP 0"));
		assert_true(text_is(offer_line(&o, 0),
				    "application UDP/TLS/RTP/SAVPF 111"));
		assert_true(text_is(offer_line(&o, 4),
				    "application UDP/TLS/RTP/SAVPF 111"));
		assert_int_equal(offer_line(&o, 5).len, 0);
	}
	o.line_count = 4;
	assert_false(offer_sane(&o));
	o.line_count = 5;
	o.lines[3] = '\r';
	assert_false(offer_sane(&o));
	memset(o.lines, 'x', sizeof(o.lines));
	assert_false(offer_sane(&o));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(cut_and_spoilt),
		cmocka_unit_test(answering),
		cmocka_unit_test(offering),
		cmocka_unit_test(offering_again),
		cmocka_unit_test(securing),
		cmocka_unit_test(secured_and_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
