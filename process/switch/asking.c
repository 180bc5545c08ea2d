/*
 * asking -- a caller of whom nobody knows where, asked by keys (national node)
 *
 * The fifth way (lib/routing/location_ask.h), and the one time that a national
 * node speaks to a caller: it answers, asks, and then leads the call on as any
 * other. The provider is called without an offer; what he offers goes to the
 * caller in a re-INVITE, and the caller's answer to the provider in the ACK, so
 * that their sound goes past us again and our media are closed before the call
 * is let go. A carrier that takes no re-INVITE has it go through us. Only
 * callers of trusted trunks are asked: of others nothing is believed, what they
 * key as little as what their trunk says.
 *
 * Tries, silence and the whole of it are bounded; what comes to nothing goes to
 * the national queue.
 */
#include "process/switch/national.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

/* The longest menu in two languages, three times, and time to think. */
enum { ASKING_MOST_MS = 300 * 1000, OPEN_PATIENCE_MS = 2000 };

static struct asking *asking_of(struct switch_self *self, const struct call *c)
{
	return &call_live(self, c)->asking;
}

/* ---- our media, in and out */

/* The port is given back; what is between them goes past us. */
void asking_leave(struct switch_self *self, struct call *c)
{
	legs_leave(self, c);
	c->playing = PLAYING_NOTHING;
	c->asked = ASKED_PAST;
}

/* Our own description, in a session that else passes on those of others. */
static int describe(struct switch_self *self, struct call *c, enum side side,
		    struct writer *w)
{
	struct session *s = call_session(self, c, side);
	const struct session_state *st = session_state(s);
	const struct offer *theirs = session_pending(s);
	const struct offer *last = st->d.agreed ? &st->d.ours : NULL;
	struct offer_media media;
	struct offer o;
	int err = 0;

	legs_media(self, c, side, &media);
	if (side != SIDE_CALLER) /* what he speaks, for nobody translates */
		media.codec_count = 1;
	if (theirs)
		err = offer_answer(&o, theirs, &media, last, st->session_id);
	else if (last)
		offer_remake(&o, &media, last, &st->d.theirs);
	else
		offer_make(&o, &media, st->session_id);
	if (err)
		return err;
	offer_write(w, &o);
	return writer_finish(w);
}

static int answer(struct switch_self *self, struct call *c, enum side side)
{
	char sdp[OFFER_BYTES_MAX];
	struct writer w = writer_on(sdp, sizeof(sdp));
	struct offer_media media = { 0 };
	int err = describe(self, c, side, &w);

	if (err)
		return err;
	media.as_is = (struct text){ sdp, w.len };
	return session_answer(call_session(self, c, side), &media);
}

/* ---- what he hears */

static void wait_on(struct switch_self *self, struct call *c)
{
	const struct asking *a = asking_of(self, c);
	uint64_t due = a->ask.due_ms && a->ask.due_ms < a->until_ms
			       ? a->ask.due_ms
			       : a->until_ms;
	uint64_t now = clock_mono_ms();

	call_due(self, c, due > now ? due - now : 1);
}

static void add_pieces(struct asking *a, enum ask_prompt prompt,
		       unsigned language)
{
	static const struct {
		uint8_t again, piece;
	} pieces[] = {
		[ASK_PLAY_POSTCODE] = { false, ASK_PIECE_POSTCODE },
		[ASK_PLAY_REGIONS] = { false, ASK_PIECE_REGIONS },
		[ASK_PLAY_POSTCODE_AGAIN] = { true, ASK_PIECE_POSTCODE },
		[ASK_PLAY_REGIONS_AGAIN] = { true, ASK_PIECE_REGIONS },
		[ASK_PLAY_QUEUE] = { false, ASK_PIECE_QUEUE },
		[ASK_PLAY_THANKS] = { false, ASK_PIECE_THANKS },
	};
	unsigned first = language * ASK_PIECES;

	if (pieces[prompt].again)
		a->pieces[a->count++] = (uint8_t)(first + ASK_PIECE_AGAIN);
	a->pieces[a->count++] = (uint8_t)(first + pieces[prompt].piece);
}

