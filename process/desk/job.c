#include "process/desk/job.h"

#include <stdlib.h>

#include "base/clock.h"
#include "https/server.h"

struct job *job_new(struct desk *d, struct client *c,
		    const struct talk_request *q)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->desk = d;
	j->client = c;
	if (q)
		j->request = *q;
	if (c)
		client_set_data(c, j);
	j->next = d->jobs;
	d->jobs = j;
	return j;
}

void job_free(struct job *j)
{
	struct desk *d = j->desk;
	struct job **at = &d->jobs;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	if (j->client)
		client_set_data(j->client, NULL);
	j->wants_lane = false;
	job_leave_lane(j);
	if (j->free_own)
		j->free_own(j->own);
	free(j->checkpoint);
	free(j);
}

void job_end(struct job *j, int exit_status, const char *error,
	     const char *refused)
{
	struct client *c = j->client;
	struct https_request *web = j->web;

	j->web = NULL;
	job_free(j);
	if (web)
		https_answer_text(web, 503, error ? error : "not now");
	if (c)
		client_end(c, exit_status, error, refused);
}

static const char *away_text(enum role role)
{
	switch (role) {
	case ROLE_LEDGER:
		return "the ledger does not answer; it may be starting again";
	case ROLE_KEEPER:
		return "the keeper does not answer; it may be starting again, "
		       "or not be on this machine";
	case ROLE_SWITCH:
		return "the switch does not answer; it may be starting again";
	default:
		return "a part of the node does not answer";
	}
}

void job_fail_away(struct job *j)
{
	job_fail(j, away_text(j->waits_for));
}

bool job_send(struct job *j, enum talk_type type, const void *p, size_t len)
{
	if (j->client && !client_send(j->client, type, p, len))
		return true;
	job_fail(j, "the answer is too long for whoever reads it so slowly");
	return false;
}

bool job_send_json(struct job *j, const json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);
	bool sent;

	if (!text) {
		job_fail(j, "out of memory");
		return false;
	}
	sent = job_send(j, TALK_JSON, text, strlen(text));
	free(text);
	return sent;
}

/* ---- asking */

static void ask(struct job *j, enum role whom, struct ipc_message *m,
		job_step_h *step)
{
	struct desk *d = j->desk;

	m->about = ++d->about;
	m->fd = -1;
	j->about = m->about;
	j->waits_for = whom;
	j->step = step;
	j->deadline_ms = clock_mono_ms() + JOB_LIMIT_MS;
	if (ipc_send(d->process->peers[whom], m)) {
		j->step = NULL;
		step(j, NULL);
	}
}

void job_ask_ledger(struct job *j, json_t *question, job_step_h *step)
{
	char *text = question ? json_dumps(question, JSON_COMPACT) : NULL;
	struct ipc_message m = { .type = IPC_LEDGER_ASK };

	json_decref(question);
	if (!text) {
		job_fail(j, "out of memory");
		return;
	}
	m.u.LEDGER_ASK.json =
		(struct bytes){ (const uint8_t *)text, strlen(text) };
	ask(j, ROLE_LEDGER, &m, step);
	free(text);
}

void job_ask_switch(struct job *j, enum switch_what what, job_step_h *step)
{
	struct ipc_message m = { .type = IPC_SWITCH_ASK };

	m.u.SWITCH_ASK.what = (uint8_t)what;
	ask(j, ROLE_SWITCH, &m, step);
}

void job_ask_keeper(struct job *j, struct ipc_message *m, job_step_h *step)
{
	ask(j, ROLE_KEEPER, m, step);
}

void job_wait_more(struct job *j, job_step_h *step)
{
	j->step = step;
	j->deadline_ms = clock_mono_ms() + JOB_LIMIT_MS;
}

void desk_append(struct job *j, const char *type, const char *organisation,
		 const char *details, job_step_h *step)
{
	uint8_t event[ID_BYTES];
	char id[ID_CHARS + 1];

	id_new(event);
	id_text(event, id);
	job_ask_ledger(j,
		       json_pack("{s:s,s:s,s:s,s:I,s:s,s:s}", "ask", "append",
				 "type", type, "org", organisation, "at",
				 (json_int_t)clock_wall_ms(), "id", id,
				 "details", details),
		       step);
}

