/*
 * Whom a recording is sealed to: by the month, by the controller, and by what
 * the configuration has where there is no month's key.
 */
#include "tests/unit/unit.h"

#include "process/recorder/recipients.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"
#include "seal/month.h"

/* 2026-11-15 12:00 UTC, and days after it */
#define NOVEMBER_MS 1794744000000
#define DAYS(n) ((n)*24 * 3600 * (int64_t)1000)

struct rig {
	struct age_identity november, december, recovery;
	struct settings *s;
	char list[512];
	struct recipients *r;
};

static void set_up(struct rig *g)
{
	char november[AGE_RECIPIENT_CHARS + 1],
		december[AGE_RECIPIENT_CHARS + 1];

	assert_int_equal(0, age_identity_new(&g->november));
	assert_int_equal(0, age_identity_new(&g->december));
	assert_int_equal(0, age_identity_new(&g->recovery));
	age_recipient_text(&g->november.recipient, november);
	age_recipient_text(&g->december.recipient, december);
	g->s = calloc(1, sizeof(*g->s));
	assert_non_null(g->s);
	age_recipient_text(&g->recovery.recipient, g->s->recipients[0].key);
	g->s->recipient_count = 1;
	(void)snprintf(g->s->companions[COMPANION_MONTH_KEYS], 8, "months");
	(void)snprintf(g->list, sizeof(g->list),
		       "# a year\n2026-11 %s Region A\n2026-12 %s Region A\n",
		       november, december);
	g->s->companion_texts[COMPANION_MONTH_KEYS] = text_of(g->list);
	assert_int_equal(0, recipients_new(&g->r, g->s));
}

static void tear_down(struct rig *g)
{
	recipients_free(g->r);
	free(g->s);
	age_identity_close(&g->november);
	age_identity_close(&g->december);
	age_identity_close(&g->recovery);
}

/* Exactly these, in this order; month may be NULL. */
static void sealed_to(struct rig *g, const char *controller, int64_t now_ms,
		      const struct age_identity *month)
{
	static const uint8_t fk[AGE_FILE_KEY_BYTES] = { 1 };
	struct age_recipient list[2];
	uint8_t envelope[ENVELOPE_MAX];
	struct writer w = writer_on(envelope, sizeof(envelope));
	unsigned n = 0;

	if (month)
		list[n++] = month->recipient;
	list[n++] = g->recovery.recipient;
	assert_int_equal(
		0, envelope_maker_make(
			   recipients_maker(g->r, text_of(controller), now_ms),
			   fk, &w));
	assert_int_equal(0, envelope_check(fk, list, n,
					   (struct bytes){ envelope, w.len }));
}

static void test_by_month(void **state)
{
	struct rig g;

	(void)state;
	set_up(&g);
	sealed_to(&g, "Region A", NOVEMBER_MS, &g.november);
	sealed_to(&g, "Region A", NOVEMBER_MS + DAYS(20), &g.december);
	sealed_to(&g, "Region A", NOVEMBER_MS, &g.november);
	sealed_to(&g, "Region A", NOVEMBER_MS + DAYS(60), NULL);
	sealed_to(&g, "Region A", NOVEMBER_MS - DAYS(20), NULL);
	sealed_to(&g, "Region B", NOVEMBER_MS, NULL);
	tear_down(&g);
}

static void test_run_out(void **state)
{
	struct rig g;

	(void)state;
	set_up(&g);
	assert_false(recipients_run_out(g.r, NOVEMBER_MS));
	assert_false(recipients_run_out(g.r, NOVEMBER_MS + DAYS(16)));
	/* 30 days on it is January */
	assert_true(recipients_run_out(g.r, NOVEMBER_MS + DAYS(18)));
	assert_true(recipients_run_out(g.r, NOVEMBER_MS - DAYS(20)));
	recipients_free(g.r);
	g.s->companions[COMPANION_MONTH_KEYS][0] = '\0';
	assert_int_equal(0, recipients_new(&g.r, g.s));
	assert_false(recipients_run_out(g.r, NOVEMBER_MS));
	tear_down(&g);
}

/* A list that is damaged: what stands before the damage is used. */
static void test_damaged(void **state)
{
	struct rig g;

	(void)state;
	set_up(&g);
	recipients_free(g.r);
	*strstr(g.list, "2026-12") = 'x';
	assert_int_equal(0, recipients_new(&g.r, g.s));
	sealed_to(&g, "Region A", NOVEMBER_MS, &g.november);
	sealed_to(&g, "Region A", NOVEMBER_MS + DAYS(20), NULL);
	tear_down(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_month),
		cmocka_unit_test(test_run_out),
		cmocka_unit_test(test_damaged),
	};

	if (sodium_init() < 0 || secret_init(64 * 1024))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
