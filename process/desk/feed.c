/*
 * What another node pulls: the list of what ended, and the sealed bodies
 * (docs/feed.md). A peer sees the recordings of its controller, and no others.
 */
#include <stdio.h>
#include <stdlib.h>

#include "https/range.h"
#include "process/desk/web.h"

struct visit {
	char controller[SETTINGS_NAME_MAX];
	bool let_go;
};

static void finish(struct job *j, unsigned status, const char *line)
{
	struct https_request *r = j->web;

	j->web = NULL;
	https_answer_text(r, status, line);
	job_free(j);
}

/* NULL: it was an error, and has been answered. */
static json_t *reply_of(struct job *j, const struct ipc_message *m,
			unsigned not_found, const char *not_found_line)
{
	json_t *o = m ? json_loadb((const char *)m->u.LEDGER_REPLY.json.p,
				   m->u.LEDGER_REPLY.json.len,
				   JSON_REJECT_DUPLICATES, NULL)
		      : NULL;
	const char *word = json_string_value(json_object_get(o, "error"));

	if (json_is_object(o) && !word)
		return o;
	if (word && !strcmp(word, "not-found"))
		finish(j, not_found, not_found_line);
	else if (word && !strcmp(word, "malformed"))
		finish(j, 400, "the cursor makes no sense");
	else
		finish(j, 503, "the ledger does not answer now");
	json_decref(o);
	return NULL;
}

/* ---- the list */

static int add_line(const char *bytes, size_t len, void *arg)
{
	struct writer *w = arg;

	writer_copy(w, bytes, len);
	return w->full ? -1 : 0;
}

static void list_ready(struct job *j, const struct ipc_message *m)
{
	static uint8_t lines[128 * 1024];
	struct writer w = writer_on(lines, sizeof(lines));
	const char *origin = j->desk->process->settings->log_origin;
	json_t *o = reply_of(j, m, 410, "no place of this feed: begin anew");
	const json_t *items = json_object_get(o, "items");

	if (!o)
		return;
	for (size_t i = 0; i < json_array_size(items); i++) {
		json_t *item = json_array_get(items, i);

		if (json_object_set_new(item, "origin", json_string(origin)) ||
		    json_dump_callback(item, add_line, &w, JSON_COMPACT))
			w.full = true;
		writer_u8(&w, '\n');
	}
	json_decref(o);
	if (w.full) {
		finish(j, 503, "out of memory");
		return;
	}
	https_answer(j->web,
		     &(struct https_answer){ .status = 200,
					     .type = "application/jsonl",
					     .body = { lines, w.len } });
	j->web = NULL;
	job_free(j);
}

static void list(struct job *j)
{
	const struct visit *v = j->own;
	const char *after = https_query(j->web, "after");

	job_ask_ledger(j,
		       json_pack("{s:s,s:s,s:s*}", "ask", "feed", "org",
				 v->controller, "cursor",
				 after && *after ? after : NULL),
		       list_ready);
}

static void taken(struct job *j, const struct ipc_message *m)
{
	json_t *o = reply_of(j, m, 410, "no place of this feed: begin anew");

	if (o)
		finish(j, 200, "so it is");
	json_decref(o);
}

static void take(struct job *j)
{
	const struct visit *v = j->own;
	const char *cursor = https_query(j->web, "cursor");

	if (!cursor || !*cursor)
		finish(j, 400, "say up to which cursor");
	else
		job_ask_ledger(j,
			       json_pack("{s:s,s:s,s:s,s:b}", "ask", "taken",
					 "org", v->controller, "cursor", cursor,
					 "let-go", v->let_go),
			       taken);
}

/* ---- a body */

struct sent {
	struct store *store;
	uint8_t name[ID_BYTES];
	uint64_t from;
};

static int read_body(void *arg, uint64_t offset, void *to, size_t len,
		     size_t *ret_len)
{
	const struct sent *s = arg;

	return store_read(s->store, s->name, s->from + offset, to, len,
			  ret_len);
}

