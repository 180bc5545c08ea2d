#include "probe/sniff.h"

#include <strings.h>

#include "base/encode.h"

/* ---- how files begin */

static const struct {
	const char *name;
	enum sniffed what;
	size_t at; /* where the second text stands */
	const char *first, *second;
} magics[] = {
	{ "WAV", SNIFF_AUDIO, 8, "RIFF", "WAVE" },
	{ "WAV", SNIFF_AUDIO, 8, "RF64", "WAVE" },
	{ "AIFF", SNIFF_AUDIO, 8, "FORM", "AIF" },
	{ "MP3", SNIFF_AUDIO, 0, "ID3", "" },
	{ "Ogg", SNIFF_AUDIO, 0, "OggS", "" },
	{ "Matroska", SNIFF_AUDIO, 0, "\x1a\x45\xdf\xa3", "" },
	{ "FLAC", SNIFF_AUDIO, 0, "fLaC", "" },
	{ "AMR", SNIFF_AUDIO, 0, "#!AMR", "" },
	{ "AU", SNIFF_AUDIO, 0, ".snd", "" },
	{ "CAF", SNIFF_AUDIO, 0, "caff", "" },
	{ "MP4", SNIFF_AUDIO, 4, "", "ftyp" },
	{ "pcap", SNIFF_CAPTURE, 0, "\xd4\xc3\xb2\xa1", "" },
	{ "pcap", SNIFF_CAPTURE, 0, "\xa1\xb2\xc3\xd4", "" },
	{ "pcapng", SNIFF_CAPTURE, 0, "\x0a\x0d\x0d\x0a", "" },
	{ "SQLite", SNIFF_DATABASE, 0, "SQLite format 3", "" },
	{ "age", SNIFF_KEY, 0, "AGE-SECRET-KEY-1", "" },
	{ "PEM", SNIFF_KEY, 0, "-----BEGIN PRIVATE KEY", "" },
	{ "PEM", SNIFF_KEY, 0, "-----BEGIN RSA PRIVATE KEY", "" },
	{ "PEM", SNIFF_KEY, 0, "-----BEGIN EC PRIVATE KEY", "" },
	{ "OpenSSH", SNIFF_KEY, 0, "-----BEGIN OPENSSH PRIVATE", "" },
};

static bool stands(struct bytes b, size_t at, const char *s)
{
	size_t n = strlen(s);

	return at <= b.len && n <= b.len - at && !memcmp(b.p + at, s, n);
}

/* Bytes of a frame of MPEG audio layer III, 0 when it is none. */
static size_t mp3_frame(const uint8_t h[4])
{
	static const uint16_t rates[2][16] = {
		{ 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160,
		  0 },
		{ 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256,
		  320, 0 }
	};
	static const uint32_t hz[4][3] = { { 11025, 12000, 8000 },
					   { 0, 0, 0 },
					   { 22050, 24000, 16000 },
					   { 44100, 48000, 32000 } };
	unsigned version = (h[1] >> 3) & 3, sampling = (h[2] >> 2) & 3;
	bool one = version == 3;
	uint32_t kbit = rates[one][h[2] >> 4];

	if (h[0] != 0xff || (h[1] & 0xe6) != 0xe2 || version == 1 ||
	    sampling == 3 || !kbit)
		return 0;
	return (one ? 144u : 72u) * kbit * 1000 / hz[version][sampling] +
	       ((h[2] >> 1) & 1);
}

/* Three frames in a row: noise does not do that. */
static bool is_mp3(struct bytes b)
{
	size_t at = 0;

	for (int i = 0; i < 3; i++) {
		size_t len;

		if (at > b.len || b.len - at < 4)
			return false;
		len = mp3_frame(b.p + at);
		if (!len)
			return false;
		at += len;
	}
	return true;
}

enum sniffed sniff_bytes(struct bytes b, const char **ret_name)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (!stands(b, 0, magics[i].first) ||
		    !stands(b, magics[i].at, magics[i].second))
			continue;
		*ret_name = magics[i].name;
		return magics[i].what;
	}
	if (is_mp3(b)) {
		*ret_name = "MP3";
		return SNIFF_AUDIO;
	}
	*ret_name = "";
	return SNIFF_NOTHING;
}

/* ---- what stands in a text */

static bool of_id(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
}

static bool of_word(char c)
{
	return of_id(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '+' || c == '/' || c == '=';
}

static bool may_border(char c)
{
	return !of_word(c) || c == '/' || c == '=';
}

unsigned sniff_ids(struct text t)
{
	uint8_t id[ID_BYTES];
	unsigned n = 0;

	for (size_t i = 0; i < t.len;) {
		size_t from = i;

		while (i < t.len && of_id(t.p[i]))
			i++;
		if ((i == t.len || may_border(t.p[i])) &&
		    !id_read((struct text){ t.p + from, i - from }, id))
			n++;
		/* the rest of a longer word is none */
		while (i < t.len && !may_border(t.p[i]))
			i++;
		i += i < t.len;
	}
	return n;
}

static bool has(struct text t, const char *s)
{
	return t.len && memmem(t.p, t.len, s, strlen(s)) != NULL;
}

bool sniff_audio_name(struct text name)
{
	static const char *const ends[] = { ".wav", ".mp3",  ".ogg",  ".mka",
					    ".mkv", ".opus", ".flac", ".amr",
					    ".gsm", ".au",   ".m4a" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);

		if (name.len > n &&
		    !strncasecmp(name.p + name.len - n, ends[i], n))
			return true;
	}
	return false;
}

bool sniff_link(struct text page, size_t *at, struct text *ret)
{
	static const struct {
		const char *begin;
		char end;
	} kinds[] = { { "href=\"", '"' },
		      { "href='", '\'' },
		      { "HREF=\"", '"' },
		      { "<Key>", '<' } };
	const char *best = NULL;
	size_t skip = 0, len = 0;
	char end = '"';

	if (*at >= page.len)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].begin);
		const char *hit =
			memmem(page.p + *at, page.len - *at, kinds[i].begin, n);

		if (!hit || (best && hit >= best))
			continue;
		best = hit;
		skip = n;
		end = kinds[i].end;
	}
	if (!best) {
		*at = page.len;
		return false;
	}
	best += skip;
	while (best + len < page.p + page.len && best[len] != end)
		len++;
	*ret = (struct text){ best, len };
	*at = (size_t)(best - page.p) + len;
	return true;
}

bool sniff_listing(struct text t)
{
	static const char *const signs[] = {
		"<title>Index of ",      "<h1>Index of",
		"Directory listing for", "Directory Listing",
		"[To Parent Directory]", "Parent Directory</a>",
		"<ListBucketResult",     "<EnumerationResults",
		":multistatus",          "<a href=\"../\">",
	};
	struct text link;
	size_t at = 0;

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (has(t, signs[i]))
			return true;
	while (sniff_link(t, &at, &link))
		if (sniff_audio_name(link))
			return true;
	return false;
}
