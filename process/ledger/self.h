/*
 * self -- what the rooms of this process share, and what each is for
 *
 *   ledger.c      the life of the process, and which room a message goes to
 *   flush.c       what was entered becomes durable, and its sender is told
 *   events.c      events: who may say which
 *   recordings.c  envelopes, cards, what is kept of national calls
 *   pulled.c      what comes from other nodes
 *   ask.c         what the desk asks: the table of asks, answered in
 *                 answer_*.c with what answer.h has
 *   book.c        database and log as one (no messages, no clock)
 *   kept.c        a sweep on a timer of its own
 *   law.c         holds and erasures (no messages, no clock)
 *   bodies.c      bodies of erased recordings, until the store lets go of them
 *   cosigner.c    witnesses are asked to cosign, by the courier; who waits for
 *                 them (cosigner_wait.c)
 *
 * Where something new goes: a message gets a line in ledger_message() and a
 * room; an ask a name in ask_read.c, a line in ask.c and an answer_*(); what
 * happens by the clock a struct with its timer, as kept.h, held in struct
 * ledger. Whatever it is, the log changes by book_enter() alone, and nobody is
 * told of it before ledger_flush().
 */
#ifndef VAXEL_PROCESS_LEDGER_SELF_H
#define VAXEL_PROCESS_LEDGER_SELF_H

#include "ipc/process.h"
#include "process/ledger/book.h"
#include "process/ledger/cosigner.h"
#include "process/ledger/kept.h"

enum {
	LEDGER_WAITING_MAX = 4096, /* senders to be told after one flush */
	LEDGER_PATH_BYTES = SETTINGS_PATH_MAX + 16,
};

/* Who is told what once it is durable. */
struct waiting {
	enum ipc_type type; /* EVENTS_STORED, ENVELOPE_STORED, ... */
	enum role role;
	uint64_t about;
	uint8_t id[ID_BYTES];
	uint64_t entry;
};

struct ledger {
	struct process *process;
	char dir[LEDGER_PATH_BYTES];
	struct note_signer signer;
	struct book *book;
	struct kept kept;
	struct cosigner *cosigner; /* NULL: no witnesses */
	uv_timer_t batch, interrupted, bodies;
	bool urgent; /* the batch ends with this turn of the loop */
	bool said_stale;
	bool leaving; /* once nobody is left who could say something */
	unsigned waiting_count;
	struct waiting waiting[LEDGER_WAITING_MAX];
};

/* ---- flush.c */

/* Told once the next flush has made it durable; urgent: in this turn. */
void ledger_tell_later(struct ledger *l, const struct waiting *w, bool urgent);
void ledger_flush(struct ledger *l);

/* Ends the process: nothing was told, so the next ledger hears it all again. */
void ledger_give_up(const char *at, int err);

/* ---- messages: events.c, recordings.c, pulled.c */

void ledger_on_pull(struct ledger *l, struct ipc *from,
		    const struct ipc_message *m);

void ledger_on_event(struct ledger *l, struct ipc *from,
		     const struct ipc_message *m);
void ledger_on_envelope(struct ledger *l, struct ipc *from,
			const struct ipc_message *m);
void ledger_on_recording_end(struct ledger *l, struct ipc *from,
			     const struct ipc_message *m);
void ledger_on_keep(struct ledger *l, struct ipc *from,
		    const struct ipc_message *m);

/* ---- bodies.c */

int ledger_start_bodies(struct ledger *l) CHECK_RESULT;
void ledger_tell_bodies(struct ledger *l);
void ledger_on_body_erased(struct ledger *l, const struct ipc_message *m);

#endif
