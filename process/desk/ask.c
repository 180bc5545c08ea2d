/* What can be answered by asking one process: status, lists, users. */
#include <stdlib.h>

#include "ipc/values.h"
#include "process/desk/job.h"

/* ---- status */

static void status_switch(struct job *j, const struct ipc_message *m)
{
	json_t *o = NULL;

	if (m && m->u.SWITCH_REPLY.more) {
		o = json_loadb((const char *)m->u.SWITCH_REPLY.json.p,
			       m->u.SWITCH_REPLY.json.len, 0, NULL);
		if (!json_is_object(o)) {
			json_decref(o);
			o = json_object();
		}
	}
	if (!m)
		o = json_object();
	if (o) {
		bool sent;

		(void)json_object_set_new(o, "process", json_string("switch"));
		(void)json_object_set_new(o, "here", json_boolean(m != NULL));
		sent = job_send_json(j, o);
		json_decref(o);
		if (!sent)
			return;
	}
	if (m && m->u.SWITCH_REPLY.more)
		job_wait_more(j, status_switch);
	else
		job_end(j, 0, NULL, NULL);
}

static void status_keeper(struct job *j, const struct ipc_message *m)
{
	json_t *o;
	bool sent;

	o = m ? json_pack("{s:s,s:b,s:b,s:I}", "process", "keeper", "here", 1,
			  "locked", (int)m->u.KEEPER_STATE.locked, "followed",
			  (json_int_t)m->u.KEEPER_STATE.next_entry)
	      : json_pack("{s:s,s:b}", "process", "keeper", "here", 0);
	sent = o && job_send_json(j, o);
	json_decref(o);
	if (sent)
		job_ask_switch(j, SWITCH_STATUS, status_switch);
}

static bool has_keeper(const struct job *j)
{
	enum node_role role = j->desk->process->settings->role;

	return role == NODE_PROVIDER || role == NODE_ONE_MACHINE;
}

static void status_ledger(struct job *j, const struct ipc_message *m)
{
	struct ipc_message ask = { .type = IPC_KEEPER_ASK };
	json_t *o = NULL;
	bool sent;

	if (m)
		o = json_loadb((const char *)m->u.LEDGER_REPLY.json.p,
			       m->u.LEDGER_REPLY.json.len, 0, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		o = json_object();
	}
	(void)json_object_set_new(o, "process", json_string("ledger"));
	(void)json_object_set_new(o, "here", json_boolean(m != NULL));
	sent = job_send_json(j, o);
	json_decref(o);
	if (!sent)
		return;
	if (has_keeper(j))
		job_ask_keeper(j, &ask, status_keeper);
	else
		job_ask_switch(j, SWITCH_STATUS, status_switch);
}

/* ---- calls, queues, trunks: passed on as they come */

static void pass_switch(struct job *j, const struct ipc_message *m)
{
	const struct bytes *json;

	if (!m) {
		job_fail_away(j);
		return;
	}
	json = &m->u.SWITCH_REPLY.json;
	if (json->len && !job_send(j, TALK_JSON, json->p, json->len))
		return;
	if (m->u.SWITCH_REPLY.more)
		job_wait_more(j, pass_switch);
	else
		job_end(j, 0, NULL, NULL);
}

/* ---- recordings */

static void list_page(struct job *j, const struct ipc_message *m);

static void list_ask(struct job *j, const char *after)
{
	job_ask_ledger(j,
		       json_pack("{s:s,s:i,s:s*}", "ask", "recordings", "limit",
				 100, "after", after),
		       list_page);
}

static void list_pump(struct job *j)
{
	char *after = j->own;

	if (client_waiting(j->client) > CLIENT_QUEUE_MAX / 2)
		return;
	j->pump = NULL;
	list_ask(j, after);
}

static void list_page(struct job *j, const struct ipc_message *m)
{
	json_t *o = job_ledger_reply(j, m);
	const json_t *list = json_object_get(o, "recordings");
	const char *after = json_string_value(json_object_get(o, "after"));

	if (!o)
		return;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!job_send_json(j, json_array_get(list, i))) {
			json_decref(o);
			return;
		}
	if (!after || !json_array_size(list)) {
		json_decref(o);
		job_end(j, 0, NULL, NULL);
		return;
	}
	free(j->own);
	j->own = strdup(after);
	j->free_own = free;
	json_decref(o);
	if (!j->own) {
		job_fail(j, "out of memory");
		return;
	}
	/* the next page once this one is mostly taken */
	j->pump = list_pump;
	list_pump(j);
}

/* With its key check, which a request to open it must name. */
static void show_recording(struct job *j, const struct ipc_message *m)
{
	json_t *o = job_ledger_reply(j, m);
	json_t *recording = json_object_get(o, "recording");
	bool sent;

	if (!o)
		return;
	if (json_is_object(recording))
		(void)json_object_set(recording, "kc",
				      json_object_get(o, "kc"));
	sent = job_send_json(j, recording);
	json_decref(o);
	if (sent)
		job_end(j, 0, NULL, NULL);
}

/* Rows of the ledger's answer to the client; then the next page, or the end. */
static void list_rows(struct job *j, const struct ipc_message *m,
		      const char *rows, void (*ask)(struct job *, json_int_t))
{
	json_t *o = job_ledger_reply(j, m);
	const json_t *list = json_object_get(o, rows);
	const json_t *next = json_object_get(o, "next");
	json_int_t from = json_is_integer(next) ? json_integer_value(next) : 0;

	if (!o)
		return;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!job_send_json(j, json_array_get(list, i))) {
			json_decref(o);
			return;
		}
	json_decref(o);
	if (from)
		ask(j, from);
	else
		job_end(j, 0, NULL, NULL);
}

