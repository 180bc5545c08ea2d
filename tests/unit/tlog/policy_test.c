#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"
#include "tlog/policy.h"

enum { WITNESSES = 8 };

static char vkeys[WITNESSES][NOTE_KEY_TEXT_MAX];
static struct policy policy;

static int make_keys(void **state)
{
	(void)state;
	for (int i = 0; i < WITNESSES; i++) {
		struct note_signer s;
		char name[32];

		(void)snprintf(name, sizeof(name), "w%d.example", i);
		if (note_signer_new(&s, NOTE_COSIGNATURE, name))
			return 1;
		note_key_text(&s.key, vkeys[i]);
		note_signer_close(&s);
	}
	return 0;
}

static void write_witnesses(struct writer *w)
{
	for (int i = 0; i < WITNESSES; i++)
		writer_printf(w, "witness W%d %s\n", i, vkeys[i]);
}

static void read_policy(struct writer *w)
{
	unsigned line = 0;

	assert_int_equal(writer_finish(w), 0);
	if (policy_read((struct text){ (const char *)w->buf, w->len }, &policy,
			&line))
		fail_msg("line %u of %.*s", line, (int)w->len,
			 (const char *)w->buf);
}

static void two_quorums_share_a_witness_or_not(void **state)
{
	static const struct {
		const char *text;
		bool meet;
	} rows[] = {
		{ "quorum W0\n", true },
		{ "quorum none\n", false },
		{ "group g any W0\nquorum g\n", true },
		{ "group g any W0 W1\nquorum g\n", false },
		{ "group g all W0 W1\nquorum g\n", true },
		{ "group g 2 W0 W1 W2\nquorum g\n", true },
		{ "group g 2 W0 W1 W2 W3\nquorum g\n", false },
		{ "group g 3 W0 W1 W2 W3\nquorum g\n", true },
		/* the specification's own example: X's two of three meet */
		{ "group x 2 W0 W1 W2\ngroup y any W3 W4 W5\n"
		  "group q all x y\nquorum q\n",
		  true },
		/* each group can be split, so all of them together can */
		{ "group x any W0 W1\ngroup y 2 W2 W3 W4 W5\n"
		  "group q all x y\nquorum q\n",
		  false },
		/* one that cannot be split is enough, if all are asked for */
		{ "group x any W0 W1\ngroup y any W2 W3\n"
		  "group q all x y W4\nquorum q\n",
		  true },
		/* two of three, of which one can be had twice */
		{ "group x any W0 W1\ngroup q 2 x W2 W3\nquorum q\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[4096];
		struct writer w = writer_on(text, sizeof(text));

		write_witnesses(&w);
		writer_str(&w, rows[i].text);
		read_policy(&w);
		if (policy_quorums_meet(&policy) != rows[i].meet)
			fail_msg("%s", rows[i].text);
	}
}

/* Groups of whatever is not a member yet, the last one the quorum. */
static void write_random_groups(struct writer *w)
{
	char names[2 * WITNESSES][8];
	unsigned count = WITNESSES, groups = 0;

	for (unsigned i = 0; i < WITNESSES; i++)
		(void)snprintf(names[i], sizeof(names[i]), "W%u", i);
	do {
		unsigned n = 1 + randombytes_uniform(count);

		writer_printf(w, "group g%u %u", groups,
			      1 + randombytes_uniform(n));
		for (unsigned i = 0; i < n; i++) {
			unsigned k = randombytes_uniform(count);

			writer_printf(w, " %s", names[k]);
			memmove(names[k], names[count - 1], sizeof(names[k]));
			count--;
		}
		writer_u8(w, '\n');
		(void)snprintf(names[count++], sizeof(names[0]), "g%u",
			       groups++);
	} while (count > 1 && groups < WITNESSES && randombytes_uniform(4));
	writer_printf(w, "quorum g%u\n", groups - 1);
}

/* Every set of witnesses against those that are left. */
static bool meet_by_trying(void)
{
	for (unsigned set = 0; set < 1u << WITNESSES; set++) {
		uint64_t in[POLICY_WITNESSES] = { 0 };
		uint64_t out[POLICY_WITNESSES] = { 0 };

		for (unsigned i = 0; i < WITNESSES; i++) {
			in[i] = set >> i & 1;
			out[i] = !in[i];
		}
		if (policy_satisfied(&policy, in) &&
		    policy_satisfied(&policy, out))
			return false;
	}
	return true;
}

static void it_is_what_trying_all_sets_says(void **state)
{
	unsigned meet = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		char text[4096];
		struct writer w = writer_on(text, sizeof(text));
		bool is;

		write_witnesses(&w);
		write_random_groups(&w);
		read_policy(&w);
		is = policy_quorums_meet(&policy);
		if (is != meet_by_trying())
			fail_msg("%.*s", (int)w.len, text);
		meet += is;
	}
	assert_in_range(meet, 200, 1800);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_quorums_share_a_witness_or_not),
		cmocka_unit_test(it_is_what_trying_all_sets_says),
	};

	return sodium_init() < 0 || secret_init(16384) ||
	       cmocka_run_group_tests(tests, make_keys, NULL);
}
