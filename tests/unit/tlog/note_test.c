#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/secret.h"
#include "tlog/checkpoint.h"

static const char skey[] = "PRIVATE+KEY+example.com/log/testdata+33d7b496+"
			   "AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg";
static const char vkey[] = "example.com/log/testdata+33d7b496+"
			   "AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
static const char body[] = "example.com/log/testdata\n15\n"
			   "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n";

static struct note_signer log_key, witness_a, witness_b;

static int set_up(void **state)
{
	(void)state;
	return note_signer_read(text_of(skey), &log_key) ||
	       note_signer_new(&witness_a, NOTE_COSIGNATURE, "a.example/w") ||
	       note_signer_new(&witness_b, NOTE_COSIGNATURE, "b.example/w");
}

static int tear_down(void **state)
{
	(void)state;
	note_signer_close(&log_key);
	note_signer_close(&witness_a);
	note_signer_close(&witness_b);
	return 0;
}

/* ---- keys */

static void keys_go_both_ways(void **state)
{
	char text[NOTE_KEY_TEXT_MAX];
	struct note_key k;

	(void)state;
	assert_int_equal(note_key_read(text_of(vkey), &k), 0);
	assert_string_equal(k.name, "example.com/log/testdata");
	assert_int_equal(k.id, 0x33d7b496);
	assert_int_equal(k.type, NOTE_ED25519);
	note_key_text(&k, text);
	assert_string_equal(text, vkey);
	note_key_text(&log_key.key, text);
	assert_string_equal(text, vkey);
	assert_int_equal(note_signer_text(&log_key, text, sizeof(text)), 0);
	assert_string_equal(text, skey);
	note_key_text(&witness_a.key, text);
	assert_int_equal(note_key_read(text_of(text), &k), 0);
	assert_int_equal(k.type, NOTE_COSIGNATURE);
}

static void faulty_keys_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
		"example.com/log/testdata",
		"example.com/log/testdata+33d7b496",
		"example.com/log/testdata+33d7b496+",
		/* another id, name, key, type; a byte too few; a blank */
		"example.com/log/testdata+33d7b497+"
		"AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
		"example.com/log/testdatb+33d7b496+"
		"AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
		"example.com/log/testdata+33d7b496+"
		"AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSy",
		"example.com/log/testdata+33d7b496+"
		"BuHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
		"example.com/log/testdata+33d7b496+"
		"AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkQ=",
		"example.com/log testdata+33d7b496+"
		"AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
	};
	struct note_signer s;
	struct note_key k;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(note_key_read(text_of(rows[i]), &k), EBADMSG);
		assert_int_equal(note_signer_read(text_of(rows[i]), &s),
				 EBADMSG);
	}
	/* a signing key whose id is that of another */
	assert_int_equal(
		note_signer_read(
			TEXT("PRIVATE+KEY+example.com/log/testdata+33d7b497+"
			     "AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"),
			&s),
		EBADMSG);
	assert_int_equal(note_signer_new(&s, NOTE_ED25519, "a+b"), EINVAL);
	assert_int_equal(note_signer_new(&s, NOTE_ED25519, ""), EINVAL);
}

/* ---- notes */

static char whole[NOTE_MAX];

static struct text sign_all(uint64_t a_s, uint64_t b_s)
{
	struct writer w = writer_on(whole, sizeof(whole));

	writer_str(&w, body);
	writer_str(&w, "\n");
	assert_int_equal(note_sign(&w, text_of(body), &log_key, 0), 0);
	if (a_s)
		assert_int_equal(note_sign(&w, text_of(body), &witness_a, a_s),
				 0);
	if (b_s)
		assert_int_equal(note_sign(&w, text_of(body), &witness_b, b_s),
				 0);
	return (struct text){ whole, w.len };
}

static void cosignatures_carry_their_time(void **state)
{
	struct note_key keys[3];
	struct checkpoint c;
	uint64_t at[3];
	struct note n;

	(void)state;
	keys[0] = log_key.key;
	keys[1] = witness_a.key;
	keys[2] = witness_b.key;
	assert_int_equal(note_read(sign_all(1700000000, 0), &n), 0);
	assert_int_equal(n.count, 2);
	assert_int_equal(note_verify(&n, keys, 3, at), 0);
	assert_int_equal(at[0], 1);
	assert_int_equal(at[1], 1700000000);
	assert_int_equal(at[2], 0);
	assert_int_equal(checkpoint_open(sign_all(5, 1700000001),
					 "example.com/log/testdata", keys,
					 keys + 1, 2, &c, at),
			 0);
	assert_int_equal(c.size, 15);
	assert_int_equal(at[0], 5);
	assert_int_equal(at[1], 1700000001);
	/* another origin; not signed by the log */
	assert_int_equal(checkpoint_open(sign_all(5, 0), "example.com/other",
					 keys, NULL, 0, &c, NULL),
			 EBADMSG);
	assert_int_equal(checkpoint_open(sign_all(5, 0), NULL, keys + 2, NULL,
					 0, &c, NULL),
			 ENOKEY);
}

/*
 * Any changed bit: refused, or the line is now of an unknown key and so not
 * counted. In no case does a signature count that should not.
 */
