/*
 * house -- what the parent holds for the others
 */
#ifndef VAXEL_PARENT_HOUSE_H
#define VAXEL_PARENT_HOUSE_H

#include <sys/types.h>

#include "ipc/process.h"

#define HOUSE_CHILDREN (PROCESS_MEDIA_MAX + ROLE_COUNT)
#define HOUSE_MEMORIES 320

struct house_memory {
	enum memory_kind kind;
	unsigned index;
	enum role for_role; /* ROLE_COUNT: several */
	unsigned for_index;
	int fd;
	const struct metric_page *metrics; /* mapped, for MEMORY_METRICS */
};

struct house_socket {
	enum socket_kind kind;
	unsigned index;
	enum role for_role;
	int fd;
	uint16_t port;
	char name[80]; /* of the listener, as in the settings */
};

/* How long an alarm counts as active after it was last raised. */
#define ALARM_ACTIVE_MS (10 * 60 * 1000)

enum child_state { CHILD_ABSENT, CHILD_STARTING, CHILD_RUNNING, CHILD_ENDED };

struct child {
	enum role role;
	unsigned index;
	enum child_state state;
	pid_t pid;
	struct ipc *channel;
	uint64_t started_ms; /* monotonic */
	uint64_t retry_ms;   /* when to start it again; 0: not waiting */
	unsigned failures;   /* in a row, without a quiet time between */
	unsigned restarts;
	bool drained;     /* it said so, or was told to end */
	uint16_t prompts; /* media: the newest rendering that it holds */
	bool lost_untold; /* media: the switch was away when it died */
};

/* One word a stage: whose turn it is to end. */
enum drain_stage {
	STAGE_NONE,
	STAGE_SWITCH,
	STAGE_MEDIA,
	STAGE_RECORDER,
	STAGE_DESK,
	STAGE_PULLER,
	STAGE_KEEPER,
	STAGE_LEDGER,
	STAGE_COURIER,
	STAGE_DONE
};

/* A new configuration on its way: all of it comes into force, or nothing. */
enum reload_step {
	RELOAD_NONE,
	RELOAD_BINDING,
	RELOAD_RENDERING,
	RELOAD_HANDING
};

struct reload {
	enum reload_step step;
	uint64_t since_ms; /* of the step */
	bool again;        /* one more SIGHUP came meanwhile */
	struct settings *fresh;
	int config_fd, files_fd;
	struct house_socket opened[SETTINGS_LISTENERS];
	unsigned opened_count;
	uint16_t prompts; /* as in force, or a rendering that is new */
};

struct house {
	const struct process_ops *const *ops;
	char config_file[SETTINGS_PATH_MAX];
	struct settings *settings;
	uv_loop_t loop;
	unsigned media_workers;
	int64_t started_ms; /* wall */
	int config_fd;
	uint16_t prompts; /* the rendering in force */
	struct reload reload;
	int files_fd;   /* for the first switch; -1: read them again for it */
	int runtime_fd; /* locked: one node a runtime folder; -1: not ours */
	struct house_memory memories[HOUSE_MEMORIES];
	unsigned memory_count;
	struct house_socket sockets[PROCESS_SOCKETS];
	unsigned socket_count;
	struct child children[HOUSE_CHILDREN];
	unsigned child_count;
	enum drain_stage stage;
	uint64_t probe_ms; /* monotonic, when the next look is due */
	bool probe_asked;
	bool now; /* a second signal: do not wait for calls */
	bool said_ready;
	bool failed;
	uint64_t alarm_ms[ALARM_CODES]; /* monotonic, when last raised; 0: never
					 */
	uv_signal_t signals[4];
	uv_timer_t tick;
	uv_pipe_t metrics;
};

/* memory.c */
int house_make_memory(struct house *h) CHECK_RESULT;
int house_config_fd(const struct settings *s, int *ret_fd) CHECK_RESULT;

/* What the law says of register and routes: EINVAL for faults, all reported. */
int house_judge(struct settings *s, settings_fault_h *fault,
		void *arg) CHECK_RESULT;

/*
 * Passwords, certificates, keys (settings/files.h) for the switch, who wipes
 * them. EINVAL: some cannot be used, which was reported; *ret_fd has the rest.
 */
int house_files_fd(struct settings *s, settings_fault_h *fault, void *arg,
		   int *ret_fd) CHECK_RESULT;
int house_add_prompts(struct house *h, uint16_t rendering) CHECK_RESULT;
int house_seal_prompts(struct house *h, uint16_t rendering) CHECK_RESULT;
void house_drop_prompts(struct house *h, uint16_t rendering);
int house_prompts_fd(const struct house *h, uint16_t rendering);

/* sockets.c: folders with their owners, listening sockets */
int house_make_folders(struct house *h) CHECK_RESULT;
int house_open_sockets(struct house *h) CHECK_RESULT;
void house_remove_sockets(struct house *h);
/* Those that a new configuration adds; house_move_sockets() then makes them
   ours and closes those that it removes, house_close_added() undoes it. */
int house_add_sockets(struct house *h, bool report) CHECK_RESULT;
void house_move_sockets(struct house *h);
void house_close_added(struct house *h);
void house_print_ready(const struct house *h);

/* probing.c */
void probing_tick(struct house *h);
void probing_asked(struct house *h);
void probing_ended(struct house *h, int status);

/* child.c */
/* Lives for one piece of work, and is not missed when it has ended. */
static inline bool house_for_a_while(enum role role)
{
	return role == ROLE_RENDERER || role == ROLE_PROBER;
}

void house_list_children(struct house *h);
int child_start(struct house *h, struct child *c) CHECK_RESULT;
int child_give(struct child *c, enum ipc_type type, unsigned what,
	       unsigned index, int fd) CHECK_RESULT;
struct child *child_of(struct house *h, enum role role, unsigned index);

/* parent.c: what a child's channel calls; arg is the house */
void parent_message(void *arg, struct ipc *from, struct ipc_message *m);
enum ipc_state parent_state(void *arg, enum ipc_type type, uint64_t about);
void parent_gone(void *arg, struct ipc *channel);

/* A fault of the configuration, for people. */
void parent_fault(void *arg, const struct settings_fault *f);

void parent_alarm(struct house *h, enum alarm_code code);

/* reload.c: SIGHUP, and what comes of it */
void reload_begin(struct house *h);
void reload_rendered(struct house *h, bool good);
void reload_taken(struct house *h, struct child *c, uint16_t prompts,
		  bool good);
void reload_tick(struct house *h);

/* metrics.c */
int house_serve_metrics(struct house *h) CHECK_RESULT;

#endif
