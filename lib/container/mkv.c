#include "container/mkv.h"

#include <assert.h>

#include "container/ebml.h"

enum {
	BACK_MAX_MS = 30000, /* a block's offset is a signed 16-bit number */
	MARK_MAX = 200,
	BLOCK_HEADER = 4, /* track, two bytes of time, flags */
	KEYFRAME = 0x80,
};

static void put_id(struct writer *w, enum ebml_id id)
{
	uint32_t v = id;

	for (int shift = 24; shift >= 0; shift -= 8)
		if (v >> shift)
			writer_u8(w, (uint8_t)(v >> shift));
}

/* A size in one or two bytes, which is all we need. */
static void put_size(struct writer *w, size_t n)
{
	assert(n < 0x3fff);
	if (n < 0x7f)
		writer_u8(w, (uint8_t)(0x80 | n));
	else
		writer_u16(w, (uint16_t)(0x4000 | n));
}

static void put_unknown_size(struct writer *w)
{
	writer_u64(w, 0x01ffffffffffffff);
}

static void put_uint(struct writer *w, enum ebml_id id, uint64_t v)
{
	size_t n = 1;

	while (n < 8 && v >> (8 * n))
		n++;
	put_id(w, id);
	put_size(w, n);
	while (n--)
		writer_u8(w, (uint8_t)(v >> (8 * n)));
}

static void put_bytes(struct writer *w, enum ebml_id id, const void *p,
		      size_t len)
{
	put_id(w, id);
	put_size(w, len);
	writer_copy(w, p, len);
}

static void put_str(struct writer *w, enum ebml_id id, const char *s)
{
	put_bytes(w, id, s, strlen(s));
}

static void put_double(struct writer *w, enum ebml_id id, double v)
{
	uint64_t bits;

	static_assert(sizeof(bits) == sizeof(v), "IEEE 754");
	memcpy(&bits, &v, sizeof(bits));
	put_id(w, id);
	put_size(w, sizeof(bits));
	writer_u64(w, bits);
}

static void put_head(struct writer *w)
{
	uint8_t buf[64];
	struct writer c = writer_on(buf, sizeof(buf));

	put_uint(&c, EBML_VERSION, 1);
	put_uint(&c, EBML_READ_VERSION, 1);
	put_uint(&c, EBML_MAX_ID_LENGTH, 4);
	put_uint(&c, EBML_MAX_SIZE_LENGTH, 8);
	put_str(&c, EBML_DOC_TYPE, "matroska");
	put_uint(&c, EBML_DOC_TYPE_VERSION, 4);
	put_uint(&c, EBML_DOC_TYPE_READ_VERSION, 2);
	put_bytes(w, EBML_HEAD, buf, c.len);
}

/* No Duration: it is not known yet, and nothing is patched later. */
static void put_info(struct writer *w, int64_t at_ms)
{
	/* DateUTC counts nanoseconds from 2001-01-01 (RFC 8794 section 7.6) */
	int64_t since_2001_ms = at_ms - 978307200000;
	uint8_t buf[96];
	struct writer c = writer_on(buf, sizeof(buf));

	put_uint(&c, MKV_TIMESTAMP_SCALE, 1000000);
	put_id(&c, MKV_DATE_UTC);
	put_size(&c, 8);
	writer_u64(&c, (uint64_t)since_2001_ms * 1000000);
	put_str(&c, MKV_MUXING_APP, "vaxel");
	put_str(&c, MKV_WRITING_APP, "vaxel " VAXEL_VERSION);
	assert(!c.full);
	put_bytes(w, MKV_INFO, buf, c.len);
}

static void put_u16_le(struct writer *w, unsigned v)
{
	writer_u8(w, (uint8_t)v);
	writer_u8(w, (uint8_t)(v >> 8));
}

static void put_u32_le(struct writer *w, uint32_t v)
{
	put_u16_le(w, v & 0xffff);
	put_u16_le(w, v >> 16);
}

/* All three carry 8,000 bytes a second, one channel. */
static void put_wave_format(struct writer *w, unsigned tag, uint32_t hz,
			    unsigned bits)
{
	uint8_t buf[18];
	struct writer c = writer_on(buf, sizeof(buf));

	put_u16_le(&c, tag);
	put_u16_le(&c, 1);
	put_u32_le(&c, hz);
	put_u32_le(&c, 8000);
	put_u16_le(&c, 1);
	put_u16_le(&c, bits);
	put_u16_le(&c, 0);
	put_str(w, MKV_CODEC_ID, "A_MS/ACM");
	put_bytes(w, MKV_CODEC_PRIVATE, buf, c.len);
}

