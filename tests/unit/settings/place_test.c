#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "settings/place.h"

static struct settings *s, *before;
static struct settings_places *places;
static struct settings_used *used;

/* The settings of a file with these agents, a trunk and a line of each. */
static void file(const char *names)
{
	unsigned n = 0;

	*before = *s;
	memset(s, 0, sizeof(*s));
	for (const char *p = names; *p; p++, n++) {
		s->agents[n].name[0] = *p;
		s->agents[n].srtp = (enum srtp_use)(n % 3);
		s->agents[n].line = n + 100;
		s->trunks[n].name[0] = *p;
		s->trunks[n].from_count = 1;
		s->trunks[n].trusted = true;
		s->trunks[n].transport = SIP_TCP;
		s->lines[n].number[0] = *p;
		s->lines[n].order = n;
		s->listeners[n].name[0] = *p;
		s->listeners[n].order = n;
	}
	s->agent_count = s->trunk_count = s->line_count = s->listener_count = n;
}

/* "ab-c": by place; "-" an empty one, "(x)" one that was removed. */
static const char *agents(void)
{
	static char text[256];
	int at = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < s->agent_count; i++) {
		const struct agent *a = &s->agents[i];
		const struct trunk *t = &s->trunks[i];

		if (i < SETTINGS_TRUNKS && i < s->trunk_count) {
			assert_string_equal(a->name, t->name);
			assert_int_equal(a->removed, t->removed);
			assert_int_equal(a->removed, !t->from_count);
			assert_int_equal(a->removed, !t->trusted);
		}
		at += sprintf(text + at, a->removed ? "%s%s%s" : "%s%s%s",
			      a->removed && a->name[0] ? "(" : "",
			      a->name[0] ? a->name : "-",
			      a->removed && a->name[0] ? ")" : "");
		assert_true(a->removed || a->name[0]);
	}
	return text;
}

static void expect(const char *names, int err, const char *want)
{
	file(names);
	assert_int_equal(settings_place(s, before, places, used), err);
	assert_string_equal(agents(), want);
}

static void use(unsigned place, bool on)
{
	used->agents[place] = used->trunks[place] = on;
	used->lines[place] = used->listeners[place] = on;
}

static int set_up(void **state)
{
	(void)state;
	s = calloc(1, sizeof(*s));
	before = calloc(1, sizeof(*before));
	places = calloc(1, sizeof(*places));
	used = calloc(1, sizeof(*used));
	assert_true(s && before && places && used);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(s);
	free(before);
	free(places);
	free(used);
	return 0;
}

static void the_order_of_the_file_is_no_matter(void **state)
{
	(void)state;
	expect("abc", 0, "abc");
	expect("cba", 0, "abc");
	/* what a section says is that of the new file */
	assert_int_equal(s->agents[0].line, 102);
	assert_int_equal(s->lines[0].order, 2);
	assert_int_equal(s->listeners[2].order, 0);
	expect("xcba", 0, "abcx");
}

static void an_unused_one_leaves_a_free_place(void **state)
{
	(void)state;
	expect("abc", 0, "abc");
	expect("ca", 0, "a-c");
	expect("ca", 0, "a-c");
	expect("cax", 0, "axc");
	expect("a", 0, "a");
	expect("", 0, "");
	expect("c", 0, "c");
}

static void a_used_one_keeps_name_and_place(void **state)
{
	(void)state;
	expect("abc", 0, "abc");
	use(1, true);
	expect("cx", 0, "x(b)c");
	/* of what calls need of it, all is as it was */
	assert_int_equal(s->trunks[1].transport, SIP_TCP);
	assert_int_equal(s->agents[1].srtp, 1);
	expect("xyc", 0, "x(b)cy");
	/* it comes back */
	expect("bxyc", 0, "xbcy");
	expect("xyc", 0, "x(b)cy");
	use(1, false);
	expect("xyc", 0, "x-cy");
	/* or another comes in its place, once nobody needs it */
	expect("xyzc", 0, "xzcy");
}

/* A process that takes up calls has the names alone. */
static void names_outlive_the_settings(void **state)
{
	(void)state;
	expect("abc", 0, "abc");
	use(1, true);
	file("ca");
	memset(before, 0, sizeof(*before));
	assert_int_equal(settings_place(s, NULL, places, used), 0);
	assert_string_equal(agents(), "a(b)c");
	/* and may find any bytes in their place */
	memset(places, 0xff, sizeof(*places));
	file("ca");
	assert_int_equal(settings_place(s, NULL, places, used), 0);
	assert_string_equal(s->agents[0].name, "c");
	assert_true(s->agents[1].removed);
	assert_string_equal(s->agents[2].name, "a");
}

static void what_finds_no_place_is_left_out(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SETTINGS_LINES; i++)
		used->lines[i] = i != 2;
	file("abc");
	assert_int_equal(settings_place(s, NULL, places, used), ENOBUFS);
	assert_string_equal(agents(), "abc");
	assert_string_equal(s->lines[2].number, "a");
	assert_false(s->lines[2].removed);
	for (unsigned i = 0; i < s->line_count; i++)
		assert_int_equal(s->lines[i].removed, i != 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_order_of_the_file_is_no_matter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			an_unused_one_leaves_a_free_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_used_one_keeps_name_and_place,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_outlive_the_settings,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_finds_no_place_is_left_out,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
