#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/secret.h"
#include "tests/unit/tlog/vectors.h"
#include "tlog/witness.h"

static struct witness_log logs[POLICY_LOGS];
static unsigned log_count;
static struct note_signer witness;
static struct witness_verdict verdict;
static uint64_t now_s = 1700000000;
static char kept[WITNESS_NOTE_MAX], lines[1024];

/* What a witness does with a request; how long what it keeps is. */
static size_t ask(struct text body)
{
	struct writer note = writer_on(kept, sizeof(kept));
	struct writer answer = writer_on(lines, sizeof(lines) - 1);

	witness_judge(logs, log_count, body, &verdict);
	if (verdict.status != WITNESS_OK) {
		assert_non_null(verdict.why);
		return 0;
	}
	assert_int_equal(
		witness_cosign(&verdict, &witness, now_s, &note, &answer), 0);
	lines[answer.len] = '\0';
	witness_advance(&verdict, now_s++);
	return note.len;
}

/* ---- the published dialogue */

static char dialogue[64 * 1024];

static void know_log(const char *origin, const uint8_t public_key[32])
{
	struct note_signer s;

	/* a key with a name; then the published half takes its place */
	assert_int_equal(note_signer_new(&s, NOTE_ED25519, origin), 0);
	memset(logs, 0, sizeof(logs));
	log_count = 1;
	(void)snprintf(logs[0].origin, sizeof(logs[0].origin), "%s", origin);
	logs[0].keys[0] = s.key;
	logs[0].key_count = 1;
	memcpy(logs[0].keys[0].public_key, public_key, 32);
	note_signer_close(&s);
}

/* sigsum's origin is the hash of its key; its id that of name and key. */
static void know_sigsum(void)
{
	static const char hex[] = "ffdc2d4d98e4124d3feaf788c0c2f9ab"
				  "fd796083d1f0495437f302ec79cf100f";
	uint8_t key[32], digest[32], in[256];
	struct writer w = writer_on(in, sizeof(in));
	char origin[128];
	struct writer o = writer_on(origin, sizeof(origin) - 1);

	assert_int_equal(hex_read(text_of(hex), key, 32), 0);
	(void)crypto_hash_sha256(digest, key, 32);
	writer_str(&o, "sigsum.org/v1/tree/");
	hex_write(&o, digest, 32);
	origin[o.len] = '\0';
	know_log(origin, key);
	writer_printf(&w, "%s\n", origin);
	writer_u8(&w, NOTE_ED25519);
	writer_copy(&w, key, 32);
	(void)crypto_hash_sha256(digest, in, w.len);
	logs[0].keys[0].id = (uint32_t)digest[0] << 24 |
			     (uint32_t)digest[1] << 16 |
			     (uint32_t)digest[2] << 8 | digest[3];
}

static void the_published_dialogue_goes_as_specified(void **state)
{
	/*
	 * The recorded witness answers 403 to an unknown log. "If the
	 * checkpoint origin is unknown, the witness MUST respond with a 404".
	 */
	static const unsigned want[] = { 200, 403, 404, 422, 422,
					 200, 409, 200, 409 };
	const char *dir = vectors_folder("witness");
	char path[1100], *at = dialogue;
	unsigned n = 0;
	FILE *f;

	(void)state;
	if (!dir)
		return;
	(void)snprintf(path, sizeof(path), "%s/litewitness.txt", dir);
	f = fopen(path, "re");
	assert_non_null(f);
	dialogue[fread(dialogue, 1, sizeof(dialogue) - 1, f)] = '\0';
	(void)fclose(f);
	know_sigsum();
	while ((at = strstr(at, "\n```\nold "))) {
		char *body = at + 5, *end = strstr(body, "\n```\nHTTP ");
		char *next, *contains;

		assert_non_null(end);
		assert_in_range(n, 0, sizeof(want) / sizeof(want[0]) - 1);
		(void)ask((struct text){ body, (size_t)(end + 1 - body) });
		assert_int_equal(verdict.status, want[n]);
		next = strstr(end, "\nPOST ");
		contains = strstr(end, "body == \"");
		if (contains && (!next || contains < next))
			assert_int_equal(verdict.log->size,
					 strtoull(contains + 9, NULL, 10));
		at = end;
		n++;
	}
	assert_int_equal(n, sizeof(want) / sizeof(want[0]));
	assert_int_equal(logs[0].size, 5);
}

/* ---- a log of our own, through every answer */

enum { LEAVES = 40 };

static struct merkle_hash leaves[LEAVES];
static struct note_signer signer, second;

static int read_leaves(void *arg, unsigned level, uint64_t index,
		       struct merkle_hash *ret)
{
	struct merkle_hash l, r;
	int err;

	if (!level) {
		*ret = leaves[index];
		return 0;
	}
	err = read_leaves(arg, level - 1, 2 * index, &l);
	if (!err)
		err = read_leaves(arg, level - 1, 2 * index + 1, &r);
	merkle_node(&l, &r, ret);
	return err;
}

