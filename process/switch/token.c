/*
 * token -- the word by which a call is handed over, and the receipt for it
 *
 * A national node signs a token for each route that a call is given, where the
 * route's trunk has a provider's keys; who answers signs a receipt for it in
 * his 200. What a carrier's trunk brings is taken with a good, unused token
 * alone. On the national node's own trunk a token is read but stays unused: the
 * same one comes again, by the carrier, when the national node lets go.
 */
#include "process/switch/national.h"

#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "handover/receipt.h"
#include "settings/files.h"

static_assert((int)METRIC_handover_full - (int)METRIC_handover_good ==
		      (int)HANDOVER_FULL,
	      "one counter a result, in order");

/* ---- keys */

static void take_sealers(struct switch_self *self,
			 struct handover_sealer *fresh[SETTINGS_TRUNKS])
{
	for (unsigned i = 0; i < SETTINGS_TRUNKS; i++) {
		handover_sealer_free(self->sealers[i]);
		self->sealers[i] = fresh[i];
	}
}

static int make_sealers(const struct handover_keys *keys,
			struct handover_sealer *ret[SETTINGS_TRUNKS])
{
	int err = 0;

	for (unsigned i = 0; !err && i < SETTINGS_TRUNKS; i++)
		if (keys->providers[i].known)
			err = handover_sealer_new(
				&ret[i], &keys->providers[i].recipient);
	for (unsigned i = 0; err && i < SETTINGS_TRUNKS; i++)
		handover_sealer_free(ret[i]);
	return err;
}

int token_take_keys(struct switch_self *self)
{
	const struct settings *s = self->p->settings;
	struct note_signer signer = { 0 };
	struct handover_sealer *sealers[SETTINGS_TRUNKS] = { NULL };
	struct handover_keys keys;
	struct bytes file;
	int err = handover_keys_read(&keys, s, NULL, NULL);

	if (!err && s->handover_key[0]) {
		err = files_find(s->files, FILE_HANDOVER_KEY, "", &file);
		if (!err)
			err = note_signer_read(
				(struct text){ (const char *)file.p, file.len },
				&signer);
	}
	if (!err)
		err = make_sealers(&keys, sealers);
	if (err) {
		note_signer_close(&signer);
		log_error("the keys of the hand-over cannot be used: %s",
			  strerror(err));
		return err;
	}
	note_signer_close(&self->signer);
	take_sealers(self, sealers);
	self->signer = signer;
	self->handover = keys;
	return 0;
}

/* ---- the national node */

void token_issue(struct switch_self *self, struct call *c, unsigned trunk)
{
	const struct handover_provider *p = &self->handover.providers[trunk];
	struct handover_route route = { text_of(c->number),
					text_of(c->given.organisation),
					text_of(c->given.route) };
	struct handover_facts facts = {
		.place = c->place,
		.method = (enum location_method)c->place_method,
		.confidence = (enum location_confidence)c->place_confidence,
		.conflicts = c->place_conflicts,
	};
	struct live *l = call_live(self, c);
	int err;

	l->token[0] = '\0';
	c->handed = 0;
	if (!p->known || !self->signer.secret)
		return;
	id_new(c->handover);
	err = handover_issue(&self->signer, self->sealers[trunk], &route,
			     c->given.record, &facts, c->handover,
			     clock_wall_ms() / 1000, l->token);
	if (err) {
		l->token[0] = '\0';
		log_error("no token for a call: %s", strerror(err));
		return;
	}
	c->handed = 1;
}

void token_receipt(struct switch_self *self, struct call *c,
		   const struct sip_msg *answer)
{
	int trunk = c->legs[SIDE_NURSE].trunk;
	struct live *l = call_live(self, c);
	struct text said =
		answer ? message_xheader(answer, HANDOVER_RECEIPT_HEADER)
		       : (struct text){ "", 0 };
	enum handover_receipt r;

	if (!c->handed || !l->token[0] || trunk < 0)
		return;
	l->receipt.result = "missing";
	if (!said.len) {
		metric_add(METRIC_receipts_missing, 1);
		return;
	}
	r = handover_receipt_verify(
		&self->handover.providers[trunk].key, 1, said, c->handover,
		text_of(l->token), clock_wall_ms() / 60000, &l->receipt.minute);
	l->receipt.result = handover_receipt_result_name(r);
	metric_add(r == HANDOVER_RECEIPT_GOOD ? METRIC_receipts_good
					      : METRIC_receipts_bad,
		   1);
	if (r == HANDOVER_RECEIPT_GOOD)
		(void)!text_copy(l->receipt.text, sizeof(l->receipt.text),
				 said);
}

/* ---- the ledger's words, of either side */

void token_words(struct switch_self *self, const struct call *c,
		 struct writer *w)
{
	const struct token_receipt *r = &call_live(self, c)->receipt;
	char id[ID_CHARS + 1];

