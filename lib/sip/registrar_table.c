/*
 * The table of bindings: pure, but for asking whether a connection lives.
 */
#include "sip/registrar_parts.h"

struct registrar_account *registrar_account(const struct registrar *r,
					    unsigned agent)
{
	if (!r->table || agent >= r->settings->agent_count ||
	    r->settings->agents[agent].removed)
		return NULL;
	return &r->table->accounts[r->account_of[agent]];
}

/* Who came by an address that is no more has to come by another. */
static bool by_removed(const struct settings *s, const struct flow *flow)
{
	return flow->listener >= 0 && flow->listener < SETTINGS_LISTENERS &&
	       s->listeners[flow->listener].removed;
}

static bool lives(const struct registrar *r, const struct registrar_binding *b,
		  uint64_t now_ms)
{
	return b->uri[0] && b->expires_at_ms > now_ms &&
	       !by_removed(r->settings, &b->flow) &&
	       (!b->flow.connection ||
		(r->stack && stack_alive(r->stack, &b->flow)));
}

unsigned registrar_find(const struct registrar *r, unsigned agent,
			uint64_t now_ms,
			const struct registrar_binding *ret[REGISTRAR_CONTACTS])
{
	const struct registrar_account *a = registrar_account(r, agent);
	unsigned n = 0;

	for (unsigned i = 0; a && i < REGISTRAR_CONTACTS; i++) {
		const struct registrar_binding *b = &a->bindings[i];
		unsigned at = n;

		if (!lives(r, b, now_ms))
			continue;
		/* newest first */
		for (; at && ret[at - 1]->since_ms < b->since_ms; at--)
			ret[at] = ret[at - 1];
		ret[at] = b;
		n++;
	}
	return n;
}

bool registrar_here(const struct registrar *r, unsigned agent, uint64_t now_ms)
{
	const struct registrar_binding *b[REGISTRAR_CONTACTS];

	return registrar_find(r, agent, now_ms, b) > 0;
}

unsigned registrar_count(const struct registrar *r, uint64_t now_ms)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->settings->agent_count; i++)
		n += registrar_here(r, i, now_ms);
	return n;
}

struct registrar_binding *registrar_binding(struct registrar_account *a,
					    struct text uri)
{
	for (unsigned i = 0; i < REGISTRAR_CONTACTS; i++)
		if (a->bindings[i].uri[0] && text_is(uri, a->bindings[i].uri))
			return &a->bindings[i];
	return NULL;
}

/* A free place, else that of the one which would go first. */
struct registrar_binding *registrar_place(struct registrar_account *a)
{
	struct registrar_binding *oldest = &a->bindings[0];

	for (unsigned i = 0; i < REGISTRAR_CONTACTS; i++) {
		struct registrar_binding *b = &a->bindings[i];

		if (!b->uri[0])
			return b;
		if (b->expires_at_ms < oldest->expires_at_ms)
			oldest = b;
	}
	return oldest;
}

static void drop(struct registrar_binding *b)
{
	memset(b, 0, sizeof(*b));
}

/* Tell of an agent who came or went since `before`. */
void registrar_tell(struct registrar *r, unsigned agent, bool before,
		    uint64_t now_ms)
{
	bool now = registrar_here(r, agent, now_ms);

	if (now != before && r->changed)
		r->changed(r->arg, agent, now);
}

uint64_t registrar_tick(struct registrar *r, uint64_t now_ms)
{
	uint64_t next = 0;

	for (unsigned i = 0; i < r->settings->agent_count; i++) {
		struct registrar_account *a = registrar_account(r, i);
		bool dropped = false;

		for (unsigned k = 0; a && k < REGISTRAR_CONTACTS; k++) {
			struct registrar_binding *b = &a->bindings[k];

			if (!b->uri[0])
				continue;
			if (b->expires_at_ms <= now_ms) {
				drop(b);
				dropped = true;
			} else if (!next || b->expires_at_ms < next) {
				next = b->expires_at_ms;
			}
		}
		if (dropped)
			registrar_tell(r, i, true, now_ms);
	}
	return next;
}

void registrar_closed(struct registrar *r, uint64_t connection, uint64_t now_ms)
{
	for (unsigned i = 0; connection && i < r->settings->agent_count; i++) {
		struct registrar_account *a = registrar_account(r, i);
		bool dropped = false;

		for (unsigned k = 0; a && k < REGISTRAR_CONTACTS; k++) {
			if (a->bindings[k].flow.connection != connection)
				continue;
			drop(&a->bindings[k]);
			dropped = true;
		}
		if (dropped)
			registrar_tell(r, i, true, now_ms);
	}
}

static bool ended(const char *p, size_t max)
{
	return memchr(p, '\0', max) != NULL;
}

static void clean_account(struct registrar *r, struct registrar_account *a,
			  uint64_t now_ms)
{
	for (unsigned k = 0; k < REGISTRAR_CONTACTS; k++) {
		struct registrar_binding *b = &a->bindings[k];

		if (!ended(b->uri, sizeof(b->uri)) ||
		    !ended(b->call_id, sizeof(b->call_id)) ||
		    !flow_sane(&b->flow) || !lives(r, b, now_ms))
			drop(b);
	}
}

static int account_named(const struct registrar_table *t, const char *name)
{
	for (unsigned i = 0; i < SETTINGS_AGENTS; i++)
		if (!strcmp(t->accounts[i].name, name))
			return (int)i;
	return -1;
}

static bool is_agent(const struct settings *settings, const char *name)
{
	for (unsigned i = 0; i < settings->agent_count; i++)
		if (!settings->agents[i].removed &&
		    !strcmp(settings->agents[i].name, name))
			return true;
	return false;
}

/* Every agent has an account, every account an agent. */
void registrar_match(struct registrar *r, uint64_t now_ms)
{
	struct registrar_table *t = r->table;

	for (unsigned i = 0; i < SETTINGS_AGENTS; i++) {
		struct registrar_account *a = &t->accounts[i];

		if (!ended(a->name, sizeof(a->name)) ||
		    !is_agent(r->settings, a->name))
			memset(a, 0, sizeof(*a));
		else
			clean_account(r, a, now_ms);
	}
	for (unsigned i = 0; i < r->settings->agent_count; i++) {
		const char *name = r->settings->agents[i].name;
		int at = account_named(t, name);

		if (r->settings->agents[i].removed)
			continue;
		if (at < 0) {
			at = account_named(t, "");
			memcpy(t->accounts[at].name, name, SETTINGS_NAME_MAX);
		}
		r->account_of[i] = (uint16_t)at;
	}
}
