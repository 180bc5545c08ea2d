#include "container/mkv_content.h"

#include "container/ebml.h"

enum { TIME_MAX_BITS = 40 };

static int read_uint(struct bytes b, uint64_t *ret)
{
	uint64_t v = 0;

	if (b.len > 8)
		return EBADMSG;
	for (size_t i = 0; i < b.len; i++)
		v = v << 8 | b.p[i];
	*ret = v;
	return 0;
}

static int read_time(struct bytes b, uint64_t *ret)
{
	uint64_t v;
	int err = read_uint(b, &v);

	if (err || v >> TIME_MAX_BITS)
		return EBADMSG;
	*ret = v;
	return 0;
}

static bool bytes_are(struct bytes b, const char *s)
{
	return b.len == strlen(s) && !memcmp(b.p, s, b.len);
}

static enum codec which_codec(struct bytes id, struct bytes private)
{
	unsigned tag;

	if (bytes_are(id, "A_OPUS"))
		return CODEC_OPUS;
	if (!bytes_are(id, "A_MS/ACM") || private.len < 2)
		return CODEC_NONE;
	tag = private.p[0] | (unsigned)private.p[1] << 8;
	switch (tag) {
	case WAVE_ALAW:
		return CODEC_PCMA;
	case WAVE_MULAW:
		return CODEC_PCMU;
	case WAVE_G722:
		return CODEC_G722;
	default:
		return CODEC_NONE;
	}
}

static struct mkv_track_info *find_track(struct mkv_content *c, uint64_t number)
{
	for (size_t i = 0; i < c->info.track_count; i++)
		if (c->info.tracks[i].number == number)
			return &c->info.tracks[i];
	return NULL;
}

static int read_track(struct mkv_content *c, struct bytes entry)
{
	struct mkv_track_info t = { .codec = CODEC_NONE };
	struct bytes codec_id = { NULL, 0 }, private = { NULL, 0 }, b;
	struct reader in = reader_on(entry.p, entry.len);
	uint64_t type = 0;
	uint32_t id;

	while (reader_left(&in)) {
		int err = ebml_child(&in, &id, &b);

		if (!err && id == MKV_TRACK_NUMBER)
			err = read_uint(b, &t.number);
		else if (!err && id == MKV_TRACK_TYPE)
			err = read_uint(b, &type);
		else if (!err && id == MKV_CODEC_ID)
			codec_id = b;
		else if (!err && id == MKV_CODEC_PRIVATE)
		private = b;
		if (err)
			return err;
	}
	if (!t.number || find_track(c, t.number))
		return EBADMSG;
	if (c->info.track_count == MKV_READ_TRACKS)
		return EMSGSIZE;
	t.text = type == MKV_TYPE_SUBTITLE;
	if (type == MKV_TYPE_AUDIO)
		t.codec = which_codec(codec_id, private);
	c->info.tracks[c->info.track_count++] = t;
	return 0;
}

static int read_tracks(struct mkv_content *c, struct bytes list)
{
	struct reader in = reader_on(list.p, list.len);
	struct bytes b;
	uint32_t id;
	int err = 0;

	if (c->info.track_count) /* a second list */
		return EBADMSG;
	while (!err && reader_left(&in)) {
		err = ebml_child(&in, &id, &b);
		if (!err && id == MKV_TRACK_ENTRY)
			err = read_track(c, b);
	}
	return err;
}

static int read_info(struct bytes info)
{
	struct reader in = reader_on(info.p, info.len);
	struct bytes b;
	uint64_t scale;
	uint32_t id;

	while (reader_left(&in)) {
		int err = ebml_child(&in, &id, &b);

		if (err)
			return err;
		/* others are possible, but nobody writes audio with them */
		if (id == MKV_TIMESTAMP_SCALE &&
		    (read_uint(b, &scale) || scale != 1000000))
			return EBADMSG;
	}
	return 0;
}

static int read_head(struct bytes head)
{
	struct reader in = reader_on(head.p, head.len);
	bool is_mkv = false;
	struct bytes b;
	uint32_t id;

	while (reader_left(&in)) {
		int err = ebml_child(&in, &id, &b);

		if (err)
			return err;
		if (id == EBML_DOC_TYPE)
			is_mkv = bytes_are(b, "matroska") ||
				 bytes_are(b, "webm");
	}
	return is_mkv ? 0 : EBADMSG;
}

/* Rounding to milliseconds may open a gap of one that is none. */
static void count_block(struct mkv_content *c, struct mkv_track_info *t,
			const struct mkv_block *b)
{
	uint64_t end = b->at_ms + mkv_payload_ms(t->codec, b->payload);

	if (t->text)
		end = b->at_ms;
	else if (!t->blocks)
		t->first_ms = b->at_ms;
	else if (b->at_ms > t->end_ms + 1) {
		t->gaps++;
		t->gap_ms += b->at_ms - t->end_ms;
	}
	if (t->text && !t->blocks)
		t->first_ms = b->at_ms;
	if (end > t->end_ms)
		t->end_ms = end;
	if (end > c->info.length_ms)
		c->info.length_ms = end;
	t->blocks++;
	t->bytes += b->payload.len;
}

/* Track, time relative to the cluster, flags. Lacing is not for live audio. */
static int read_block(struct mkv_content *c, struct bytes in, uint64_t duration)
{
	struct reader b = reader_on(in.p, in.len);
	struct mkv_block block = { .duration_ms = duration };
	struct mkv_track_info *t;
	uint16_t relative;
	uint8_t flags;
	bool unknown;
	int64_t at;

	if (ebml_vint(&b, 8, false, &block.track, &unknown) ||
	    reader_u16(&b, &relative) || reader_u8(&b, &flags) || flags & 0x06)
		return EBADMSG;
	t = find_track(c, block.track);
	at = (int64_t)c->cluster_ms + (int16_t)relative;
	if (!t || at < 0)
		return EBADMSG;
	block.at_ms = (uint64_t)at;
	block.payload = (struct bytes){ b.at, reader_left(&b) };
	count_block(c, t, &block);
	if (c->block)
		c->block(c->arg, &block);
	return 0;
}

static int read_group(struct mkv_content *c, struct bytes group)
{
	struct reader in = reader_on(group.p, group.len);
	struct bytes block = { NULL, 0 }, b;
	uint64_t duration = 0;
	uint32_t id;

	while (reader_left(&in)) {
		int err = ebml_child(&in, &id, &b);

		if (!err && id == MKV_BLOCK)
			block = b;
		else if (!err && id == MKV_BLOCK_DURATION)
			err = read_time(b, &duration);
		if (err)
			return err;
	}
	return block.p ? read_block(c, block, duration) : EBADMSG;
}

int mkv_content_take(struct mkv_content *c, uint32_t id, struct bytes content)
{
	switch (id) {
	case EBML_HEAD:
		return read_head(content);
	case MKV_INFO:
		return read_info(content);
	case MKV_TRACK_LIST:
		return read_tracks(c, content);
	case MKV_TIMESTAMP:
		return read_time(content, &c->cluster_ms);
	case MKV_SIMPLE_BLOCK:
		return read_block(c, content, 0);
	default:
		return read_group(c, content);
	}
}