/*
 * RFC 7845 section 5.1. No pre-skip: a call is joined in mid-stream, and what
 * would be skipped there is speech, and its time.
 */
static void put_opus(struct writer *w)
{
	uint8_t buf[19];
	struct writer c = writer_on(buf, sizeof(buf));

	writer_text(&c, TEXT("OpusHead"));
	writer_u8(&c, 1); /* version */
	writer_u8(&c, 1); /* channels */
	put_u16_le(&c, 0);
	put_u32_le(&c, 48000);
	put_u16_le(&c, 0); /* gain */
	writer_u8(&c, 0);  /* mapping family */
	put_str(w, MKV_CODEC_ID, "A_OPUS");
	put_bytes(w, MKV_CODEC_PRIVATE, buf, c.len);
	put_uint(w, MKV_CODEC_DELAY, 0);
	put_uint(w, MKV_SEEK_PRE_ROLL, 80000000);
}

static void put_audio(struct writer *w, double hz)
{
	uint8_t buf[32];
	struct writer c = writer_on(buf, sizeof(buf));

	put_double(&c, MKV_SAMPLING_FREQUENCY, hz);
	put_uint(&c, MKV_CHANNELS, 1);
	put_bytes(w, MKV_AUDIO, buf, c.len);
}

static void put_codec(struct writer *w, enum codec codec)
{
	switch (codec) {
	case CODEC_PCMA:
		put_wave_format(w, WAVE_ALAW, 8000, 8);
		put_audio(w, 8000);
		break;
	case CODEC_PCMU:
		put_wave_format(w, WAVE_MULAW, 8000, 8);
		put_audio(w, 8000);
		break;
	case CODEC_G722: /* its RTP clock says 8,000 Hz; it samples 16,000 */
		put_wave_format(w, WAVE_G722, 16000, 4);
		put_audio(w, 16000);
		break;
	case CODEC_OPUS:
		put_opus(w);
		put_audio(w, 48000);
		break;
	case CODEC_NONE:
		put_str(w, MKV_CODEC_ID, "S_TEXT/UTF8");
		break;
	}
}

/* codec CODEC_NONE: the track of marks */
static void put_track(struct writer *w, unsigned index, enum codec codec)
{
	static const char *const names[MKV_TRACKS] = { "caller", "nurse",
						       "third party", "marks" };
	uint8_t buf[160];
	struct writer c = writer_on(buf, sizeof(buf));

	put_uint(&c, MKV_TRACK_NUMBER, index + 1);
	put_uint(&c, MKV_TRACK_UID, index + 1);
	put_uint(&c, MKV_TRACK_TYPE,
		 codec == CODEC_NONE ? MKV_TYPE_SUBTITLE : MKV_TYPE_AUDIO);
	put_uint(&c, MKV_FLAG_LACING, 0);
	put_str(&c, MKV_LANGUAGE, "und");
	put_str(&c, MKV_TRACK_NAME, names[index]);
	put_codec(&c, codec);
	assert(!c.full);
	put_bytes(w, MKV_TRACK_ENTRY, buf, c.len);
}

int mkv_begin(struct mkv_writer *m, const enum codec codecs[MKV_AUDIO_TRACKS],
	      int64_t at_ms, struct writer *w)
{
	uint8_t buf[4 * 170];
	struct writer tracks = writer_on(buf, sizeof(buf));
	struct mkv_writer fresh = { .open = 0 };
	unsigned count = 0;

	if (w->full || w->max - w->len < MKV_HEAD_MAX)
		return EMSGSIZE;
	for (unsigned i = 0; i < MKV_AUDIO_TRACKS; i++) {
		if (codecs[i] > CODEC_NONE)
			return EINVAL;
		fresh.codec[i] = (uint8_t)codecs[i];
		if (codecs[i] == CODEC_NONE)
			continue;
		put_track(&tracks, i, codecs[i]);
		count++;
	}
	if (!count)
		return EINVAL;
	put_track(&tracks, MKV_MARK_TRACK, CODEC_NONE);
	assert(!tracks.full);
	put_head(w);
	put_id(w, MKV_SEGMENT);
	put_unknown_size(w);
	put_info(w, at_ms);
	put_bytes(w, MKV_TRACK_LIST, buf, tracks.len);
	assert(!w->full);
	*m = fresh;
	return 0;
}

