/*
 * The outgoing call of a national node: where it goes, and what goes with it.
 */
#include "process/switch/national.h"

#include <stdio.h>

#include "base/log.h"

/* No codec is ours to judge, but that audio may not go in the clear is. */
static bool too_plain(const struct switch_self *self, const struct session *s,
		      unsigned from, unsigned to)
{
	const struct trunk *trunks = self->p->settings->trunks;
	const struct offer *o = session_pending(s);

	if (!o) /* he was asked, and so is answered */
		o = session_theirs(s);
	return o && o->port && !o->secure &&
	       (trunks[from].srtp == SRTP_REQUIRED ||
		trunks[to].srtp == SRTP_REQUIRED);
}

/* Where it stands in the URI; a header goes beside it. */
int national_way(const struct switch_self *self, const struct call *c,
		 unsigned trunk, struct national_way *ret)
{
	const struct trunk *t = &self->p->settings->trunks[trunk];
	bool inet6 = strchr(t->host, ':') != NULL;
	bool placed = c->municipality[0] != '\0';
	struct writer uri = writer_on(ret->uri, sizeof(ret->uri) - 1);
	struct writer to = writer_on(ret->to, sizeof(ret->to) - 1);

	writer_printf(&uri, "sip:%s%s@%s%s%s",
		      placed && t->place == PLACE_PREFIX ? c->municipality : "",
		      c->number, inet6 ? "[" : "", t->host, inet6 ? "]" : "");
	if (t->port)
		writer_printf(&uri, ":%u", t->port);
	if (placed && t->place == PLACE_PARAMETER)
		writer_printf(&uri, ";%s=%s", t->municipality_key,
			      c->municipality);
	writer_printf(&to, "<sip:%s@%s%s%s>", c->number, inet6 ? "[" : "",
		      t->host, inet6 ? "]" : "");
	ret->place_header[0] = '\0';
	if (placed && t->place == PLACE_HEADER)
		memcpy(ret->place_header, t->municipality_key,
		       sizeof(ret->place_header));
	if (writer_finish(&uri) || writer_finish(&to))
		return EMSGSIZE;
	ret->uri[uri.len] = ret->to[to.len] = '\0';
	return 0;
}

/* RFC 3325: the asserted identity goes to whom we trust, and to no other. */
static void add_identity(const struct switch_self *self, const struct call *c,
			 const struct trunk *t, struct writer *headers)
{
	if (c->caller_restricted)
		writer_str(headers, "Privacy: id\r\n");
	if (t->trusted && c->caller[0])
		writer_printf(headers, "P-Asserted-Identity: <sip:%s@%s>\r\n",
			      c->caller, self->p->settings->domain);
}

int national_call(struct switch_self *self, struct call *c, unsigned trunk,
		  const struct national_way *way)
{
	const struct settings *s = self->p->settings;
	const struct trunk *t = &s->trunks[trunk];
	struct live_leg *l = &call_live(self, c)->legs[SIDE_NURSE];
	struct session *caller = call_session(self, c, SIDE_CALLER);
	char from[160], text[1024], uri_text[512];
	struct writer uri = writer_on(uri_text, sizeof(uri_text));
	struct writer headers = writer_on(text, sizeof(text));
	struct session_terms terms = {
		.srtp = t->srtp,
		.session_expires_s = s->session_expires_s,
		.trunk = (int)trunk,
		.contact_user = text_of(c->number),
		.user = text_of(t->user),
		.password = self->trunks[trunk].password,
	};
	struct session_call call = { .hops = c->hops,
				     .terms = &terms,
				     .to = text_of(way->to) };
	/* who was asked has heard our description: the provider says his */
	struct offer_media media = { 0 };
	int err;

	if (too_plain(self, caller, (unsigned)c->legs[SIDE_CALLER].trunk,
		      trunk))
		return ENOENT;
	if (!c->asked)
		media = national_passed(caller);
	if (way->place_header[0])
		message_line(&headers, way->place_header,
			     text_of(c->municipality));
	add_identity(self, c, t, &headers);
	handover_lines(self, c, &headers);
	writer_str(&uri, way->uri);
	handover_parameter(self, c, &uri);
	if (writer_finish(&headers) || writer_finish(&uri))
		return EMSGSIZE;
	call.uri = (struct text){ uri_text, uri.len };
	nurse_from(self, c, from, sizeof(from));
	call.from = text_of(from);
	call.headers = (struct text){ text, headers.len };
	call_leg_fresh(c, SIDE_NURSE);
	c->legs[SIDE_NURSE].trunk = (int16_t)trunk;
	err = session_call(&l->session, self->sessions,
			   &c->legs[SIDE_NURSE].state, l, &call, &media);
	if (err)
		l->session = NULL;
	else
		self->trunks[trunk].calls++;
	return err;
}