static void a_changed_note_is_not_believed(void **state)
{
	struct text good = sign_all(1700000000, 0);
	struct note_key keys[2];
	unsigned refused = 0, passed_over = 0;

	(void)state;
	keys[0] = log_key.key;
	keys[1] = witness_a.key;
	for (size_t i = 0; i < good.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			uint64_t at[2] = { 7, 7 };
			struct note n;
			int err;

			whole[i] ^= (char)(1 << bit);
			err = note_read(good, &n);
			if (!err)
				err = note_verify(&n, keys, 2, at);
			whole[i] ^= (char)(1 << bit);
			if (err) {
				refused++;
				continue;
			}
			assert_true(!at[0] || !at[1]);
			passed_over++;
		}
	assert_true(refused > 1000);
	assert_true(passed_over > 0);
}

static void unknown_lines_are_passed_over(void **state)
{
	struct text good = sign_all(0, 0);
	struct writer w = writer_on(whole, sizeof(whole));
	static uint8_t raw[NOTE_SIGNATURE_MAX];
	struct note n;
	uint64_t at;

	(void)state;
	/* as long as the post-quantum ones are, up to sixteen in all */
	w.len = good.len;
	for (int i = 1; i < NOTE_SIGNATURES; i++) {
		writer_printf(&w, "\xe2\x80\x94 pq.example/%d ", i);
		base64_write(&w, BASE64_PADDED, raw, 5000);
		writer_str(&w, "\n");
	}
	assert_int_equal(writer_finish(&w), 0);
	assert_int_equal(note_read((struct text){ whole, w.len }, &n), 0);
	assert_int_equal(n.count, NOTE_SIGNATURES);
	assert_int_equal(note_verify(&n, &log_key.key, 1, &at), 0);
	assert_int_equal(at, 1);
	writer_str(&w, "\xe2\x80\x94 one.more AAAAAAAA\n");
	assert_int_equal(note_read((struct text){ whole, w.len }, &n),
			 EMSGSIZE);
}

static void a_known_key_that_fails_refuses_the_note(void **state)
{
	struct text good = sign_all(0, 0);
	struct writer w = writer_on(whole, sizeof(whole));
	uint8_t raw[4 + 64] = { 0x33, 0xd7, 0xb4, 0x96 };
	struct note n;
	uint64_t at = 7;

	(void)state;
	w.len = good.len;
	writer_str(&w, "\xe2\x80\x94 example.com/log/testdata ");
	base64_write(&w, BASE64_PADDED, raw, sizeof(raw));
	writer_str(&w, "\n");
	assert_int_equal(note_read((struct text){ whole, w.len }, &n), 0);
	assert_int_equal(note_verify(&n, &log_key.key, 1, &at), EBADMSG);
	assert_int_equal(at, 7);
}

static void faulty_notes_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"\n",
		"text\n",
		"text\n\n",
		"text\n\nno dash\n",
		"text\n\n\xe2\x80\x94 name\n",
		"text\n\n\xe2\x80\x94 name \n",
		"text\n\n\xe2\x80\x94 name AAAA\n",     /* no id */
		"text\n\n\xe2\x80\x94 name AAAAAA==\n", /* nothing after it */
		"text\n\n\xe2\x80\x94 name AAAAAAA\n",  /* not padded */
		"text\n\n\xe2\x80\x94 na+me AAAAAAAA\n",
		"text\n\n\xe2\x80\x94  AAAAAAAA\n",
		"text\n\n\xe2\x80\x94 name AAAAAAAA",     /* no newline */
		"text\n\n\xe2\x80\x94 name AAAAAAAA\n\n", /* text, then none */
		"te\rxt\n\n\xe2\x80\x94 name AAAAAAAA\n",
		"te\xffxt\n\n\xe2\x80\x94 name AAAAAAAA\n",
		"te\xc0\x80xt\n\n\xe2\x80\x94 name AAAAAAAA\n",
	};
	struct note n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(note_read(text_of(rows[i]), &n), EBADMSG);
	assert_int_equal(
		note_read(TEXT("a\n\nb\n\n\xe2\x80\x94 name AAAAAAAA\n"), &n),
		0);
	assert_int_equal(n.text.len, 5);
}

static void checkpoints_have_one_spelling(void **state)
{
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{ "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", 0 },
		{ "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n",
		  0 },
		{ "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n",
		  EBADMSG },
		{ "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		  EBADMSG },
		{ "\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		  EBADMSG },
		{ "o\n00\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		  EBADMSG },
		{ "o\n+1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		  EBADMSG },
		{ "o\n18446744073709551616\n"
		  "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		  EBADMSG },
		{ "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==\n",
		  EBADMSG },
	};
	struct checkpoint c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(checkpoint_read(text_of(rows[i].text), &c),
				 rows[i].err);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(keys_go_both_ways),
		CASE(faulty_keys_are_refused),
		CASE(cosignatures_carry_their_time),
		CASE(a_changed_note_is_not_believed),
		CASE(unknown_lines_are_passed_over),
		CASE(a_known_key_that_fails_refuses_the_note),
		CASE(faulty_notes_are_refused),
		CASE(checkpoints_have_one_spelling),
	};

	return sodium_init() < 0 || secret_init(16384) ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
