#include "container/mkv_read.h"

#include <stdlib.h>

#include "container/ebml.h"
#include "container/mkv_content.h"

/*
 * The happy path: feed() collects bytes, drain() takes elements off them one
 * by one, element() enters, skips or takes each. Segment and Cluster are
 * entered; what we care for beneath is small and taken whole; all else is
 * skipped without being collected.
 */

struct mkv_reader {
	struct mkv_content content;
	uint64_t at; /* offset in the file of buf[0] */
	uint64_t skip;
	uint64_t segment_end, cluster_end; /* 0: not inside */
	bool head_seen;
	int failed;
	size_t len;
	uint8_t buf[MKV_READ_ELEMENT_MAX + EBML_HEADER_MAX];
};

int mkv_reader_new(struct mkv_reader **ret, mkv_block_h *block, void *arg)
{
	struct mkv_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return ENOMEM;
	r->content.block = block;
	r->content.arg = arg;
	*ret = r;
	return 0;
}

void mkv_reader_free(struct mkv_reader *r)
{
	free(r);
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
static int place(struct mkv_reader *r, const struct ebml_element *e,
		 uint64_t at)
{
	enum level level = level_of(e->id);
	uint64_t end;

	if (r->cluster_end == at || (r->cluster_end == EBML_UNKNOWN &&
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
		end = EBML_UNKNOWN;
	if (e->size == EBML_UNKNOWN)
		return end == EBML_UNKNOWN ? 0 : EBADMSG;
	if (e->size > UINT64_MAX / 2 || at + e->header + e->size > end)
		return EBADMSG;
	return 0;
}

static void enter(struct mkv_reader *r, const struct ebml_element *e,
		  uint64_t at)
{
	uint64_t end = e->size == EBML_UNKNOWN ? EBML_UNKNOWN
					       : at + e->header + e->size;

	if (e->id == MKV_SEGMENT) {
		r->segment_end = end;
	} else {
		r->cluster_end = end;
		r->content.cluster_ms = 0;
		r->content.info.clusters++;
	}
}

/* One element off the front of `in`, which stands at offset `at`. */
static int element(struct mkv_reader *r, struct bytes in, uint64_t at,
		   size_t *ret_used)
{
	struct ebml_element e;
	int err = ebml_element(in, &e);

	if (err)
		return err;
	/* placing changes the state: not before all of it is here */
	if (is_taken(e.id)) {
		if (e.size > MKV_READ_ELEMENT_MAX)
			return e.size == EBML_UNKNOWN ? EBADMSG : EMSGSIZE;
		if (e.size > in.len - e.header)
			return EAGAIN;
	}
	err = place(r, &e, at);
	if (err)
		return err;
	r->head_seen |= e.id == EBML_HEAD;
	*ret_used = e.header;
	if (is_taken(e.id)) {
		*ret_used += e.size;
		err = mkv_content_take(
			&r->content, e.id,
			(struct bytes){ in.p + e.header, (size_t)e.size });
		if (!err)
			r->content.info.whole_bytes = at + *ret_used;
	} else if (e.id == MKV_SEGMENT || e.id == MKV_CLUSTER) {
		enter(r, &e, at);
	} else if (e.size == EBML_UNKNOWN) {
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
		r->content.info.bytes += n;
		more.p += n;
		more.len -= n;
		r->failed = drain(r);
	}
	return r->failed;
}

const struct mkv_info *mkv_reader_info(const struct mkv_reader *r)
{
	return &r->content.info;
}

int mkv_reader_end(const struct mkv_reader *r)
{
	uint64_t inner = r->cluster_end ? r->cluster_end : r->segment_end;

	if (r->failed)
		return r->failed;
	/* cut inside an element, or inside a master that said how long it is */
	if (r->len || r->skip || !r->content.info.track_count ||
	    (inner != EBML_UNKNOWN && inner && inner != r->at))
		return EBADMSG;
	return 0;
}
