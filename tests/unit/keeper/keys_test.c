/*
 * What two officers say about keys, and envelopes made anew by it.
 */
#include "tests/unit/unit.h"

#include "tests/unit/keeper/fixture.h"

#include <sodium.h>
#include <stdio.h>

#include "process/keeper/rewrap.h"

struct said {
	struct key_statement s;
	const struct person *by[2], *signer[2];
};

static int say(struct world *w, const struct said *said, const char *type)
{
	struct key_entry e = { .statement = said->s, .officer_count = 2 };
	struct writer t = writer_on(e.text, sizeof(e.text));
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer out = writer_on(details, sizeof(details) - 1);
	uint8_t d[REQUEST_DIGEST];

	assert_int_equal(0, key_statement_write(&t, &said->s));
	e.text_len = t.len;
	key_statement_digest((struct text){ e.text, e.text_len }, d);
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(e.officers[i].by, REQUEST_TEXT_MAX, "%s",
			       said->by[i]->name);
		(void)crypto_sign_detached(e.officers[i].signature, NULL, d,
					   sizeof(d),
					   said->signer[i]->secret_key);
	}
	assert_int_equal(0, key_entry_write(&out, &e));
	return world_log(w, type, details);
}

static struct said statement(const struct world *w, const struct person *a,
			     const struct person *b)
{
	struct said said = { .s = { .act = KEY_CREATED,
				    .at_ms = w->now_ms,
				    .recipient_count = 1 },
			     .by = { a, b },
			     .signer = { a, b } };

	(void)snprintf(said.s.origin, sizeof(said.s.origin), WORLD_ORIGIN);
	(void)snprintf(said.s.controller, sizeof(said.s.controller), WORLD_ORG);
	return said;
}

static void second_officer(struct world *w, struct person *p)
{
	person_make(p, "ove", USER_OFFICER);
	world_log_user(w, p, &w->officer, true, 2000);
}

static void test_statement_text(void **state)
{
	static const char *const bad[] = {
		"vaxel key 2\ncreated\nlog a\nat 1\nfor b\n",
		"vaxel key 1\ncreated\nlog a\nat 1\nfor b\n", /* nobody */
		"vaxel key 1\nmade\nlog a\nat 1\nfor b\n",
		"vaxel key 1\ncreated\nlog a\nat 01\nfor b\n",
		"",
	};
	struct key_statement s = { .act = KEY_CREATED, .at_ms = 7 }, back;
	char buf[KEY_STATEMENT_MAX], more[KEY_STATEMENT_MAX];
	struct writer w = writer_on(buf, sizeof(buf));
	struct age_identity i;
	struct world world;
	uint16_t month;

	(void)state;
	world_make(&world);
	assert_int_equal(0, age_identity_new(&i));
	(void)snprintf(s.origin, sizeof(s.origin), "log.example/a");
	(void)snprintf(s.controller, sizeof(s.controller), "Region Å");
	s.months[0] = (struct key_month){ 2027 * 12 + 11, i.recipient };
	s.month_count = s.recipient_count = 1;
	s.recipients[0] = i.recipient;
	assert_int_equal(0, key_statement_write(&w, &s));
	assert_int_equal(
		0, key_statement_read((struct text){ buf, w.len }, &back));
	assert_int_equal(2027 * 12 + 11, back.months[0].month);
	assert_string_equal("Region Å", back.controller);
	assert_non_null(memmem(buf, w.len, "\nmonth 2027-12 age1", 19));
	/* another spelling of the same is not the same */
	(void)snprintf(more, sizeof(more), "%.*s\n", (int)w.len, buf);
	assert_int_equal(EBADMSG, key_statement_read(text_of(more), &back));
	assert_int_equal(
		EBADMSG,
		key_statement_read((struct text){ buf, w.len - 1 }, &back));
	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
		assert_int_equal(EBADMSG,
				 key_statement_read(text_of(bad[k]), &back));
	assert_int_equal(EBADMSG, key_month_read(TEXT("2027-13"), &month));
	assert_int_equal(0, key_month_read(TEXT("2026-11"), &month));
	assert_int_equal(month, key_month_of(1795305600000));
	age_identity_close(&i);
	world_free(&world);
}