	if (!c->handed)
		return;
	id_text(c->handover, id);
	writer_printf(w, ",\"handover\":\"%s\",\"organisation\":", id);
	route_put_name(w, c->given.organisation);
	writer_str(w, ",\"route\":");
	route_put_name(w, c->given.route);
	if (!r->result)
		return;
	writer_printf(w, ",\"receipt\":\"%s\"", r->result);
	if (r->text[0])
		writer_printf(w, ",\"minute\":%lld,\"signed\":\"%s\"",
			      (long long)r->minute, r->text);
}

/* ---- who answers */

static bool verify(struct switch_self *self, const struct call *c,
		   struct text token, bool use_up, struct handover_token *ret,
		   const char **ret_result)
{
	const struct settings *s = self->p->settings;
	struct handover_route routes[SETTINGS_TAKES];
	struct handover_verifier v = { .nodes = self->handover.nodes,
				       .node_count = self->handover.node_count,
				       .routes = routes,
				       .route_count = s->take_count,
				       .replay = use_up ? self->replay : NULL };
	enum handover_result r;

	if (!token.len) {
		metric_add(METRIC_handover_missing, 1);
		*ret_result = "missing";
		return false;
	}
	for (unsigned i = 0; i < s->take_count; i++)
		routes[i] = (struct handover_route){
			text_of(c->number), text_of(s->takes[i].organisation),
			text_of(s->takes[i].route)
		};
	r = handover_verify(&v, token, clock_wall_ms() / 1000, ret);
	metric_add((enum metric)(METRIC_handover_good + (int)r), 1);
	*ret_result = handover_result_name(r);
	return r == HANDOVER_GOOD;
}

const char *token_judge(struct switch_self *self, struct call *c,
			struct text token, bool *ret_taken)
{
	const struct settings *s = self->p->settings;
	const struct trunk *t = &s->trunks[c->legs[SIDE_CALLER].trunk];
	const struct taken_route *route;
	struct handover_token said;
	const char *result;

	*ret_taken = true;
	if (!t->require_token &&
	    (!token.len || !t->trusted || !self->handover.node_count))
		return NULL;
	if (!verify(self, c, token, t->require_token, &said, &result)) {
		*ret_taken = !t->require_token;
		return result;
	}
	route = &s->takes[said.route];
	memcpy(c->handover, said.id, ID_BYTES);
	memcpy(c->given.organisation, route->organisation,
	       sizeof(c->given.organisation));
	memcpy(c->given.route, route->route, sizeof(c->given.route));
	c->handed = 1;
	/* the law at the caller's: answered, and nothing kept of it */
	c->unrecorded = !said.record;
	(void)!text_copy(call_live(self, c)->token,
			 sizeof(call_live(self, c)->token), token);
	return result;
}

bool token_replaces(struct switch_self *self, const struct call *c,
		    unsigned trunk, struct text token)
{
	struct handover_token said;
	const char *result;

	if (!self->p->settings->trunks[trunk].require_token)
		return true;
	if (!verify(self, c, token, true, &said, &result)) {
		log_notice("a call in another's place: token %s", result);
		return false;
	}
	return c->handed && !memcmp(said.id, c->handover, ID_BYTES);
}

void token_sign(struct switch_self *self, struct call *c, struct session *s)
{
	struct live *l = call_live(self, c);
	char line[sizeof(HANDOVER_RECEIPT_HEADER) + HANDOVER_RECEIPT_CHARS + 4];
	int err;

	if (!c->handed || !l->token[0] || !self->signer.secret)
		return;
	l->receipt.minute = clock_wall_ms() / 60000;
	err = handover_receipt_sign(&self->signer, c->handover,
				    text_of(l->token), l->receipt.minute,
				    l->receipt.text);
	if (!err) {
		(void)snprintf(line, sizeof(line), "%s: %s\r\n",
			       HANDOVER_RECEIPT_HEADER, l->receipt.text);
		err = session_add(s, text_of(line));
	}
	l->receipt.result = err ? "missing" : "good";
	if (!err)
		return;
	l->receipt.text[0] = '\0';
	log_error("no receipt for a call: %s", strerror(err));
}

void token_taken(struct switch_self *self, const struct call *c)
{
	char extra[SAY_EXTRA];
	struct writer w = writer_on(extra, sizeof(extra) - 1);
	size_t whole;

	if (!c->handed)
		return;
	writer_str(&w, ",\"by\":\"token\"");
	token_words(self, c, &w);
	whole = writer_finish(&w) ? 0 : w.len;
	route_put_given(self, c, clock_wall_ms() / 60000, &w);
	extra[writer_finish(&w) ? whole : w.len] = '\0';
	say_call(self, c, EVENT_CALL_HANDED_OVER, extra);
}
