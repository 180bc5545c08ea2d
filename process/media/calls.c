/*
 * calls -- what the switch says of calls and their legs
 */
#include <sodium.h>

#include "base/clock.h"
#include "base/metric.h"
#include "process/media/worker.h"

/* ---- slots */

static struct call *slot_of(const struct worker *w, uint64_t handle)
{
	uint32_t slot = (uint32_t)handle;

	if (slot % w->workers != w->index || slot / w->workers >= w->slots)
		return NULL;
	return &w->calls[slot / w->workers];
}

struct call *call_find(const struct worker *w, uint64_t handle)
{
	struct call *c = slot_of(w, handle);

	return c && handle && c->handle == handle ? c : NULL;
}

enum ipc_state worker_state(const struct worker *w, uint64_t handle)
{
	const struct call *c = call_find(w, handle);

	if (!c)
		return IPC_IDLE;
	return c->capture ? IPC_TALKING : IPC_OPEN;
}

static struct call *call_begin(struct worker *w, uint64_t handle)
{
	struct call *c = slot_of(w, handle);

	if (!c || !handle || w->draining)
		return NULL;
	/* the switch died and forgot the one that was here */
	if (c->handle)
		call_close(w, c, false);
	*c = (struct call){ .handle = handle };
	for (unsigned i = 0; i < LEGS; i++) {
		c->legs[i].call = c;
		c->legs[i].number = (uint8_t)i;
	}
	w->open_calls++;
	metric_set(METRIC_media_sessions, w->open_calls);
	return c;
}

/* ---- legs */

static void forget_keys(struct leg *l)
{
	sdes_free(l->rx);
	sdes_free(l->tx);
	l->rx = NULL;
	l->tx = NULL;
	memset(l->keys, 0, sizeof(l->keys));
}

static void unbridge(struct leg *l)
{
	if (l->to)
		l->to->to = NULL;
	l->to = NULL;
}

static void leg_close(struct worker *w, struct leg *l)
{
	struct call *c = l->call;
	uint8_t number = l->number;

	if (!l->port)
		return;
	player_stop(w, l);
	reports_send(w, l, true);
	relay_disconnect(l);
	unbridge(l);
	forget_keys(l);
	ports_give(w->ports, l->port, w->now_ms);
	c->packets_in += l->packets_in;
	c->packets_out += l->out.packets;
	c->packets_lost += l->lost_before + rtpseq_lost(&l->seq);
	*l = (struct leg){ .call = c, .number = number };
}

static int leg_open(struct worker *w, struct leg *l, bool ipv6)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t name[REPORT_CNAME_CHARS];
	int err;

	if (l->port)
		return l->ipv6 == ipv6 ? 0 : EPROTO;
	err = ports_take(w->ports, ipv6, l, w->now_ms, &l->port);
	if (err)
		return err;
	l->ipv6 = ipv6;
	l->clock = 8000;
	l->alive_ms = w->now_ms;
	rtpout_begin(&l->out, randombytes_random(), randombytes_random());
	randombytes_buf(name, sizeof(name));
	for (unsigned i = 0; i < REPORT_CNAME_CHARS; i++)
		l->cname[i] = chars[name[i] % 32];
	return 0;
}

static void on_leg_open(struct worker *w, struct ipc *from,
			const struct ipc_message *m)
{
	const struct ipc_LEG_OPEN *open = &m->u.LEG_OPEN;
	struct call *c = call_find(w, m->about);
	struct leg *l;
	int err;

	if (!c)
		c = call_begin(w, m->about);
	if (!c) {
		(void)!IPC_SEND(from, LEG_OPENED, m->about, .leg = open->leg,
				.error = w->draining ? EPROTO : EMSGSIZE);
		return;
	}
	c->switch_epoch = w->switch_epoch;
	l = &c->legs[open->leg];
	err = leg_open(w, l, open->ipv6);
	(void)!IPC_SEND(from, LEG_OPENED, m->about, .leg = open->leg,
			.error = (uint16_t)err,
			.port = err ? 0 : l->port->number);
}

/*
 * New keys begin a new stream: what stood under the old ones must not go on
 * with a rollover counter that the peer does not know.
 */
static int set_keys(struct leg *l, const struct ipc_LEG_SET *set)
{
	uint8_t keys[2 * SDES_KEY_BYTES], digest[sizeof(l->keys)];
	struct sdes *rx = NULL, *tx = NULL;
	int err;

	if (!set->srtp) {
		forget_keys(l);
		return 0;
	}
	memcpy(keys, set->tx_key, SDES_KEY_BYTES);
	memcpy(keys + SDES_KEY_BYTES, set->rx_key, SDES_KEY_BYTES);
	(void)crypto_generichash(digest, sizeof(digest), keys, sizeof(keys),
				 NULL, 0);
	sodium_memzero(keys, sizeof(keys));
	if (l->rx && !memcmp(digest, l->keys, sizeof(digest)))
		return 0;
	err = sdes_new(&rx, set->rx_key);
	if (!err)
		err = sdes_new(&tx, set->tx_key);
	if (err) {
		sdes_free(rx);
		return err;
	}
	forget_keys(l);
	l->rx = rx;
	l->tx = tx;
	memcpy(l->keys, digest, sizeof(digest));
	if (l->set)
		rtpout_begin(&l->out, randombytes_random(),
			     randombytes_random());
	return 0;
}