/* Who must have signed, one thing amiss at a time. */
static void test_two_officers(void **state)
{
	static const struct {
		const char *what;
		int amiss;
		bool counts;
	} table[] = {
		{ "two officers", 0, true },
		{ "one officer twice", 1, false },
		{ "a reviewer", 2, false },
		{ "another's signature", 3, false },
		{ "another log", 4, false },
		{ "an officer who was removed", 5, false },
		{ "one key under two names", 6, false },
		{ "an old entry again", 7, false },
		{ "another type", 8, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct person ove, twin;
		struct world w;
		struct said s;
		unsigned before;

		world_make(&w);
		second_officer(&w, &ove);
		s = statement(&w, &w.officer, &ove);
		s.s.recipients[0] = w.recovery.recipient;
		if (table[i].amiss == 1)
			s.by[1] = s.signer[1] = &w.officer;
		if (table[i].amiss == 2)
			s.by[1] = s.signer[1] = &w.reviewer;
		if (table[i].amiss == 3)
			s.signer[1] = &w.officer;
		if (table[i].amiss == 4)
			s.s.origin[0] = 'x';
		if (table[i].amiss == 5)
			world_log_user(&w, &ove, &w.officer, false, 2001);
		if (table[i].amiss == 6) {
			twin = w.officer;
			(void)snprintf(twin.name, sizeof(twin.name), "twin");
			world_log_user(&w, &twin, &w.officer, true, 2002);
			s.by[1] = s.signer[1] = &twin;
		}
		if (table[i].amiss == 7)
			assert_int_equal(0, say(&w, &s, "key.created"));
		before = w.view.key_count;
		assert_int_equal(0, say(&w, &s,
					table[i].amiss == 8 ? "key.destroyed"
							    : "key.created"));
		if ((w.view.key_count > before) != table[i].counts)
			fail_msg("%s", table[i].what);
		world_free(&w);
	}
}

/* A world in which the officers named other recipients. */
struct turned {
	struct world w;
	struct person ove;
	struct age_identity next;
	struct unwrap unwrap;
	struct rewrap q;
	struct rewrapped made;
};

static void turn(struct turned *t)
{
	struct said s;

	world_make(&t->w);
	second_officer(&t->w, &t->ove);
	assert_int_equal(0, age_identity_new(&t->next));
	s = statement(&t->w, &t->w.officer, &t->ove);
	s.s.recipients[0] = t->next.recipient;
	s.s.recipients[1] = t->w.recovery.recipient;
	s.s.recipient_count = 2;
	assert_int_equal(0, say(&t->w, &s, "key.created"));
	t->unwrap = t->w.judge.unwrap;
	t->q = (struct rewrap){
		.unwrap = &t->unwrap,
		.confirmed_size = t->w.view.edge.size,
		.recording = t->w.recording,
		.envelope = { t->w.envelope, t->w.envelope_len },
		.card_envelope = { t->w.card_envelope, t->w.card_envelope_len },
	};
}

static void turn_back(struct turned *t)
{
	age_identity_close(&t->next);
	world_free(&t->w);
}

static void log_rotated(struct turned *t)
{
	struct rotated r = { .count = 1 };
	char details[ROTATED_DETAILS_MAX] = { 0 };
	struct writer out = writer_on(details, sizeof(details) - 1);

	memcpy(r.rows[0].recording, t->w.recording, 16);
	memcpy(r.rows[0].bond, t->made.bond, ROTATED_BOND);
	(void)crypto_hash_sha256(r.rows[0].envelope_sha256, t->made.envelope,
				 t->made.envelope_len);
	(void)crypto_hash_sha256(r.rows[0].card_envelope_sha256,
				 t->made.card_envelope,
				 t->made.card_envelope_len);
	assert_int_equal(0, rotated_write(&out, &r));
	assert_int_equal(0, world_log(&t->w, "key.rotated", details));
}

static enum refusal ask(struct turned *t, enum request_scope scope,
			const struct age_identity *by)
{
	struct world *w = &t->w;

	w->request.scope = scope;
	world_sign(w, &w->reviewer);
	world_log_request(w);
	world_checkpoint(w);
	w->judge.unwrap.identities = by;
	w->judge.beside =
		(struct bytes){ t->made.envelope, t->made.envelope_len };
	w->judge.envelope =
		scope == SCOPE_CARD
			? (struct bytes){ t->made.card_envelope,
					  t->made.card_envelope_len }
			: w->judge.beside;
	return world_ask(w);
}

static void test_rewrap(void **state)
{
	struct turned t;
	uint8_t fk[16];

	(void)state;
	turn(&t);
	assert_int_equal(REFUSAL_NONE, keeper_rewrap(&t.q, &t.made));
	assert_int_equal(0, envelope_open(&t.next,
					  (struct bytes){ t.made.envelope,
							  t.made.envelope_len },
					  fk));
	assert_memory_equal(t.w.fk, fk, 16);
	log_rotated(&t);
	/* the old envelope is none any more, the new one is, card and audio */
	t.w.judge.envelope = (struct bytes){ t.w.envelope, t.w.envelope_len };
	world_log_request(&t.w);
	world_checkpoint(&t.w);
	assert_int_equal(REFUSAL_BAD_ENVELOPE, world_ask(&t.w));
	assert_int_equal(REFUSAL_NONE, ask(&t, SCOPE_AUDIO, &t.next));
	assert_memory_equal(t.w.fk, t.w.verdict.fk, 16);
	assert_int_equal(REFUSAL_NONE, ask(&t, SCOPE_CARD, &t.next));
	assert_memory_equal(t.w.card_fk, t.w.verdict.fk, 16);
	/* by the old identity no more: this is what it was for */
	assert_int_equal(REFUSAL_LOCKED, ask(&t, SCOPE_AUDIO, &t.w.identity));
	/* again: it is done */
	assert_int_equal(REFUSAL_NONE, keeper_rewrap(&t.q, &t.made));
	assert_int_equal(0, t.made.envelope_len);
	turn_back(&t);
}

/* A desk that logs a rotation with the card of another recording. */
static void test_foreign_card(void **state)
{
	static const uint8_t other_fk[16] = { 7 };
	struct age_recipient list[2];
	struct writer out;
	struct turned t;

	(void)state;
	turn(&t);
	assert_int_equal(REFUSAL_NONE, keeper_rewrap(&t.q, &t.made));
	list[0] = t.next.recipient;
	list[1] = t.w.recovery.recipient;
	out = writer_on(t.made.card_envelope, sizeof(t.made.card_envelope));
	assert_int_equal(0, envelope_make(other_fk, list, 2, &out));
	t.made.card_envelope_len = out.len;
	log_rotated(&t);
	assert_int_equal(REFUSAL_BAD_ENVELOPE, ask(&t, SCOPE_CARD, &t.next));
	assert_int_equal(REFUSAL_NONE, ask(&t, SCOPE_AUDIO, &t.next));
	turn_back(&t);
}

/* What is not re-wrapped, and why; each alone. */
static void test_rewrap_refused(void **state)
{
	static const enum refusal expected[] = {
		REFUSAL_NO_ENTRY,     /* no checkpoint has confirmed it */
		REFUSAL_LOCKED,       /* nothing unlocked */
		REFUSAL_ERASED,       /* the log says so */
		REFUSAL_BAD_ENVELOPE, /* another envelope */
		REFUSAL_BAD_ENVELOPE, /* another card's */
		REFUSAL_BAD_ENVELOPE, /* no such recording */
		REFUSAL_NO_ENTRY,     /* officers spoke for another alone */
	};
	static const uint8_t nobody[16] = { 1 };

	(void)state;
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct turned t;

		turn(&t);
		if (i == 0)
			t.q.confirmed_size = t.w.view.keys[0].entry;
		if (i == 1)
			t.unwrap.identity_count = 0;
		if (i == 2)
			world_log_recording(&t.w, "recording.erased");
		if (i == 3)
			t.q.envelope = t.q.card_envelope;
		if (i == 4)
			t.q.card_envelope = t.q.envelope;
		if (i == 5)
			t.q.recording = nobody;
		if (i == 6)
			t.w.view.keys[0].organisation++;
		if (keeper_rewrap(&t.q, &t.made) != expected[i])
			fail_msg("case %u", i);
		assert_int_equal(0, t.made.envelope_len);
		turn_back(&t);
	}
}

