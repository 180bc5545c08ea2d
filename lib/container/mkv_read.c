#include "container/mkv_read.h"

#include <stdlib.h>

#include "container/ebml.h"

/*
 * The happy path: feed() collects bytes, drain() takes elements off them one
 * by one, element() enters, skips or takes each. Segment and Cluster are
 * entered; what we care for beneath is small and taken whole; all else is
 * skipped without being collected.
 */

enum { HEADER_MAX = 12, TIME_MAX_BITS = 40 };

#define UNKNOWN UINT64_MAX

struct element {
	uint32_t id;
	uint64_t size; /* UNKNOWN: until something that cannot lie in it */
	size_t header; /* bytes of id and size */
};

struct mkv_reader {
	mkv_block_h *block;
	void *arg;
	struct mkv_info info;
	uint64_t at; /* offset in the file of buf[0] */
	uint64_t skip;
	uint64_t segment_end, cluster_end; /* 0: not inside */
	uint64_t cluster_ms;
	bool head_seen;
	int failed;
	size_t len;
	uint8_t buf[MKV_READ_ELEMENT_MAX + HEADER_MAX];
};

int mkv_reader_new(struct mkv_reader **ret, mkv_block_h *block, void *arg)
{
	struct mkv_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return ENOMEM;
	r->block = block;
	r->arg = arg;
	*ret = r;
	return 0;
}

void mkv_reader_free(struct mkv_reader *r)
{
	free(r);
}

/* RFC 8794 section 4: leading zeros of the first byte give the length. */
static int read_vint(struct reader *r, unsigned max, bool keep_marker,
		     uint64_t *ret, bool *ret_all_ones)
{
	uint8_t first, next;
	unsigned n = 1;
	uint64_t v;

	if (!reader_left(r))
		return EAGAIN;
	first = *r->at;
	while (n <= max && !(first >> (8 - n)))
		n++;
	if (n > max)
		return EBADMSG;
	if (reader_left(r) < n)
		return EAGAIN;
	r->at++;
	v = keep_marker ? first : first & (0xffu >> n);
	for (unsigned i = 1; i < n; i++) {
		next = *r->at++;
		v = v << 8 | next;
	}
	*ret = v;
	*ret_all_ones = !keep_marker && v == (UINT64_C(1) << (7 * n)) - 1;
	return 0;
}

/* EAGAIN: more bytes are needed. */
static int read_header(struct bytes in, struct element *ret)
{
	struct reader r = reader_on(in.p, in.len);
	uint64_t id, size;
	bool unknown;
	int err = read_vint(&r, 4, true, &id, &unknown);

	if (!err)
		err = read_vint(&r, 8, false, &size, &unknown);
	if (err)
		return err;
	*ret = (struct element){ (uint32_t)id, unknown ? UNKNOWN : size,
				 (size_t)(r.at - in.p) };
	return 0;
}

/* The next element inside a master that is in memory whole. */
static int next_child(struct reader *r, uint32_t *ret_id, struct bytes *ret)
{
	struct element e;

	if (read_header((struct bytes){ r->at, reader_left(r) }, &e) ||
	    e.size > reader_left(r) - e.header)
		return EBADMSG;
	*ret_id = e.id;
	*ret = (struct bytes){ r->at + e.header, (size_t)e.size };
	r->at += e.header + e.size;
	return 0;
}

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

static struct mkv_track_info *find_track(struct mkv_reader *r, uint64_t number)
{
	for (size_t i = 0; i < r->info.track_count; i++)
		if (r->info.tracks[i].number == number)
			return &r->info.tracks[i];
	return NULL;
}

