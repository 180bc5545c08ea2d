/*
 * The set of sessions: finding them, their timers, their life and death.
 */
#include <stdlib.h>

#include <sodium.h>

#include "base/clock.h"
#include "sip/session_parts.h"

#define BUCKETS 16384

/* ---- finding */

/* The local tag is ours and random, so nobody can make them collide. */
static size_t bucket_of(const struct sessions *all, const char *tag, size_t len)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)tag[i]) * 16777619U;
	return h & all->bucket_mask;
}

static struct session **bucket_for(struct session *s)
{
	const char *tag = dialog_word(&s->state->d.dialog, DIALOG_LOCAL_TAG);

	return &s->all->buckets[bucket_of(s->all, tag, strlen(tag))];
}

void session_hash(struct session *s)
{
	struct session **b = bucket_for(s);

	s->next = *b;
	*b = s;
	s->all->count++;
}

static void unhash(struct session *s)
{
	struct session **at = bucket_for(s);

	while (*at && *at != s)
		at = &(*at)->next;
	if (*at) {
		*at = s->next;
		s->all->count--;
	}
	s->next = NULL;
}

struct session *sessions_find(const struct sessions *all, const struct pl *tag,
			      const struct pl *call_id)
{
	struct session *s = all->buckets[bucket_of(all, tag->p, tag->l)];

	for (; s; s = s->next) {
		const struct dialog *d = &s->state->d.dialog;

		if (!pl_strcmp(tag, dialog_word(d, DIALOG_LOCAL_TAG)) &&
		    !pl_strcmp(call_id, dialog_word(d, DIALOG_CALL_ID)))
			return s;
	}
	return NULL;
}

/* ---- life */

struct session *session_new(struct sessions *all, struct session_state *state,
			    void *owner, const struct session_terms *terms)
{
	struct session *s;

	if (sessions_heap_room(all))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->all = all;
	s->state = state;
	s->owner = owner;
	s->expires_s = terms->session_expires_s;
	s->password = terms->password;
	state->magic = SESSION_STATE_MAGIC;
	/* a name too long to keep is a name not to be used */
	if (text_copy(s->auth_user, sizeof(s->auth_user), terms->user))
		s->auth_user[0] = '\0';
	return s;
}

void session_keep_terms(struct session_state *state,
			const struct session_terms *terms)
{
	state->session_id = session_random_id();
	state->srtp = (uint8_t)terms->srtp;
	state->trunk = (int16_t)terms->trunk;
	if (text_copy(state->user, sizeof(state->user), terms->contact_user))
		state->user[0] = '\0';
}

uint64_t session_random_id(void)
{
	return ((uint64_t)randombytes_random() << 31 | randombytes_random()) &
	       INT64_MAX;
}

void session_begin(struct session *s)
{
	if (!s->depth++)
		s->state->writing |= 1;
}

void session_done(struct session *s)
{
	if (!--s->depth)
		s->state->writing &= ~1U;
}

static void forget_server(struct stack_server **t)
{
	if (*t)
		stack_server_watch(*t, NULL, NULL);
	*t = NULL;
}

static void forget_client(struct stack_client **c)
{
	if (*c)
		stack_detach(*c);
	*c = NULL;
}

void session_bury(struct session *s)
{
	struct sessions *all = s->all;

	if (session_is_gone(s))
		return;
	unhash(s);
	session_unschedule(s);
	if (s->offer_in)
		(void)!stack_answer(s->offer_in, 500);
	forget_server(&s->offer_in);
	forget_server(&s->invite_in);
	forget_client(&s->update_out);
	forget_client(&s->refer_out);
	if (s->invite_out)
		s->invite_out->s = NULL;
	s->invite_out = NULL;
	session_refer_outlives(s);
	session_remember(s);
	session_drop_forks(s);
	free(s->again);
	s->again = NULL;
	free(s->ack_auth);
	s->ack_auth = NULL;
	session_words_drop(&s->words);
	session_copy_drop(&s->lines);
	explicit_bzero(&s->next_media, sizeof(s->next_media));
	explicit_bzero(&s->want_media, sizeof(s->want_media));
	if (s->phase == PHASE_LEAVING)
		free(s->state);
	else
		explicit_bzero(s->state, sizeof(*s->state));
	s->state = &all->scrap;
	s->phase = PHASE_GONE;
	s->next = all->dead;
	all->dead = s;
}

