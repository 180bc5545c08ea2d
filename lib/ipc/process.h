/*
 * process -- the frame in which each of our processes lives
 *
 * The parent starts a process by fork and exec of the same program, with
 * descriptor 3 as its channel to the parent and nothing else open but the
 * standard ones. process_main() then does the same for all: not dumpable,
 * empty environment, locked memory, receive what the parent gives (memory,
 * sockets, configuration), prepare() while files can still be opened, confine,
 * drop privileges, start() and the loop.
 *
 * When another process dies, its channels go NULL; when the parent has started
 * it again a fresh channel takes their place and peer() is called. When the
 * parent itself dies, drain() is called: finish what runs, take nothing new.
 */
#ifndef VAXEL_IPC_PROCESS_H
#define VAXEL_IPC_PROCESS_H

#include <uv.h>

#include "ipc/confine.h"
#include "ipc/ipc.h"
#include "settings/settings.h"

#define PROCESS_MEDIA_MAX 64
#define PROCESS_MEMORIES 160
#define PROCESS_SOCKETS 32

/* Memory that the parent keeps alive across the death of its user. */
enum memory_kind {
	MEMORY_METRICS, /* every process: a struct metric_page */
	MEMORY_RING,    /* media[i] and recorder: index is the worker */
	MEMORY_SWITCH,  /* dialogs, calls and queue state */
	MEMORY_MEDIA, /* a worker's legs (ports, keys), for the switch's use */
	MEMORY_RECORDER, /* recordings in progress, with their keys */
	MEMORY_PROMPTS,  /* rendered prompts, sealed against writing: index is
			    the rendering */
	MEMORY_EVENTS,   /* the outbox of ledger events of switch / recorder */
	MEMORY_FILES,    /* settings/files.h: wiped by whoever was given it */
	MEMORY_KINDS
};

enum socket_kind {
	SOCKET_SIP_UDP, /* in the order of settings: index is that of the
			   listener */
	SOCKET_SIP_TCP,
	SOCKET_SIP_TLS,
	SOCKET_CONTROL, /* local, listening: the command line to the desk */
	SOCKET_KEEPER,  /* local, listening: passphrases straight to the keeper
			 */
	SOCKET_HTTPS,   /* listening: other nodes to the desk */
	SOCKET_KINDS
};

struct memory {
	enum memory_kind kind;
	unsigned index;
	int fd; /* -1 when absent */
	void *at;
	size_t len;
};

/* What stands in struct ipc_ALARM: raised once, until cleared by a restart. */
enum alarm_code {
	ALARM_NONE,
#define ALARM(code, name, text) ALARM_##code,
#include "ipc/alarms.def"
#undef ALARM
	ALARM_CODES
};

/* For a machine: "recorder-away"; and for a person. */
const char *alarm_name(enum alarm_code code);
const char *alarm_text(enum alarm_code code);

struct process;

struct process_ops {
	enum role role;
	size_t secret_bytes; /* slab to lock; 0 for none */

	/*
	 * How much memory of this kind the parent shall keep for it: SWITCH,
	 * MEDIA, RECORDER, EVENTS; zeroed when the parent starts. NULL: none.
	 */
	size_t (*memory_bytes)(const struct settings *s, enum memory_kind kind);

	/* Open files, load keys: still with the parent's rights. */
	int (*prepare)(struct process *p, void **ret_self);
	/* Rights to keep from here on. */
	void (*confinement)(struct process *p, void *self, struct confine *c);
	/* The loop is about to run. */
	int (*start)(struct process *p, void *self);
	/* A message that passed the table. */
	void (*message)(struct process *p, void *self, struct ipc *from,
			struct ipc_message *m);
	/* State of a call; NULL: always IPC_IDLE. Of itself the frame knows. */
	enum ipc_state (*state)(void *self, enum ipc_type type, uint64_t about);
	/* A peer came (again), or went (channel already NULL). May be NULL. */
	void (*peer)(struct process *p, void *self, enum role role,
		     unsigned index, bool here);
	/* Prompts that were given while it runs. NULL: as good as not given. */
	void (*prompts)(struct process *p, void *self, unsigned index);
	/* SIGHUP: p->settings is new, old_settings still valid for the call. */
	void (*reload)(struct process *p, void *self,
		       const struct settings *old_settings);
	/*
	 * Take nothing new; call process_drained() when the last thing ended.
	 * now: do not wait for calls.
	 */
	void (*drain)(struct process *p, void *self, bool now);
};

struct process {
	const struct process_ops *ops;
	void *self;
	uv_loop_t *loop;
	unsigned index;         /* which media worker */
	unsigned media_workers; /* how many there are */
	uint64_t started_ms;    /* wall clock, when the parent started */
	uint16_t prompts;       /* the rendering in force: which memory */
	bool draining;
	struct settings *settings;
	struct ipc *parent;
	struct ipc *peers[ROLE_COUNT]; /* all but media */
	struct ipc *media[PROCESS_MEDIA_MAX];
	struct memory memories[PROCESS_MEMORIES];
	unsigned memory_count;
	struct {
		enum socket_kind kind;
		unsigned index;
		int fd;
	} sockets[PROCESS_SOCKETS];
	unsigned socket_count;
};

/* Run a process to its end; the exit status. argv as after "vaxel process". */
int process_main(const struct process_ops *ops);

/* NULL when the parent gave no such memory. Mapped, locked, shared. */
struct memory *process_memory(struct process *p, enum memory_kind kind,
			      unsigned index);

/* Unmap and close it: whoever looked into it does so no more. */
void process_give_back(struct process *p, enum memory_kind kind,
		       unsigned index);

/* -1 when there is none. Stays the process's. */
int process_socket(struct process *p, enum socket_kind kind, unsigned index);

/* Say it once in the log, count it, tell the parent. */
void process_alarm(struct process *p, enum alarm_code code);

/* Everything has ended: tell the parent and leave the loop. */
void process_drained(struct process *p, bool clean);

#endif
