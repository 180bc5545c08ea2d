/*
 * job -- one thing that somebody asked of the desk, until it is answered
 *
 * A job waits for one reply of one process at a time, with a time limit; when
 * that process is away or too slow, the reply is NULL. What the job does next
 * is its step. A job is served to a client, to another node (web), or
 * (following the log) to nobody.
 */
#ifndef VAXEL_DESK_JOB_H
#define VAXEL_DESK_JOB_H

#include <jansson.h>

#include "ipc/process.h"
#include "ipc/values.h"
#include "process/desk/client.h"
#include "store/store.h"

#define JOB_LIMIT_MS 10000

struct job;
struct https_server;
struct https_request;

/* m is NULL when nothing came. */
typedef void job_step_h(struct job *j, const struct ipc_message *m);

struct job {
	struct desk *desk;
	struct job *next;
	struct client *client;     /* NULL: nobody's, or gone */
	struct https_request *web; /* not answered yet; NULL: none */
	struct talk_request request;
	job_step_h *step;            /* NULL: waits for no message */
	void (*pump)(struct job *j); /* the client takes more; may be NULL */
	enum role waits_for;
	uint64_t about;
	uint64_t deadline_ms;
	bool wants_lane;
	void (*on_lane)(struct job *j);
	/* of follow_run() */
	uint64_t follow_next;
	uint64_t follow_size;
	void (*follow_done)(struct job *j, int error);
	/* of follow_prove() */
	char *checkpoint;
	void (*prove_done)(struct job *j, int error);
	void *own; /* of the job's kind, freed with free_own */
	void (*free_own)(void *own);
};

struct desk {
	struct process *process;
	char store_folder[SETTINGS_PATH_MAX + 16];
	struct store *store; /* NULL: none on this machine */
	uid_t owner;
	struct clients *clients;
	struct https_server *web; /* NULL: none */
	uv_timer_t tick;
	struct job *jobs;
	uint64_t about; /* the last number given */
	/*
	 * The keeper follows one log, in order: whoever feeds it or asks it for
	 * a release has the lane to himself until he is done.
	 */
	struct job *lane;
	uint64_t follow_ms; /* when to follow the log next, monotonic */
	bool draining;
};

/* NULL: no memory. */
struct job *job_new(struct desk *d, struct client *c,
		    const struct talk_request *q);

/* Free it, and its lane; the client is not touched. */
void job_free(struct job *j);

/* Answer the client, if there still is one, and free the job. */
void job_end(struct job *j, int exit_status, const char *error,
	     const char *refused);
static inline void job_fail(struct job *j, const char *error)
{
	job_end(j, 1, error, NULL);
}

/* "the ledger does not answer", and so on. */
void job_fail_away(struct job *j);

/* Frames to the client. False: it cannot be, and the job has ended. */
bool job_send(struct job *j, enum talk_type type, const void *p, size_t len);
bool job_send_json(struct job *j, const json_t *o);

/*
 * Ask, and go on with step. The job has ended when the question could not be
 * put (nobody there): so each of these is the last thing a step does.
 */
void job_ask_ledger(struct job *j, json_t *question, job_step_h *step);
void job_ask_switch(struct job *j, enum switch_what what, job_step_h *step);
void job_ask_keeper(struct job *j, struct ipc_message *m, job_step_h *step);

/* The next message of the same answer. */
void job_wait_more(struct job *j, job_step_h *step);

/*
 * The object of a ledger's reply, to be released by the caller. NULL: there
 * was none, or it says {"error"}; then the job has ended.
 */
json_t *job_ledger_reply(struct job *j, const struct ipc_message *m);

/* The same, when all that the client wants is the entry that was made. */
bool job_tell_entry(struct job *j, const struct ipc_message *m);

/* Ask the ledger to log an entry; the reply comes once it is durable. */
void desk_append(struct job *j, const char *type, const char *organisation,
		 const char *details, job_step_h *step);

/* on_lane() is called once the lane is this job's: perhaps at once. */
void job_take_lane(struct job *j, void (*on_lane)(struct job *j));
void job_leave_lane(struct job *j);

/* ---- what main.c of the desk calls */

/* A reply: false when no job waits for it. */
bool jobs_reply(struct desk *d, enum role from, const struct ipc_message *m);
void jobs_peer_gone(struct desk *d, enum role role);
void jobs_tick(struct desk *d);

/* ---- the kinds of jobs */

void ask_begin(struct job *j);        /* status, calls, lists, users, recover */
void kept_begin(struct job *j);       /* what is kept of calls */
void disclosure_begin(struct job *j); /* show a request, approve one */
void body_begin(struct job *j);       /* body, export */
void release_begin(struct job *j);    /* open */
void rotate_begin(struct job *j);     /* envelopes for new recipients */

/* Keep the keeper at the log, for nobody in particular. */
void follow_begin(struct desk *d);

/*
 * For a job that has the lane: bring the keeper to `size` entries, or as far
 * as the ledger has checkpoints when size is 0. Then done(job, 0), or with an
 * error: ENOTCONN somebody is away, ESTALE the keeper knows another log,
 * EBADMSG it does not take the entries. With done() the job waits for nothing.
 */
typedef void follow_done_h(struct job *j, int error);
void follow_run(struct job *j, uint64_t size, follow_done_h *done);

/*
 * The same for a job without the lane, up to the log's last checkpoint, which
 * the keeper is shown; with done() the lane is left again.
 */
void follow_prove(struct job *j, follow_done_h *done);

/* Send the body of that name, then done(). */
void body_stream(struct job *j, const uint8_t name[ID_BYTES],
		 void (*done)(struct job *j));

/* "body" of a recording's object: its name in the store. */
int recording_body(const json_t *recording,
		   uint8_t ret_name[ID_BYTES]) CHECK_RESULT;

#endif
