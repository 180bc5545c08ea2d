/*
 * Happy path: SRV, then AAAA and A of each target, all at once; when the last
 * answer is in, the addresses in order of priority and weight go to the asker
 * and into the cache. No SRV record: the name itself with the default port.
 */

#include <arpa/nameser.h>
#include <sodium.h>
#include <stdlib.h>
#include <strings.h>

#include "sip/resolve_parts.h"

#define FAILED_MS 30000
#define SERVERS_MAX 4    /* of one SRV answer */
#define QUERIES_MAX 1024 /* under way */
#define TTL_MAX_S 300
#define TTL_SRV_S 60 /* c-ares does not tell that of an SRV record */
#define TTL_NOTHING_S 5

struct server {
	struct resolve_query *q;
	char name[NAME_MAX_BYTES];
	uint16_t port, priority, weight;
	unsigned count;
	struct sa addresses[RESOLVE_TARGETS];
};

struct resolve_query {
	struct resolve *r;
	resolve_h *h; /* NULL: cancelled */
	void *arg;
	struct answer want; /* the key; becomes the cache's entry */
	unsigned waiting;
	unsigned ttl_s;
	struct server servers[SERVERS_MAX];
	unsigned server_count;
};

/* ---- addresses that failed, and the cache */

void resolve_failed(struct resolve *r, const struct sa *address)
{
	unsigned i = r->failed_at++ % FAILED_MAX;

	r->failed[i].address = *address;
	r->failed[i].until = uv_now(r->loop) + FAILED_MS;
}

static bool is_failed(const struct resolve *r, const struct sa *address)
{
	for (unsigned i = 0; i < FAILED_MAX; i++) {
		if (r->failed[i].until > uv_now(r->loop) &&
		    sa_cmp(&r->failed[i].address, address, SA_ALL))
			return true;
	}
	return false;
}

static struct answer *slot(struct resolve *r, const struct answer *key)
{
	uint32_t h = 2166136261u;

	for (const char *p = key->name; *p; p++)
		h = (h ^ (uint8_t)*p) * 16777619u;
	h = (h ^ key->port ^ (uint32_t)key->transport << 16 ^
	     (uint32_t)key->families << 20) *
	    16777619u;
	return &r->cache[(h >> 8) % CACHE_SLOTS];
}

static bool same_key(const struct answer *a, const struct answer *b)
{
	return a->port == b->port && a->transport == b->transport &&
	       a->families == b->families && !strcmp(a->name, b->name);
}

/* Those that work first, otherwise in their order. */
static void deliver(struct resolve *r, const struct answer *a, resolve_h *h,
		    void *arg)
{
	struct sa sorted[RESOLVE_TARGETS];
	unsigned n = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < a->count; i++) {
			if (is_failed(r, &a->addresses[i]) == (pass == 1))
				sorted[n++] = a->addresses[i];
		}
	}
	h(arg, n ? 0 : ENOENT, sorted, n);
}

/* ---- questions */

static void finish(struct resolve_query *q)
{
	struct resolve *r = q->r;
	struct answer *to = slot(r, &q->want);
	unsigned n = 0;

	for (unsigned i = 0; i < q->server_count; i++) {
		for (unsigned k = 0; k < q->servers[i].count; k++) {
			if (n < RESOLVE_TARGETS)
				q->want.addresses[n++] =
					q->servers[i].addresses[k];
		}
	}
	q->want.count = n;
	q->want.until = uv_now(r->loop) +
			1000 * (uint64_t)(n ? q->ttl_s : TTL_NOTHING_S);
	r->queries--;
	if (!r->closing) {
		*to = q->want;
		if (q->h)
			deliver(r, &q->want, q->h, q->arg);
	}
}

/* An answer of c-ares came; start() holds one back, so never within it. */
static void one_less(struct resolve_query *q)
{
	if (--q->waiting)
		return;
	finish(q);
	free(q);
}

