/* Until the registrar lands: no phone can register. */
#include "sip/register_client.h"
#include "sip/registrar.h"

int registrar_prepare(struct registrar **ret, const struct settings *settings)
{
	(void)settings;
	*ret = NULL;
	return 0;
}

int registrar_start(struct registrar *r, struct stack *stack,
		    struct registrar_table *table, uint64_t now_ms,
		    registrar_h *changed, void *arg)
{
	(void)r;
	(void)stack;
	(void)table;
	(void)now_ms;
	(void)changed;
	(void)arg;
	return 0;
}

void registrar_reload(struct registrar *r, const struct settings *settings,
		      uint64_t now_ms)
{
	(void)r;
	(void)settings;
	(void)now_ms;
}

void registrar_request(struct registrar *r, struct stack_server *t,
		       const struct sip_msg *msg, const struct flow *flow,
		       uint64_t now_ms)
{
	(void)r;
	(void)msg;
	(void)flow;
	(void)now_ms;
	(void)!stack_answer(t, 503);
}

void registrar_closed(struct registrar *r, uint64_t connection, uint64_t now_ms)
{
	(void)r;
	(void)connection;
	(void)now_ms;
}

uint64_t registrar_tick(struct registrar *r, uint64_t now_ms)
{
	(void)r;
	(void)now_ms;
	return 0;
}

bool registrar_here(const struct registrar *r, unsigned agent, uint64_t now_ms)
{
	(void)r;
	(void)agent;
	(void)now_ms;
	return false;
}

unsigned registrar_find(const struct registrar *r, unsigned agent,
			uint64_t now_ms,
			const struct registrar_binding *ret[REGISTRAR_CONTACTS])
{
	(void)r;
	(void)agent;
	(void)now_ms;
	(void)ret;
	return 0;
}

unsigned registrar_count(const struct registrar *r, uint64_t now_ms)
{
	(void)r;
	(void)now_ms;
	return 0;
}

int register_client_new(struct register_client **ret, struct stack *stack,
			const struct register_client_options *options,
			register_client_h *changed, void *arg)
{
	(void)ret;
	(void)stack;
	(void)options;
	(void)changed;
	(void)arg;
	return ENOENT;
}

uint64_t register_client_tick(struct register_client *c, uint64_t now_ms)
{
	(void)c;
	(void)now_ms;
	return 0;
}