/* False: there is no further piece. */
static bool play_next(struct switch_self *self, struct call *c)
{
	struct asking *a = asking_of(self, c);

	if (a->at >= a->count)
		return false;
	c->playing = PLAYING_ASK;
	legs_play(self, c, SIDE_CALLER,
		  line_prompt(self, c, PROMPT_ASK, a->pieces[a->at++]), false);
	return true;
}

static void play(struct switch_self *self, struct call *c,
		 enum ask_prompt prompt)
{
	const struct line *line = &self->p->settings->lines[c->line];
	struct asking *a = asking_of(self, c);

	a->count = a->at = 0;
	for (unsigned i = 0; i < line->ask_count && i < SETTINGS_ASKS; i++)
		add_pieces(a, prompt, i);
	if (!play_next(self, c))
		ask_played(&a->ask, clock_mono_ms());
}

/* ---- how it ends */

static void over(struct switch_self *self, struct call *c)
{
	struct asking *a = asking_of(self, c);
	const struct location_place *place = &a->ask.place;
	const char *by = place->municipality >= 0 ? "postcode"
			 : place->region >= 0     ? "region"
						  : "none";
	char extra[64];

	location_answered(&a->found, *place);
	caller_place(c, &a->found);
	if (place->region < 0)
		metric_add(METRIC_location_unanswered, 1);
	(void)snprintf(extra, sizeof(extra), ",\"answer\":\"%s\",\"tries\":%u",
		       by, a->ask.tries);
	say_call(self, c, EVENT_CALL_ASKED, extra);
	national_go(self, c, 404);
}

static void go_on(struct switch_self *self, struct call *c,
		  enum ask_prompt prompt)
{
	if (prompt != ASK_PLAY_NOTHING)
		play(self, c, prompt);
	if (asking_of(self, c)->ask.state == ASK_OVER)
		over(self, c);
	else
		wait_on(self, c);
}

static void give_up(struct switch_self *self, struct call *c)
{
	struct asking *a = asking_of(self, c);

	a->ask.state = ASK_OVER;
	go_on(self, c,
	      c->legs[SIDE_CALLER].port ? ASK_PLAY_QUEUE : ASK_PLAY_NOTHING);
}

/* ---- how it begins */

static bool wanted(const struct switch_self *self, const struct call *c)
{
	const struct settings *s = self->p->settings;
	int trunk = c->legs[SIDE_CALLER].trunk;

	if (c->place.region >= 0 || trunk < 0 || !s->lines[c->line].ask_count ||
	    s->lines[c->line].removed)
		return false;
	if (!s->trunks[trunk].trusted)
		metric_add(METRIC_location_unasked, 1);
	return s->trunks[trunk].trusted;
}

bool asking_begin(struct switch_self *self, struct call *c,
		  const struct sip_msg *invite)
{
	const struct offer *theirs =
		session_pending(call_session(self, c, SIDE_CALLER));

	if (!wanted(self, c) ||
	    legs_open(self, c, SIDE_CALLER,
		      theirs ? theirs->ipv6 : sa_af(&invite->src) == AF_INET6))
		return false;
	call_due(self, c, OPEN_PATIENCE_MS);
	return true;
}

void asking_port_ready(struct switch_self *self, struct call *c)
{
	if (!call_session(self, c, SIDE_CALLER) || c->state != CALL_RECEIVED)
		return;
	if (!c->legs[SIDE_CALLER].port || answer(self, c, SIDE_CALLER)) {
		/* in no codec, or at no port, that we have: he goes unasked */
		legs_leave(self, c);
		national_go(self, c, 404);
		return;
	}
	if (!call_event(self, c, CALL_EVENT_ASKED))
		return;
	c->asked = ASKED_HERE;
	metric_add(METRIC_location_asked, 1);
}