void sessions_reap(struct sessions *all)
{
	while (all->dead) {
		struct session *s = all->dead;

		all->dead = s->next;
		free(s);
	}
}

void session_over(struct session *s, enum session_end_reason reason)
{
	bool told = session_is_left(s);

	session_bury(s);
	if (!told)
		s->all->h.ended(s->owner, s, reason);
}

bool session_detach(struct session *s)
{
	struct session_state *own = malloc(sizeof(*own));

	if (!own)
		return false;
	*own = *s->state;
	explicit_bzero(s->state, sizeof(*s->state));
	s->state = own;
	s->owner = NULL;
	s->phase = PHASE_LEAVING;
	session_touch(s);
	return true;
}

void session_bye(struct session *s)
{
	struct stack_client *c;

	/* RFC 3261 15: not before the ACK */
	session_pay_ack(s, TEXT(""));
	(void)!session_send(s, &c, METHOD_BYE, NULL, TEXT(""), TEXT(""),
			    session_ignore, NULL);
}

static void leave_ringing(struct session *s)
{
	(void)!stack_answer(s->invite_in, 480);
	session_bury(s);
}

void session_end(struct session *s)
{
	switch ((enum session_phase)s->phase) {
	case PHASE_CALLING:
		/* the 2xx may be on its way (RFC 3261 9.1, 15) */
		(void)!stack_cancel(s->invite_out->client);
		if (!session_detach(s))
			session_bury(s);
		break;
	case PHASE_RINGING:
		leave_ringing(s);
		break;
	case PHASE_ANSWERED:
		/* RFC 3261 15: no BYE before the ACK of our 2xx */
		if (session_detach(s))
			break;
		session_bye(s);
		session_bury(s);
		break;
	case PHASE_TALKING:
		if (s->invite_in && !s->invite_in_final)
			(void)!stack_answer(s->invite_in, 487);
		session_bye(s);
		session_bury(s);
		break;
	case PHASE_LEAVING:
	case PHASE_GONE:
	case PHASE_COUNT:
		break;
	}
}

/* ---- the set */

static void ignore(void *owner, struct session *s)
{
	(void)owner;
	(void)s;
}

static void ignore_code(void *owner, struct session *s, unsigned code)
{
	(void)owner;
	(void)s;
	(void)code;
}

static void ignore_dtmf(void *owner, struct session *s, char digit,
			unsigned duration_ms)
{
	(void)owner;
	(void)s;
	(void)digit;
	(void)duration_ms;
}

static void ignore_word(void *owner, struct session *s, struct text word)
{
	(void)owner;
	(void)s;
	(void)word;
}

static unsigned decline(void *owner, struct session *old,
			const struct sip_msg *invite, const struct flow *flow,
			struct session_terms *terms,
			struct session_state **ret_state)
{
	(void)owner;
	(void)old;
	(void)invite;
	(void)flow;
	(void)terms;
	(void)ret_state;
	return 603;
}

/* What an owner need not care for. */
static void fill_in(struct session_handlers *h)
{
	if (!h->replaces)
		h->replaces = decline;
	if (!h->confirmed)
		h->confirmed = ignore;
	if (!h->pracked)
		h->pracked = ignore;
	if (!h->dtmf)
		h->dtmf = ignore_dtmf;
	if (!h->refer_progress)
		h->refer_progress = ignore_code;
	if (!h->told)
		h->told = ignore_word;
}

