/*
 * Reading a session description: RFC 8866, as far as one audio stream needs.
 *
 * First the lines are cut into the session's part and one section for each
 * m-line; then the audio line is chosen; then that section alone is read for
 * what it says. So nothing that a peer writes elsewhere can do harm.
 */
#include <arpa/inet.h>
#include <strings.h>

#include "base/encode.h"
#include "sip/offer.h"

#define SDP_MAX (16 * 1024)
#define TYPES 128
#define MEDIA_MAX 15
#define PROTO_MAX 31
#define FORMAT_MAX 23
#define LINES_TO_SPARE 16 /* offer_secure() may make one longer */

struct section {
	struct text m;    /* value of the m-line; of the session: empty */
	struct text rest; /* the lines after it */
};

struct sdp {
	struct section session;
	struct section media[OFFER_LINES];
	unsigned count;
};

static bool text_is_nocase(struct text t, const char *s)
{
	return t.len == strlen(s) && !strncasecmp(t.p, s, t.len);
}

static bool text_begins(struct text t, const char *s)
{
	size_t n = strlen(s);

	return t.len >= n && !memcmp(t.p, s, n);
}

static struct text text_after(struct text t, size_t n)
{
	return (struct text){ t.p + n, t.len - n };
}

/* The next word between blanks; empty at the end. */
static struct text text_word(struct text *t)
{
	while (t->len && *t->p == ' ')
		*t = text_after(*t, 1);
	return text_cut(t, ' ');
}

/*
 * The next line: its letter and value. CR LF or LF alone ends it (RFC 8866
 * section 5 asks parsers to take both). ENOENT at the end.
 */
static int next_line(struct text *rest, char *ret_letter, struct text *ret)
{
	struct text line;

	do {
		if (!rest->len)
			return ENOENT;
		line = text_cut(rest, '\n');
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
	} while (!line.len);
	if (line.len < 2 || line.p[1] != '=' || line.p[0] < 'a' ||
	    line.p[0] > 'z')
		return EBADMSG;
	*ret_letter = line.p[0];
	*ret = text_after(line, 2);
	return 0;
}

static int cut_sections(struct sdp *s, struct text rest)
{
	struct section *now = &s->session;
	struct text value;
	char letter;
	int err;

	err = next_line(&rest, &letter, &value);
	if (err || letter != 'v' || !text_is(value, "0"))
		return EBADMSG;
	now->rest = (struct text){ rest.p, 0 };
	for (;;) {
		err = next_line(&rest, &letter, &value);
		if (err == ENOENT)
			return 0;
		if (err)
			return err;
		if (letter != 'm') {
			now->rest.len = (size_t)(rest.p - now->rest.p);
			continue;
		}
		if (s->count == OFFER_LINES)
			return EMSGSIZE;
		now = &s->media[s->count++];
		now->m = value;
		now->rest = (struct text){ rest.p, 0 };
	}
}

/* o=user id version IN IP4 address; only the numbers matter to us. */
static int read_origin(struct offer *o, struct text value)
{
	struct text id, version;

	(void)text_word(&value);
	id = text_word(&value);
	version = text_word(&value);
	if (text_u64(id, 0, UINT64_MAX, &o->session_id) ||
	    text_u64(version, 0, UINT64_MAX, &o->version))
		return EBADMSG;
	return 0;
}

static bool multicast(const struct offer *o, const struct in_addr *v4,
		      const struct in6_addr *v6)
{
	if (o->ipv6)
		return v6->s6_addr[0] == 0xff;
	return (ntohl(v4->s_addr) >> 28) >= 14; /* also 255.255.255.255 */
}

/*
 * c=IN IP4 address. Names are not looked up, and nobody makes us send to a
 * multicast group.
 */