/*
 * Begin a cluster when it is time; what a block's time is relative to.
 * The caller made sure of the room.
 */
static int relative_time(struct mkv_writer *m, uint64_t at_ms, struct writer *w,
			 uint16_t *ret)
{
	if (m->open && at_ms + BACK_MAX_MS < m->cluster_ms)
		return EINVAL;
	if (!m->open || at_ms >= m->cluster_ms + MKV_CLUSTER_MS) {
		put_id(w, MKV_CLUSTER);
		put_unknown_size(w);
		put_uint(w, MKV_TIMESTAMP, at_ms);
		m->cluster_ms = at_ms;
		m->open = 1;
	}
	/* two's complement, as the format has it */
	*ret = (uint16_t)(at_ms - m->cluster_ms);
	return 0;
}

static void put_block_header(struct writer *w, unsigned track, uint16_t time,
			     uint8_t flags)
{
	writer_u8(w, (uint8_t)(0x80 | (track + 1)));
	writer_u16(w, time);
	writer_u8(w, flags);
}

int mkv_frame(struct mkv_writer *m, unsigned track, uint64_t at_ms,
	      struct bytes payload, struct writer *w)
{
	uint16_t time;
	int err;

	if (track >= MKV_AUDIO_TRACKS || m->codec[track] == CODEC_NONE ||
	    !payload.len)
		return EINVAL;
	if (payload.len > MKV_FRAME_MAX || w->full ||
	    w->max - w->len < payload.len + MKV_BLOCK_OVERHEAD)
		return EMSGSIZE;
	err = relative_time(m, at_ms, w, &time);
	if (err)
		return err;
	put_id(w, MKV_SIMPLE_BLOCK);
	put_size(w, BLOCK_HEADER + payload.len);
	put_block_header(w, track, time, KEYFRAME);
	writer_copy(w, payload.p, payload.len);
	return 0;
}

int mkv_mark(struct mkv_writer *m, uint64_t at_ms, uint32_t duration_ms,
	     struct text words, struct writer *w)
{
	uint8_t buf[MARK_MAX + 24];
	struct writer c = writer_on(buf, sizeof(buf));
	uint16_t time;
	int err;

	if (!words.len)
		return EINVAL;
	if (words.len > MARK_MAX || w->full ||
	    w->max - w->len < words.len + 2 * MKV_BLOCK_OVERHEAD)
		return EMSGSIZE;
	err = relative_time(m, at_ms, w, &time);
	if (err)
		return err;
	put_id(&c, MKV_BLOCK);
	put_size(&c, BLOCK_HEADER + words.len);
	put_block_header(&c, MKV_MARK_TRACK, time, 0);
	writer_text(&c, words);
	put_uint(&c, MKV_BLOCK_DURATION, duration_ms);
	assert(!c.full);
	put_bytes(w, MKV_BLOCK_GROUP, buf, c.len);
	return 0;
}

/* The TOC byte of a packet and how many frames follow (RFC 6716 section 3). */
static unsigned opus_ms(struct bytes payload)
{
	/* in units of 2.5 ms, by the low bits of the configuration */
	static const uint8_t silk[4] = { 4, 8, 16, 24 };
	static const uint8_t hybrid[2] = { 4, 8 };
	static const uint8_t celt[4] = { 1, 2, 4, 8 };
	unsigned config = payload.p[0] >> 3, code = payload.p[0] & 3;
	unsigned frames = code ? 2 : 1, unit;

	if (config < 12)
		unit = silk[config & 3];
	else if (config < 16)
		unit = hybrid[config & 1];
	else
		unit = celt[config & 3];
	if (code == 3) {
		if (payload.len < 2)
			return 0;
		frames = payload.p[1] & 63;
	}
	return unit * frames * 5 / 2;
}

unsigned mkv_payload_ms(enum codec codec, struct bytes payload)
{
	if (codec == CODEC_NONE || !payload.len)
		return 0;
	if (codec == CODEC_OPUS)
		return opus_ms(payload);
	return (unsigned)(payload.len / 8);
}
