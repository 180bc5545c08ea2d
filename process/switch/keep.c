/*
 * keep -- what stays of a call at a national node, for a short time
 *
 * Number, municipality, times and route of a call that was passed on, sealed to
 * the caller's region (lib/handover/kept.h) once the node has nothing to do
 * with it any more, and given to the ledger, which forgets it in time. In the
 * clear it is nowhere but in the call.
 */
#include "process/switch/national.h"

#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

int keep_take_keys(struct switch_self *self)
{
	const struct settings *s = self->p->settings;
	struct kept_keys keys;
	int err = self->kept ? 0 : kept_sealer_new(&self->kept);

	if (!err)
		err = kept_keys_read(&keys, s, self->law.book, NULL, NULL);
	if (err)
		return err;
	kept_sealer_take(self->kept, &keys);
	return 0;
}

static void put_time(struct writer *w, const char *name, uint64_t mono_ms)
{
	char text[CLOCK_TEXT_MAX];
	int64_t ago_ms = (int64_t)(clock_mono_ms() - mono_ms);

	clock_text(clock_wall_ms() - ago_ms, text);
	writer_printf(w, ",\"%s\":\"%s\"", name, text);
}

static const char *way_of(const struct switch_self *self, const struct call *c)
{
	if (c->hands_over != HANDS_OVER_DONE)
		return "stay";
	return handover_way(self, c) == HAND_OVER_REDIRECT ? "redirect"
							   : "refer";
}

/* Numbers and codes have no characters that JSON would mind. */
static void put_call(const struct switch_self *self, const struct call *c,
		     const char *region, struct writer *w)
{
	char id[ID_CHARS + 1];

	id_text(c->id, id);
	writer_printf(w,
		      "{\"call\":\"%s\",\"line\":\"%s\",\"number\":\"%s\","
		      "\"restricted\":%s,\"municipality\":\"%s\",\"region\":",
		      id, c->number, c->caller,
		      c->caller_restricted ? "true" : "false", c->municipality);
	route_put_name(w, region);
	put_time(w, "received", c->received_ms);
	if (c->answered)
		put_time(w, "answered", c->answered_ms);
	put_time(w, "left", clock_mono_ms());
	writer_printf(w, ",\"by\":\"%s\",\"route\":", way_of(self, c));
	route_put_name(w, c->given.route);
	writer_str(w, ",\"organisation\":");
	route_put_name(w, c->given.organisation);
	writer_u8(w, '}');
}

static int seal(struct switch_self *self, const struct call *c,
		const char *region, struct writer *sealed)
{
	char json[KEPT_JSON_MAX];
	struct writer w = writer_on(json, sizeof(json));
	int err;

	put_call(self, c, region, &w);
	err = writer_finish(&w);
	if (!err)
		err = kept_seal(self->kept, (unsigned)c->place.region,
				clock_mono_ms(), (struct bytes){ w.buf, w.len },
				sealed);
	sodium_memzero(json, sizeof(json));
	return err ? err : writer_finish(sealed);
}

void keep_call(struct switch_self *self, const struct call *c)
{
	const struct settings *s = self->p->settings;
	uint8_t sealed[KEPT_SEALED_MAX], id[ID_BYTES];
	struct writer w = writer_on(sealed, sizeof(sealed));
	const char *region;
	int err;

	if (!s->keep_calls_s || !c->tried_count)
		return;
	region = kept_region(self->kept, (unsigned)c->place.region);
	id_new(id);
	err = region ? seal(self, c, region, &w) : ENOKEY;
	if (!err)
		err = outbox_add(&self->outbox, OUTBOX_KEEP, id,
				 (uint64_t)clock_wall_ms() +
					 (uint64_t)s->keep_calls_s * 1000,
				 text_of(region),
				 (struct text){ (const char *)sealed, w.len });
	sodium_memzero(sealed, sizeof(sealed));
	if (!err) {
		say_pump(self);
		return;
	}
	metric_add(METRIC_calls_not_kept, 1);
	if (err != ENOKEY)
		log_error("nothing is kept of a call: %s", strerror(err));
}