static const char *ledger_error_text(const char *word)
{
	if (!strcmp(word, "not-found"))
		return "there is no such recording";
	if (!strcmp(word, "not-permitted"))
		return "the ledger does not permit it";
	if (!strcmp(word, "unavailable"))
		return "the ledger cannot read or write its disk";
	return "the ledger does not understand the question";
}

json_t *job_ledger_reply(struct job *j, const struct ipc_message *m)
{
	const char *word;
	json_t *o;

	if (!m) {
		job_fail_away(j);
		return NULL;
	}
	o = json_loadb((const char *)m->u.LEDGER_REPLY.json.p,
		       m->u.LEDGER_REPLY.json.len, JSON_REJECT_DUPLICATES,
		       NULL);
	word = json_string_value(json_object_get(o, "error"));
	if (json_is_object(o) && !word)
		return o;
	if (word && !strcmp(word, "rolled-back"))
		job_end(j, 1, "the log is not the one that the ledger wrote",
			"rolled-back");
	else
		job_fail(j, ledger_error_text(word ? word : ""));
	json_decref(o);
	return NULL;
}

bool job_tell_entry(struct job *j, const struct ipc_message *m)
{
	json_t *o = job_ledger_reply(j, m);
	json_t *out;
	bool sent;

	if (!o)
		return false;
	out = json_pack("{s:O?}", "entry", json_object_get(o, "entry"));
	sent = out && job_send_json(j, out);
	json_decref(out);
	json_decref(o);
	return sent;
}

/* ---- the lane */

static void next_in_lane(struct desk *d)
{
	struct job *first = NULL;

	/* new jobs stand at the head of the list: the last is the eldest */
	for (struct job *j = d->jobs; j; j = j->next)
		if (j->wants_lane)
			first = j;
	if (d->lane || !first)
		return;
	d->lane = first;
	first->wants_lane = false;
	first->on_lane(first);
}

void job_take_lane(struct job *j, void (*on_lane)(struct job *j))
{
	j->wants_lane = true;
	j->on_lane = on_lane;
	next_in_lane(j->desk);
}

void job_leave_lane(struct job *j)
{
	struct desk *d = j->desk;

	if (d->lane != j)
		return;
	d->lane = NULL;
	next_in_lane(d);
}

/* ---- replies */

static bool answers(enum ipc_type type, enum role from)
{
	switch (type) {
	case IPC_LEDGER_REPLY:
		return from == ROLE_LEDGER;
	case IPC_SWITCH_REPLY:
		return from == ROLE_SWITCH;
	case IPC_KEEPER_STATE:
	case IPC_RELEASED:
	case IPC_RELEASE_REFUSED:
	case IPC_REWRAPPED:
		return from == ROLE_KEEPER;
	default:
		return false;
	}
}

bool jobs_reply(struct desk *d, enum role from, const struct ipc_message *m)
{
	for (struct job *j = d->jobs; j; j = j->next) {
		job_step_h *step = j->step;

		if (!step || !answers(m->type, from) || j->about != m->about ||
		    j->waits_for != from)
			continue;
		j->step = NULL;
		step(j, m);
		return true;
	}
	return false;
}

/* A step may free its job, or others: so begin again after each. */
static bool fail_one(struct desk *d, bool all_of_role, enum role role)
{
	uint64_t now_ms = clock_mono_ms();

	for (struct job *j = d->jobs; j; j = j->next) {
		job_step_h *step = j->step;

		if (!step || (all_of_role ? j->waits_for != role
					  : now_ms < j->deadline_ms))
			continue;
		j->step = NULL;
		step(j, NULL);
		return true;
	}
	return false;
}

void jobs_peer_gone(struct desk *d, enum role role)
{
	while (fail_one(d, true, role))
		;
}

void jobs_tick(struct desk *d)
{
	while (fail_one(d, false, ROLE_COUNT))
		;
}
