/*
 * registrar -- which phone of which agent is where (RFC 3261 section 10)
 *
 * The accounts are the agents of the settings; a REGISTER needs digest. The
 * table of bindings is a plain struct in memory of the caller's choice: it
 * survives the process, but for connections, which die with it. A binding made
 * over TCP or TLS is reached by its connection alone while that lives.
 *
 * Path, Service-Route, GRUU and outbound are not offered; q is not used: the
 * newest binding comes first.
 */
#ifndef VAXEL_SIP_REGISTRAR_H
#define VAXEL_SIP_REGISTRAR_H

#include "sip/stack.h"

#define REGISTRAR_CONTACTS 4
#define REGISTRAR_URI_MAX 256
#define REGISTRAR_CALL_ID_MAX 128
#define REGISTRAR_MIN_S 60
#define REGISTRAR_DEFAULT_S 3600
#define REGISTRAR_MAX_S 3600
#define REGISTRAR_MAGIC 0x76e4e671

struct registrar_binding {
	char uri[REGISTRAR_URI_MAX]; /* "": free */
	char call_id[REGISTRAR_CALL_ID_MAX];
	uint32_t cseq;
	uint64_t expires_at_ms; /* clock_mono_ms */
	uint64_t since_ms;
	struct flow flow;
};

struct registrar_account {
	char name[SETTINGS_NAME_MAX]; /* "": free */
	struct registrar_binding bindings[REGISTRAR_CONTACTS];
};

struct registrar_table {
	uint32_t magic; /* 0: fresh memory */
	struct registrar_account accounts[SETTINGS_AGENTS];
};

struct registrar;

/* An agent got its first binding, or lost its last. agent: of settings. */
typedef void registrar_h(void *arg, unsigned agent, bool here);

/*
 * Take the agents' passwords from settings->files. Bindings of accounts that
 * are no agents any more are dropped; so are those over connections, unless
 * alive.
 */
int registrar_prepare(struct registrar **ret,
		      const struct settings *settings) CHECK_RESULT;

/* stack NULL in tests of the table alone. */
int registrar_start(struct registrar *r, struct stack *stack,
		    struct registrar_table *table, uint64_t now_ms,
		    registrar_h *changed, void *arg) CHECK_RESULT;

void registrar_free(struct registrar *r); /* the table stays as it is */

/* The agents changed. Whose password changed has to register again. */
void registrar_reload(struct registrar *r, const struct settings *settings,
		      uint64_t now_ms);

/* A REGISTER: answers it. */
void registrar_request(struct registrar *r, struct stack_server *t,
		       const struct sip_msg *msg, const struct flow *flow,
		       uint64_t now_ms);

/* A connection died: what was reached by it is gone. */
void registrar_closed(struct registrar *r, uint64_t connection,
		      uint64_t now_ms);

/* Drop what expired; returns when to come again, 0: never. */
uint64_t registrar_tick(struct registrar *r, uint64_t now_ms);

bool registrar_here(const struct registrar *r, unsigned agent, uint64_t now_ms);

/* Live bindings of an agent, newest first; how many. Pointers into the table,
 * valid until the next call that changes it. */
unsigned
registrar_find(const struct registrar *r, unsigned agent, uint64_t now_ms,
	       const struct registrar_binding *ret[REGISTRAR_CONTACTS]);

/* How many agents have a binding. */
unsigned registrar_count(const struct registrar *r, uint64_t now_ms);

#endif
