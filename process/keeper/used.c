#include "process/keeper/used.h"

#include <stdlib.h>

#include "base/encode.h"
#include "process/keeper/keepfile.h"

#define USED_FILE "state"
#define FIRST_LINE "vaxel-keeper 1"

bool used_has(const struct used *u, const uint8_t d[REQUEST_DIGEST])
{
	for (unsigned i = 0; i < u->count; i++)
		if (!memcmp(u->list[i].d, d, REQUEST_DIGEST))
			return true;
	return false;
}

unsigned used_since(const struct used *u, const char *asker, uint64_t since_ms)
{
	unsigned n = 0;

	for (unsigned i = 0; i < u->count; i++)
		n += u->list[i].released_ms >= since_ms &&
		     !strcmp(u->list[i].asker, asker);
	return n;
}

int used_add(struct used *u, const struct used_request *q, uint64_t now_ms)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < u->count; i++)
		if (u->list[i].not_after_ms + USED_KEPT_MS > now_ms)
			u->list[kept++] = u->list[i];
	u->count = kept;
	if (kept == USED_MAX)
		return EMSGSIZE;
	u->list[u->count++] = *q;
	return 0;
}

const struct spool_end *used_end(const struct used *u,
				 const uint8_t recording[SPOOL_ID_BYTES])
{
	for (unsigned i = 0; i < u->end_count; i++)
		if (!memcmp(u->ends[i].recording, recording, SPOOL_ID_BYTES))
			return &u->ends[i].end;
	return NULL;
}

int used_end_add(struct used *u, const uint8_t recording[SPOOL_ID_BYTES],
		 const struct spool_end *end, used_over_h *is_over,
		 const void *arg)
{
	struct used_end *to;
	unsigned kept = 0;

	if (u->end_count == USED_ENDS_MAX) {
		for (unsigned i = 0; i < u->end_count; i++)
			if (!is_over(arg, u->ends[i].recording))
				u->ends[kept++] = u->ends[i];
		u->end_count = kept;
	}
	if (u->end_count == USED_ENDS_MAX)
		return EMSGSIZE;
	to = &u->ends[u->end_count++];
	*to = (struct used_end){ .end = *end };
	memcpy(to->recording, recording, SPOOL_ID_BYTES);
	return 0;
}

static void write_end(struct writer *w, const struct used_end *e)
{
	writer_str(w, "ended ");
	hex_write(w, e->recording, sizeof(e->recording));
	writer_printf(w, " %llu %llu %u %llu\n",
		      (unsigned long long)e->end.body_len,
		      (unsigned long long)e->end.length_ms, e->end.reason,
		      (unsigned long long)e->end.at_ms);
}

int used_write(struct writer *w, const struct used *u)
{
	writer_printf(w, "%s\nlog %llu ", FIRST_LINE,
		      (unsigned long long)u->log_size);
	base64_write(w, BASE64_PADDED, u->log_root.b, sizeof(u->log_root.b));
	writer_str(w, "\n");
	for (unsigned i = 0; i < u->count; i++) {
		const struct used_request *q = &u->list[i];

		writer_str(w, "used ");
		hex_write(w, q->d, sizeof(q->d));
		writer_printf(w, " %llu %llu %s\n",
			      (unsigned long long)q->not_after_ms,
			      (unsigned long long)q->released_ms, q->asker);
	}
	for (unsigned i = 0; i < u->end_count; i++)
		write_end(w, &u->ends[i]);
	writer_str(w, "end\n");
	return writer_finish(w);
}

static int read_number(struct reader *r, char until, uint64_t *ret)
{
	struct text t;

	if (reader_until(r, until, &t) || text_u64(t, 0, INT64_MAX, ret))
		return EBADMSG;
	return 0;
}

static int read_word(struct reader *r, const char *word, char until)
{
	struct text t;

	return reader_until(r, until, &t) || !text_is(t, word) ? EBADMSG : 0;
}

static int read_used(struct reader *r, struct used_request *q)
{
	struct text t;

	if (reader_until(r, ' ', &t) || hex_read(t, q->d, sizeof(q->d)) ||
	    read_number(r, ' ', &q->not_after_ms) ||
	    read_number(r, ' ', &q->released_ms) || reader_until(r, '\n', &t) ||
	    user_name_check(t))
		return EBADMSG;
	return text_copy(q->asker, sizeof(q->asker), t);
}

static int read_end(struct reader *r, struct used_end *e)
{
	uint64_t reason;
	struct text t;

	if (reader_until(r, ' ', &t) ||
	    hex_read(t, e->recording, sizeof(e->recording)) ||
	    read_number(r, ' ', &e->end.body_len) ||
	    read_number(r, ' ', &e->end.length_ms) ||
	    read_number(r, ' ', &reason) || reason > UINT8_MAX ||
	    read_number(r, '\n', &e->end.at_ms))
		return EBADMSG;
	e->end.reason = (uint8_t)reason;
	return 0;
}

/* One line of either kind. */
static int read_line(struct reader *r, struct used *u)
{
	struct text word;

	if (reader_until(r, ' ', &word))
		return EBADMSG;
	if (text_is(word, "used") && u->count < USED_MAX)
		return read_used(r, &u->list[u->count++]);
	if (text_is(word, "ended") && u->end_count < USED_ENDS_MAX)
		return read_end(r, &u->ends[u->end_count++]);
	return EBADMSG;
}

static int read_file(struct reader *r, struct used *u)
{
	struct text t;
	size_t len;

	if (read_word(r, FIRST_LINE, '\n') || read_word(r, "log", ' ') ||
	    read_number(r, ' ', &u->log_size) || reader_until(r, '\n', &t) ||
	    base64_read(t, BASE64_PADDED, u->log_root.b, 32, &len) || len != 32)
		return EBADMSG;
	while (reader_left(r) != 4 || memcmp(r->at, "end\n", 4) != 0) {
		int err = read_line(r, u);

		if (err)
			return err;
	}
	return 0;
}

int used_read(struct text file, struct used *ret)
{
	struct reader r = reader_on(file.p, file.len);
	struct used *u = calloc(1, sizeof(*u));
	int err;

	if (!u)
		return ENOMEM;
	err = read_file(&r, u);
	if (!err)
		*ret = *u;
	free(u);
	return err;
}

int used_load(int dir_fd, struct used *ret)
{
	uint8_t *buf = malloc(USED_FILE_MAX);
	size_t len;
	int err;

	if (!buf)
		return ENOMEM;
	err = keepfile_read(dir_fd, USED_FILE, buf, USED_FILE_MAX, &len);
	if (!err)
		err = used_read((struct text){ (const char *)buf, len }, ret);
	free(buf);
	return err;
}

int used_save(int dir_fd, const struct used *u)
{
	uint8_t *buf = malloc(USED_FILE_MAX);
	struct writer w;
	int err;

	if (!buf)
		return ENOMEM;
	w = writer_on(buf, USED_FILE_MAX);
	err = used_write(&w, u);
	if (!err)
		err = keepfile_replace(dir_fd, USED_FILE, buf, w.len);
	free(buf);
	return err;
}
