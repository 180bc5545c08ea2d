/*
 * cosigner -- asks the witnesses to cosign the log, and tells who waits for it
 *
 * Each minute, and whenever a release waits, the newest checkpoint goes to all
 * witnesses of the policy at once, through the courier. Those that answered
 * with a size of their own are asked again from there. As soon as what they
 * signed is a quorum the checkpoint is published with it and who waits is told;
 * cosignatures that come later are added. Then, or when all have answered or
 * time is over, the round ends, and the next takes what the log has got since.
 *
 * A witness that is away makes a release wait, for a bounded time, and nothing
 * else: calls do not come here. One that has seen more of this log than there
 * is, or another past, ends all releases: the book is disowned, an alarm says
 * so, and what was said is kept in the file `fork` beside the checkpoint.
 */
#ifndef VAXEL_PROCESS_LEDGER_COSIGNER_H
#define VAXEL_PROCESS_LEDGER_COSIGNER_H

#include "ipc/process.h"
#include "process/ledger/book.h"
#include "tlog/cosign.h"

enum {
	COSIGNER_ANSWER_MAX = 16 * 1024,
	COSIGNER_LINE_MAX = 512,
	COSIGNER_WAITING = 32, /* asks of the desk at once */
	/* the log's own signature is one of those that a note may have */
	COSIGNER_LINES = NOTE_SIGNATURES - 1,
	COSIGNER_NOTE_MAX =
		NOTE_TEXT_MAX + (COSIGNER_LINES + 1) * COSIGNER_LINE_MAX,
};

struct cosigner_one {
	struct cosign cosign;
	uint64_t about;     /* of the fetch under way; 0: none */
	uint64_t old_size;  /* what it has, as far as we know */
	const char *why;    /* it did not sign, when last asked; or NULL */
	uint64_t signed_s;  /* 0: not in this round */
	uint64_t signed_ms; /* when it was had */
	unsigned line_len, answer_len;
	char line[COSIGNER_LINE_MAX];
	char answer[COSIGNER_ANSWER_MAX];
};

/* Somebody waits for a cosigned checkpoint of at least that size. */
struct cosigner_wait {
	uint64_t about; /* of the desk's ask */
	uint64_t size;
	uint64_t since_ms, told_ms;
};

struct cosigner {
	struct process *process;
	struct book *book;
	const struct note_key *log_key;
	void (*on_stale)(void *arg); /* the log is not ours any more */
	void *arg;
	struct policy policy;
	struct cosigner_one all[POLICY_WITNESSES];
	uv_timer_t timer;
	uint64_t about; /* the last number given to a fetch */

	/* the round: what is to be signed; running: somebody may still answer
	 */
	bool running;
	bool disowned;
	uint64_t began_ms, next_ms;
	uint64_t size;
	size_t note_len;
	char note[NOTE_TEXT_MAX];

	/* the last that a quorum signed: size 0: none yet */
	uint64_t cosigned_size, cosigned_ms; /* when it was had */
	size_t cosigned_len;
	char cosigned[COSIGNER_NOTE_MAX];
	uint64_t alarm_ms; /* when it was last said that there is no quorum */

	struct cosigner_wait waiting[COSIGNER_WAITING];
	unsigned waiting_count;
};

/* NULL in *ret: the settings name no witnesses. While their texts are there. */
int cosigner_new(struct cosigner **ret, struct process *p) CHECK_RESULT;

int cosigner_start(struct cosigner *c, struct book *book,
		   const struct note_key *log_key, void (*on_stale)(void *arg),
		   void *arg) CHECK_RESULT;

/* A new policy; NULL is fine. */
void cosigner_reload(struct cosigner *c, const struct settings *s);

/* Something was entered that outsiders shall see soon; NULL is fine. */
void cosigner_soon(struct cosigner *c);

/* From the courier. */
void cosigner_fetched(struct cosigner *c, const struct ipc_message *m);
void cosigner_courier(struct cosigner *c, bool here);

/*
 * Answer the desk's ask once a quorum has signed a checkpoint of `size` or
 * more, lately; meanwhile say now and then what is waited for; at last answer
 * with what there is, which the keeper will judge.
 */
void cosigner_wait(struct cosigner *c, uint64_t about, uint64_t size);
void cosigner_desk_gone(struct cosigner *c);

/* ---- between cosigner.c and cosigner_wait.c */

/* Ask all witnesses about the newest checkpoint, unless a round runs. */
void cosigner_round(struct cosigner *c);

/* The round's note with the lines that it has got. */
int cosigner_note(const struct cosigner *c, struct writer *w) CHECK_RESULT;

/* Tell those whose wish is fulfilled, or whose time is over. */
void cosigner_tell(struct cosigner *c);

/* The log is not ours any more: who waits hears it. */
void cosigner_tell_stale(struct cosigner *c);

#endif