/* An address of none, or the wildcard of an old-style hold, changes nothing. */
static void set_address(struct leg *l, const struct ipc_LEG_SET *set)
{
	struct endpoint e = { 0 };
	bool secret = l->rx != NULL;

	if (endpoint_read(&e, set->address, set->port, l->ipv6) && l->set)
		return;
	if (l->set && endpoint_same(&e, &l->latch.signalled) &&
	    l->latch.authenticated == secret)
		return;
	relay_disconnect(l);
	latch_signal(&l->latch, &e, secret);
}

static void set_codec(struct worker *w, struct leg *l,
		      const struct ipc_LEG_SET *set)
{
	enum codec codec = (enum codec)set->codec;
	const struct ipc_PLAY again = {
		.prompts = l->play.of ? l->play.of->number : 0,
		.prompt = l->play.prompt,
		.repeat = l->play.repeat,
		.serial = l->play.serial,
	};

	if (l->set && codec == l->codec) {
		l->type = set->payload_type;
		l->dtmf_type = set->dtmf_type;
		return;
	}
	l->codec = codec;
	l->type = set->payload_type;
	l->dtmf_type = set->dtmf_type;
	l->clock = codec == CODEC_OPUS ? 48000 : 8000;
	l->heard = false; /* timestamps of another clock */
	if (l->play.on)   /* it lies elsewhere in that codec: from the start */
		player_play(w, l, &again);
}

static void on_leg_set(struct worker *w, struct call *c,
		       const struct ipc_message *m)
{
	const struct ipc_LEG_SET *set = &m->u.LEG_SET;
	struct leg *l = &c->legs[set->leg];

	if (!l->port)
		return;
	/* without keys nothing may flow that was to be sealed */
	if (set_keys(l, set)) {
		l->set = false;
		return;
	}
	set_address(l, set);
	set_codec(w, l, set);
	if (!l->set || (set->receive && !l->receive))
		l->alive_ms = w->now_ms;
	l->send = set->send;
	l->receive = set->receive;
	l->set = true;
}

static void on_bridge(struct call *c, const struct ipc_BRIDGE *b)
{
	struct leg *one = &c->legs[b->leg_a], *other = &c->legs[b->leg_b];

	if (one == other || !one->port || !other->port)
		return;
	if (!b->on) {
		if (one->to == other)
			unbridge(one);
		return;
	}
	unbridge(one);
	unbridge(other);
	one->to = other;
	other->to = one;
}

static void on_play(struct worker *w, struct leg *l, const struct ipc_PLAY *p)
{
	if (l->port)
		player_play(w, l, p);
}

/* ---- the end */

void call_close(struct worker *w, struct call *c, bool tell)
{
	uint64_t handle = c->handle;

	capture_set(w, c, false, 0);
	for (unsigned i = 0; i < LEGS; i++)
		leg_close(w, &c->legs[i]);
	if (tell)
		(void)!IPC_SEND(w->to_switch, CALL_CLOSED, handle,
				.packets_in = c->packets_in,
				.packets_out = c->packets_out,
				.packets_lost = c->packets_lost);
	c->handle = 0;
	w->open_calls--;
	metric_set(METRIC_media_sessions, w->open_calls);
	if (w->draining && !w->open_calls && w->empty)
		w->empty(w->arg);
}

void worker_message(struct worker *w, struct ipc *from,
		    const struct ipc_message *m)
{
	struct call *c = call_find(w, m->about);

	w->now_ns = clock_mono_ns();
	w->now_ms = w->now_ns / 1000000;
	if (m->type == IPC_LEG_OPEN) {
		on_leg_open(w, from, m);
		return;
	}
	if (!c)
		return;
	c->switch_epoch = w->switch_epoch;
	c->touched_ms = w->now_ms;
	switch (m->type) {
	case IPC_LEG_SET:
		on_leg_set(w, c, m);
		break;
	case IPC_LEG_CLOSE:
		leg_close(w, &c->legs[m->u.LEG_CLOSE.leg]);
		break;
	case IPC_PLAY:
		on_play(w, &c->legs[m->u.PLAY.leg], &m->u.PLAY);
		break;
	case IPC_PLAY_STOP:
		player_stop(w, &c->legs[m->u.PLAY_STOP.leg]);
		break;
	case IPC_BRIDGE:
		on_bridge(c, &m->u.BRIDGE);
		break;
	case IPC_CAPTURE:
		capture_set(w, c, m->u.CAPTURE.on, m->u.CAPTURE.recording);
		break;
	case IPC_CALL_CLOSE:
		call_close(w, c, true);
		break;
	default:
		break;
	}
}
