/*
 * legs -- what we ask of the media worker, and what it says
 *
 * A call lives in worker slot % workers. A worker that died took its calls'
 * audio with it: those calls are ended both ways.
 */
#include "process/switch/national.h"

#include <sodium.h>

#include "base/log.h"

struct ipc *legs_worker(struct switch_self *self, const struct call *c)
{
	unsigned workers = self->p->media_workers;

	return workers ? self->p->media[call_slot(self, c) % workers] : NULL;
}

int legs_open(struct switch_self *self, struct call *c, enum side side,
	      bool ipv6)
{
	struct leg *leg = &c->legs[side];
	int err;

	if (ipv6 && !self->p->settings->media_address6[0])
		ipv6 = false;
	err = IPC_SEND(legs_worker(self, c), LEG_OPEN, call_handle(self, c),
		       .leg = (uint8_t)side, .ipv6 = ipv6);
	if (err)
		return err;
	leg->ipv6 = ipv6;
	leg->opening = 1;
	return 0;
}

void legs_close(struct switch_self *self, struct call *c, enum side side)
{
	struct leg *leg = &c->legs[side];

	if (!leg->opening)
		return;
	(void)!IPC_SEND(legs_worker(self, c), LEG_CLOSE, call_handle(self, c),
			.leg = (uint8_t)side);
	if (!leg->port)
		leg->closing++;
	leg->opening = 0;
	leg->port = 0;
}

void legs_forget(struct call *c)
{
	for (unsigned i = 0; i < SIDES; i++) {
		c->legs[i].opening = 0;
		c->legs[i].port = 0;
	}
}

void legs_leave(struct switch_self *self, struct call *c)
{
	if (c->legs[SIDE_CALLER].opening)
		(void)!IPC_SEND(legs_worker(self, c), CALL_CLOSE,
				call_handle(self, c), .reserved = 0);
	legs_forget(c);
}

void legs_codecs(const struct switch_self *self, enum codec first,
		 struct offer_media *ret)
{
	const struct settings *s = self->p->settings;

	ret->codec_count = 0;
	if (first < CODEC_NONE)
		ret->codecs[ret->codec_count++] = first;
	for (unsigned i = 0; i < s->codec_count; i++)
		if (s->codecs[i] != first && ret->codec_count < 4)
			ret->codecs[ret->codec_count++] = s->codecs[i];
}

enum codec legs_codec(struct switch_self *self, const struct call *c,
		      enum side side)
{
	struct session *s = call_session(self, c, side);
	struct offer_agreed a;

	return s && !session_agreed(s, &a) ? a.codec : CODEC_NONE;
}

/* Who is held hears us, and we do not want to hear him. */
static bool other_holds(const struct call *c, enum side side)
{
	return side == SIDE_CALLER ? c->legs[c->with].holds
				   : c->legs[SIDE_CALLER].holds;
}

void legs_media(struct switch_self *self, const struct call *c, enum side side,
		struct offer_media *ret)
{
	const struct settings *s = self->p->settings;
	const struct leg *leg = &c->legs[side];
	enum codec own = legs_codec(self, c, side);
	const char *address = leg->ipv6 ? s->media_address6 : s->media_address;

	*ret = (struct offer_media){ .ipv6 = leg->ipv6,
				     .port = leg->port,
				     .dtmf = true,
				     .direction = other_holds(c, side)
							  ? OFFER_SENDONLY
							  : OFFER_SENDRECV,
				     .srtp = (enum srtp_use)leg->srtp };
	if (text_copy(ret->address, sizeof(ret->address), text_of(address)))
		ret->port = 0; /* checked when the settings were read */
	memcpy(ret->key, leg->key, sizeof(ret->key));
	if (own != CODEC_NONE) {
		/* in a call the codec stays: it is in the recording's head */
		ret->codecs[0] = own;
		ret->codec_count = 1;
	} else if (c->state == CALL_TRANSFERRING) {
		/* nor does a new nurse change it */
		ret->codecs[0] = legs_codec(self, c, SIDE_CALLER);
		ret->codec_count = 1;
	} else {
		/* the one that the other leg uses before all others */
		legs_codecs(self,
			    side == SIDE_CALLER
				    ? CODEC_NONE
				    : legs_codec(self, c, SIDE_CALLER),
			    ret);
	}
}

int legs_set(struct switch_self *self, struct call *c, enum side side)
{
	struct session *s = call_session(self, c, side);
	struct offer_agreed a;
	struct ipc_message m = { .type = IPC_LEG_SET,
				 .about = call_handle(self, c),
				 .fd = -1 };
	int err;

	if (!s || session_agreed(s, &a))
		return ENOENT;
	m.u.LEG_SET = (struct ipc_LEG_SET){
		.leg = (uint8_t)side,
		.codec = (uint8_t)a.codec,
		.payload_type = a.payload_type,
		.dtmf_type = a.dtmf_type <= 127 ? a.dtmf_type : 0,
		.send = a.send,
		.receive = a.receive,
		.port = a.port,
		.address = text_of(a.address),
		.srtp = a.secure,
	};
	if (a.secure) {
		memcpy(m.u.LEG_SET.tx_key, a.tx_key, sizeof(a.tx_key));
		memcpy(m.u.LEG_SET.rx_key, a.rx_key, sizeof(a.rx_key));
	}
	err = ipc_send(legs_worker(self, c), &m);
	sodium_memzero(&m, sizeof(m));
	sodium_memzero(&a, sizeof(a));
	return err;
}

