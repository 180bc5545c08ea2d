/*
 * Making offers and answers, and what the two amount to: RFC 3264.
 */
#include <arpa/inet.h>

#include "base/encode.h"
#include "sip/offer.h"

#define TYPES 128
#define DYNAMIC 96

static const struct {
	const char *name;
	uint8_t type; /* that we would choose */
} codec_infos[] = {
	[CODEC_PCMA] = { "PCMA/8000", 8 },
	[CODEC_PCMU] = { "PCMU/8000", 0 },
	[CODEC_G722] = { "G722/8000", 9 },
	[CODEC_OPUS] = { "opus/48000/2", 111 },
};

#define DTMF_TYPE 101
#define DTMF48_TYPE 110

static const struct offer_codec *find_codec(const struct offer *o,
					    unsigned codec)
{
	for (unsigned i = 0; o && i < o->codec_count; i++)
		if (o->codecs[i].codec == codec)
			return &o->codecs[i];
	return NULL;
}

static uint8_t reversed(uint8_t direction)
{
	return (uint8_t)((direction & OFFER_SENDONLY ? OFFER_RECVONLY : 0) |
			 (direction & OFFER_RECVONLY ? OFFER_SENDONLY : 0));
}

/* The part of a description that does not depend on the other side. */
static void put_media(struct offer *o, const struct offer_media *m)
{
	memcpy(o->address, m->address, sizeof(o->address));
	o->address[sizeof(o->address) - 1] = '\0';
	o->ipv6 = m->ipv6;
	o->port = m->port;
	o->direction = (uint8_t)m->direction;
	o->dtmf_type = OFFER_NO_TYPE;
	o->dtmf48_type = OFFER_NO_TYPE;
}

static void put_key(struct offer *o, const struct offer_media *m,
		    const char *tag)
{
	o->secure = 1;
	memcpy(o->key, m->key, sizeof(o->key));
	memcpy(o->crypto_tag, tag, sizeof(o->crypto_tag));
}

struct text offer_line(const struct offer *o, unsigned i)
{
	struct text rest = text_of(o->lines);
	struct text line = text_cut(&rest, '\n');

	while (i--)
		line = text_cut(&rest, '\n');
	return line;
}

void offer_secure(struct offer *o, bool secure)
{
	struct text old = offer_line(o, o->audio_line);
	const char *line = secure ? "audio RTP/SAVP 0\n" : "audio RTP/AVP 0\n";
	size_t len = strlen(line), used = strlen(o->lines);
	size_t at = (size_t)(old.p - o->lines);
	size_t gone = old.len + (at + old.len < used ? 1 : 0);

	/* the readers leave room: it is never longer by more than that */
	if (used - gone + len >= sizeof(o->lines))
		return;
	memmove(o->lines + at + len, o->lines + at + gone,
		used - at - gone + 1);
	memcpy(o->lines + at, line, len);
}

/* Payload types already given a meaning in this session (RFC 3264 8.3.2). */
static void mark_types(bool used[TYPES], const struct offer *o)
{
	for (unsigned i = 0; o && i < o->codec_count; i++)
		used[o->codecs[i].payload_type % TYPES] = true;
	if (o && o->dtmf_type < TYPES)
		used[o->dtmf_type] = true;
	if (o && o->dtmf48_type < TYPES)
		used[o->dtmf48_type] = true;
}

static uint8_t free_type(bool used[TYPES], uint8_t wish)
{
	if (used[wish])
		for (wish = DYNAMIC; wish < TYPES - 1 && used[wish]; wish++)
			;
	used[wish] = true;
	return wish;
}

static uint8_t codec_type(unsigned codec, const struct offer *last,
			  const struct offer *theirs, bool used[TYPES])
{
	const struct offer_codec *c = find_codec(last, codec);

	if (!c)
		c = find_codec(theirs, codec);
	return c ? c->payload_type : free_type(used, codec_infos[codec].type);
}

static uint8_t dtmf_type(uint8_t last, uint8_t theirs, bool used[TYPES],
			 uint8_t wish)
{
	if (last != OFFER_NO_TYPE)
		return last;
	return theirs != OFFER_NO_TYPE ? theirs : free_type(used, wish);
}