static struct merkle_hash root_of(uint64_t size)
{
	struct merkle_edge e = { 0 };
	struct merkle_hash root;

	for (uint64_t i = 0; i < size; i++)
		merkle_edge_append(&e, &leaves[i]);
	merkle_edge_root(&e, &root);
	return root;
}

static char request[WITNESS_BODY_MAX];

/* From size to size, as the log would ask. */
static struct text make(uint64_t old_size, uint64_t size)
{
	struct writer w = writer_on(request, sizeof(request));
	char note[1024];
	struct writer n = writer_on(note, sizeof(note));
	struct merkle_hash root = root_of(size);
	struct witness_request q = { .old_size = old_size };

	assert_int_equal(
		checkpoint_sign(&n, "example.org/log", size, &root, &signer),
		0);
	if (old_size && old_size <= size)
		assert_int_equal(merkle_prove_consistency(read_leaves, NULL,
							  old_size, size,
							  &q.proof),
				 0);
	q.note = (struct text){ note, n.len };
	assert_int_equal(witness_request_write(&w, &q), 0);
	return (struct text){ request, w.len };
}

static int set_up(void **state)
{
	static char text[1024];
	struct writer w = writer_on(text, sizeof(text));
	static struct policy p;
	char vkey[NOTE_KEY_TEXT_MAX];
	unsigned line;

	(void)state;
	for (int i = 0; i < LEAVES; i++)
		merkle_leaf(&i, sizeof(i), &leaves[i]);
	note_key_text(&signer.key, vkey);
	writer_printf(&w, "log %s\n", vkey);
	note_key_text(&second.key, vkey);
	writer_printf(&w, "log %s\nquorum none\n", vkey);
	return policy_read((struct text){ text, w.len }, &p, &line) ||
	       witness_logs(&p, logs, &log_count) || log_count != 1 ||
	       logs[0].key_count != 2;
}

static enum witness_status step(uint64_t old_size, uint64_t size)
{
	(void)ask(make(old_size, size));
	return verdict.status;
}

static void it_follows_a_log_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(step(0, 0), 200);
	assert_int_equal(step(0, 1), 200);
	assert_int_equal(step(1, 7), 200);
	assert_int_equal(step(7, 7), 200); /* again, with a new time */
	assert_int_equal(step(7, 33), 200);
	assert_int_equal(logs[0].size, 33);
	assert_int_equal(step(7, 34), 409);
	assert_int_equal(step(0, 34), 409);
	assert_int_equal(step(34, 33), 400);
	assert_int_equal(step(40, 40), 409);
	/* it does not go back */
	assert_int_equal(step(7, 7), 409);
	assert_int_equal(step(0, 7), 409);
	assert_int_equal(logs[0].size, 33);
	/* another past */
	merkle_leaf("other", 5, &leaves[3]);
	assert_int_equal(step(33, 33), 422);
	assert_int_equal(step(33, 40), 422);
	merkle_leaf("other", 5, &leaves[38]);
	assert_int_equal(logs[0].size, 33);
}

static void every_faulty_request_has_its_answer(void **state)
{
	static const struct {
		const char *find, *put;
		unsigned status;
	} rows[] = {
		{ "old 5", "old 05", 400 },
		{ "old 5", "old", 400 },
		{ "old 5", "old 5 ", 400 },
		{ "old 5", "old -5", 400 },
		{ "old 5", "old 99999999999999999999", 400 },
		{ "old 5\n", "", 400 },
		{ "\n\n", "\n", 400 },
		{ "=\n\n", "\n\n", 400 },
		{ "=\n\n", "=\n=\n\n", 400 },
		{ "example.org/log\n9", "example.org/log\n09", 400 },
		{ "example.org/log\n9", "example.org/log\nx", 400 },
		{ "\nexample.org/log\n", "\nexample.org/other\n", 404 },
		{ "example.org/log\n9", "example.org/log\n8", 403 },
		{ "\xe2\x80\x94 example.org/log ", "\xe2\x80\x94 else ", 403 },
		{ "\xe2\x80\x94 example.org/log ", "\xe2\x80\x94 ", 403 },
		{ "old 5", "old 6", 409 },
		{ "old 5", "old 4", 409 },
		{ "old 5", "old 10", 400 },
	};

	(void)state;
	assert_int_equal(step(0, 5), 200);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char changed[4096];
		struct writer w = writer_on(changed, sizeof(changed));
		struct text t = make(5, 9);
		char *at;

		request[t.len] = '\0';
		at = strstr(request, rows[i].find);
		assert_non_null(at);
		writer_copy(&w, request, (size_t)(at - request));
		writer_str(&w, rows[i].put);
		writer_str(&w, at + strlen(rows[i].find));
		(void)ask((struct text){ changed, w.len });
		if (verdict.status != rows[i].status)
			fail_msg("%s -> %s: %d", rows[i].find, rows[i].put,
				 (int)verdict.status);
		assert_int_equal(logs[0].size, 5);
	}
	assert_int_equal(step(5, 9), 200);
}