static void send_body(struct job *j, const uint8_t name[ID_BYTES],
		      uint64_t size)
{
	struct https_range range = { 0, size };
	int err = https_range_read(https_header(j->web, "Range"), size, &range);
	struct sent *s = malloc(sizeof(*s));
	struct https_answer a = { .status = err ? 200 : 206,
				  .type = "application/octet-stream",
				  .fields = { { "Accept-Ranges", "bytes" } } };
	char said[80];

	if (!s) {
		finish(j, 503, "out of memory");
		return;
	}
	*s = (struct sent){ .store = j->desk->store, .from = range.from };
	memcpy(s->name, name, ID_BYTES);
	a.body.len = range.len;
	(void)snprintf(said, sizeof(said), "bytes %llu-%llu/%llu",
		       (unsigned long long)range.from,
		       (unsigned long long)(range.from + range.len - 1),
		       (unsigned long long)size);
	if (err == ERANGE) {
		a.status = 416;
		a.body.len = 0;
		(void)snprintf(said, sizeof(said), "bytes */%llu",
			       (unsigned long long)size);
	}
	if (err != ENOENT)
		a.fields[1] = (struct https_field){ "Content-Range", said };
	if (a.body.len) {
		https_answer_stream(j->web, &a, read_body, free, s);
	} else {
		free(s);
		https_answer(j->web, &a);
	}
	j->web = NULL;
	job_free(j);
}

/* One of another controller's is to this peer as one that does not exist. */
static void body_found(struct job *j, const struct ipc_message *m)
{
	static const char none[] = "there is no such body";
	json_t *o = reply_of(j, m, 404, none);
	const json_t *recording = json_object_get(o, "recording");
	const char *org = json_string_value(json_object_get(recording, "org"));
	const struct visit *v = j->own;
	uint8_t name[ID_BYTES];
	uint64_t size = 0;
	bool found;

	if (!o)
		return;
	found = org && !strcmp(org, v->controller) &&
		!recording_body(recording, name) && j->desk->store &&
		!store_size(j->desk->store, name, &size);
	json_decref(o);
	if (found)
		send_body(j, name, size);
	else
		finish(j, 404, none);
}

/* /recordings/ID/body */
static bool is_body(const char *path, uint8_t ret_id[ID_BYTES])
{
	static const char before[] = "/recordings/", after[] = "/body";
	size_t at = sizeof(before) - 1;

	return strlen(path) == at + ID_CHARS + sizeof(after) - 1 &&
	       !strncmp(path, before, at) &&
	       !strcmp(path + at + ID_CHARS, after) &&
	       !id_read((struct text){ path + at, ID_CHARS }, ret_id);
}

static void body(struct job *j)
{
	uint8_t id[ID_BYTES];
	char text[ID_CHARS + 1];

	if (!is_body(https_path(j->web), id)) {
		finish(j, 404, "nothing is here");
		return;
	}
	id_text(id, text);
	job_ask_ledger(j,
		       json_pack("{s:s,s:s}", "ask", "recording", "id", text),
		       body_found);
}

/* ---- */

static const struct {
	const char *method, *path; /* NULL: any other */
	void (*serve)(struct job *j);
} routes[] = {
	{ "GET", "/feed", list },
	{ "POST", "/feed/taken", take },
	{ "GET", NULL, body },
	{ "HEAD", NULL, body },
};

void feed_request(struct desk *d, const struct desk_peer *peer,
		  struct https_request *r)
{
	struct visit *v = calloc(1, sizeof(*v));
	struct job *j = v ? job_new(d, NULL, NULL) : NULL;

	if (!j) {
		free(v);
		https_answer_text(r, 503, "out of memory");
		return;
	}
	memcpy(v->controller, peer->controller, sizeof(v->controller));
	v->let_go = peer->let_go;
	j->own = v;
	j->free_own = free;
	j->web = r;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (!strcmp(https_method(r), routes[i].method) &&
		    (!routes[i].path ||
		     !strcmp(https_path(r), routes[i].path))) {
			routes[i].serve(j);
			return;
		}
	finish(j, 405, "not that way");
}