/* He hears us: the ACK is here, or we took him up after a death. */
void asking_confirmed(struct switch_self *self, struct call *c)
{
	struct asking *a = asking_of(self, c);

	if (a->until_ms)
		return;
	if (legs_set(self, c, SIDE_CALLER)) {
		call_end(self, c, RECORD_END_HANGUP);
		return;
	}
	a->until_ms = clock_mono_ms() + ASKING_MOST_MS;
	go_on(self, c, ask_first(&a->ask, self->law.postcodes));
}

/* ---- while it lasts */

void asking_played(struct switch_self *self, struct call *c)
{
	struct asking *a = asking_of(self, c);

	if (play_next(self, c))
		return;
	c->playing = PLAYING_NOTHING;
	if (c->state != CALL_ASKING) {
		line_music(self, c); /* until the provider answers */
		return;
	}
	ask_played(&a->ask, clock_mono_ms());
	wait_on(self, c);
}

/* Some phones send a digit by both ways: that which came first counts. */
void asking_key(struct switch_self *self, struct call *c, char key,
		enum key_way way)
{
	struct asking *a = asking_of(self, c);
	enum ask_prompt prompt;

	if (!a->until_ms)
		return;
	if (a->way == KEY_NONE)
		a->way = (uint8_t)way;
	if (a->way != way)
		return;
	a->ask.postcodes = self->law.postcodes;
	prompt = ask_key(&a->ask, key, clock_mono_ms());
	if (prompt == ASK_PLAY_NOTHING && c->playing == PLAYING_ASK) {
		/* who keys has heard enough */
		legs_stop(self, c, SIDE_CALLER);
		ask_played(&a->ask, clock_mono_ms());
	}
	go_on(self, c, prompt);
}

void asking_tick(struct switch_self *self, struct call *c)
{
	struct asking *a = asking_of(self, c);
	uint64_t now = clock_mono_ms();

	if (now >= a->until_ms)
		give_up(self, c);
	else
		go_on(self, c, ask_late(&a->ask, now));
}

/* A description of whom we carry, or speak to: it is for us. */
void asking_offered(struct switch_self *self, struct call *c, enum side side)
{
	if (answer(self, c, side))
		session_refuse(call_session(self, c, side), 488);
	else
		(void)!legs_set(self, c, side);
}

void asking_media_lost(struct switch_self *self, struct call *c)
{
	legs_forget(c);
	if (c->state == CALL_RECEIVED)
		national_go(self, c, 404);
	else if (c->state == CALL_ASKING)
		give_up(self, c);
	else if (c->state == CALL_TALKING)
		call_end(self, c, RECORD_END_MEDIA_LOST);
}

/* ---- the provider is there */

int asking_join(struct switch_self *self, struct call *c)
{
	struct session *caller = call_session(self, c, SIDE_CALLER);
	struct offer_media media =
		national_passed(call_session(self, c, SIDE_NURSE));

	return session_offer(caller, &media);
}

/* His carrier takes no new description: then their sound goes through here. */
void asking_carry(struct switch_self *self, struct call *c)
{
	const struct offer *theirs =
		session_pending(call_session(self, c, SIDE_NURSE));

	if (!theirs || legs_open(self, c, SIDE_NURSE, theirs->ipv6))
		call_end(self, c, RECORD_END_HANGUP);
}

void asking_carried(struct switch_self *self, struct call *c)
{
	if (c->state != CALL_RINGING)
		return;
	if (!c->legs[SIDE_NURSE].port || answer(self, c, SIDE_NURSE) ||
	    legs_set(self, c, SIDE_NURSE)) {
		call_end(self, c, RECORD_END_HANGUP);
		return;
	}
	legs_stop(self, c, SIDE_CALLER);
	legs_bridge(self, c, SIDE_CALLER, SIDE_NURSE, true);
	national_connected(self, c);
}
