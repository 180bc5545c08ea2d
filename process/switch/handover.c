/*
 * handover -- a national node lets go of a call that it has passed on
 *
 * By redirect: 302 in place of an answer, and the carrier calls the provider
 * itself. By refer: both legs stand; then REFER on the caller's dialog, whose
 * Refer-To names the provider and, in Replaces, our dialog with him. The
 * carrier calls there, the provider lets that call take the place of ours and
 * ends ours, and once the carrier says 200 we end the caller's. A peer that
 * cannot, refuses or says nothing for two seconds: the node stays in the
 * signalling, and the ledger says so.
 *
 * What the provider trusts is a token (lib/handover), carried by each of these
 * ways; here are the places where it goes in and comes out.
 */
#include "process/switch/national.h"

#include <stdio.h>

#include "base/log.h"
#include "handover/token.h"

/* ---- token and receipt */

struct text handover_token_of(const struct sip_msg *invite)
{
	struct text token;

	if (message_param(message_text(invite->uri.params), HANDOVER_PARAMETER,
			  &token))
		return token;
	return message_xheader(invite, HANDOVER_HEADER);
}

/* Of one call there is one, made when its way is chosen; "" for none. */
static struct text token_of(struct switch_self *self, const struct call *c)
{
	return text_of(call_live(self, c)->token);
}

/* ---- either way */

enum hand_over handover_way(const struct switch_self *self,
			    const struct call *c)
{
	int16_t trunk = c->legs[SIDE_CALLER].trunk;
	enum hand_over way =
		trunk >= 0 ? self->p->settings->trunks[trunk].hand_over
			   : HAND_OVER_STAY;

	/* who was asked is answered, and no 302 follows that */
	return c->asked && way == HAND_OVER_REDIRECT ? HAND_OVER_REFER : way;
}

static void say(struct switch_self *self, const struct call *c, const char *by,
		const char *why, unsigned code)
{
	char extra[OUTBOX_DETAILS];
	struct writer w = writer_on(extra, sizeof(extra) - 1);

	writer_printf(&w, ",\"by\":\"%s\"", by);
	if (*why)
		writer_printf(&w, ",\"why\":\"%s\",\"code\":%u", why, code);
	token_words(self, c, &w);
	extra[writer_finish(&w) ? 0 : w.len] = '\0';
	say_call(self, c, EVENT_CALL_HANDED_OVER, extra);
}

void handover_lines(struct switch_self *self, const struct call *c,
		    struct writer *headers)
{
	struct text token = token_of(self, c);

	if (handover_way(self, c) == HAND_OVER_REFER &&
	    session_takes_refer(call_session(self, c, SIDE_CALLER)))
		writer_str(headers, HANDOVER_WAY_HEADER ": refer\r\n");
	if (token.len)
		message_line(headers, HANDOVER_HEADER, token);
}

void handover_parameter(struct switch_self *self, const struct call *c,
			struct writer *uri)
{
	struct text token = token_of(self, c);

	if (!token.len)
		return;
	writer_str(uri, ";" HANDOVER_PARAMETER "=");
	writer_text(uri, token);
}

/* ---- redirect */

int handover_redirect(struct switch_self *self, struct call *c,
		      const struct national_way *way)
{
	struct session *s = call_session(self, c, SIDE_CALLER);
	char contact[1024];
	struct writer w = writer_on(contact, sizeof(contact));

	if (!s)
		return ENOENT;
	writer_printf(&w, "Contact: <%s", way->uri);
	handover_parameter(self, c, &w);
	if (way->place_header[0])
		writer_printf(&w, "?%s=%s", way->place_header, c->municipality);
	writer_str(&w, ">\r\n");
	if (writer_finish(&w))
		return EMSGSIZE;
	say(self, c, "redirect", "", 0);
	c->hands_over = HANDS_OVER_DONE;
	session_refuse_with(s, 302, (struct text){ contact, w.len });
	call_leg_over(self, c, SIDE_CALLER);
	call_end(self, c, RECORD_END_HANGUP);
	return 0;
}

/* ---- refer */

static int refer(struct switch_self *self, struct call *c)
{
	struct session *caller = call_session(self, c, SIDE_CALLER);
	struct session *provider = call_session(self, c, SIDE_NURSE);
	char to[2048], by[160];
	struct writer w = writer_on(to, sizeof(to));
	int err;

	if (!caller || !provider)
		return ENOENT;
	writer_text(&w, session_target(provider));
	handover_parameter(self, c, &w);
	writer_str(&w, "?");
	err = session_write_replaces(provider, &w);
	if (!err)
		err = writer_finish(&w);
	if (err)
		return err;
	(void)snprintf(by, sizeof(by), "<sip:%s@%s>", c->number,
		       self->p->settings->domain);
	return session_refer(caller, (struct text){ to, w.len }, text_of(by));
}

static void stay(struct switch_self *self, struct call *c, const char *why,
		 unsigned code)
{
	struct session *provider = call_session(self, c, SIDE_NURSE);

	c->hands_over = HANDS_OVER_NOT;
	call_due(self, c, 0);
	say(self, c, "stay", why, code);
	/* he need not wait any longer */
	if (provider && session_say(provider, TEXT(HANDOVER_STAYS)))
		log_debug("that we stay was not said");
	if (provider)
		return;
	/* the provider has gone meanwhile: nobody is left to talk to */
	call_end(self, c, RECORD_END_HANGUP);
}

/* The caller's ACK came: both legs stand. */
void handover_begin(struct switch_self *self, struct call *c)
{
	int err;

	if (c->state != CALL_TALKING || c->hands_over != HANDS_OVER_NOT)
		return;
	if (handover_way(self, c) != HAND_OVER_REFER) {
		say(self, c, "stay", c->asked == ASKED_HERE ? "media" : "", 0);
		return;
	}
	c->hands_over = HANDS_OVER_WAITING;
	call_due(self, c, HAND_OVER_PATIENCE_MS);
	err = refer(self, c);
	if (err)
		stay(self, c, err == EOPNOTSUPP ? "unsupported" : "failed", 0);
}

void handover_progress(struct switch_self *self, struct call *c, unsigned code)
{
	if (c->hands_over != HANDS_OVER_WAITING || code < 200)
		return;
	if (code >= 300) {
		stay(self, c, "refused", code);
		return;
	}
	c->hands_over = HANDS_OVER_DONE;
	say(self, c, "refer", "", 0);
	call_end(self, c, RECORD_END_HANGUP);
}

bool handover_provider_left(const struct call *c)
{
	return c->hands_over == HANDS_OVER_WAITING;
}

void handover_tick(struct switch_self *self, struct call *c)
{
	if (c->hands_over == HANDS_OVER_WAITING)
		stay(self, c, "silent", 0);
}
