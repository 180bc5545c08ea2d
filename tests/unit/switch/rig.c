#include "tests/unit/switch/rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "process/switch/national.h"
#include "prompts/prompts.h"

struct rig *rig;

static char channels[ROLE_COUNT + 1];

static void note(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void note(const char *fmt, ...)
{
	size_t room = sizeof(rig->log) - rig->log_len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(rig->log + rig->log_len, room, fmt, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < room);
	rig->log_len += (size_t)n;
}

/* ---- time */

uint64_t clock_mono_ms(void)
{
	return rig->now_ms;
}

uint64_t clock_mono_ns(void)
{
	return rig->now_ms * 1000000;
}

int64_t clock_wall_ms(void)
{
	return (int64_t)rig->now_ms + 1700000000000;
}

void clock_text(int64_t wall_ms, char to[CLOCK_TEXT_MAX])
{
	(void)snprintf(to, CLOCK_TEXT_MAX, "t%lld",
		       (long long)(wall_ms - 1700000000000));
}

/* No text of law is read here. */
int clock_read(struct text t, int64_t *ret_wall_ms)
{
	(void)t;
	(void)ret_wall_ms;
	return EBADMSG;
}

/* ---- the frame */

void process_alarm(struct process *p, enum alarm_code code)
{
	(void)p;
	note("alarm %d\n", (int)code);
}

void process_drained(struct process *p, bool clean)
{
	(void)p;
	note("drained %d\n", clean);
}

struct memory *process_memory(struct process *p, enum memory_kind kind,
			      unsigned index)
{
	static struct memory m;

	(void)p;
	(void)index;
	if (kind != MEMORY_SWITCH)
		return NULL;
	m = (struct memory){ .kind = kind,
			     .at = rig->memory,
			     .len = rig->memory_len };
	return &m;
}

static void note_record(const struct ipc_message *m)
{
	if (m->type == IPC_RECORD_ASK)
		note("ask %u %u %.*s\n", m->u.RECORD_ASK.caller_codec,
		     m->u.RECORD_ASK.nurse_codec,
		     (int)m->u.RECORD_ASK.controller.len,
		     m->u.RECORD_ASK.controller.p);
	else if (m->type == IPC_RECORD_FACT)
		note("fact %s %.*s\n",
		     fact_kind_text((enum fact_kind)m->u.RECORD_FACT.kind),
		     m->u.RECORD_FACT.kind == FACT_CALL_ID
			     ? 0
			     : (int)m->u.RECORD_FACT.value.len,
		     m->u.RECORD_FACT.value.p);
	else if (m->type == IPC_RECORD_MARK)
		note("mark %s\n",
		     mark_kind_text((enum mark_kind)m->u.RECORD_MARK.kind));
	else if (m->type == IPC_RECORD_END)
		note("record-end %u\n", m->u.RECORD_END.reason);
}

static void note_media(const struct ipc_message *m)
{
	switch (m->type) {
	case IPC_LEG_OPEN:
		note("open %u%s\n", m->u.LEG_OPEN.leg,
		     m->u.LEG_OPEN.ipv6 ? " ipv6" : "");
		break;
	case IPC_LEG_SET:
		note("set %u codec %u\n", m->u.LEG_SET.leg, m->u.LEG_SET.codec);
		break;
	case IPC_LEG_CLOSE:
		note("close %u\n", m->u.LEG_CLOSE.leg);
		break;
	case IPC_PLAY:
		note("play %u %u%s", m->u.PLAY.leg, m->u.PLAY.prompt,
		     m->u.PLAY.repeat ? " on" : "");
		note(m->u.PLAY.prompts ? " of %u\n" : "\n", m->u.PLAY.prompts);
		break;
	case IPC_PLAY_STOP:
		note("stop %u\n", m->u.PLAY_STOP.leg);
		break;
	case IPC_BRIDGE:
		note("bridge %u %u %s\n", m->u.BRIDGE.leg_a, m->u.BRIDGE.leg_b,
		     m->u.BRIDGE.on ? "on" : "off");
		break;
	case IPC_CAPTURE:
		note("capture %s\n", m->u.CAPTURE.on ? "on" : "off");
		break;
	case IPC_CALL_CLOSE:
		note("call-close\n");
		break;
	default:
		note("?? %s\n", ipc_rules[m->type].name);
	}
}

/* Whatever is said has to pass the table's codec, as on a real channel. */
static void encodes(const struct ipc_message *m)
{
	static uint8_t buf[IPC_MESSAGE_MAX];
	struct writer w = writer_on(buf, sizeof(buf));

	assert_int_equal(ipc_encode(&w, m), 0);
}

int ipc_send(struct ipc *channel, const struct ipc_message *m)
{
	if (!channel)
		return ENOTCONN;
	encodes(m);
	if (m->type == IPC_EVENT || m->type == IPC_EVENT_KEEP) {
		const struct ipc_EVENT *e = &m->u.EVENT;
		bool kept = m->type == IPC_EVENT_KEEP;

		(void)snprintf(rig->details, sizeof(rig->details), "%.*s",
			       (int)e->details.len, e->details.p);
		note("%s %s\n", kept ? "keep" : "event",
		     event_type_text((enum event_type)(
			     kept ? m->u.EVENT_KEEP.type : e->type)));
		if (!rig->nobody_stores) {
			assert_true(rig->stored_count < 64);
			memcpy(rig->stored[rig->stored_count++],
			       kept ? m->u.EVENT_KEEP.id : e->id, ID_BYTES);
		}
	} else if (channel == (void *)&channels[ROLE_MEDIA]) {
		note_media(m);
	} else {
		note_record(m);
	}
	return 0;
}

/* ---- SIP */

int session_agreed(const struct session *s, struct offer_agreed *ret)
{
	if (!s->has_agreed)
		return ENOENT;
	*ret = s->agreed;
	return 0;
}

static const char *direction_text(enum offer_direction d)
{
	return d == OFFER_SENDRECV   ? "sendrecv"
	       : d == OFFER_SENDONLY ? "sendonly"
	       : d == OFFER_RECVONLY ? "recvonly"
				     : "inactive";
}

static enum side side_of(const struct session *s)
{
	return ((const struct live_leg *)s->owner)->side;
}

static void agree(struct session *s, enum codec codec)
{
	s->has_agreed = true;
	s->agreed = (struct offer_agreed){ .codec = codec,
					   .payload_type = 8,
					   .dtmf_type = 101,
					   .send = true,
					   .receive = true,
					   .address = "192.0.2.9",
					   .port = 4000 };
}

int session_answer(struct session *s, const struct offer_media *media)
{
	assert_false(s->over);
	assert_true(s->waiting);
	if (rig->answer_err)
		return rig->answer_err;
	if (media->as_is.len > 2 && !memcmp(media->as_is.p, "v=0", 3))
		note("answer %d our words\n", (int)side_of(s));
	else
		note("answer %d %s\n", (int)side_of(s),
		     media->as_is.len ? media->as_is.p
				      : direction_text(media->direction));
	s->waiting = false;
	if (s->has_pending) {
		s->theirs = s->pending;
		agree(s, media->codecs[0]);
	}
	s->has_pending = false;
	s->established = true;
	return 0;
}

void session_refuse(struct session *s, unsigned code)
{
	assert_false(s->over);
	assert_true(s->waiting);
	note("refuse %d %u\n", (int)side_of(s), code);
	s->waiting = false;
	if (!s->established)
		s->over = true;
}

void session_end(struct session *s)
{
	assert_false(s->over);
	note("end %d\n", (int)side_of(s));
	s->over = true;
}

int session_offer(struct session *s, const struct offer_media *media)
{
	assert_false(s->over);
	if (media->as_is.len || rig->settings.role == NODE_NATIONAL)
		note("offer %d %s\n", (int)side_of(s),
		     media->as_is.len ? media->as_is.p : "none");
	else
		note("offer %d %s codec %u\n", (int)side_of(s),
		     direction_text(media->direction),
		     (unsigned)media->codecs[0]);
	return 0;
}

int session_update(struct session *s, const struct offer_media *media)
{
	note("by UPDATE: ");
	return session_offer(s, media);
}

bool session_asked_by_update(const struct session *s)
{
	return s->by_update;
}

struct text session_said(const struct session *s)
{
	return s->has_pending || s->has_agreed ? text_of(s->says) : TEXT("");
}

static struct session *session_fresh(void *owner, struct session_state *state)
{
	struct session *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_true(rig->session_count < 64);
	rig->sessions[rig->session_count++] = s;
	s->owner = owner;
	s->state = state;
	s->says = side_of(s) == SIDE_CALLER ? "caller's words"
					    : "provider's words";
	return s;
}

int session_call(struct session **ret, struct sessions *all,
		 struct session_state *state, void *owner,
		 const struct session_call *call,
		 const struct offer_media *media)
{
	struct session *s;

	(void)all;
	if (rig->call_err)
		return rig->call_err;
	s = session_fresh(owner, state);
	s->speaks = rig->nurse_speaks;
	if (media->as_is.len || rig->settings.role == NODE_NATIONAL)
		note("call %d %.*s %s\n", (int)side_of(s), (int)call->uri.len,
		     call->uri.p, media->as_is.len ? media->as_is.p : "none");
	else
		note("call %d %.*s codec %u\n", (int)side_of(s),
		     (int)call->uri.len, call->uri.p,
		     (unsigned)media->codecs[0]);
	if (call->headers.len)
		note("%.*s", (int)call->headers.len, call->headers.p);
	*ret = s;
	return 0;
}

int session_restore(struct session **ret, struct sessions *all,
		    struct session_state *state, void *owner,
		    const struct session_terms *terms)
{
	struct session *s;

	(void)all;
	(void)terms;
	if (rig->restore_err)
		return rig->restore_err;
	s = session_fresh(owner, state);
	s->established = true;
	agree(s, CODEC_PCMA);
	*ret = s;
	note("restored %d\n", (int)side_of(s));
	return 0;
}

int session_add(struct session *s, struct text lines)
{
	(void)s;
	(void)lines;
	return 0;
}

void session_refuse_with(struct session *s, unsigned code, struct text headers)
{
	note("%.*s", (int)headers.len, headers.p);
	session_refuse(s, code);
}

int session_refer(struct session *s, struct text refer_to,
		  struct text referred_by)
{
	if (rig->refer_err)
		return rig->refer_err;
	note("refer-out %d %.*s by %.*s\n", (int)side_of(s), (int)refer_to.len,
	     refer_to.p, (int)referred_by.len, referred_by.p);
	return 0;
}

struct text session_target(const struct session *s)
{
	(void)s;
	return TEXT("sip:1177@provider");
}

int session_write_replaces(const struct session *s, struct writer *w)
{
	(void)s;
	writer_str(w, "Replaces=x");
	return 0;
}

struct session_state *session_state(struct session *s)
{
	return s->state;
}

void session_move(struct session *s, struct session_state *to)
{
	*to = *s->state;
	s->state = to;
}

int session_ring(struct session *s, unsigned code, bool reliable)
{
	(void)reliable;
	note("ring %d %u\n", (int)side_of(s), code);
	return 0;
}

int session_progress(struct session *s, const struct offer_media *media)
{
	(void)media;
	note("progress %d\n", (int)side_of(s));
	return 0;
}

/* A REFER is as good as the session by which it came. */
void session_refer_progress(struct session_refer *r, unsigned code)
{
	if (r)
		note("refer %d %u\n", (int)side_of((struct session *)r), code);
}

int session_say(struct session *s, struct text word)
{
	note("say %d %.*s\n", (int)side_of(s), (int)word.len, word.p);
	return 0;
}

bool session_takes_refer(const struct session *s)
{
	(void)s;
	return rig->refer_err != EOPNOTSUPP;
}

int session_dtmf(struct session *s, char digit, unsigned duration_ms)
{
	note("dtmf %d %c %u\n", (int)side_of(s), digit, duration_ms);
	return 0;
}

bool session_established(const struct session *s)
{
	return s->established;
}

bool session_waiting(const struct session *s)
{
	return s->waiting;
}

const struct offer *session_theirs(const struct session *s)
{
	return s->has_agreed ? &s->theirs : NULL;
}

const struct offer *session_pending(const struct session *s)
{
	return s->has_pending ? &s->pending : NULL;
}

unsigned registrar_find(const struct registrar *r, unsigned agent,
			uint64_t now_ms,
			const struct registrar_binding *ret[REGISTRAR_CONTACTS])
{
	static struct registrar_binding b;

	(void)r;
	(void)now_ms;
	if (!rig->registered[agent])
		return 0;
	(void)snprintf(b.uri, sizeof(b.uri), "sip:agent%u@phone", agent);
	ret[0] = &b;
	return 1;
}

unsigned registrar_count(const struct registrar *r, uint64_t now_ms)
{
	unsigned n = 0;

	(void)r;
	(void)now_ms;
	for (unsigned i = 0; i < SETTINGS_AGENTS; i++)
		n += rig->registered[i];
	return n;
}

bool stack_listens(const struct stack *s, unsigned listener)
{
	(void)s;
	return rig->listens[listener];
}

void stack_leave(struct stack *s, unsigned listener)
{
	(void)s;
	note("leave %u\n", listener);
	rig->listens[listener] = false;
}

int process_socket(struct process *p, enum socket_kind kind, unsigned index)
{
	(void)p;
	return 100 * (int)kind + (int)index;
}

bool registrar_here(const struct registrar *r, unsigned agent, uint64_t now_ms)
{
	(void)r;
	(void)now_ms;
	return rig->registered[agent];
}

/* ---- the rig itself */

/* The notice is five packets long in PCMA. */
static void prompts_of_a_line(struct prompts *p)
{
	static const uint8_t packets[] = "\0\5sound\0\5sound\0\5sound"
					 "\0\5sound\0\5sound";

	p->rows[prompt_index(0, PROMPT_NOTICE, 0)][CODEC_PCMA].packets = 5;
	p->rows[prompt_index(0, PROMPT_NOTICE, 0)][CODEC_PCMA].data =
		(struct bytes){ packets, sizeof(packets) - 1 };
}

static void settle(void)
{
	struct switch_self *self = &rig->self;

	memset(self, 0, sizeof(*self));
	self->p = &rig->process;
	assert_int_equal(
		outbox_open(&self->outbox, rig->events, sizeof(rig->events)),
		0);
	assert_int_equal(restore_layout(self), 0);
	assert_int_equal(route_take_law(self), 0);
	assert_int_equal(places_take(self, NULL), 0);
	prompts_of_a_line(&self->prompts);
	told_prepare(self);
	restore_calls(self);
}

static void settings_of_a_line(struct settings *s)
{
	struct line *l = &s->lines[0];

	s->role = NODE_ONE_MACHINE;
	s->calls_max = RIG_CALLS;
	s->silence_s = 60;
	s->codecs[0] = CODEC_PCMA;
	s->codecs[1] = CODEC_PCMU;
	s->codec_count = 2;
	(void)snprintf(s->domain, sizeof(s->domain), "vaxel.example");
	(void)snprintf(s->organisation, sizeof(s->organisation), "org");
	(void)snprintf(s->media_address, sizeof(s->media_address), "127.0.0.1");
	(void)snprintf(s->trunks[0].name, SETTINGS_NAME_MAX, "in");
	s->trunks[0].trusted = true;
	(void)snprintf(s->trunks[1].name, SETTINGS_NAME_MAX, "out");
	(void)snprintf(s->trunks[1].host, SETTINGS_NAME_MAX, "192.0.2.20");
	(void)snprintf(s->trunks[2].name, SETTINGS_NAME_MAX, "national");
	(void)snprintf(s->trunks[2].host, SETTINGS_NAME_MAX, "192.0.2.30");
	s->trunk_count = 3;
	(void)snprintf(l->number, sizeof(l->number), "1177");
	(void)snprintf(l->controller, sizeof(l->controller), "carer");
	l->record = true;
	(void)snprintf(l->notices[0].language, 8, "sv");
	(void)snprintf(l->notices[0].version, 32, "v1");
	(void)snprintf(l->notices[0].text, 32, "told");
	l->notice_count = 1;
	l->ring_timeout_s = 20;
	l->position_every_s = 30;
	l->queue_max = 4;
	s->line_count = 1;
	for (unsigned i = 0; i < 3; i++)
		(void)snprintf(s->agents[i].name, SETTINGS_NAME_MAX, "agent%u",
			       i);
	s->agent_count = 3;
}

void rig_up(void)
{
	rig = calloc(1, sizeof(*rig));
	assert_non_null(rig);
	rig->now_ms = 1000000;
	rig->recording = 7;
	rig->nurse_speaks = CODEC_PCMA;
	rig->place = "0480";
	settings_of_a_line(&rig->settings);
	rig->process.settings = &rig->settings;
	rig->process.media_workers = 1;
	rig->process.media[0] = (void *)&channels[ROLE_MEDIA];
	rig->process.peers[ROLE_RECORDER] = (void *)&channels[ROLE_RECORDER];
	rig->process.peers[ROLE_LEDGER] = (void *)&channels[ROLE_LEDGER];
	rig->memory_len = restore_bytes(&rig->settings);
	rig->memory = aligned_alloc(64, (rig->memory_len + 63) / 64 * 64);
	assert_non_null(rig->memory);
	memset(rig->memory, 0, rig->memory_len);
	settle();
}

void rig_down(void)
{
	for (unsigned i = 0; i < rig->session_count; i++)
		free(rig->sessions[i]);
	lawbook_free(&rig->self.law);
	free(rig->self.live);
	free(rig->memory);
	free(rig);
}

void rig_restart(void)
{
	lawbook_free(&rig->self.law);
	free(rig->self.live);
	settle();
}

void rig_reload(const struct settings *file)
{
	struct settings *before = malloc(sizeof(*before));

	assert_non_null(before);
	*before = rig->settings;
	rig->settings = *file;
	assert_int_equal(places_take(&rig->self, before), 0);
	places_agents(&rig->self);
	free(before);
}

void heard(const char *want)
{
	assert_string_equal(rig->log, want);
	forget();
}

static void acknowledge(void)
{
	say_stored(&rig->self,
		   (struct bytes){ rig->stored[0],
				   rig->stored_count * STORED_BYTES });
	rig->stored_count = 0;
}

void forget(void)
{
	acknowledge();
	rig->log[0] = '\0';
	rig->log_len = 0;
}

void rig_forget_all(void)
{
	for (unsigned i = 0; i < rig->session_count; i++)
		free(rig->sessions[i]);
	rig->session_count = 0;
	forget();
	memset(rig->events, 0, sizeof(rig->events));
}

unsigned rig_invite(const char *user, int trunk, struct session **ret)
{
	char text[512];
	struct message_fault fault;
	struct flow flow = { .trunk = (int16_t)trunk };
	struct session_terms terms = { .trunk = -1 };
	struct session_state *state;
	struct sip_msg *msg;
	struct session *s;
	void *owner;
	unsigned code;
	int n = snprintf(text, sizeof(text),
			 "INVITE sip:%s@h SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
			 "From: <sip:+46701740605@h>;tag=a\r\n"
			 "To: <sip:%s@h>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
			 "X-Place: %s\r\n%s"
			 "P-Asserted-Identity: <sip:+46701740605@h>\r\n"
			 "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
			 user, user, rig->place, rig->more ? rig->more : "");

	assert_int_equal(message_decode(&msg, text, (size_t)n, false, &fault),
			 0);
	code = switch_session_handlers.room(&rig->self, msg, &flow, &terms,
					    &state, &owner);
	if (!code) {
		s = session_fresh(owner, state);
		s->waiting = true;
		s->has_pending = !rig->offerless;
		s->pending.direction = OFFER_SENDRECV;
		s->pending.port = 4000;
		s->pending.codecs[0].codec = CODEC_PCMA;
		s->pending.codec_count = 1;
		if (ret)
			*ret = s;
		switch_session_handlers.incoming(owner, s, msg);
	}
	message_drop(msg);
	return code;
}

unsigned rig_replace(struct call *c, enum side side, int trunk,
		     struct session **ret)
{
	static const char text[] =
		"INVITE sip:1177@h SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKy\r\n"
		"From: <sip:c@h>;tag=a\r\nTo: <sip:1177@h>\r\nCall-ID: y\r\n"
		"CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
	struct session *old = rig_session(c, side), *s;
	struct flow flow = { .trunk = (int16_t)trunk };
	struct session_terms terms = { .trunk = -1 };
	struct session_state *state = NULL;
	struct message_fault fault;
	struct sip_msg *msg;
	unsigned code;

	assert_int_equal(
		message_decode(&msg, text, strlen(text), false, &fault), 0);
	code = switch_session_handlers.replaces(old->owner, old, msg, &flow,
						&terms, &state);
	if (!code) {
		memset(state, 0, sizeof(*state));
		state->trunk = (int16_t)terms.trunk;
		s = session_fresh(old->owner, state);
		s->waiting = s->has_pending = true;
		s->pending.port = 5000;
		s->pending.direction = OFFER_SENDRECV;
		s->speaks = CODEC_PCMA;
		*ret = s;
		switch_session_handlers.incoming(old->owner, s, msg);
	}
	message_drop(msg);
	return code;
}

static void media_says(struct call *c, struct ipc_message *m)
{
	m->about = call_handle(&rig->self, c);
	legs_message(&rig->self, m);
}

void rig_opened(struct call *c, enum side side, uint16_t port)
{
	struct ipc_message m = { .type = IPC_LEG_OPENED };

	m.u.LEG_OPENED.leg = (uint8_t)side;
	m.u.LEG_OPENED.port = port;
	m.u.LEG_OPENED.error = port ? 0 : EMFILE;
	media_says(c, &m);
}

void rig_played(struct call *c, bool complete, uint32_t samples)
{
	struct ipc_message m = { .type = IPC_PLAYED };

	m.u.PLAYED.serial = c->serial;
	m.u.PLAYED.complete = complete;
	m.u.PLAYED.samples_sent = samples;
	media_says(c, &m);
}

void rig_key(struct call *c, unsigned event)
{
	struct ipc_message m = { .type = IPC_DTMF };

	m.u.DTMF.event = (uint8_t)event;
	media_says(c, &m);
}

void rig_closed(struct call *c)
{
	struct ipc_message m = { .type = IPC_CALL_CLOSED };

	media_says(c, &m);
}

void rig_recorder(struct call *c, enum record_state state)
{
	struct ipc_RECORD_STATE m = { .state = (uint8_t)state,
				      .recording = rig->recording };

	memcpy(m.recording_id, rig->recording_id, ID_BYTES);
	fate_state(&rig->self, call_handle(&rig->self, c), &m);
}

struct session *rig_session(const struct call *c, enum side side)
{
	struct session *s = call_session(&rig->self, c, side);

	assert_non_null(s);
	return s;
}

void rig_confirmed(struct session *s)
{
	switch_session_handlers.confirmed(s->owner, s);
}

void rig_answers(struct session *s)
{
	s->established = true;
	agree(s, s->speaks);
	s->theirs.direction = OFFER_SENDRECV;
	switch_session_handlers.answered(s->owner, s, NULL);
}

void rig_refuses(struct session *s, unsigned code)
{
	s->over = true;
	switch_session_handlers.refused(s->owner, s, code, NULL);
}

void rig_hangs_up(struct session *s)
{
	s->over = true;
	switch_session_handlers.ended(s->owner, s,
				      s->established ? SESSION_END_BYE
						     : SESSION_END_CANCELLED);
}

void rig_offers(struct session *s, enum offer_direction direction)
{
	s->pending =
		(struct offer){ .direction = (uint8_t)direction, .port = 4000 };
	s->has_pending = true;
	s->waiting = true;
	switch_session_handlers.offered(s->owner, s);
}

void rig_takes_offer(struct session *s, enum codec codec)
{
	agree(s, codec);
	switch_session_handlers.offer_answered(s->owner, s);
}

void rig_register(unsigned agent, bool here)
{
	rig->registered[agent] = here;
	nurse_registered(&rig->self, agent, here);
}

/* As the real tick does, every 100 ms. */
void rig_wait(uint64_t ms)
{
	struct switch_self *self = &rig->self;

	for (uint64_t end = rig->now_ms + ms; rig->now_ms < end;) {
		rig->now_ms += SWITCH_TICK_MS;
		if (!rig->recorder_hangs && rig->process.peers[ROLE_RECORDER])
			fate_heard(self);
		for (uint32_t slot = 0; slot < self->max; slot++)
			call_tick(self, call_of(self, slot), rig->now_ms);
		line_tick(self, rig->now_ms);
		nurse_pump(self);
		places_tick(self, rig->now_ms);
		acknowledge();
		say_tick(self, rig->now_ms);
	}
}

struct call *rig_queued(void)
{
	struct session *s;
	struct call *c;

	assert_int_equal(rig_invite("1177", 0, &s), 0);
	c = call_of(&rig->self, ((struct live_leg *)s->owner)->slot);
	rig_opened(c, SIDE_CALLER, 20000);
	rig_confirmed(s);
	rig_played(c, true, 800);
	assert_true(c->state == CALL_QUEUED || c->state == CALL_RINGING);
	forget();
	return c;
}

struct call *rig_talking(void)
{
	struct call *c;

	rig_register(0, true);
	c = rig_queued();
	rig_opened(c, SIDE_NURSE, 20002);
	rig_answers(rig_session(c, SIDE_NURSE));
	rig_recorder(c, RECORD_STARTING);
	rig_recorder(c, RECORD_RUNNING);
	assert_int_equal(c->state, CALL_TALKING);
	assert_int_equal(c->outcome, OUTCOME_RUNNING);
	forget();
	return c;
}

void rig_national(void)
{
	struct settings *s = &rig->settings;

	s->role = NODE_NATIONAL;
	s->trunks[0].place = PLACE_HEADER;
	memcpy(s->trunks[0].municipality_key, "X-Place", 8);
	s->trunks[1].trusted = true;
	s->trunks[1].place = PLACE_HEADER;
	memcpy(s->trunks[1].municipality_key, "X-Kommun", 9);
	memcpy(s->routes[0].county, "04", 3);
	memcpy(s->routes[0].trunk, "out", 4);
	memcpy(s->routes[0].organisation, "region-04", 10);
	s->route_count = 1;
	memcpy(s->national_trunk, "national", 9);
	assert_int_equal(route_take_law(&rig->self), 0);
}