/* A month's key is for its month; one that was destroyed opens nothing. */
static void test_months(void **state)
{
	struct turned t;
	struct said s;
	uint16_t month;

	(void)state;
	turn(&t);
	month = key_month_of((int64_t)t.w.now_ms);
	s = statement(&t.w, &t.w.officer, &t.ove);
	s.s.at_ms++;
	s.s.recipients[0] = t.w.recovery.recipient;
	s.s.months[0] = (struct key_month){ month, t.next.recipient };
	s.s.months[1] = (struct key_month){ (uint16_t)(month + 1),
					    t.w.identity.recipient };
	s.s.month_count = 2;
	assert_int_equal(0, say(&t.w, &s, "key.created"));
	assert_memory_equal(t.next.recipient.key,
			    view_key(&t.w.view, 0, month)->list[0].key, 32);
	assert_memory_equal(
		t.w.identity.recipient.key,
		view_key(&t.w.view, 0, (uint16_t)(month + 1))->list[0].key, 32);
	/* of other months the word before goes on to hold */
	assert_int_equal(0,
			 view_key(&t.w.view, 0, (uint16_t)(month + 2))->month);
	t.q.confirmed_size = t.w.view.edge.size;
	assert_int_equal(REFUSAL_NONE, keeper_rewrap(&t.q, &t.made));
	log_rotated(&t);
	assert_int_equal(REFUSAL_NONE, ask(&t, SCOPE_AUDIO, &t.next));
	s.s.act = KEY_DESTROYED;
	s.s.at_ms++;
	s.s.month_count = 1;
	s.s.recipient_count = 0;
	assert_int_equal(0, say(&t.w, &s, "key.destroyed"));
	assert_int_equal(REFUSAL_ERASED, ask(&t, SCOPE_AUDIO, &t.next));
	turn_back(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statement_text),
		cmocka_unit_test(test_two_officers),
		cmocka_unit_test(test_rewrap),
		cmocka_unit_test(test_foreign_card),
		cmocka_unit_test(test_rewrap_refused),
		cmocka_unit_test(test_months),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
