/*
 * Large requests (RFC 3261 18.1.1): what would not fit into one packet of most
 * networks goes by TCP, to the same address and port, unless the URI says UDP
 * or a flow is given. Where nobody listens there it goes by UDP all the same,
 * and so does the next one for a while.
 */
#include "sip/stack_parts.h"

#define NO_TCP_MS (600 * 1000)

static bool known_without(const struct stack *s, const struct sa *address)
{
	for (unsigned i = 0; i < STACK_NO_TCP; i++)
		if (s->no_tcp[i].until > stack_now(s) &&
		    sa_cmp(&s->no_tcp[i].address, address, SA_ALL))
			return true;
	return false;
}

bool client_grow(struct stack_client *c, struct flow *ret)
{
	struct stack *s = c->node.s;
	const struct flow *now = &c->node.flow;

	if (!c->may_grow || now->transport != SIP_UDP ||
	    c->node.wire_len <= STACK_UDP_MAX || known_without(s, &now->peer) ||
	    transport_flow(s->transport, SIP_TCP, &now->peer, TEXT(""),
			   c->trunk, ret))
		return false;
	c->grown = true;
	return true;
}

bool client_shrink(struct stack_client *c)
{
	struct stack *s = c->node.s;

	/* once they have answered it is not the transport that is wrong */
	if (!c->grown || c->answered || c->cancel_wanted || !c->address_at)
		return false;
	s->no_tcp[s->no_tcp_at % STACK_NO_TCP].address = c->node.flow.peer;
	s->no_tcp[s->no_tcp_at++ % STACK_NO_TCP].until =
		stack_now(s) + NO_TCP_MS;
	c->grown = c->may_grow = false;
	c->address_at--;
	return true;
}