int sessions_new(struct sessions **ret, struct stack *stack, uv_loop_t *loop,
		 const struct sessions_options *options,
		 const struct session_handlers *handlers, void *arg)
{
	struct sessions *all = calloc(1, sizeof(*all));

	if (!all)
		return ENOMEM;
	all->stack = stack;
	all->h = *handlers;
	fill_in(&all->h);
	all->arg = arg;
	all->clock_ms = options && options->clock_ms ? options->clock_ms
						     : clock_mono_ms;
	all->min_se_s = options && options->min_se_s ? options->min_se_s
						     : SESSION_TIMER_MIN_S;
	all->relays = options && options->relays;
	all->bucket_mask = BUCKETS - 1;
	all->buckets = calloc(BUCKETS, sizeof(struct session *));
	if (loop)
		all->timer = calloc(1, sizeof(*all->timer));
	if (!all->buckets || (loop && !all->timer)) {
		free(all->buckets);
		free(all->timer);
		free(all);
		return ENOMEM;
	}
	if (loop) {
		(void)uv_timer_init(loop, all->timer);
		all->timer->data = all;
		uv_unref((uv_handle_t *)all->timer);
	}
	*ret = all;
	return 0;
}

static void on_timer_closed(uv_handle_t *timer)
{
	free(timer);
}

void sessions_free(struct sessions *all)
{
	if (!all)
		return;
	while (all->refers)
		session_refer_free(all->refers);
	for (size_t i = 0; i <= all->bucket_mask; i++) {
		while (all->buckets[i]) {
			struct session *s = all->buckets[i];

			/* the states stay for the next process, but those of
			 * sessions that nobody owns */
			if (s->phase != PHASE_LEAVING)
				s->state = &all->scrap;
			all->buckets[i] = s->next;
			s->next = NULL;
			s->offer_in = s->invite_in = NULL;
			session_drop_forks(s);
			session_words_drop(&s->words);
			session_copy_drop(&s->lines);
			free(s->ack_auth);
			free(s->again);
			if (s->phase == PHASE_LEAVING)
				free(s->state);
			free(s);
		}
	}
	sessions_reap(all);
	while (all->invites)
		session_invite_free(all->invites);
	if (all->timer)
		uv_close((uv_handle_t *)all->timer, on_timer_closed);
	free(all->heap);
	free(all->buckets);
	free(all);
}

unsigned sessions_count(const struct sessions *all)
{
	return all->count;
}

bool sessions_request(struct sessions *all, struct stack_server *t,
		      const struct sip_msg *msg, const struct flow *flow)
{
	struct session *s;

	sessions_reap(all);
	if (!msg->to.tag.l) {
		if (message_method_of(msg) != METHOD_INVITE || !t)
			return false;
		session_serve_new(all, t, msg, flow);
		return true;
	}
	s = sessions_find(all, &msg->to.tag, &msg->callid);
	if (s && session_pick(s, msg))
		session_inside(s, t, msg, flow);
	else if (t)
		/* RFC 3261 12.2.2 */
		(void)!stack_answer(t, 481);
	return true;
}

/* ---- what is known */

struct session_state *session_state(struct session *s)
{
	return s->state;
}

bool session_established(const struct session *s)
{
	return s->phase == PHASE_TALKING || s->phase == PHASE_ANSWERED;
}

bool session_takes_refer(const struct session *s)
{
	return !s->state->peer_no_refer;
}

bool session_waiting(const struct session *s)
{
	return s->offer_in || s->ack_seq ||
	       (s->invite_in && !s->invite_in_final);
}

bool session_asked_by_update(const struct session *s)
{
	return s->offer_in &&
	       message_method_of(stack_server_request(s->offer_in)) ==
		       METHOD_UPDATE;
}

const struct offer *session_theirs(const struct session *s)
{
	const struct session_dialog *d = &s->state->d;

	return d->agreed || d->previewed ? &d->theirs : NULL;
}

const struct offer *session_pending(const struct session *s)
{
	const struct session_dialog *d = &s->state->d;

	return d->sdp == SESSION_SDP_THEY_OFFERED ? &d->pending : NULL;
}

int session_agreed(const struct session *s, struct offer_agreed *ret)
{
	const struct session_dialog *d = &s->state->d;

	if (!d->agreed && !d->previewed)
		return ENOENT;
	return offer_agree(ret, &d->ours, &d->theirs, d->we_offered);
}
