#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

#include "tlog/proof.h"

#define HASH "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n"

static void proofs_go_both_ways(void **state)
{
	static const char *const rows[] = {
		"c2sp.org/tlog-proof@v1\nindex 0\n\nnote\n",
		"c2sp.org/tlog-proof@v1\nindex 73894\n" HASH HASH "\nnote\n",
		"c2sp.org/tlog-proof@v1\nextra AAAA\nindex 1\n" HASH "\nnote\n",
		"c2sp.org/tlog-proof@v1\nextra AAAAAA==\nindex 1\n" HASH "\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char again[1024];
		struct writer w = writer_on(again, sizeof(again));
		struct tlog_proof p;

		assert_int_equal(tlog_proof_read(text_of(rows[i]), &p), 0);
		assert_int_equal(tlog_proof_write(&w, &p), 0);
		assert_int_equal(w.len, strlen(rows[i]));
		assert_memory_equal(again, rows[i], w.len);
	}
}

static void faulty_proofs_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"c2sp.org/tlog-proof@v1",
		"c2sp.org/tlog-proof@v1\n",
		"c2sp.org/tlog-proof@v2\nindex 0\n\nnote\n",
		"c2sp.org/tlog-proof@v1\nindex\n\nnote\n",
		"c2sp.org/tlog-proof@v1\nindex 00\n\nnote\n",
		"c2sp.org/tlog-proof@v1\nindex -1\n\nnote\n",
		"c2sp.org/tlog-proof@v1\nindex 18446744073709551616\n\nnote\n",
		"c2sp.org/tlog-proof@v1\nindex 0\nnote\n",
		"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nnote\n",
		"c2sp.org/tlog-proof@v1\nindex 0\n" HASH "note\n",
		"c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nnote\n",
		"c2sp.org/tlog-proof@v1\nextra !!!!\nindex 0\n\nnote\n",
		"c2sp.org/tlog-proof@v1\nextra AAAA=AAA\nindex 0\n\nnote\n",
		"c2sp.org/tlog-proof@v1\nextra AAA=AAAA\nindex 0\n\nnote\n",
		"c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\nnote\n",
	};
	struct tlog_proof p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(tlog_proof_read(text_of(rows[i]), &p),
				 EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proofs_go_both_ways),
		cmocka_unit_test(faulty_proofs_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
