#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"
#include "tlog/cosign.h"

enum { LEAVES = 40 };

static struct merkle_hash leaves[LEAVES];
static struct note_signer signer, witness, other;
static struct witness_log logs[1];
static char note[1024], request[WITNESS_BODY_MAX], answer[4096], line[1024];
static struct cosign client;
static uint64_t signed_s;

static int read_leaves(void *arg, unsigned level, uint64_t index,
		       struct merkle_hash *ret)
{
	struct merkle_hash l, r;

	if (!level) {
		*ret = leaves[index];
		return 0;
	}
	if (read_leaves(arg, level - 1, 2 * index, &l) ||
	    read_leaves(arg, level - 1, 2 * index + 1, &r))
		return EIO;
	merkle_node(&l, &r, ret);
	return 0;
}

static void begin(uint64_t size)
{
	struct writer n = writer_on(note, sizeof(note));
	struct merkle_edge e = { 0 };
	struct merkle_hash root;

	for (uint64_t i = 0; i < size; i++)
		merkle_edge_append(&e, &leaves[i]);
	merkle_edge_root(&e, &root);
	assert_int_equal(
		checkpoint_sign(&n, "example.org/log", size, &root, &signer),
		0);
	assert_int_equal(cosign_begin(&client, &witness.key,
				      (struct text){ note, n.len }),
			 0);
}

static struct text write_request(void)
{
	struct writer w = writer_on(request, sizeof(request));

	assert_int_equal(cosign_request(&client, read_leaves, NULL, &w), 0);
	return (struct text){ request, w.len };
}

static enum cosign_outcome say(unsigned status, struct text body)
{
	struct writer l = writer_on(line, sizeof(line) - 1);
	enum cosign_outcome is =
		cosign_answer(&client, status, body, &l, &signed_s);

	line[l.len] = '\0';
	return is;
}

/* As the witness itself would answer. */
static enum cosign_outcome ask(const struct note_signer *by)
{
	struct text body = write_request();
	struct writer w = writer_on(answer, sizeof(answer));
	static char kept[WITNESS_NOTE_MAX];
	struct writer k = writer_on(kept, sizeof(kept));
	struct witness_verdict v;

	witness_judge(logs, 1, body, &v);
	if (v.status == WITNESS_OK) {
		assert_int_equal(witness_cosign(&v, by, 1700000000, &k, &w), 0);
		witness_advance(&v, 1700000000);
	} else if (v.status == WITNESS_CONFLICT) {
		writer_printf(&w, "%llu\n", (unsigned long long)v.log->size);
	}
	return say(v.status, (struct text){ answer, w.len });
}

static int set_up(void **state)
{
	(void)state;
	for (int i = 0; i < LEAVES; i++)
		merkle_leaf(&i, sizeof(i), &leaves[i]);
	memset(logs, 0, sizeof(logs));
	memcpy(logs[0].origin, "example.org/log", 16);
	logs[0].keys[0] = signer.key;
	logs[0].key_count = 1;
	return 0;
}

static void it_finds_where_the_witness_is(void **state)
{
	(void)state;
	begin(7);
	assert_int_equal(ask(&witness), COSIGN_DONE);
	assert_int_equal(signed_s, 1700000000);
	/* to one who knows nothing of it it says its size */
	begin(33);
	assert_int_equal(ask(&witness), COSIGN_AGAIN);
	assert_int_equal(client.old_size, 7);
	assert_int_equal(ask(&witness), COSIGN_DONE);
	assert_int_equal(strncmp(line, "\xe2\x80\x94 w.example ", 14), 0);
	assert_int_equal(logs[0].size, 33);
	begin(33);
	assert_int_equal(ask(&witness), COSIGN_AGAIN);
	assert_int_equal(ask(&witness), COSIGN_DONE);
}

static void a_log_that_was_put_back_or_forked_is_noticed(void **state)
{
	(void)state;
	begin(33);
	assert_int_equal(ask(&witness), COSIGN_DONE);
	begin(20);
	assert_int_equal(ask(&witness), COSIGN_BEHIND);
	merkle_leaf("other", 5, &leaves[3]);
	begin(40);
	assert_int_equal(ask(&witness), COSIGN_AGAIN);
	assert_int_equal(ask(&witness), COSIGN_FORKED);
	assert_int_equal(logs[0].size, 33);
}

static void an_answer_is_not_believed_by_its_status(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		enum cosign_outcome want;
	} rows[] = {
		{ 200, "", COSIGN_REFUSED },
		{ 200, "ok\n", COSIGN_REFUSED },
		{ 200, "\n\n", COSIGN_REFUSED },
		{ 200, "\xe2\x80\x94 w.example AAAA\n", COSIGN_REFUSED },
		{ 409, "", COSIGN_REFUSED },
		{ 409, "7", COSIGN_REFUSED },
		{ 409, "07\n", COSIGN_REFUSED },
		{ 409, "-7\n", COSIGN_REFUSED },
		{ 409, "7\n\n", COSIGN_REFUSED },
		{ 409, "0\n", COSIGN_REFUSED }, /* that is where we began */
		{ 409, "7\n", COSIGN_AGAIN },
		{ 409, "10\n", COSIGN_AGAIN },
		{ 409, "11\n", COSIGN_BEHIND },
		{ 400, "", COSIGN_REFUSED },
		{ 403, "", COSIGN_REFUSED },
		{ 404, "", COSIGN_REFUSED },
		{ 422, "", COSIGN_FORKED },
		{ 500, "", COSIGN_AWAY },
		{ 503, "7\n", COSIGN_AWAY },
		{ 302, "", COSIGN_AWAY },
		{ 0, "", COSIGN_AWAY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(10);
		(void)write_request();
		if (say(rows[i].status, text_of(rows[i].body)) != rows[i].want)
			fail_msg("%u %s", rows[i].status, rows[i].body);
	}
	/* another's cosignature, though it holds */
	begin(10);
	assert_int_equal(ask(&other), COSIGN_REFUSED);
	/* and that of another checkpoint */
	memset(&logs[0].size, 0, sizeof(logs[0].size));
	begin(10);
	assert_int_equal(ask(&witness), COSIGN_DONE);
	begin(11);
	assert_int_equal(say(200, text_of(line)), COSIGN_REFUSED);
	/* lines of strangers beside the good one do no harm */
	logs[0].size = 0;
	begin(10);
	assert_int_equal(ask(&witness), COSIGN_DONE);
}

static void a_witness_that_leads_on_is_left(void **state)
{
	(void)state;
	begin(10);
	(void)write_request();
	assert_int_equal(say(409, TEXT("3\n")), COSIGN_AGAIN);
	(void)write_request();
	assert_int_equal(say(409, TEXT("4\n")), COSIGN_AGAIN);
	(void)write_request();
	assert_int_equal(say(409, TEXT("5\n")), COSIGN_REFUSED);
}

static int make_signers(void **state)
{
	(void)state;
	return note_signer_new(&signer, NOTE_ED25519, "example.org/log") ||
	       note_signer_new(&other, NOTE_COSIGNATURE, "v.example") ||
	       note_signer_new(&witness, NOTE_COSIGNATURE, "w.example");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		CASE(it_finds_where_the_witness_is),
		CASE(a_log_that_was_put_back_or_forked_is_noticed),
		CASE(an_answer_is_not_believed_by_its_status),
		CASE(a_witness_that_leads_on_is_left),
	};

	return sodium_init() < 0 || secret_init(16384) ||
	       cmocka_run_group_tests(tests, make_signers, NULL);
}