static int read_connection(struct offer *o, struct text value)
{
	struct in6_addr v6;
	struct in_addr v4 = { 0 };
	struct text family, address;

	if (!text_is(text_word(&value), "IN"))
		return EBADMSG;
	family = text_word(&value);
	address = text_word(&value);
	address = text_cut(&address, '/');
	if (text_copy(o->address, sizeof(o->address), address))
		return EBADMSG;
	memset(&v6, 0, sizeof(v6));
	if (text_is(family, "IP4")) {
		o->ipv6 = 0;
		if (inet_pton(AF_INET, o->address, &v4) != 1)
			return EBADMSG;
	} else if (text_is(family, "IP6")) {
		o->ipv6 = 1;
		if (inet_pton(AF_INET6, o->address, &v6) != 1)
			return EBADMSG;
	} else {
		return EBADMSG;
	}
	return multicast(o, &v4, &v6) ? EBADMSG : 0;
}

static void read_direction(struct offer *o, struct text attribute)
{
	if (text_is(attribute, "sendrecv"))
		o->direction = OFFER_SENDRECV;
	else if (text_is(attribute, "sendonly"))
		o->direction = OFFER_SENDONLY;
	else if (text_is(attribute, "recvonly"))
		o->direction = OFFER_RECVONLY;
	else if (text_is(attribute, "inactive"))
		o->direction = OFFER_INACTIVE;
}

/*
 * a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:KEY|lifetime (RFC 4568 9.1). The
 * first one that we can do; one with an MKI, with several keys or with a
 * session parameter that we would have to understand (6.3) is not.
 */
static void read_crypto(struct offer *o, struct text value)
{
	struct text tag = text_word(&value);
	struct text suite = text_word(&value);
	struct text key = text_word(&value);
	struct text word, part;
	uint8_t bytes[OFFER_KEY_BYTES];
	uint64_t number;
	size_t len;

	if (o->secure || !text_is(suite, "AES_CM_128_HMAC_SHA1_80") ||
	    !text_begins(key, "inline:") || memchr(key.p, ';', key.len))
		return;
	for (word = text_word(&value); word.len; word = text_word(&value))
		if (!text_begins(word, "-"))
			return;
	key = text_after(key, 7);
	word = text_cut(&key, '|');
	for (part = text_cut(&key, '|'); part.len; part = text_cut(&key, '|'))
		if (memchr(part.p, ':', part.len))
			return;
	if (text_u64(tag, 0, 999999999, &number) ||
	    base64_read(word, BASE64_PADDED, bytes, sizeof(bytes), &len) ||
	    len != OFFER_KEY_BYTES ||
	    text_copy(o->crypto_tag, sizeof(o->crypto_tag), tag))
		return;
	memcpy(o->key, bytes, sizeof(bytes));
	o->secure = 1;
	explicit_bzero(bytes, sizeof(bytes));
}

/* What a payload type means. */
enum meaning {
	MEANS_PCMA = CODEC_PCMA,
	MEANS_PCMU = CODEC_PCMU,
	MEANS_G722 = CODEC_G722,
	MEANS_OPUS = CODEC_OPUS,
	MEANS_NOTHING = CODEC_NONE,
	MEANS_DTMF,
	MEANS_DTMF48
};

static enum meaning meaning_of(struct text map)
{
	static const struct {
		const char *name;
		enum meaning means;
	} names[] = {
		{ "PCMA/8000", MEANS_PCMA },
		{ "PCMA/8000/1", MEANS_PCMA },
		{ "PCMU/8000", MEANS_PCMU },
		{ "PCMU/8000/1", MEANS_PCMU },
		{ "G722/8000", MEANS_G722 },
		{ "G722/8000/1", MEANS_G722 },
		{ "opus/48000/2", MEANS_OPUS },
		{ "telephone-event/8000", MEANS_DTMF },
		{ "telephone-event/8000/1", MEANS_DTMF },
		{ "telephone-event/48000", MEANS_DTMF48 },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_is_nocase(map, names[i].name))
			return names[i].means;
	return MEANS_NOTHING;
}

/* a=rtpmap:8 PCMA/8000 */
static void read_rtpmap(uint8_t means[TYPES], struct text value)
{
	uint64_t type;

	if (!text_u64(text_word(&value), 0, TYPES - 1, &type))
		means[type] = (uint8_t)meaning_of(text_word(&value));
}