void legs_play(struct switch_self *self, struct call *c, enum side side,
	       uint16_t prompt, bool repeat)
{
	c->serial++;
	(void)!IPC_SEND(legs_worker(self, c), PLAY, call_handle(self, c),
			.leg = (uint8_t)side,
			.prompts = c->state == CALL_NOTICE ? c->rendering
							   : self->rendering,
			.prompt = prompt, .repeat = repeat,
			.serial = c->serial);
}

void legs_stop(struct switch_self *self, struct call *c, enum side side)
{
	c->serial++; /* what is said of the last PLAY is of no interest now */
	if (side == SIDE_CALLER)
		c->playing = PLAYING_NOTHING;
	(void)!IPC_SEND(legs_worker(self, c), PLAY_STOP, call_handle(self, c),
			.leg = (uint8_t)side);
}

void legs_bridge(struct switch_self *self, struct call *c, enum side a,
		 enum side b, bool on)
{
	(void)!IPC_SEND(legs_worker(self, c), BRIDGE, call_handle(self, c),
			.leg_a = (uint8_t)a, .leg_b = (uint8_t)b, .on = on);
}

static void opened(struct switch_self *self, struct call *c,
		   const struct ipc_LEG_OPENED *m)
{
	enum side side = (enum side)m->leg;
	struct leg *leg = &c->legs[side];

	if (leg->closing) {
		/* the answer to a LEG_OPEN that was taken back */
		leg->closing--;
		return;
	}
	if (!leg->opening || leg->port || c->state == CALL_ENDING)
		return;
	if (m->error || !m->port) {
		log_error("no port for a call: %s", strerror(m->error));
		leg->opening = 0;
	} else {
		leg->port = m->port;
	}
	if (c->national && side == SIDE_CALLER)
		asking_port_ready(self, c);
	else if (c->national)
		asking_carried(self, c);
	else if (side == SIDE_CALLER)
		line_port_ready(self, c);
	else if (c->state == CALL_TRANSFERRING)
		transfer_port_ready(self, c);
	else
		nurse_port_ready(self, c);
}

static void silent(struct switch_self *self, struct call *c,
		   const struct ipc_SILENT *m)
{
	unsigned limit = self->p->settings->silence_s;

	/* who holds, or listens to us, may well be silent */
	if (!limit || m->silent_ms < limit * 1000 || c->state != CALL_TALKING)
		return;
	log_notice("a call is ended: no packet for %u s", m->silent_ms / 1000);
	call_end(self, c, RECORD_END_HANGUP);
}

/* RFC 4733 3.2 */
static void pressed(struct switch_self *self, struct call *c, uint8_t event)
{
	static const char keys[] = "0123456789*#ABCD";

	if (event >= sizeof(keys) - 1)
		return;
	if (c->state == CALL_ASKING)
		asking_key(self, c, keys[event], KEY_EVENT);
	else
		wish_key(self, c, keys[event]);
}

void legs_message(struct switch_self *self, struct ipc_message *m)
{
	struct call *c = call_by_handle(self, m->about);

	if (!c)
		return;
	switch (m->type) {
	case IPC_LEG_OPENED:
		opened(self, c, &m->u.LEG_OPENED);
		break;
	case IPC_PLAYED:
		if (m->u.PLAYED.leg != SIDE_CALLER)
			break;
		/* he hung up in the long form, or a nurse answered */
		if (m->u.PLAYED.serial == c->long_serial &&
		    (c->state == CALL_ENDING || c->playing != PLAYING_LONG))
			wish_played(self, c, false, m->u.PLAYED.samples_sent);
		if (m->u.PLAYED.serial != c->serial)
			break;
		if (c->state != CALL_ENDING)
			line_played(self, c, m->u.PLAYED.complete,
				    m->u.PLAYED.samples_sent);
		else if (c->playing == PLAYING_NOTICE) /* he hung up in it */
			told_played(self, c, c->notice, false,
				    m->u.PLAYED.samples_sent);
		break;
	case IPC_DTMF:
		/* in a talk media pass it on */
		if (m->u.DTMF.leg == SIDE_CALLER)
			pressed(self, c, m->u.DTMF.event);
		break;
	case IPC_SILENT:
		silent(self, c, &m->u.SILENT);
		break;
	case IPC_CALL_CLOSED:
		c->media_ended = 1;
		call_release(self, c);
		break;
	default:
		break;
	}
}

void legs_worker_lost(struct switch_self *self, unsigned worker)
{
	unsigned workers = self->p->media_workers;
	unsigned ended = 0;

	for (uint32_t slot = worker; workers && slot < self->max;
	     slot += workers) {
		struct call *c = call_of(self, slot);

		if (c->state == CALL_NONE ||
		    (c->national && !c->legs[SIDE_CALLER].opening))
			continue;
		c->media_ended = 1;
		if (c->state == CALL_ENDING) {
			call_release(self, c);
			continue;
		}
		if (c->national) {
			asking_media_lost(self, c);
			continue;
		}
		call_end(self, c, RECORD_END_MEDIA_LOST);
		ended++;
	}
	log_notice("media worker %u died: %u calls ended", worker, ended);
}