/* ---- users */

static void list_users(struct job *j, const struct ipc_message *m);

static void users_ask(struct job *j, json_int_t from)
{
	job_ask_ledger(j, json_pack("{s:s,s:I}", "ask", "users", "from", from),
		       list_users);
}

static void list_users(struct job *j, const struct ipc_message *m)
{
	list_rows(j, m, "users", users_ask);
}

/* What the ledger has about the id of the request, from an entry on. */
static void ask_about(struct job *j, const char *what, json_int_t from,
		      job_step_h *step)
{
	char id[ID_CHARS + 1];

	id_text(j->request.id, id);
	job_ask_ledger(
		j,
		json_pack("{s:s,s:s,s:I}", "ask", what, "id", id, "from", from),
		step);
}

/* ---- a call's events */

static void list_events(struct job *j, const struct ipc_message *m);

static void events_ask(struct job *j, json_int_t from)
{
	ask_about(j, "call", from, list_events);
}

static void list_events(struct job *j, const struct ipc_message *m)
{
	list_rows(j, m, "events", events_ask);
}

/* ---- who opened a recording, and who wished to */

static void list_accesses(struct job *j, const struct ipc_message *m);

static void accesses_ask(struct job *j, json_int_t from)
{
	ask_about(j, "accesses", from, list_accesses);
}

static void list_accesses(struct job *j, const struct ipc_message *m)
{
	list_rows(j, m, "accesses", accesses_ask);
}

static void user_stored(struct job *j, const struct ipc_message *m)
{
	if (!job_tell_entry(j, m))
		return;
	j->desk->follow_ms = 0; /* the keeper shall know soon */
	job_end(j, 0, NULL, NULL);
}

static void show_found(struct job *j, const struct ipc_message *m)
{
	json_t *o = job_ledger_reply(j, m);
	bool sent;

	if (!o)
		return;
	sent = job_send_json(j, o);
	json_decref(o);
	if (sent)
		job_end(j, 0, NULL, NULL);
}

/* ---- what an officer decided about a recording */

static void acted(struct job *j, const struct ipc_message *m)
{
	json_t *o = job_ledger_reply(j, m);
	const char *word = json_string_value(json_object_get(o, "refused"));
	char refused[32] = { 0 };
	bool sent;

	if (!o)
		return;
	if (word)
		(void)!text_copy(refused, sizeof(refused), text_of(word));
	sent = job_send_json(j, o);
	json_decref(o);
	if (!sent)
		return;
	j->desk->follow_ms = 0; /* the keeper shall know soon */
	job_end(j, word ? 1 : 0, word ? "the ledger refuses" : NULL,
		word ? refused : NULL);
}

static void act(struct job *j)
{
	job_ask_ledger(j,
		       json_pack("{s:s,s:s,s:s}", "ask", "act", "type",
				 act_type_text(j->request.kind), "details",
				 j->request.details),
		       acted);
}

static void recover_now(struct job *j)
{
	struct process *p = j->desk->process;

	if (IPC_SEND(p->peers[ROLE_RECORDER], RECOVER_NOW, 0, .reserved = 0)) {
		job_fail(j, "the recorder does not answer; it may be starting "
			    "again, or not be on this machine");
		return;
	}
	if (job_send(j, TALK_JSON, "{\"asked\":true}", 14))
		job_end(j, 0, NULL, NULL);
}

static void probe_now(struct job *j)
{
	struct process *p = j->desk->process;

	if (IPC_SEND(p->parent, PROBE_NOW, 0, .reserved = 0))
		job_fail(j, "the node is ending");
	else if (job_send(j, TALK_JSON, "{\"asked\":true}", 14))
		job_end(j, 0, NULL, NULL);
}

void ask_begin(struct job *j)
{
	const struct talk_request *q = &j->request;
	char id[ID_CHARS + 1];

	switch (q->ask) {
	case TALK_STATUS:
		job_ask_ledger(j, json_pack("{s:s}", "ask", "count"),
			       status_ledger);
		break;
	case TALK_CALLS:
		job_ask_switch(j, SWITCH_CALLS, pass_switch);
		break;
	case TALK_QUEUES:
		job_ask_switch(j, SWITCH_QUEUES, pass_switch);
		break;
	case TALK_TRUNKS:
		job_ask_switch(j, SWITCH_TRUNKS, pass_switch);
		break;
	case TALK_RECORDINGS:
		list_ask(j, NULL);
		break;
	case TALK_RECORDING:
		id_text(q->id, id);
		job_ask_ledger(
			j, json_pack("{s:s,s:s}", "ask", "envelope", "id", id),
			show_recording);
		break;
	case TALK_USERS:
		users_ask(j, 0);
		break;
	case TALK_USER:
		desk_append(j, q->added ? "user.added" : "user.removed",
			    j->desk->process->settings->organisation,
			    q->details, user_stored);
		break;
	case TALK_FIND:
		job_ask_ledger(j,
			       json_pack("{s:s,s:s}", "ask", "find", "share",
					 q->share),
			       show_found);
		break;
	case TALK_KEY:
		desk_append(j, key_act_type(q->act),
			    j->desk->process->settings->organisation,
			    q->details, user_stored);
		break;
	case TALK_CALL:
		events_ask(j, 0);
		break;
	case TALK_ACCESSES:
		accesses_ask(j, 0);
		break;
	case TALK_KEPT:
		kept_begin(j);
		break;
	case TALK_ACT:
		act(j);
		break;
	case TALK_RECOVER:
		recover_now(j);
		break;
	case TALK_PROBE:
		probe_now(j);
		break;
	default:
		job_fail(j, "the desk does not understand the request");
	}
}