static void add_address(struct server *s, const struct sa *sa)
{
	if (s->count == RESOLVE_TARGETS)
		return;
	s->addresses[s->count] = *sa;
	sa_set_port(&s->addresses[s->count++], s->port);
}

static void shorten(struct resolve_query *q, int ttl)
{
	if (ttl >= 0 && (unsigned)ttl < q->ttl_s)
		q->ttl_s = (unsigned)ttl;
}

static void got_a(void *arg, int status, int timeouts, unsigned char *buf,
		  int len)
{
	struct ares_addrttl ttl[RESOLVE_TARGETS];
	int n = RESOLVE_TARGETS;
	struct server *s = arg;

	(void)timeouts;
	if (status == ARES_SUCCESS &&
	    !ares_parse_a_reply(buf, len, NULL, ttl, &n)) {
		for (int i = 0; i < n; i++) {
			struct sa sa;

			sa_set_in(&sa, ntohl(ttl[i].ipaddr.s_addr), 0);
			add_address(s, &sa);
			shorten(s->q, ttl[i].ttl);
		}
	}
	one_less(s->q);
}

static void got_aaaa(void *arg, int status, int timeouts, unsigned char *buf,
		     int len)
{
	struct ares_addr6ttl ttl[RESOLVE_TARGETS];
	int n = RESOLVE_TARGETS;
	struct server *s = arg;

	(void)timeouts;
	if (status == ARES_SUCCESS &&
	    !ares_parse_aaaa_reply(buf, len, NULL, ttl, &n)) {
		for (int i = 0; i < n; i++) {
			struct sa sa;

			sa_set_in6(&sa, ttl[i].ip6addr._S6_un._S6_u8, 0);
			add_address(s, &sa);
			shorten(s->q, ttl[i].ttl);
		}
	}
	one_less(s->q);
}

static void ask_server(struct server *s)
{
	struct resolve_query *q = s->q;
	struct resolve *r = q->r;
	bool known = false;

	for (unsigned i = 0; i < r->host_count; i++) {
		int af = sa_af(&r->hosts[i].address);

		if (strcasecmp(r->hosts[i].name, s->name) != 0 ||
		    !(q->want.families & (af == AF_INET ? 1 : 2)))
			continue;
		add_address(s, &r->hosts[i].address);
		known = true;
	}
	if (known)
		return;
	if (q->want.families & 2) {
		q->waiting++;
		ares_query(r->channel, s->name, C_IN, T_AAAA, got_aaaa, s);
	}
	if (q->want.families & 1) {
		q->waiting++;
		ares_query(r->channel, s->name, C_IN, T_A, got_a, s);
	}
}

static void add_server(struct resolve_query *q, const char *name, uint16_t port,
		       uint16_t priority, uint16_t weight)
{
	struct server *s = &q->servers[q->server_count];

	if (q->server_count == SERVERS_MAX || strlen(name) >= NAME_MAX_BYTES)
		return;
	memcpy(s->name, name, strlen(name) + 1);
	s->q = q;
	s->port = port;
	s->priority = priority;
	s->weight = weight;
	q->server_count++;
}

/* RFC 2782: by priority; within one, by lot according to weight. */
static void order_servers(struct resolve_query *q)
{
	for (unsigned i = 0; i + 1 < q->server_count; i++) {
		unsigned total = 0, lot, best = i;
		uint16_t priority = UINT16_MAX;
		struct server swap;

		for (unsigned k = i; k < q->server_count; k++) {
			if (q->servers[k].priority < priority)
				priority = q->servers[k].priority;
		}
		for (unsigned k = i; k < q->server_count; k++) {
			if (q->servers[k].priority == priority)
				total += q->servers[k].weight + 1u;
		}
		lot = randombytes_uniform(total);
		for (unsigned k = i; k < q->server_count; k++) {
			unsigned share = q->servers[k].weight + 1u;

			if (q->servers[k].priority != priority)
				continue;
			best = k;
			if (lot < share)
				break;
			lot -= share;
		}
		swap = q->servers[i];
		q->servers[i] = q->servers[best];
		q->servers[best] = swap;
	}
}

