/*
 * access_extract -- who opened a recording, as the ledger has it
 *
 * A request stands in the log with its asker, unit and purpose; what became of
 * it in an entry of its own, by the same digest.
 */
#include "command/access.h"

#include <stdlib.h>
#include <string.h>

#include "command/disclosure.h"

static struct access *asked(struct access_recording *r, const char *details,
			    int64_t at_ms)
{
	struct disclosure d = { 0 };
	struct access *list, *a;

	if (disclosure_read(details, &d) || r->count == ACCESS_EACH_MAX)
		return NULL;
	list = reallocarray(r->list, r->count + 1, sizeof(*list));
	if (!list)
		return NULL;
	r->list = list;
	a = &list[r->count++];
	*a = (struct access){ .at_ms = at_ms,
			      .purpose = d.request.purpose,
			      .scope = d.request.scope };
	memcpy(a->d, d.d, sizeof(a->d));
	if (text_copy(a->who, sizeof(a->who), text_of(d.request.asker)) ||
	    text_copy(a->unit, sizeof(a->unit), text_of(d.request.controller)))
		return NULL;
	return a;
}

static struct access *by_digest(struct access_recording *r,
				const uint8_t d[REQUEST_DIGEST])
{
	for (unsigned i = 0; i < r->count; i++)
		if (!memcmp(r->list[i].d, d, REQUEST_DIGEST))
			return &r->list[i];
	return NULL;
}

/* What became of one. A release outlives a refusal of the same request. */
static void became(struct access_recording *r, const char *type,
		   const char *details)
{
	json_t *o = json_loads(details, JSON_REJECT_DUPLICATES, NULL);
	const char *hex = json_string_value(json_object_get(o, "d"));
	const char *reason = json_string_value(json_object_get(o, "reason"));
	uint8_t d[REQUEST_DIGEST];
	struct access *a = NULL;

	if (hex && !hex_read(text_of(hex), d, sizeof(d)))
		a = by_digest(r, d);
	if (a && !strcmp(type, "disclosure.released")) {
		a->outcome = ACCESS_OPENED;
	} else if (a && a->outcome != ACCESS_OPENED &&
		   !strcmp(type, "disclosure.refused")) {
		a->outcome = ACCESS_REFUSED;
		(void)!text_copy(a->reason, sizeof(a->reason),
				 text_of(reason ? reason : ""));
	}
	json_decref(o);
}

static int take_entry(void *arg, const json_t *o)
{
	const char *type = json_string_value(json_object_get(o, "type"));
	const char *details = json_string_value(json_object_get(o, "details"));
	struct access_recording *r = arg;

	if (!type || !details)
		return node_fail("the desk's answer makes no sense");
	if (strcmp(type, "disclosure.requested") != 0)
		became(r, type, details);
	else if (!asked(r, details,
			json_integer_value(json_object_get(o, "at"))))
		return node_fail("an entry of the log about %s cannot be read, "
				 "so the extract would not be whole",
				 r->id);
	return EXIT_YES;
}

static int take_recording(void *arg, const json_t *o)
{
	const char *org = json_string_value(json_object_get(o, "org"));
	const json_t *at = json_object_get(o, "at");
	struct access_recording *r = arg;

	if (!json_is_integer(at) || !org ||
	    text_copy(r->controller, sizeof(r->controller), text_of(org)))
		return node_fail("the desk's answer makes no sense");
	clock_text(json_integer_value(at), r->at);
	return EXIT_YES;
}

int access_collect(const struct settings *s, struct access_recording *r)
{
	static const struct node_handlers about = { .json = take_recording };
	static const struct node_handlers each = { .json = take_entry };
	int status = node_ask(
		s, json_pack("{s:s,s:s}", "ask", "recording", "id", r->id),
		&about, r);

	if (status != EXIT_YES)
		return status;
	return node_ask(s,
			json_pack("{s:s,s:s}", "ask", "accesses", "id", r->id),
			&each, r);
}

/* ---- for a machine */

static json_t *one_json(const struct access *a)
{
	static const char *const outcomes[ACCESS_OUTCOMES] = { "asked",
							       "opened",
							       "refused" };
	char at[CLOCK_TEXT_MAX];

	clock_text(a->at_ms, at);
	return json_pack(
		"{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s*,s:s,s:s}", "at", at, "who",
		a->who, "unit", a->unit, "purpose", purpose_text(a->purpose),
		"purpose_sv", access_purpose(a->purpose, ACCESS_SV),
		"purpose_en", access_purpose(a->purpose, ACCESS_EN), "outcome",
		outcomes[a->outcome], "reason", *a->reason ? a->reason : NULL,
		"outcome_sv", access_outcome(a, ACCESS_SV), "outcome_en",
		access_outcome(a, ACCESS_EN));
}

json_t *access_json(const struct access_extract *e)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < e->count; i++) {
		const struct access_recording *r = &e->recordings[i];
		json_t *accesses = json_array();

		for (unsigned k = 0; k < r->count; k++)
			(void)json_array_append_new(accesses,
						    one_json(&r->list[k]));
		(void)json_array_append_new(
			list, json_pack("{s:s,s:s,s:s,s:o}", "id", r->id, "at",
					r->at, "controller", r->controller,
					"accesses", accesses));
	}
	return json_pack("{s:s,s:o}", "made", e->made, "recordings", list);
}

void access_free(struct access_extract *e)
{
	for (unsigned i = 0; e->recordings && i < e->count; i++)
		free(e->recordings[i].list);
	free(e->recordings);
	e->recordings = NULL;
}
