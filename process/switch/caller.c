/*
 * caller -- who calls, and from where, as far as the trunk may say so
 *
 * It goes to the nurse's display, into the card and into the route, nowhere
 * else. Of a trunk that is not trusted nothing is believed, and it is counted.
 */
#include "process/switch/self.h"

#include <stdio.h>

#include "base/log.h"
#include "base/metric.h"

/* The Kommun-ID's digits, from the place that is set for the trunk. */
static struct text kommun_id(const struct call *c, const struct trunk *t,
			     const struct sip_msg *invite)
{
	struct text id = { "", 0 };

	switch (t->place) {
	case PLACE_HEADER:
		id = message_xheader(invite, t->municipality_key);
		break;
	case PLACE_PARAMETER:
		if (!message_param(message_text(invite->uri.params),
				   t->municipality_key, &id))
			id.len = 0;
		break;
	case PLACE_PREFIX:
	case PLACE_DIGITS:
		if (location_called(message_text(invite->uri.user),
				    t->place == PLACE_PREFIX, t->place_from,
				    t->place_to, text_of(c->number), &id))
			id.len = 0;
		break;
	case PLACE_NONE:
		break;
	}
	return id;
}

static void find_place(const struct switch_self *self, struct call *c,
		       const struct trunk *t, const struct sip_msg *invite,
		       struct location *ret)
{
	struct location_tables tables = { self->law.kommun_ids, self->law.cells,
					  self->law.postcodes };
	struct location_signals s = {
		.trusted = t->trusted,
		.kommun_id = kommun_id(c, t, invite),
		.asserted = text_of(t->trusted ? c->caller : ""),
		.access_network =
			message_xheader(invite, "P-Access-Network-Info"),
		.geolocation = message_xheader(invite, "Geolocation"),
		.geolocation_routing =
			message_xheader(invite, "Geolocation-Routing"),
		.content_type = message_header(invite, SIP_HDR_CONTENT_TYPE),
		.content_id = message_xheader(invite, "Content-ID"),
		.body = message_body(invite),
	};

	location_find(&s, &tables, ret);
}

void caller_place(struct call *c, const struct location *l)
{
	c->place = l->place;
	c->place_method = (uint8_t)l->method;
	c->place_confidence = (uint8_t)l->confidence;
	c->place_conflicts = l->conflicts;
	c->municipality[0] = '\0';
	if (l->place.municipality >= 0)
		memcpy(c->municipality,
		       municipality_table[l->place.municipality].code, 5);
}

void caller_read(struct switch_self *self, struct call *c,
		 const struct sip_msg *invite)
{
	static const struct trunk none = { .place = PLACE_NONE };
	int trunk = c->legs[SIDE_CALLER].trunk;
	const struct trunk *t =
		trunk < 0 ? &none : &self->p->settings->trunks[trunk];
	struct number_caller caller;
	struct location l;

	number_caller(invite, t->trusted, &caller);
	c->caller_restricted = caller.restricted;
	memcpy(c->caller, caller.number.digits, sizeof(c->caller));
	find_place(self, c, t, invite, &l);
	if (l.ignored ||
	    (!t->trusted && message_xheader(invite, "P-Asserted-Identity").len))
		metric_add(METRIC_sip_untrusted, 1);
	if (l.conflicts)
		metric_add(METRIC_location_conflicts, 1);
	caller_place(c, &l);
	c->geolocation_error = l.geolocation_error;
	call_live(self, c)->asking.found = l;
}

/* RFC 6442 4.4: why his Geolocation was of no use. */
bool caller_misplaced(struct switch_self *self, struct call *c)
{
	struct session *s = call_session(self, c, SIDE_CALLER);
	int trunk = c->legs[SIDE_CALLER].trunk;
	char value[LOCATION_ERROR_MAX], line[LOCATION_ERROR_MAX + 32];

	if (!c->geolocation_error || trunk < 0 ||
	    location_error_value(c->geolocation_error, value))
		return false;
	(void)snprintf(line, sizeof(line), "Geolocation-Error: %s\r\n", value);
	if (!self->p->settings->trunks[trunk].refuse_geolocation) {
		if (session_add(s, text_of(line)))
			log_debug("an error of geolocation was not told");
		return false;
	}
	say_call(self, c, EVENT_CALL_REFUSED, ",\"code\":424");
	session_refuse_with(s, 424, text_of(line));
	call_leg_over(self, c, SIDE_CALLER);
	call_end(self, c, RECORD_END_HANGUP);
	return true;
}
