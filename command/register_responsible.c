/*
 * responsible -- who answered for a call at a minute, from the ledger
 *
 * A call's events tell when its responsibility came to whom: the node's own
 * organisation from the first on, the route's when it was handed over, with
 * the agreements and the register that either event names, nobody after the
 * end.
 */
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "command/register.h"
#include "register/register.h"

struct telling {
	const char *own; /* organisation of this node */
	int64_t until;   /* minute; later changes are not looked at */
	bool json;
	json_t *routed; /* details of the last call.routed */
	json_t *now;    /* the last change, to be printed */
	bool left; /* the node let go of it: its end here is not the call's */
	bool ended;
	bool at; /* one minute is asked for: only what held then is said */
	unsigned told;
};

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void say(struct telling *t)
{
	char at[CLOCK_TEXT_MAX], agreements[512];
	struct writer w = writer_on(agreements, sizeof(agreements) - 1);
	const json_t *list = json_object_get(t->now, "agreements");

	if (!t->now)
		return;
	t->told++;
	if (t->json) {
		node_print_json(t->now);
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *id = json_string_value(json_array_get(list, i));

		writer_printf(&w, "%s%s", i ? ", " : "", id ? id : "");
	}
	agreements[w.len] = '\0';
	clock_text(
		(int64_t)json_integer_value(json_object_get(t->now, "minute")) *
			60000,
		at);
	(void)printf("%.16sZ  %s  %s  by %s  register %s\n", at,
		     word(t->now, "organisation"), word(t->now, "role"),
		     *agreements ? agreements : "-",
		     *word(t->now, "register") ? word(t->now, "register")
					       : "-");
}

/* From this minute on it is this one. */
static void change(struct telling *t, int64_t minute, const char *organisation,
		   const char *role, const json_t *details)
{
	/* what was handed over is told by whoever knows the agreements */
	const json_t *by =
		json_object_get(details, "agreements") ? details : t->routed;

	if (!t->at)
		say(t);
	json_decref(t->now);
	t->now = json_pack("{s:I,s:s,s:s,s:O*,s:O*,s:O*,s:O*,s:O*}", "minute",
			   (json_int_t)minute, "organisation", organisation,
			   "role", role, "controller",
			   json_object_get(by, "controller"), "agreements",
			   json_object_get(by, "agreements"), "register",
			   json_object_get(by, "register"), "handover",
			   json_object_get(details, "handover"), "receipt",
			   json_object_get(details, "receipt"));
}

static void handed_over(struct telling *t, const json_t *details,
			int64_t minute)
{
	const json_t *said = json_object_get(details, "minute");
	const char *to = word(details, "organisation");
	const char *by = word(details, "by");

	t->left =
		!strcmp(by, "redirect") || (!strcmp(by, "refer") && t->routed);
	if (!*to)
		to = word(t->routed, "organisation");
	if (json_is_integer(said))
		minute = json_integer_value(said);
	if (*to)
		change(t, minute, to, "answers", details);
}

static int one_event(void *arg, const json_t *o)
{
	struct telling *t = arg;
	const char *type = word(o, "type");
	int64_t minute = json_integer_value(json_object_get(o, "at")) / 60000;
	json_t *details = json_loads(word(o, "details"), 0, NULL);

	if (minute > t->until) {
		json_decref(details);
		return EXIT_YES;
	}
	if (!strcmp(type, "call.received")) {
		change(t, minute, t->own, "receives", details);
	} else if (!strcmp(type, "call.routed")) {
		json_decref(t->routed);
		t->routed = json_incref(details);
	} else if (!strcmp(type, "call.handed-over")) {
		handed_over(t, details, minute);
	} else if (!strcmp(type, "call.ended")) {
		t->ended = minute < t->until && t->at && !t->left;
	}
	json_decref(details);
	return EXIT_YES;
}

int register_call(const struct settings *s, const char *id, const char *at,
		  bool json)
{
	static const struct node_handlers h = { .json = one_event };
	struct telling t = { .own = s->organisation,
			     .until = INT64_MAX,
			     .json = json,
			     .at = at != NULL };
	uint8_t bytes[ID_BYTES];
	int status;

	if (id_read(text_of(id), bytes))
		return node_fail("%s is no id of a call or a hand-over", id);
	if (at && register_date_read(text_of(at), false, &t.until))
		return node_fail("%s is no time", at);
	status = node_ask(s, json_pack("{s:s,s:s}", "ask", "call", "id", id),
			  &h, &t);
	if (status == EXIT_YES && !t.ended)
		say(&t);
	if (status == EXIT_YES && !t.told)
		status = node_fail(t.ended ? "the call was over by then"
					   : "nobody, as far as this ledger "
					     "knows");
	json_decref(t.routed);
	json_decref(t.now);
	return status;
}