static void a_proof_that_does_not_hold_is_refused(void **state)
{
	struct witness_request q;
	struct writer w;
	char body[WITNESS_BODY_MAX];

	(void)state;
	assert_int_equal(step(0, 5), 200);
	for (unsigned bit = 0; bit < 256 * 4; bit += 37) {
		assert_int_equal(witness_request_read(make(5, 11), &q), 0);
		assert_in_range(bit / 256, 0, q.proof.count - 1);
		q.proof.hash[bit / 256].b[bit % 256 / 8] ^=
			(uint8_t)(1u << bit % 8);
		w = writer_on(body, sizeof(body));
		assert_int_equal(witness_request_write(&w, &q), 0);
		(void)ask((struct text){ body, w.len });
		assert_int_equal(verdict.status, 422);
	}
	/* one hash more, and one less */
	for (int more = -1; more <= 1; more += 2) {
		assert_int_equal(witness_request_read(make(5, 11), &q), 0);
		q.proof.count = (unsigned)((int)q.proof.count + more);
		w = writer_on(body, sizeof(body));
		assert_int_equal(witness_request_write(&w, &q), 0);
		(void)ask((struct text){ body, w.len });
		assert_int_equal(verdict.status, 422);
	}
	/* 63 lines are many, 64 are too many */
	for (unsigned n = 63; n <= 64; n++) {
		assert_int_equal(witness_request_read(make(5, 11), &q), 0);
		q.proof.count = n;
		w = writer_on(body, sizeof(body));
		assert_int_equal(witness_request_write(&w, &q), 0);
		(void)ask((struct text){ body, w.len });
		assert_int_equal(verdict.status, n == 63 ? 422 : 400);
	}
}

static void a_proof_from_nothing_is_empty(void **state)
{
	struct text t = make(0, 5);
	char body[4096];
	struct writer w = writer_on(body, sizeof(body));

	(void)state;
	writer_str(&w, "old 0\n");
	merkle_hash_write(&w, &leaves[0]);
	writer_u8(&w, '\n');
	writer_copy(&w, t.p + 6, t.len - 6);
	(void)ask((struct text){ body, w.len });
	assert_int_equal(verdict.status, 422);
	assert_int_equal(logs[0].size, 0);
}

static void an_empty_tree_has_one_root(void **state)
{
	char note[1024], body[2048];
	struct writer n = writer_on(note, sizeof(note));
	struct writer w = writer_on(body, sizeof(body));

	(void)state;
	assert_int_equal(
		checkpoint_sign(&n, "example.org/log", 0, &leaves[0], &signer),
		0);
	writer_str(&w, "old 0\n\n");
	writer_copy(&w, note, n.len);
	(void)ask((struct text){ body, w.len });
	assert_int_equal(verdict.status, 422);
}

static void what_is_kept_is_the_checkpoint_with_both_signatures(void **state)
{
	struct witness_log again = logs[0];
	uint64_t cosigned_s, at_s = now_s;
	struct checkpoint c;
	struct text note;

	(void)state;
	note = (struct text){ kept, ask(make(0, 5)) };
	assert_int_equal(checkpoint_open(note, "example.org/log", &signer.key,
					 &witness.key, 1, &c, &cosigned_s),
			 0);
	assert_int_equal(c.size, 5);
	assert_int_equal(cosigned_s, at_s);
	/* the answer is the last line of it */
	assert_memory_equal(note.p + note.len - strlen(lines), lines,
			    strlen(lines));
	assert_int_equal(witness_resume(&again, &witness.key, note), 0);
	assert_int_equal(again.size, 5);
	assert_int_equal(again.cosigned_s, at_s);
	assert_true(merkle_same(&again.root, &logs[0].root));
	for (size_t i = 0; i < note.len - strlen(lines); i++) {
		kept[i] ^= 1;
		assert_int_equal(witness_resume(&again, &witness.key, note),
				 EBADMSG);
		kept[i] ^= 1;
	}
}

static int make_signers(void **state)
{
	(void)state;
	return note_signer_new(&signer, NOTE_ED25519, "example.org/log") ||
	       note_signer_new(&second, NOTE_ED25519, "example.org/log") ||
	       note_signer_new(&witness, NOTE_COSIGNATURE, "w.example");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_dialogue_goes_as_specified),
		CASE(it_follows_a_log_and_nothing_else),
		CASE(every_faulty_request_has_its_answer),
		CASE(a_proof_that_does_not_hold_is_refused),
		CASE(a_proof_from_nothing_is_empty),
		CASE(an_empty_tree_has_one_root),
		CASE(what_is_kept_is_the_checkpoint_with_both_signatures),
	};

	return sodium_init() < 0 || secret_init(16384) ||
	       cmocka_run_group_tests(tests, make_signers, NULL);
}
