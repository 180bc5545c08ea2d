/*
 * The table under all transactions: found by a keyed hash of the branch (peers
 * choose theirs, so a plain hash could be flooded), woken by one binary heap
 * under one timer, told of dead connections by a list a connection.
 */

#include <sodium.h>
#include <stdlib.h>

#include "sip/stack_parts.h"

int table_open(struct stack *s)
{
	randombytes_buf(s->hash_key, sizeof(s->hash_key));
	s->buckets = calloc(STACK_BUCKETS, sizeof(struct node *));
	s->heap_max = 1024;
	s->heap = calloc(s->heap_max, sizeof(struct node *));
	return s->buckets && s->heap ? 0 : ENOMEM;
}

void table_close(struct stack *s)
{
	for (size_t i = 1; i <= s->heap_len; i++) {
		struct node *n = s->heap[i];

		n->heap_at = 0;
		n->s = NULL;
		if (n->client)
			client_free(client_of(n));
		else
			server_free(server_of(n));
	}
	s->heap_len = 0;
	free(s->heap);
	free(s->buckets);
}

/* ---- hash */

static uint64_t hash_of(const struct stack *s, struct text key)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t v;

	crypto_shorthash(out, (const uint8_t *)key.p, key.len, s->hash_key);
	memcpy(&v, out, sizeof(v));
	return v;
}

void table_name(struct node *n)
{
	struct node **at;

	n->hash = hash_of(n->s, n->key);
	at = &n->s->buckets[n->hash % STACK_BUCKETS];
	n->next = *at;
	*at = n;
	n->hashed = true;
}

void table_unname(struct node *n)
{
	struct node **at;

	if (!n->hashed)
		return;
	at = &n->s->buckets[n->hash % STACK_BUCKETS];
	while (*at && *at != n)
		at = &(*at)->next;
	if (*at)
		*at = n->next;
	n->hashed = false;
}

struct node *table_find(const struct stack *s, bool client, uint8_t method,
			struct text key)
{
	uint64_t hash = hash_of(s, key);

	for (struct node *n = s->buckets[hash % STACK_BUCKETS]; n;
	     n = n->next) {
		if (n->hash == hash && n->client == client &&
		    n->method == method && n->key.len == key.len &&
		    !memcmp(n->key.p, key.p, key.len))
			return n;
	}
	return NULL;
}

/* ---- heap: heap[1] is due first */

static void place(struct stack *s, size_t at, struct node *n)
{
	s->heap[at] = n;
	n->heap_at = at;
}

static void sift_up(struct stack *s, size_t at, struct node *n)
{
	while (at > 1 && s->heap[at / 2]->due > n->due) {
		place(s, at, s->heap[at / 2]);
		at /= 2;
	}
	place(s, at, n);
}

static void sift_down(struct stack *s, size_t at, struct node *n)
{
	for (;;) {
		size_t kid = at * 2;

		if (kid > s->heap_len)
			break;
		if (kid < s->heap_len &&
		    s->heap[kid + 1]->due < s->heap[kid]->due)
			kid++;
		if (s->heap[kid]->due >= n->due)
			break;
		place(s, at, s->heap[kid]);
		at = kid;
	}
	place(s, at, n);
}

/* Everything that lives stands in the heap, so that closing finds it there. */
int table_add(struct stack *s, struct node *n)
{
	n->s = s;
	n->due = UINT64_MAX;
	if (s->heap_len + 2 > s->heap_max) {
		struct node **more = realloc(
			s->heap, 2 * s->heap_max * sizeof(struct node *));

		if (!more)
			return ENOMEM;
		s->heap = more;
		s->heap_max *= 2;
	}
	s->count++;
	place(s, ++s->heap_len, n);
	return 0;
}

void table_schedule(struct node *n, uint64_t due)
{
	struct stack *s = n->s;
	uint64_t before = n->due;

	n->due = due ? due : UINT64_MAX;
	if (n->due < before)
		sift_up(s, n->heap_at, n);
	else if (n->due > before)
		sift_down(s, n->heap_at, n);
	if (n->due < s->armed || !s->armed)
		table_arm(s);
}

void table_arm(struct stack *s)
{
	uint64_t now = stack_now(s), due;

	if (!s->heap_len || s->heap[1]->due == UINT64_MAX) {
		s->armed = 0;
		return;
	}
	due = s->heap[1]->due;
	s->armed = due;
	(void)uv_timer_start(&s->timer, stack_timer, due > now ? due - now : 0,
			     0);
}

void table_flow(struct node *n, const struct flow *flow)
{
	if (n->flow_at) {
		*n->flow_at = n->flow_next;
		if (n->flow_next)
			n->flow_next->flow_at = n->flow_at;
		n->flow_at = NULL;
		n->flow_next = NULL;
	}
	if (!flow)
		return;
	n->flow = *flow;
	if (!flow->connection)
		return;
	n->flow_at = &n->s->flows[flow->connection % STACK_FLOWS];
	n->flow_next = *n->flow_at;
	if (n->flow_next)
		n->flow_next->flow_at = &n->flow_next;
	*n->flow_at = n;
}

void table_remove(struct node *n)
{
	struct stack *s = n->s;
	struct node *last = s->heap[s->heap_len];
	size_t at = n->heap_at;

	table_unname(n);
	table_flow(n, NULL);
	s->heap_len--;
	if (last != n) {
		if (last->due < n->due)
			sift_up(s, at, last);
		else
			sift_down(s, at, last);
	}
	n->heap_at = 0;
	s->count--;
}