static int read_attributes(struct offer *o, struct text rest,
			   uint8_t means[TYPES])
{
	struct text value;
	char letter;
	int err;

	while ((err = next_line(&rest, &letter, &value)) == 0) {
		if (letter == 'c' && read_connection(o, value))
			return EBADMSG;
		if (letter != 'a')
			continue;
		if (text_begins(value, "rtpmap:"))
			read_rtpmap(means, text_after(value, 7));
		else if (text_begins(value, "crypto:"))
			read_crypto(o, text_after(value, 7));
		else
			read_direction(o, value);
	}
	return err == ENOENT ? 0 : err;
}

static bool has_codec(const struct offer *o, uint8_t codec)
{
	for (unsigned i = 0; i < o->codec_count; i++)
		if (o->codecs[i].codec == codec)
			return true;
	return false;
}

/* The formats of the m-line, in their order: the first of each kind. */
static void read_formats(struct offer *o, struct text formats,
			 const uint8_t means[TYPES])
{
	struct text word;

	for (word = text_word(&formats); word.len; word = text_word(&formats)) {
		uint64_t type;
		uint8_t m;

		if (text_u64(word, 0, TYPES - 1, &type))
			continue;
		m = means[type];
		if (m == MEANS_DTMF && o->dtmf_type == OFFER_NO_TYPE) {
			o->dtmf_type = (uint8_t)type;
		} else if (m == MEANS_DTMF48 &&
			   o->dtmf48_type == OFFER_NO_TYPE) {
			o->dtmf48_type = (uint8_t)type;
		} else if (m < CODEC_NONE && !has_codec(o, m)) {
			o->codecs[o->codec_count++] =
				(struct offer_codec){ m, (uint8_t)type };
		}
	}
}

struct media_line {
	struct text media, proto, formats;
	uint16_t port;
};

static int read_media(struct text value, struct media_line *ret)
{
	struct text port;
	uint64_t number;

	ret->media = text_word(&value);
	port = text_word(&value);
	ret->proto = text_word(&value);
	ret->formats = value;
	if (text_u64(text_cut(&port, '/'), 0, UINT16_MAX, &number) ||
	    !ret->media.len || !ret->proto.len)
		return EBADMSG;
	ret->port = (uint16_t)number;
	return 0;
}

/* What we will write into our answer. */
static int copy_token(struct writer *w, size_t max, struct text t, char after)
{
	for (size_t i = 0; i < t.len; i++)
		if (t.p[i] <= ' ' || t.p[i] >= 0x7f)
			return EBADMSG;
	if (!t.len || t.len > max)
		return EBADMSG;
	writer_text(w, t);
	writer_u8(w, (uint8_t)after);
	return 0;
}

/* Remember enough of each line to decline it. */
static int read_lines(struct offer *o, const struct sdp *s,
		      struct media_line lines[OFFER_LINES])
{
	struct writer w =
		writer_on(o->lines, sizeof(o->lines) - LINES_TO_SPARE);

	for (unsigned i = 0; i < s->count; i++) {
		struct media_line *m = &lines[i];
		struct text formats;
		struct text format;

		if (read_media(s->media[i].m, m))
			return EBADMSG;
		formats = m->formats;
		format = text_word(&formats);
		if (copy_token(&w, MEDIA_MAX, m->media, ' ') ||
		    copy_token(&w, PROTO_MAX, m->proto, ' ') ||
		    copy_token(&w, FORMAT_MAX, format.len ? format : TEXT("0"),
			       '\n'))
			return EBADMSG;
	}
	if (writer_finish(&w))
		return EMSGSIZE;
	o->line_count = (uint8_t)s->count;
	return 0;
}

enum proto { PROTO_NONE, PROTO_PLAIN, PROTO_SECURE };

static enum proto proto_of(const struct media_line *m)
{
	if (!text_is(m->media, "audio") || !m->port)
		return PROTO_NONE;
	if (text_is(m->proto, "RTP/AVP") || text_is(m->proto, "RTP/AVPF"))
		return PROTO_PLAIN;
	if (text_is(m->proto, "RTP/SAVP") || text_is(m->proto, "RTP/SAVPF"))
		return PROTO_SECURE;
	return PROTO_NONE;
}

