/*
 * route -- where a call may go: the lawbook asked, and its reasons kept
 *
 * A call keeps the route that it was given, whatever is loaded meanwhile. One
 * that fails is not asked again, and the next lawful one is taken. What the
 * event says is what the decision was: route, organisation, who is responsible
 * by which agreements, and what was passed over and why.
 */
#include "process/switch/national.h"

#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

enum { PASSED_TOLD = 6 };

static void log_fault(void *arg, const struct settings_fault *f)
{
	(void)arg;
	log_error("line %u: %s: %s", f->line, f->rule, f->fault);
}

static int trunk_of(const struct settings *s, const char *name)
{
	for (unsigned i = 0; i < s->trunk_count; i++)
		if (!s->trunks[i].removed && !strcmp(s->trunks[i].name, name))
			return (int)i;
	return -1;
}

static void digest_text(const uint8_t digest[REGISTER_DIGEST],
			char to[2 * REGISTER_DIGEST + 1])
{
	(void)sodium_bin2hex(to, 2 * REGISTER_DIGEST + 1, digest,
			     REGISTER_DIGEST);
}

/* Each version once a start of the node: its id follows from both. */
static void say_loaded(struct switch_self *self)
{
	static const uint8_t none[REGISTER_DIGEST];
	const struct register_book *b = self->law.book;
	const struct routes *r = self->law.routes;
	char book[2 * REGISTER_DIGEST + 1], routes[2 * REGISTER_DIGEST + 1];
	char details[OUTBOX_DETAILS];
	struct writer w = writer_on(details, sizeof(details));
	uint8_t id[crypto_generichash_BYTES];

	digest_text(b ? b->digest : none, book);
	digest_text(r->digest, routes);
	writer_printf(&w,
		      "{\"register\":\"%s\",\"routes\":\"%s\","
		      "\"organisations\":%u,\"agreements\":%u,"
		      "\"started\":%llu}",
		      b ? book : "", routes, b ? b->organisation_count : 0,
		      b ? b->agreement_count : 0,
		      (unsigned long long)self->p->started_ms);
	if (writer_finish(&w))
		return;
	(void)crypto_generichash(id, sizeof(id), (const uint8_t *)details,
				 w.len, NULL, 0);
	if (outbox_add(&self->outbox, EVENT_REGISTER_LOADED, id,
		       (uint64_t)clock_wall_ms(),
		       text_of(self->p->settings->organisation),
		       (struct text){ details, w.len }))
		metric_add(METRIC_events_lost, 1);
}

int route_take_law(struct switch_self *self)
{
	const struct settings *s = self->p->settings;
	struct lawbook fresh;
	int err = lawbook_read(&fresh, s, log_fault, NULL);

	if (err)
		return err;
	lawbook_free(&self->law);
	self->law = fresh;
	for (unsigned i = 0; i < fresh.routes->count; i++)
		self->route_trunk[i] =
			(int16_t)trunk_of(s, fresh.routes->routes[i].trunk);
	if (fresh.book || s->companions[COMPANION_ROUTES][0])
		say_loaded(self);
	return 0;
}

/* Its keep-alive went unanswered, or it is gone from the configuration. */
static bool down(const struct switch_self *self, int trunk)
{
	return trunk < 0 ||
	       (self->trunks[trunk].known && !self->trunks[trunk].up);
}

/* ---- the event */

/* Names of the register and the routes; what is no plain name says nothing. */
void route_put_name(struct writer *w, const char *name)
{
	bool plain = text_is_printable(text_of(name)) && !strpbrk(name, "\"\\");

	writer_printf(w, "\"%s\"", plain ? name : "");
}

static void put_responsible(struct writer *w, const struct register_book *b,
			    const struct route_entry *r, int region,
			    int64_t minute)
{
	struct register_verdict v;

	if (!decide_responsible(b, r, region, minute, &v) ||
	    v.who.role == ORG_NONE)
		return;
	writer_str(w, ",\"controller\":");
	route_put_name(
		w, v.who.controller == REGISTER_NONE
			   ? ""
			   : register_text(
				     b, b->organisations[v.who.controller].id));
	writer_str(w, ",\"agreements\":[");
	for (unsigned i = 0; i < v.chain_count; i++) {
		writer_str(w, i ? "," : "");
		route_put_name(w,
			       register_text(b, b->agreements[v.chain[i]].id));
	}
	writer_printf(w, "],\"register\":\"%02x%02x%02x%02x%02x%02x%02x%02x\"",
		      b->digest[0], b->digest[1], b->digest[2], b->digest[3],
		      b->digest[4], b->digest[5], b->digest[6], b->digest[7]);
}

