/*
 * player -- prompts and music, one packet of each every 20 ms
 *
 * One timer for all, on a schedule of absolute times, so that nothing drifts.
 * Legs are spread over PLAY_PHASES of it: a thousand waiting callers are not a
 * thousand packets at once. After a stall a few packets are made up for; after
 * a long one the schedule begins anew, since nobody keeps so much in a jitter
 * buffer.
 */
#include "base/clock.h"
#include "process/media/worker.h"

#define CATCH_UP_NS (100 * 1000000ULL)

static void arm(struct worker *w)
{
	uint64_t now = clock_mono_ns();
	uint64_t wait = w->play_due_ns > now ? w->play_due_ns - now : 0;

	uv_update_time(w->loop);
	(void)uv_timer_start(&w->play_timer, player_tick,
			     (wait + 999999) / 1000000, 0);
}

static unsigned phase_of(const struct worker *w, const struct leg *l)
{
	return (unsigned)(l->call - w->calls) % PLAY_PHASES;
}

static void take_out(struct worker *w, struct leg *l)
{
	struct play *p = &l->play;

	if (p->previous)
		p->previous->play.next = p->next;
	else
		w->phases[phase_of(w, l)] = p->next;
	if (p->next)
		p->next->play.previous = p->previous;
	p->on = false;
	if (!--p->of->players)
		p->of->idle_ms = w->now_ms;
	w->playing--;
}

static void tell_played(struct worker *w, const struct leg *l, bool complete)
{
	(void)!IPC_SEND(w->to_switch, PLAYED, l->call->handle, .leg = l->number,
			.serial = l->play.serial, .complete = complete,
			.samples_sent = l->play.samples_sent);
}

static void finish(struct worker *w, struct leg *l, bool complete)
{
	take_out(w, l);
	tell_played(w, l, complete);
}

void player_stop(struct worker *w, struct leg *l)
{
	if (l->play.on)
		finish(w, l, false);
}

void player_play(struct worker *w, struct leg *l, const struct ipc_PLAY *play)
{
	struct leg **first = &w->phases[phase_of(w, l)];
	struct rendering *of = rendered_find(w, play->prompts);

	player_stop(w, l);
	l->play = (struct play){
		.on = true,
		.of = of,
		.repeat = play->repeat,
		.whole = true,
		.prompt = play->prompt,
		.serial = play->serial,
		.source = ++w->sources,
		.next = *first,
	};
	if (!of) {
		/* not another one in its place: what is heard is evidence */
		l->play.on = false;
		tell_played(w, l, false);
		return;
	}
	of->players++;
	if (*first)
		(*first)->play.previous = l;
	*first = l;
	if (!w->playing++) {
		w->play_due_ns = clock_mono_ns();
		arm(w);
	}
}

/* The packet to be sent now. False: the prompt is at its end. */
static bool next_packet(struct leg *l, struct bytes *ret)
{
	struct play *p = &l->play;
	const struct prompts *prompts = &p->of->prompts;

	if (prompts_next(prompts, p->prompt, l->codec, &p->at, ret))
		return true;
	if (!p->repeat)
		return false;
	p->at = 0;
	return prompts_next(prompts, p->prompt, l->codec, &p->at, ret);
}

static void step(struct worker *w, struct leg *l)
{
	struct play *p = &l->play;
	struct rtpout_place place;
	struct bytes payload;
	uint32_t time;

	/* on hold, or no address yet: it waits */
	if (!l->set || !l->send || !latch_peer(&l->latch))
		return;
	if (!next_packet(l, &payload)) {
		/* the last packet went out 20 ms ago; a prompt that is not
		   there was not played */
		finish(w, l, p->whole && p->samples_sent);
		return;
	}
	time = (uint32_t)(p->index * (l->clock / (1000 / PROMPT_PACKET_MS)));
	if (rtpout_place(&l->out, p->source, p->index, time, l->clock,
			 w->now_ns, &place))
		return;
	p->index++;
	rtpout_write(&l->out, &place, l->type, false, w->packet);
	memcpy(w->packet + RTP_HEAD_BYTES, payload.p, payload.len);
	if (relay_send(w, l, w->packet, payload.len, place.index))
		p->whole = false;
	else
		p->samples_sent += PROMPT_PACKET_SAMPLES;
}

void player_tick(uv_timer_t *timer)
{
	struct worker *w = timer->data;

	w->now_ns = clock_mono_ns();
	w->now_ms = w->now_ns / 1000000;
	if (w->now_ns > w->play_due_ns + CATCH_UP_NS)
		w->play_due_ns = w->now_ns;
	while (w->play_due_ns <= w->now_ns && w->playing) {
		struct leg *l = w->phases[w->play_phase], *next;

		for (; l; l = next) {
			next = l->play.next;
			step(w, l);
		}
		w->play_phase = (w->play_phase + 1) % PLAY_PHASES;
		w->play_due_ns += PLAY_STEP_NS;
	}
	if (w->playing)
		arm(w);
}
