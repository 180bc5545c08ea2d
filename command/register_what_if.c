/*
 * register_what_if -- which answers would change if an agreement ended
 *
 * Each region, each place and each activity in it is asked twice: of the
 * register as it is, and of one in which the agreement ends.
 */
#include <string.h>

#include "command/register.h"

struct trial {
	const struct register_view *v;
	const struct register_book *then;
	unsigned changed;
};

/* "end AGREEMENT at TIME" */
static int understand(const struct register_book *b, struct text t,
		      uint16_t *ret_agreement, int64_t *ret_minute)
{
	struct reader r = reader_on(t.p, t.len);
	struct text end, id, at, time;

	if (reader_until(&r, ' ', &end) || reader_until(&r, ' ', &id) ||
	    reader_until(&r, ' ', &at) ||
	    reader_text(&r, reader_left(&r), &time) || !text_is(end, "end") ||
	    !text_is(at, "at") || register_date_read(time, false, ret_minute))
		return EINVAL;
	*ret_agreement = register_agreement_find(b, id);
	return *ret_agreement == REGISTER_NONE ? ENOENT : 0;
}

static void say(const struct trial *t, const struct register_question *q,
		const struct register_broken *broken)
{
	const struct register_view *v = t->v;
	const char *place = register_text(v->b, v->b->places[q->place].id);
	struct register_fault f;
	json_t *o;

	register_explain(t->then, broken, &f);
	if (!v->json) {
		(void)printf("no %s by %s for %s at %s: %s: %s; mend: %s\n",
			     register_activity_name(q->activity),
			     register_organisation_id(v, q->by),
			     register_organisation_id(v, q->whom), place,
			     f.rule, f.fault, f.mend);
		return;
	}
	o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "activity",
		      register_activity_name(q->activity), "by",
		      register_organisation_id(v, q->by), "for",
		      register_organisation_id(v, q->whom), "place", place,
		      "rule", f.rule, "fault", f.fault, "mend", f.mend);
	if (o)
		node_print_json(o);
	json_decref(o);
}

static void ask(struct trial *t, const struct register_question *q)
{
	struct register_verdict before, after;

	if (!register_lawful(t->v->b, q, &before) ||
	    register_lawful(t->then, q, &after))
		return;
	t->changed++;
	for (unsigned i = 0; i < after.broken_count; i++)
		say(t, q, &after.broken[i]);
}

static void ask_place(struct trial *t, uint16_t whom, uint16_t place,
		      int64_t minute)
{
	const struct register_place *p = &t->v->b->places[place];
	struct register_question q = { .by = p->organisation,
				       .whom = whom,
				       .place = place,
				       .minute = minute };

	for (unsigned a = 0; a < ACTIVITIES; a++) {
		q.activity = (enum register_activity)a;
		if (p->activities & ACT_BIT(a))
			ask(t, &q);
	}
}

static void ask_all(struct trial *t, int64_t minute)
{
	const struct register_book *b = t->v->b;

	for (uint16_t o = 0; o < b->organisation_count; o++)
		for (uint16_t p = 0; b->organisations[o].kind == KIND_REGION &&
				     p < b->place_count;
		     p++)
			ask_place(t, o, p, minute);
}

int register_what_if(const struct register_view *v, const char *text)
{
	struct trial t = { .v = v };
	struct register_book *then = NULL;
	uint16_t agreement = REGISTER_NONE;
	int64_t minute = 0;
	int err = understand(v->b, text_of(text), &agreement, &minute);

	if (err == ENOENT)
		return node_fail("the register knows no such agreement");
	if (err) {
		(void)node_fail("say 'end AGREEMENT at TIME', with TIME a day "
				"or RFC 3339");
		return EXIT_USAGE;
	}
	if (register_what_if_end(&then, v->b, agreement, minute))
		return node_fail("out of memory");
	t.then = then;
	ask_all(&t, minute);
	if (!v->json)
		(void)printf("%u answers change from yes to no\n", t.changed);
	register_free(then);
	return t.changed ? EXIT_NO : EXIT_YES;
}
