#include "process/witness/self.h"

#include "base/clock.h"
#include "base/log.h"

enum { PAGE_MAX = 512 * 1024 };

static char page[PAGE_MAX];

static struct answer with(unsigned status, const char *type,
			  const struct writer *w)
{
	return (struct answer){ status,
				type,
				{ (const char *)w->buf, w->len } };
}

struct answer answer_plain(unsigned status, const char *text)
{
	struct writer w = writer_on(page, sizeof(page));

	writer_printf(&w, "%s\n", text);
	return with(status, "text/plain; charset=utf-8", &w);
}

static struct answer refuse(struct witness *w, const struct witness_verdict *v,
			    struct text body)
{
	struct writer to = writer_on(page, sizeof(page));

	if (v->log)
		log_info("%s: %d, %s", v->log->origin, (int)v->status, v->why);
	if (v->status == WITNESS_CONFLICT) {
		writer_printf(&to, "%llu\n", (unsigned long long)v->log->size);
		return with(WITNESS_CONFLICT, "text/x.tlog.size", &to);
	}
	/* the same size and another root, both signed: no proof mends that */
	if (v->status == WITNESS_INCONSISTENT && v->log->cosigned_s &&
	    v->checkpoint.size == v->log->size)
		state_keep_fork(w, v->log, body);
	return answer_plain(v->status, v->why);
}

/*
 * Order is the point: judged, signed, durable, answered. A crash before the
 * rename leaves the state as it was and nobody with our signature; after it,
 * the sender asks again.
 */
struct answer answer_add(struct witness *w, struct text body, int64_t now_ms)
{
	static char note[WITNESS_NOTE_MAX];
	struct writer kept = writer_on(note, sizeof(note));
	struct writer lines = writer_on(page, sizeof(page));
	const uint64_t now_s = (uint64_t)now_ms / 1000;
	struct witness_verdict v;
	int err;

	witness_judge(w->logs, w->log_count, body, &v);
	if (v.status != WITNESS_OK)
		return refuse(w, &v, body);
	/* a time says "up to now this is the largest": it cannot go back */
	if (now_s < v.log->cosigned_s) {
		log_error("the clock went back behind the last cosignature of "
			  "%s",
			  v.log->origin);
		return answer_plain(503, "the clock of this witness was set "
					 "back");
	}
	err = witness_cosign(&v, &w->signer, now_s, &kept, &lines);
	if (!err)
		err = state_keep(w, v.log, (struct text){ note, kept.len });
	if (err) {
		log_error("cannot keep the checkpoint of %s: %s", v.log->origin,
			  strerror(err));
		return answer_plain(503, "this witness cannot keep its state");
	}
	witness_advance(&v, now_s);
	log_info("%s: cosigned size %llu", v.log->origin,
		 (unsigned long long)v.log->size);
	return with(WITNESS_OK, "text/plain; charset=utf-8", &lines);
}

/* "/<origin hash>/checkpoint" */
static struct witness_log *log_at(struct witness *w, struct text path)
{
	static const char rest[] = "/checkpoint";
	char hash[WITNESS_HASH_CHARS + 1];

	if (path.len != 1 + WITNESS_HASH_CHARS + sizeof(rest) - 1 ||
	    memcmp(path.p + 1 + WITNESS_HASH_CHARS, rest, sizeof(rest) - 1) !=
		    0)
		return NULL;
	for (unsigned i = 0; i < w->log_count; i++) {
		state_hash(w->logs[i].origin, hash);
		if (!memcmp(path.p + 1, hash, WITNESS_HASH_CHARS))
			return &w->logs[i];
	}
	return NULL;
}

static struct answer get_checkpoint(struct witness *w,
				    const struct witness_log *l)
{
	size_t len = 0;
	int err = state_read(w, l, page, sizeof(page), &len);

	if (!err)
		return (struct answer){ 200,
					"text/plain; charset=utf-8",
					{ page, len } };
	if (err == ENOENT)
		return answer_plain(404, "nothing was cosigned yet");
	log_error("cannot read the checkpoint of %s: %s", l->origin,
		  strerror(err));
	return answer_plain(503, "this witness cannot read its state");
}

struct answer answer_get(struct witness *w, struct text path)
{
	struct writer to = writer_on(page, sizeof(page));
	const struct witness_log *l = log_at(w, path);

	if (l)
		return get_checkpoint(w, l);
	if (text_is(path, "/style.css")) {
		page_style(&to);
		return with(200, "text/css; charset=utf-8", &to);
	}
	if (!text_is(path, "/"))
		return answer_plain(404, "there is nothing here");
	page_write(w, &to, (uint64_t)clock_wall_ms() / 1000);
	return with(200, "text/html; charset=utf-8", &to);
}