/* The caller's, or the one that the route is for; -1: who knows. */
static int region_of(const struct call *c, const struct route_entry *r)
{
	if (c->place.region >= 0)
		return c->place.region;
	return r->regions && !(r->regions & (r->regions - 1))
		       ? __builtin_ctz(r->regions)
		       : -1;
}

void route_put_given(const struct switch_self *self, const struct call *c,
		     int64_t minute, struct writer *w)
{
	const struct routes *routes = self->law.routes;
	uint16_t n = routes ? routes_find(routes, text_of(c->given.route))
			    : ROUTE_NONE;
	const struct route_entry *r;

	if (!self->law.book || n == ROUTE_NONE)
		return;
	r = &routes->routes[n];
	if (!strcmp(r->organisation, c->given.organisation))
		put_responsible(w, self->law.book, r, region_of(c, r), minute);
}

static void put_passed(struct writer *w, const struct routes *routes,
		       const struct decision *d)
{
	unsigned told = 0;

	writer_str(w, ",\"passed\":{");
	for (unsigned i = 0; i < d->count && told < PASSED_TOLD; i++) {
		const struct decide_step *step = &d->steps[i];

		if (step->why < DECIDE_PASSED)
			continue;
		writer_str(w, told++ ? "," : "");
		route_put_name(w, routes->routes[step->route].id);
		writer_printf(w, ":\"%s\"", decide_why_name(step));
	}
	writer_u8(w, '}');
}

static void say_routed(struct switch_self *self, const struct call *c,
		       const struct decide_ask *ask, const struct decision *d)
{
	const struct routes *routes = self->law.routes;
	const struct route_entry *r = &routes->routes[d->route];
	char extra[SAY_EXTRA];
	struct writer w = writer_on(extra, sizeof(extra) - 1);

	writer_str(&w, ",\"route\":");
	route_put_name(&w, r->id);
	writer_str(&w, ",\"organisation\":");
	route_put_name(&w, r->organisation);
	writer_printf(
		&w,
		",\"kind\":\"%s\",\"method\":\"%s\",\"confidence\":\"%s\","
		"\"conflicts\":%u,\"attempt\":%u,\"record\":%s",
		route_kind_name(r->kind),
		location_method_name((enum location_method)c->place_method),
		location_confidence_name(
			(enum location_confidence)c->place_confidence),
		c->place_conflicts, c->tried_count + 1u,
		d->record ? "true" : "false");
	if (self->law.book)
		put_responsible(&w, self->law.book, r, c->place.region,
				ask->minute);
	put_passed(&w, routes, d);
	if (writer_finish(&w)) {
		log_error("a decision was too long to be told whole");
		(void)snprintf(extra, sizeof(extra), ",\"whole\":false");
	} else {
		extra[w.len] = '\0';
	}
	say_call(self, c, EVENT_CALL_ROUTED, extra);
}

/* ---- the decision */

static unsigned tried(const struct switch_self *self, const struct call *c,
		      uint16_t to[CALL_ROUTES_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->tried_count; i++) {
		to[n] = routes_find(self->law.routes, text_of(c->tried[i]));
		n += to[n] != ROUTE_NONE;
	}
	return n;
}

int route_choose(struct switch_self *self, struct call *c, unsigned *ret_trunk)
{
	static struct decide_state states[ROUTES_MAX]; /* one thread */
	const struct routes *routes = self->law.routes;
	uint16_t failed[CALL_ROUTES_MAX];
	struct decide_ask ask = { .line = text_of(c->number),
				  .place = c->place,
				  .minute = clock_wall_ms() / 60000,
				  .states = states,
				  .tried = failed };
	struct decision d;
	int err;

	if (c->tried_count == CALL_ROUTES_MAX)
		return ENOENT;
	ask.tried_count = tried(self, c, failed);
	for (unsigned i = 0; i < routes->count; i++) {
		int trunk = self->route_trunk[i];

		states[i] = (struct decide_state){ .down = down(self, trunk) };
		if (trunk >= 0)
			waiting_state(&self->trunks[trunk], ask.line,
				      &states[i]);
	}
	err = decide(routes, self->law.book, &ask, &d);
	if (!err && self->route_trunk[d.route] < 0)
		err = ENOENT;
	if (err)
		return err;
	decide_keep(routes, &ask, &d, &c->given);
	say_routed(self, c, &ask, &d);
	memcpy(c->tried[c->tried_count++], c->given.route,
	       sizeof(c->given.route));
	*ret_trunk = (unsigned)self->route_trunk[d.route];
	return 0;
}