static int read_track(struct mkv_reader *r, struct bytes entry)
{
	struct mkv_track_info t = { .codec = CODEC_NONE };
	struct bytes codec_id = { NULL, 0 }, private = { NULL, 0 }, b;
	struct reader in = reader_on(entry.p, entry.len);
	uint64_t type = 0;
	uint32_t id;

	while (reader_left(&in)) {
		int err = next_child(&in, &id, &b);

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
	if (!t.number || find_track(r, t.number))
		return EBADMSG;
	if (r->info.track_count == MKV_READ_TRACKS)
		return EMSGSIZE;
	t.text = type == MKV_TYPE_SUBTITLE;
	if (type == MKV_TYPE_AUDIO)
		t.codec = which_codec(codec_id, private);
	r->info.tracks[r->info.track_count++] = t;
	return 0;
}

static int read_tracks(struct mkv_reader *r, struct bytes list)
{
	struct reader in = reader_on(list.p, list.len);
	struct bytes b;
	uint32_t id;
	int err = 0;

	if (r->info.track_count) /* a second list */
		return EBADMSG;
	while (!err && reader_left(&in)) {
		err = next_child(&in, &id, &b);
		if (!err && id == MKV_TRACK_ENTRY)
			err = read_track(r, b);
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
		int err = next_child(&in, &id, &b);

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
		int err = next_child(&in, &id, &b);

		if (err)
			return err;
		if (id == EBML_DOC_TYPE)
			is_mkv = bytes_are(b, "matroska") ||
				 bytes_are(b, "webm");
	}
	return is_mkv ? 0 : EBADMSG;
}

/* Rounding to milliseconds may open a gap of one that is none. */
static void count_block(struct mkv_reader *r, struct mkv_track_info *t,
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
	if (end > r->info.length_ms)
		r->info.length_ms = end;
	t->blocks++;
	t->bytes += b->payload.len;
}

/* Track, time relative to the cluster, flags. Lacing is not for live audio. */
static int read_block(struct mkv_reader *r, struct bytes in, uint64_t duration)
{
	struct reader b = reader_on(in.p, in.len);
	struct mkv_block block = { .duration_ms = duration };
	struct mkv_track_info *t;
	uint16_t relative;
	uint8_t flags;
	bool unknown;
	int64_t at;

	if (read_vint(&b, 8, false, &block.track, &unknown) ||
	    reader_u16(&b, &relative) || reader_u8(&b, &flags) || flags & 0x06)
		return EBADMSG;
	t = find_track(r, block.track);
	at = (int64_t)r->cluster_ms + (int16_t)relative;
	if (!t || at < 0)
		return EBADMSG;
	block.at_ms = (uint64_t)at;
	block.payload = (struct bytes){ b.at, reader_left(&b) };
	count_block(r, t, &block);
	if (r->block)
		r->block(r->arg, &block);
	return 0;
}

static int read_group(struct mkv_reader *r, struct bytes group)
{
	struct reader in = reader_on(group.p, group.len);
	struct bytes block = { NULL, 0 }, b;
	uint64_t duration = 0;
	uint32_t id;

	while (reader_left(&in)) {
		int err = next_child(&in, &id, &b);

		if (!err && id == MKV_BLOCK)
			block = b;
		else if (!err && id == MKV_BLOCK_DURATION)
			err = read_time(b, &duration);
		if (err)
			return err;
	}
	return block.p ? read_block(r, block, duration) : EBADMSG;
}

/* An element that was collected whole. */
static int take(struct mkv_reader *r, uint32_t id, struct bytes content)
{
	switch (id) {
	case EBML_HEAD:
		r->head_seen = true;
		return read_head(content);
	case MKV_INFO:
		return read_info(content);
	case MKV_TRACK_LIST:
		return read_tracks(r, content);
	case MKV_TIMESTAMP:
		return read_time(content, &r->cluster_ms);
	case MKV_SIMPLE_BLOCK:
		return read_block(r, content, 0);
	default:
		return read_group(r, content);
	}
}

enum level { ANYWHERE, TOP, IN_SEGMENT, IN_CLUSTER };

static enum level level_of(uint32_t id)
{
	switch (id) {
	case EBML_HEAD:
	case MKV_SEGMENT:
		return TOP;
	case MKV_INFO:
	case MKV_TRACK_LIST:
	case MKV_CLUSTER:
	case MKV_SEEK_HEAD:
	case MKV_CUES:
	case MKV_CHAPTERS:
	case MKV_TAGS:
	case MKV_ATTACHMENTS:
		return IN_SEGMENT;
	case MKV_TIMESTAMP:
	case MKV_SIMPLE_BLOCK:
	case MKV_BLOCK_GROUP:
		return IN_CLUSTER;
	default:
		return ANYWHERE;
	}
}

static bool is_taken(uint32_t id)
{
	return level_of(id) == IN_CLUSTER || id == EBML_HEAD ||
	       id == MKV_INFO || id == MKV_TRACK_LIST;
}

/*
 * Where the element stands, and whether it may stand there: a cluster or
 * segment ends at its size or, when that is not known, at the first element
 * that belongs further up.
 */
static int place(struct mkv_reader *r, const struct element *e, uint64_t at)
{
	enum level level = level_of(e->id);
	uint64_t end;

	if (r->cluster_end == at || (r->cluster_end == UNKNOWN &&
				     (level == TOP || level == IN_SEGMENT)))
		r->cluster_end = 0;
	if (r->segment_end == at)
		r->segment_end = 0;
	if ((level == TOP) != !r->segment_end && level != ANYWHERE)
		return EBADMSG;
	if ((level == IN_CLUSTER) != !!r->cluster_end && level != ANYWHERE)
		return EBADMSG;
	if ((e->id == EBML_HEAD) == r->head_seen && level == TOP)
		return EBADMSG;
	end = r->cluster_end ? r->cluster_end : r->segment_end;
	if (!end)
		end = UNKNOWN;
	if (e->size == UNKNOWN)
		return end == UNKNOWN ? 0 : EBADMSG;
	if (e->size > UINT64_MAX / 2 || at + e->header + e->size > end)
		return EBADMSG;
	return 0;
}

static void enter(struct mkv_reader *r, const struct element *e, uint64_t at)
{
	uint64_t end = e->size == UNKNOWN ? UNKNOWN : at + e->header + e->size;

	if (e->id == MKV_SEGMENT) {
		r->segment_end = end;
	} else {
		r->cluster_end = end;
		r->cluster_ms = 0;
		r->info.clusters++;
	}
}

/* One element off the front of `in`, which stands at offset `at`. */
static int element(struct mkv_reader *r, struct bytes in, uint64_t at,
		   size_t *ret_used)
{
	struct element e;
	int err = read_header(in, &e);

	if (err)
		return err;
	/* placing changes the state: not before all of it is here */
	if (is_taken(e.id)) {
		if (e.size > MKV_READ_ELEMENT_MAX)
			return e.size == UNKNOWN ? EBADMSG : EMSGSIZE;
		if (e.size > in.len - e.header)
			return EAGAIN;
	}
	err = place(r, &e, at);
	if (err)
		return err;
	*ret_used = e.header;
	if (is_taken(e.id)) {
		*ret_used += e.size;
		err = take(r, e.id,
			   (struct bytes){ in.p + e.header, (size_t)e.size });
		if (!err)
			r->info.whole_bytes = at + *ret_used;
	} else if (e.id == MKV_SEGMENT || e.id == MKV_CLUSTER) {
		enter(r, &e, at);
	} else if (e.size == UNKNOWN) {
		err = EBADMSG;
	} else {
		r->skip = e.size;
	}
	return err;
}

static int drain(struct mkv_reader *r)
{
	size_t from = 0, used;
	int err = 0;

	while (from < r->len) {
		if (r->skip) {
			used = r->len - from;
			if (used > r->skip)
				used = (size_t)r->skip;
			r->skip -= used;
			from += used;
			continue;
		}
		err = element(r, (struct bytes){ r->buf + from, r->len - from },
			      r->at + from, &used);
		if (err)
			break;
		from += used;
	}
	r->at += from;
	r->len -= from;
	memmove(r->buf, r->buf + from, r->len);
	return err == EAGAIN ? 0 : err;
}

int mkv_reader_feed(struct mkv_reader *r, struct bytes more)
{
	while (!r->failed && more.len) {
		size_t n = sizeof(r->buf) - r->len;

		if (n > more.len)
			n = more.len;
		memcpy(r->buf + r->len, more.p, n);
		r->len += n;
		r->info.bytes += n;
		more.p += n;
		more.len -= n;
		r->failed = drain(r);
	}
	return r->failed;
}

const struct mkv_info *mkv_reader_info(const struct mkv_reader *r)
{
	return &r->info;
}

int mkv_reader_end(const struct mkv_reader *r)
{
	uint64_t inner = r->cluster_end ? r->cluster_end : r->segment_end;

	if (r->failed)
		return r->failed;
	/* cut inside an element, or inside a master that said how long it is */
	if (r->len || r->skip || !r->info.track_count ||
	    (inner != UNKNOWN && inner && inner != r->at))
		return EBADMSG;
	return 0;
}
