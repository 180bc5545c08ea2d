/* What the owners at both ends do: note what they are told, and answer. */
#include "tests/unit/sip/net.h"

static unsigned on_room(void *arg, const struct sip_msg *invite,
			const struct flow *flow, struct session_terms *terms,
			struct session_state **ret_state, void **ret_owner)
{
	struct end *e = arg;

	(void)invite;
	(void)flow;
	if (e->room_code)
		return e->room_code;
	*terms = e->terms;
	*ret_state = e->state;
	*ret_owner = e;
	return 0;
}

static unsigned on_replaces(void *owner, struct session *old,
			    const struct sip_msg *invite,
			    const struct flow *flow,
			    struct session_terms *terms,
			    struct session_state **ret_state)
{
	struct end *e = owner;

	(void)invite;
	(void)flow;
	assert_ptr_equal(old, e->s);
	net_note("%c:replaces", e->name);
	if (e->replace_code)
		return e->replace_code;
	*terms = e->terms;
	*ret_state = &e->spare;
	return 0;
}

/* Another one in the place of e->s. */
static void replace(struct end *e, struct session *s)
{
	struct session *old = e->s;

	net_note("%c:incoming-instead", e->name);
	if (session_answer(s, &e->media)) {
		session_refuse(s, 488);
		return;
	}
	session_end(old);
	session_move(s, e->state);
	e->s = s;
}

static void on_incoming(void *owner, struct session *s,
			const struct sip_msg *invite)
{
	struct end *e = owner;

	(void)invite;
	if (e->s) {
		replace(e, s);
		return;
	}
	net_note("%c:incoming", e->name);
	e->s = s;
	if (e->ring)
		assert_int_equal(session_ring(s, e->ring, e->ring_reliably), 0);
	if (e->early)
		assert_int_equal(session_progress(s, &e->media), 0);
	if (e->answer && session_answer(s, &e->media)) {
		session_refuse(s, 488);
		e->s = NULL;
	}
}

static void on_progress(void *owner, struct session *s, unsigned code,
			bool early)
{
	struct end *e = owner;

	(void)s;
	net_note("%c:progress%u%s", e->name, code, early ? "-early" : "");
}

static void on_answered(void *owner, struct session *s,
			const struct sip_msg *msg)
{
	struct end *e = owner;
	struct offer_agreed agreed;

	(void)msg;
	if (!e->relays)
		assert_int_equal(session_agreed(s, &agreed), 0);
	net_note("%c:answered%s", e->name,
		 session_pending(s) ? "-offered" : "");
}

static void on_refused(void *owner, struct session *s, unsigned code,
		       const struct sip_msg *msg)
{
	struct end *e = owner;

	(void)s;
	(void)msg;
	net_note("%c:refused%u", e->name, code);
	e->s = NULL;
}

static void on_confirmed(void *owner, struct session *s)
{
	(void)s;
	net_note("%c:confirmed", ((struct end *)owner)->name);
}

static void on_offered(void *owner, struct session *s)
{
	struct end *e = owner;

	net_note("%c:offered%s", e->name, session_pending(s) ? "" : "-none");
	if (e->refuse_offers)
		session_refuse(s, e->refuse_offers);
	else if (e->reanswer && session_answer(s, &e->media))
		session_refuse(s, 488);
}

static void on_offer_answered(void *owner, struct session *s)
{
	(void)s;
	net_note("%c:offer-answered", ((struct end *)owner)->name);
}

static void on_offer_refused(void *owner, struct session *s, unsigned code)
{
	(void)s;
	net_note("%c:offer-refused%u", ((struct end *)owner)->name, code);
}

static void on_pracked(void *owner, struct session *s)
{
	(void)s;
	net_note("%c:pracked", ((struct end *)owner)->name);
}

static void on_dtmf(void *owner, struct session *s, char digit, unsigned ms)
{
	(void)s;
	net_note("%c:dtmf%c/%u", ((struct end *)owner)->name, digit, ms);
}

static unsigned on_referred(void *owner, struct session *s,
			    struct session_refer *r, struct text uri,
			    const struct sip_msg *refer)
{
	struct end *e = owner;

	(void)s;
	(void)refer;
	e->refer = r;
	net_note("%c:referred(%.*s)", e->name, (int)uri.len, uri.p);
	return e->refer_code;
}

static void on_refer_progress(void *owner, struct session *s, unsigned code)
{
	(void)s;
	net_note("%c:refer%u", ((struct end *)owner)->name, code);
}

static void on_ended(void *owner, struct session *s,
		     enum session_end_reason reason)
{
	static const char *const names[] = { "bye",    "cancelled", "expired",
					     "lost",   "no-ack",    "no-prack",
					     "answer", "broken" };
	struct end *e = owner;

	(void)s;
	net_note("%c:ended-%s", e->name, names[reason]);
	e->s = NULL;
}

static void on_told(void *owner, struct session *s, struct text word)
{
	(void)s;
	net_note("%c:told(%.*s)", ((struct end *)owner)->name, (int)word.len,
		 word.p);
}

const struct session_handlers net_handlers = {
	on_room,           on_replaces,       on_incoming,  on_progress,
	on_answered,       on_refused,        on_confirmed, on_offered,
	on_offer_answered, on_offer_refused,  on_pracked,   on_dtmf,
	on_referred,       on_refer_progress, on_ended,     on_told
};