static void put_codecs(struct offer *o, const struct offer_media *m,
		       const struct offer *last, const struct offer *theirs)
{
	bool used[TYPES] = { false };
	uint8_t none = OFFER_NO_TYPE;

	mark_types(used, last);
	mark_types(used, theirs);
	for (unsigned i = 0; i < m->codec_count && i < OFFER_CODECS; i++) {
		unsigned codec = m->codecs[i];

		if (codec >= CODEC_NONE || find_codec(o, codec))
			continue;
		o->codecs[o->codec_count++] = (struct offer_codec){
			(uint8_t)codec, codec_type(codec, last, theirs, used)
		};
	}
	if (!m->dtmf)
		return;
	o->dtmf_type =
		dtmf_type(last ? last->dtmf_type : none,
			  theirs ? theirs->dtmf_type : none, used, DTMF_TYPE);
	if (find_codec(o, CODEC_OPUS))
		o->dtmf48_type = dtmf_type(last ? last->dtmf48_type : none,
					   theirs ? theirs->dtmf48_type : none,
					   used, DTMF48_TYPE);
}

void offer_make(struct offer *ret, const struct offer_media *m,
		uint64_t session_id)
{
	struct offer o = { .session_id = session_id,
			   .version = 1,
			   .line_count = 1 };

	put_media(&o, m);
	put_codecs(&o, m, NULL, NULL);
	offer_secure(&o, m->srtp != SRTP_OFF);
	if (m->srtp != SRTP_OFF)
		put_key(&o, m, "1\0\0\0\0\0\0\0\0");
	*ret = o;
}

/* Equal is what reads the same. */
bool offer_same(const struct offer *a, const struct offer *b)
{
	uint8_t text_a[OFFER_BYTES_MAX], text_b[OFFER_BYTES_MAX];
	struct writer wa = writer_on(text_a, sizeof(text_a));
	struct writer wb = writer_on(text_b, sizeof(text_b));
	struct offer x = *a;

	x.session_id = b->session_id;
	x.version = b->version;
	offer_write(&wa, &x);
	offer_write(&wb, b);
	return !writer_finish(&wa) && !writer_finish(&wb) && wa.len == wb.len &&
	       !memcmp(text_a, text_b, wa.len);
}

/* RFC 3264 8: the version goes up by one, and only if something changed. */
static void number_it(struct offer *o, const struct offer *last,
		      uint64_t session_id)
{
	o->session_id = last ? last->session_id : session_id;
	o->version = last ? last->version : 1;
	if (last && !offer_same(o, last))
		o->version++;
}

void offer_remake(struct offer *ret, const struct offer_media *m,
		  const struct offer *last, const struct offer *theirs)
{
	const struct offer *shape = last;
	struct offer o = { 0 };
	bool secure;

	/* no m-line ever goes away (RFC 3264 8) */
	if (theirs && theirs->line_count > last->line_count)
		shape = theirs;
	memcpy(o.lines, shape->lines, sizeof(o.lines));
	o.line_count = shape->line_count ? shape->line_count : 1;
	o.audio_line = shape->line_count ? shape->audio_line : 0;
	put_media(&o, m);
	put_codecs(&o, m, last, theirs);
	/* what was agreed on stays secured, or plain */
	secure = last->secure ||
		 (m->srtp == SRTP_REQUIRED && !(theirs && theirs->port));
	if (secure != last->secure || !shape->line_count)
		offer_secure(&o, secure);
	if (secure)
		put_key(&o, m,
			last->secure ? last->crypto_tag : "1\0\0\0\0\0\0\0\0");
	number_it(&o, last, last->session_id);
	*ret = o;
}

/*
 * One codec alone is named in the answer, the one that we like best, so that
 * nobody changes it in mid-stream; with the offer's payload type (RFC 3264
 * 6.1).
 */