static uint16_t default_port(unsigned transport)
{
	return transport == SIP_TLS ? SIP_PORT_TLS : SIP_PORT;
}

static void got_srv(void *arg, int status, int timeouts, unsigned char *buf,
		    int len)
{
	struct resolve_query *q = arg;
	struct ares_srv_reply *list = NULL;

	(void)timeouts;
	if (q->r->closing) {
		one_less(q);
		return;
	}
	if (status == ARES_SUCCESS && !ares_parse_srv_reply(buf, len, &list)) {
		for (struct ares_srv_reply *a = list; a; a = a->next)
			add_server(q, a->host, a->port, a->priority, a->weight);
		ares_free_data(list);
		order_servers(q);
		shorten(q, TTL_SRV_S);
	}
	if (!q->server_count)
		add_server(q, q->want.name, default_port(q->want.transport), 0,
			   0);
	for (unsigned i = 0; i < q->server_count; i++)
		ask_server(&q->servers[i]);
	one_less(q);
}

static void ask_srv(struct resolve_query *q)
{
	static const char *const prefixes[] = { "_sip._udp.", "_sip._tcp.",
						"_sips._tcp." };
	char name[NAME_MAX_BYTES + 16];

	(void)snprintf(name, sizeof(name), "%s%s", prefixes[q->want.transport],
		       q->want.name);
	q->waiting++;
	ares_query(q->r->channel, name, C_IN, T_SRV, got_srv, q);
}

static bool in_hosts(const struct resolve *r, const char *name)
{
	for (unsigned i = 0; i < r->host_count; i++) {
		if (!strcasecmp(r->hosts[i].name, name))
			return true;
	}
	return false;
}

static int start(struct resolve *r, struct resolve_query **ret_query,
		 const struct answer *want, resolve_h *h, void *arg)
{
	struct resolve_query *q;

	*ret_query = NULL;
	if (r->queries >= QUERIES_MAX)
		return EAGAIN;
	q = calloc(1, sizeof(*q));
	if (!q)
		return ENOMEM;
	r->queries++;
	*q = (struct resolve_query){ .r = r,
				     .h = h,
				     .arg = arg,
				     .want = *want,
				     .waiting = 1,
				     .ttl_s = TTL_MAX_S };
	if (want->port || in_hosts(r, want->name)) {
		add_server(q, want->name,
			   want->port ? want->port
				      : default_port(want->transport),
			   0, 0);
		for (unsigned i = 0; i < q->server_count; i++)
			ask_server(&q->servers[i]);
	} else {
		ask_srv(q);
	}
	if (!--q->waiting) {
		finish(q);
		free(q);
		return 0;
	}
	*ret_query = q;
	resolve_arm(r);
	return 0;
}

int resolve_ask(struct resolve *r, struct resolve_query **ret_query,
		struct text host, uint16_t port, enum sip_transport transport,
		bool inet4, bool inet6, resolve_h *h, void *arg)
{
	struct pl pl = { host.p, host.len };
	struct answer want, *cached;
	struct sa sa;

	*ret_query = NULL;
	if (!host.len)
		return EINVAL;
	if (!sa_set(&sa, &pl, port ? port : default_port(transport))) {
		h(arg, 0, &sa, 1);
		return 0;
	}
	memset(&want, 0, sizeof(want));
	if (text_copy(want.name, sizeof(want.name), host))
		return EINVAL;
	want.port = port;
	want.transport = (uint8_t)transport;
	want.families = (uint8_t)((inet4 ? 1 : 0) | (inet6 ? 2 : 0));
	cached = slot(r, &want);
	if (same_key(cached, &want) && cached->until > uv_now(r->loop)) {
		deliver(r, cached, h, arg);
		return 0;
	}
	return start(r, ret_query, &want, h, arg);
}

void resolve_cancel(struct resolve_query *q)
{
	if (q)
		q->h = NULL;
}
