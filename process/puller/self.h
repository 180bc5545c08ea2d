/*
 * self -- what the files of the puller share
 *
 *   puller.c   the life of the process, and which feed a message is about
 *   pull.c     one feed: from its place in the list to the next item stored
 *   body.c     an item's body: fetched, made durable, its digest seen
 *   item.c     a line of the list, read and judged (pure)
 */
#ifndef VAXEL_PROCESS_PULLER_SELF_H
#define VAXEL_PROCESS_PULLER_SELF_H

#include <uv.h>

#include "ipc/process.h"
#include "process/puller/item.h"
#include "store/store.h"

enum { PULL_LIST_MAX = 256 * 1024, PULL_CREDIT = 512 * 1024 };

/* What it waits for. */
enum pull_step {
	PULL_IDLE, /* the timer */
	PULL_WHERE,
	PULL_LIST,
	PULL_ASKED,
	PULL_BODY,
	PULL_STORING,
	PULL_TELLING,
};

struct puller;

/* One feed; its index in the settings is that of the courier's target. */
struct pull {
	struct puller *self;
	unsigned index;
	enum pull_step step;
	uv_timer_t timer;
	uint64_t fetch; /* number of the one under way */
	unsigned failures;
	const char *said;  /* of the last failure */
	uint64_t alarm_ms; /* when one was last raised, monotonic */
	bool said_clock;
	char cursor[ITEM_CURSOR_MAX]; /* committed */
	char told[ITEM_CURSOR_MAX];   /* the other side knows */
	size_t list_len, list_at;
	char list[PULL_LIST_MAX];
	struct item item;
	bool is_let_go;
	struct store_part *part;
	uint64_t base, offset; /* of the fetch; of what is written */
	bool is_resumed;
};

struct puller {
	struct process *process;
	char store_folder[SETTINGS_PATH_MAX + 16];
	struct store *store;
	uint64_t fetch; /* the last number given */
	unsigned count;
	struct pull *pulls;
};

/* ---- pull.c */

int pull_start(struct pull *p) CHECK_RESULT;
void pull_message(struct pull *p, const struct ipc_message *m);

/* Somebody whom it waits for may be gone. */
void pull_peer_gone(struct pull *p, enum role role);

/* Go and fetch `path`; `from` as in FETCH. False: it has failed. */
bool pull_fetch(struct pull *p, enum pull_step step, bool post,
		const char *path, uint64_t from, uint64_t max);

/* Not now: later again. Nothing is lost by it. */
void pull_fail(struct pull *p, const char *why);

/* What came is not what it should be: an alarm, and later again. */
void pull_wrong(struct pull *p, const char *why);
void pull_alarm(struct pull *p, enum alarm_code code);

/* ---- body.c: then pull_has_body(), or it has failed */

void pull_body_begin(struct pull *p);
void pull_body_fetched(struct pull *p, const struct ipc_FETCHED *m);
void pull_body_drop(struct pull *p); /* what was written stays, to go on from */
void pull_has_body(struct pull *p);

#endif