static int answer_codec(struct offer *o, const struct offer *theirs,
			const struct offer_media *m)
{
	for (unsigned i = 0; i < m->codec_count && i < OFFER_CODECS; i++) {
		const struct offer_codec *c = find_codec(theirs, m->codecs[i]);

		if (!c)
			continue;
		o->codecs[o->codec_count++] = *c;
		if (m->dtmf && c->codec == CODEC_OPUS)
			o->dtmf48_type = theirs->dtmf48_type;
		if (m->dtmf && o->dtmf48_type == OFFER_NO_TYPE)
			o->dtmf_type = theirs->dtmf_type;
		return 0;
	}
	return ENOENT;
}

int offer_answer(struct offer *ret, const struct offer *theirs,
		 const struct offer_media *m, const struct offer *last,
		 uint64_t session_id)
{
	struct offer o = { 0 };
	int err;

	if (!theirs->port || !m->port ||
	    (m->srtp == SRTP_REQUIRED && !theirs->secure) ||
	    (m->srtp == SRTP_OFF && theirs->secure))
		return ENOENT;
	put_media(&o, m);
	err = answer_codec(&o, theirs, m);
	if (err)
		return err;
	/* RFC 3264 6.1: sendonly is answered with recvonly or inactive, ... */
	o.direction = reversed(theirs->direction) & (uint8_t)m->direction;
	/* 6: as many m-lines as the offer, in its order */
	memcpy(o.lines, theirs->lines, sizeof(o.lines));
	o.line_count = theirs->line_count;
	o.audio_line = theirs->audio_line;
	if (theirs->secure)
		put_key(&o, m, theirs->crypto_tag);
	number_it(&o, last, session_id);
	*ret = o;
	return 0;
}

/* Events have the clock of the codec beside which they are sent. */
static uint8_t dtmf_for(const struct offer *o, unsigned codec)
{
	if (codec == CODEC_OPUS && o->dtmf48_type != OFFER_NO_TYPE)
		return o->dtmf48_type;
	return o->dtmf_type;
}

int offer_agree(struct offer_agreed *ret, const struct offer *ours,
		const struct offer *theirs, bool we_offered)
{
	const struct offer *answer = we_offered ? theirs : ours;
	const struct offer *offer = we_offered ? ours : theirs;
	const struct offer_codec *there = NULL, *here = NULL;
	struct offer_agreed a = { 0 };

	for (unsigned i = 0; i < answer->codec_count && !there; i++) {
		unsigned codec = answer->codecs[i].codec;

		if (!find_codec(offer, codec))
			continue;
		here = find_codec(ours, codec);
		there = find_codec(theirs, codec);
	}
	if (!here || !there || !ours->port || !theirs->port ||
	    ours->secure != theirs->secure ||
	    ours->audio_line != theirs->audio_line)
		return ENOENT;
	if (ours->secure && strcmp(ours->crypto_tag, theirs->crypto_tag))
		return ENOENT;
	a.codec = there->codec;
	a.payload_type = there->payload_type;
	a.payload_type_in = here->payload_type;
	a.dtmf_type = dtmf_for(theirs, a.codec);
	a.dtmf_type_in = dtmf_for(ours, a.codec);
	if (a.dtmf_type == OFFER_NO_TYPE || a.dtmf_type_in == OFFER_NO_TYPE)
		a.dtmf_type = a.dtmf_type_in = OFFER_NO_TYPE;
	a.send = ours->direction & reversed(theirs->direction) & OFFER_SENDONLY;
	a.receive =
		ours->direction & reversed(theirs->direction) & OFFER_RECVONLY;
	memcpy(a.address, theirs->address, sizeof(a.address));
	a.ipv6 = theirs->ipv6;
	a.port = theirs->port;
	a.secure = theirs->secure;
	memcpy(a.tx_key, ours->key, sizeof(a.tx_key));
	memcpy(a.rx_key, theirs->key, sizeof(a.rx_key));
	*ret = a;
	return 0;
}

bool offer_is_hold(const struct offer *theirs)
{
	return !(theirs->direction & OFFER_RECVONLY);
}

static void write_dtmf(struct writer *w, unsigned type, unsigned clock)
{
	if (type == OFFER_NO_TYPE)
		return;
	writer_printf(w,
		      "a=rtpmap:%u telephone-event/%u\r\n"
		      "a=fmtp:%u 0-16\r\n",
		      type, clock, type);
}

