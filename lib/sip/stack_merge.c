/*
 * Merged requests (RFC 3261 8.2.2.2): a proxy forked a request and two of its
 * branches lead here. The first is served, every other gets 482; known by From
 * tag, Call-ID and CSeq while the first one's transaction lives. One that was
 * refused is served no more: whoever failed here may come again by another of
 * our addresses (RFC 3263 4.3).
 */
#include <sodium.h>

#include "sip/stack_parts.h"

/* Keyed, since peers choose what goes in. False: too long to be told apart. */
static bool identity(const struct stack *s, const struct sip_msg *msg,
		     uint64_t *ret)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint8_t bytes[1024];
	struct writer w = writer_on(bytes, sizeof(bytes));

	writer_text(&w, message_text(msg->callid));
	writer_copy(&w, "\n", 1);
	writer_text(&w, message_text(msg->from.tag));
	writer_copy(&w, "\n", 1);
	writer_u64(&w, msg->cseq.num);
	writer_text(&w, message_text(msg->met));
	if (writer_finish(&w))
		return false;
	crypto_shorthash(out, bytes, w.len, s->hash_key);
	memcpy(ret, out, sizeof(*ret));
	return true;
}

static struct stack_server **bucket(struct stack *s, uint64_t identity)
{
	return &s->merges[identity % STACK_MERGES];
}

bool merge_take(struct stack_server *t, const struct sip_msg *msg)
{
	struct stack *s = t->node.s;
	struct stack_server **head;

	if (!identity(s, msg, &t->identity))
		return false;
	head = bucket(s, t->identity);
	for (const struct stack_server *o = *head; o; o = o->merge_next)
		if (o->identity == t->identity)
			return true;
	t->merge_next = *head;
	*head = t;
	t->served = true;
	return false;
}

void merge_forget(struct stack_server *t)
{
	struct stack_server **at;

	if (!t->served)
		return;
	at = bucket(t->node.s, t->identity);
	while (*at && *at != t)
		at = &(*at)->merge_next;
	if (*at)
		*at = t->merge_next;
	t->served = false;
}