/* Take line i for our audio if it will do. ENOENT if it will not. */
static int try_line(struct offer *o, const struct sdp *s,
		    const struct media_line *m, unsigned i, bool secure)
{
	uint8_t means[TYPES];
	struct offer try = *o;

	memset(means, MEANS_NOTHING, sizeof(means));
	/* the static types of RFC 3551 that need no rtpmap */
	means[0] = MEANS_PCMU;
	means[8] = MEANS_PCMA;
	means[9] = MEANS_G722;
	if (read_attributes(&try, s->media[i].rest, means))
		return EBADMSG;
	if (secure && !try.secure)
		return ENOENT;
	if (!secure) {
		/* a key on a plain line binds nobody */
		try.secure = 0;
		explicit_bzero(try.key, sizeof(try.key));
		try.crypto_tag[0] = '\0';
	}
	if (!try.address[0])
		return EBADMSG;
	read_formats(&try, m->formats, means);
	try.audio_line = (uint8_t)i;
	try.port = m->port;
	*o = try;
	return 0;
}

static int choose_audio(struct offer *o, const struct sdp *s,
			const struct media_line *lines, enum srtp_use srtp)
{
	static const enum proto order[] = { PROTO_SECURE, PROTO_PLAIN };
	bool seen = false;

	for (unsigned k = 0; k < 2; k++) {
		if ((order[k] == PROTO_SECURE && srtp == SRTP_OFF) ||
		    (order[k] == PROTO_PLAIN && srtp == SRTP_REQUIRED))
			continue;
		for (unsigned i = 0; i < s->count; i++) {
			int err = ENOENT;

			if (proto_of(&lines[i]) == order[k])
				err = try_line(o, s, &lines[i], i,
					       order[k] == PROTO_SECURE);
			if (err != ENOENT)
				return err;
		}
	}
	/* none will do: the first audio line stands for what is refused */
	for (unsigned i = 0; i < s->count && !seen; i++) {
		seen = text_is(lines[i].media, "audio");
		if (seen)
			o->audio_line = (uint8_t)i;
	}
	return 0;
}

/*
 * RFC 3264 8.4: an address of zeros is the old way to say hold. Its author
 * sends, perhaps, but does not want to receive.
 */
static void take_in_zero_address(struct offer *o)
{
	if (!strcmp(o->address, "0.0.0.0") || !strcmp(o->address, "::"))
		o->direction &= OFFER_SENDONLY;
}

int offer_read(struct offer *ret, struct text sdp, enum srtp_use srtp)
{
	struct offer o = { .direction = OFFER_SENDRECV,
			   .dtmf_type = OFFER_NO_TYPE,
			   .dtmf48_type = OFFER_NO_TYPE };
	struct media_line lines[OFFER_LINES] = { 0 };
	struct sdp s = { 0 };
	uint8_t unused[TYPES];
	struct text rest, value;
	char letter;
	int err;

	if (sdp.len > SDP_MAX)
		return EMSGSIZE;
	if (!sdp.len || memchr(sdp.p, '\0', sdp.len))
		return EBADMSG;
	err = cut_sections(&s, sdp);
	if (err)
		return err;
	rest = s.session.rest;
	err = next_line(&rest, &letter, &value);
	if (err || letter != 'o' || read_origin(&o, value))
		return EBADMSG;
	memset(unused, MEANS_NOTHING, sizeof(unused));
	err = read_attributes(&o, rest, unused);
	if (err)
		return err;
	/* a key belongs to a media line (RFC 4568 5) */
	o.secure = 0;
	explicit_bzero(o.key, sizeof(o.key));
	o.crypto_tag[0] = '\0';
	err = read_lines(&o, &s, lines);
	if (!err)
		err = choose_audio(&o, &s, lines, srtp);
	if (err)
		return err;
	take_in_zero_address(&o);
	*ret = o;
	return 0;
}