static void write_audio(struct writer *w, const struct offer *o,
			struct text proto)
{
	static const char *const directions[] = {
		[OFFER_INACTIVE] = "inactive",
		[OFFER_SENDONLY] = "sendonly",
		[OFFER_RECVONLY] = "recvonly",
		[OFFER_SENDRECV] = "sendrecv",
	};

	writer_printf(w, "m=audio %u %.*s", o->port, (int)proto.len, proto.p);
	for (unsigned i = 0; i < o->codec_count; i++)
		writer_printf(w, " %u", o->codecs[i].payload_type);
	if (o->dtmf_type != OFFER_NO_TYPE)
		writer_printf(w, " %u", o->dtmf_type);
	if (o->dtmf48_type != OFFER_NO_TYPE)
		writer_printf(w, " %u", o->dtmf48_type);
	writer_str(w, "\r\n");
	for (unsigned i = 0; i < o->codec_count; i++)
		writer_printf(w, "a=rtpmap:%u %s\r\n",
			      o->codecs[i].payload_type,
			      codec_infos[o->codecs[i].codec].name);
	write_dtmf(w, o->dtmf_type, 8000);
	write_dtmf(w, o->dtmf48_type, 48000);
	if (o->secure) {
		writer_printf(w, "a=crypto:%s AES_CM_128_HMAC_SHA1_80 inline:",
			      o->crypto_tag);
		base64_write(w, BASE64_PADDED, o->key, sizeof(o->key));
		writer_str(w, "\r\n");
	}
	writer_printf(w, "a=ptime:20\r\na=%s\r\n", directions[o->direction]);
}

void offer_write(struct writer *w, const struct offer *o)
{
	const char *family = o->ipv6 ? "IP6" : "IP4";

	writer_printf(w,
		      "v=0\r\no=- %llu %llu IN %s %s\r\ns=-\r\n"
		      "c=IN %s %s\r\nt=0 0\r\n",
		      (unsigned long long)o->session_id,
		      (unsigned long long)o->version, family, o->address,
		      family, o->address);
	for (unsigned i = 0; i < o->line_count; i++) {
		struct text rest = offer_line(o, i);
		struct text media = text_cut(&rest, ' ');

		if (i == o->audio_line && o->port)
			write_audio(w, o, text_cut(&rest, ' '));
		else
			writer_printf(w, "m=%.*s 0 %.*s\r\n", (int)media.len,
				      media.p, (int)rest.len, rest.p);
	}
}

static bool ended(const char *p, size_t max)
{
	return memchr(p, '\0', max) != NULL;
}

static bool type_sane(uint8_t type)
{
	return type < TYPES || type == OFFER_NO_TYPE;
}

/* As many as there shall be, and nothing that begins another line. */
static bool lines_sane(const struct offer *o)
{
	unsigned count = 0;

	if (!ended(o->lines, sizeof(o->lines)))
		return false;
	for (const char *p = o->lines; *p; p++) {
		if (*p == '\n')
			count++;
		else if (*p < ' ' || *p == 0x7f)
			return false;
	}
	return count == o->line_count;
}

bool offer_sane(const struct offer *o)
{
	uint8_t address[16];

	if (!ended(o->address, sizeof(o->address)) ||
	    !ended(o->crypto_tag, sizeof(o->crypto_tag)) || o->ipv6 > 1 ||
	    o->secure > 1 || o->direction > OFFER_SENDRECV ||
	    o->codec_count > OFFER_CODECS || o->line_count > OFFER_LINES ||
	    (o->line_count && o->audio_line >= o->line_count) ||
	    !type_sane(o->dtmf_type) || !type_sane(o->dtmf48_type))
		return false;
	if (o->port &&
	    inet_pton(o->ipv6 ? AF_INET6 : AF_INET, o->address, address) != 1)
		return false;
	for (unsigned i = 0; i < o->codec_count; i++)
		if (o->codecs[i].codec >= CODEC_NONE ||
		    o->codecs[i].payload_type >= TYPES)
			return false;
	return lines_sane(o);
}
