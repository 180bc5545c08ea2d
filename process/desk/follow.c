/*
 * The keeper opens nothing that it cannot see in the log, and it creates no
 * socket: so the desk carries the log to it, entry by entry, a reply of the
 * ledger at a time. What is carried is believed only once a signed checkpoint
 * confirms its root.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/desk/job.h"

enum { FOLLOW_EVERY_MS = 20000 };

static void on_state(struct job *j, const struct ipc_message *m);

static void done(struct job *j, int error)
{
	follow_done_h *h = j->follow_done;

	j->follow_done = NULL;
	h(j, error);
}

/* The keeper has taken entries, or says where it stands. */
static void on_fed(struct job *j, const struct ipc_message *m)
{
	if (m && !m->u.KEEPER_STATE.error &&
	    m->u.KEEPER_STATE.next_entry <= j->follow_next) {
		log_error("the keeper does not go on at entry %llu",
			  (unsigned long long)j->follow_next);
		done(j, EBADMSG);
		return;
	}
	on_state(j, m);
}

static void feed(struct job *j, const struct ipc_message *reply)
{
	struct ipc_message m = { .type = IPC_KEEPER_LOG };

	m.u.KEEPER_LOG.first_entry = j->follow_next;
	m.u.KEEPER_LOG.entries = reply->u.LEDGER_REPLY.json;
	job_ask_keeper(j, &m, on_fed);
}

/*
 * The keeper parses what is in it; here it is enough to see whether there is
 * something, since this is done for every entry that the log ever gets.
 */
static void on_entries(struct job *j, const struct ipc_message *m)
{
	static const char some[] = "\"entries\":[{", error[] = "{\"error\"";
	struct bytes json;

	if (!m) {
		done(j, ENOTCONN);
		return;
	}
	json = m->u.LEDGER_REPLY.json;
	if (memmem(json.p, json.len, some, sizeof(some) - 1))
		feed(j, m);
	else if (memmem(json.p, json.len, error, sizeof(error) - 1))
		done(j, ENOTCONN);
	else /* nothing more; who wanted more hears it from the keeper */
		done(j, 0);
}

static void on_state(struct job *j, const struct ipc_message *m)
{
	json_t *ask;

	if (!m) {
		done(j, ENOTCONN);
		return;
	}
	if (m->u.KEEPER_STATE.error) {
		done(j, m->u.KEEPER_STATE.error == ESTALE ? ESTALE : EBADMSG);
		return;
	}
	j->follow_next = m->u.KEEPER_STATE.next_entry;
	if (j->follow_size && j->follow_next >= j->follow_size) {
		done(j, 0);
		return;
	}
	ask = json_pack("{s:s,s:I}", "ask", "entries", "from",
			(json_int_t)j->follow_next);
	if (ask && j->follow_size)
		(void)json_object_set_new(
			ask, "to", json_integer((json_int_t)j->follow_size));
	job_ask_ledger(j, ask, on_entries);
}

void follow_run(struct job *j, uint64_t size, follow_done_h *h)
{
	struct ipc_message m = { .type = IPC_KEEPER_ASK };

	j->follow_size = size;
	j->follow_done = h;
	job_ask_keeper(j, &m, on_state);
}

/* ---- up to a checkpoint, and shown that */

static void proven(struct job *j, int error)
{
	follow_done_h *h = j->prove_done;

	job_leave_lane(j);
	j->prove_done = NULL;
	h(j, error);
}

static void on_proven(struct job *j, const struct ipc_message *m)
{
	proven(j, m ? m->u.KEEPER_STATE.error : ENOTCONN);
}

static void prove(struct job *j, int error)
{
	struct ipc_message m = { .type = IPC_KEEPER_PROVE };

	if (error) {
		proven(j, error);
		return;
	}
	m.u.KEEPER_PROVE.checkpoint =
		(struct bytes){ (const uint8_t *)j->checkpoint,
				strlen(j->checkpoint) };
	job_ask_keeper(j, &m, on_proven);
}

static void on_checkpoint(struct job *j, const struct ipc_message *m)
{
	json_t *o = m ? json_loadb((const char *)m->u.LEDGER_REPLY.json.p,
				   m->u.LEDGER_REPLY.json.len, 0, NULL)
		      : NULL;
	const char *note = json_string_value(json_object_get(o, "checkpoint"));
	const json_t *size = json_object_get(o, "size");
	uint64_t to = 0;

	free(j->checkpoint);
	j->checkpoint = note ? strdup(note) : NULL;
	if (j->checkpoint && json_is_integer(size))
		to = (uint64_t)json_integer_value(size);
	json_decref(o);
	if (to)
		follow_run(j, to, prove);
	else /* away, or no entry yet */
		proven(j, ENOTCONN);
}

static void in_lane(struct job *j)
{
	job_ask_ledger(j, json_pack("{s:s}", "ask", "checkpoint"),
		       on_checkpoint);
}

void follow_prove(struct job *j, follow_done_h *h)
{
	j->prove_done = h;
	job_take_lane(j, in_lane);
}

/* ---- for nobody in particular */

static void background_done(struct job *j, int error)
{
	j->desk->follow_ms = clock_mono_ms() + FOLLOW_EVERY_MS;
	if (error && error != ENOTCONN)
		log_error("the keeper does not follow the log: %s",
			  strerror(error));
	job_free(j);
}

void follow_begin(struct desk *d)
{
	struct ipc **peers = d->process->peers;
	struct job *j;

	if (clock_mono_ms() < d->follow_ms || d->lane || !peers[ROLE_KEEPER] ||
	    !peers[ROLE_LEDGER])
		return;
	j = job_new(d, NULL, NULL);
	if (j)
		follow_prove(j, background_done);
}
