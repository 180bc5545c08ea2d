/*
 * comb must be crypto_scalarmult(), for every point and scalar. libsodium and
 * Wycheproof are the judges.
 */
#include "tests/unit/unit.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/encode.h"
#include "seal/comb.h"
#include "seal/envelope.h"
#include "seal/fe25519.h"

static int setup(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

static void assert_same(const struct comb *c, const uint8_t point[32],
			const uint8_t scalar[32])
{
	uint8_t ours[32], theirs[32];
	struct comb_job job = { c, scalar, ours };

	assert_int_equal(comb_multiply(&job, 1), 0);
	assert_int_equal(crypto_scalarmult(theirs, scalar, point), 0);
	assert_memory_equal(ours, theirs, 32);
}

/* About half of all strings are on the curve, the others on its twist. */
static void random_points_and_scalars(void **state)
{
	unsigned on_curve = 0;

	(void)state;
	for (int i = 0; i < 120; i++) {
		uint8_t point[32], scalar[32];
		struct comb *c;
		int err;

		randombytes_buf(point, sizeof(point));
		err = comb_new(&c, point);
		assert_true(!err || err == EINVAL);
		if (err)
			continue;
		on_curve++;
		for (int k = 0; k < 50; k++) {
			randombytes_buf(scalar, sizeof(scalar));
			assert_same(c, point, scalar);
		}
		comb_free(c);
	}
	assert_true(on_curve > 30 && on_curve < 90);
}

static void edges_of_scalars(void **state)
{
	static const uint8_t fills[] = { 0x00, 0xff, 0x88, 0x77, 0x80, 0x08,
					 0x01, 0xf0, 0x0f, 0x78, 0x87 };
	static const uint8_t base[32] = { 9 };
	uint8_t scalar[32];
	struct comb *c;

	(void)state;
	assert_int_equal(comb_new(&c, base), 0);
	for (size_t i = 0; i < sizeof(fills); i++) {
		memset(scalar, fills[i], sizeof(scalar));
		assert_same(c, base, scalar);
		for (size_t bit = 0; bit < 256; bit++) {
			scalar[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_same(c, base, scalar);
			scalar[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	comb_free(c);
	comb_free(NULL);
}

/* 20,000 results of one in terms of the next: a long walk, one comparison. */
static void a_long_walk(void **state)
{
	static const uint8_t base[32] = { 9 };
	uint8_t a[32] = { 1 }, b[32] = { 1 };
	struct comb *c;

	(void)state;
	assert_int_equal(comb_new(&c, base), 0);
	for (int i = 0; i < 20000; i++) {
		uint8_t out[32];
		struct comb_job job = { c, a, out };

		assert_int_equal(comb_multiply(&job, 1), 0);
		memcpy(a, out, 32);
		assert_int_equal(crypto_scalarmult_base(out, b), 0);
		memcpy(b, out, 32);
	}
	assert_memory_equal(a, b, 32);
	comb_free(c);
}

static void batches_of_every_size(void **state)
{
	uint8_t scalars[COMB_BATCH_MAX][32], out[COMB_BATCH_MAX][32];
	uint8_t want[32], points[2][32];
	struct comb *c[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		randombytes_buf(scalars[0], 32);
		assert_int_equal(crypto_scalarmult_base(points[i], scalars[0]),
				 0);
		assert_int_equal(comb_new(&c[i], points[i]), 0);
	}
	for (size_t n = 1; n <= COMB_BATCH_MAX; n++) {
		struct comb_job jobs[COMB_BATCH_MAX];

		for (size_t i = 0; i < n; i++) {
			randombytes_buf(scalars[i], 32);
			jobs[i] = (struct comb_job){ c[i & 1], scalars[i],
						     out[i] };
		}
		assert_int_equal(comb_multiply(jobs, n), 0);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(crypto_scalarmult(want, scalars[i],
							   points[i & 1]),
					 0);
			assert_memory_equal(out[i], want, 32);
		}
	}
	comb_free(c[0]);
	comb_free(c[1]);
}

static void from_hex(const json_t *test, const char *name, uint8_t to[32])
{
	assert_int_equal(hex_read(text_of(json_string_value(
					  json_object_get(test, name))),
				  to, 32),
			 0);
}

static bool has_flag(const json_t *test, const char *flag)
{
	json_t *f;
	size_t i;

	json_array_foreach(
		json_object_get(test, "flags"), i,
		f) if (!strcmp(json_string_value(f), flag)) return true;
	return false;
}

static bool wycheproof_case(const json_t *test)
{
	uint8_t point[32], scalar[32], shared[32], out[32];
	struct comb_job job = { NULL, scalar, out };
	struct comb *c;
	int err;

	from_hex(test, "public", point);
	from_hex(test, "private", scalar);
	from_hex(test, "shared", shared);
	err = comb_new(&c, point);
	if (err) {
		assert_int_equal(err, EINVAL);
		assert_true(has_flag(test, "Twist") ||
			    sodium_is_zero(shared, sizeof(shared)));
		return false;
	}
	job.comb = c;
	assert_int_equal(comb_multiply(&job, 1), 0);
	assert_memory_equal(out, shared, 32);
	comb_free(c);
	return true;
}

static void published_edge_cases(void **state)
{
	const char *vectors = getenv("VECTORS");
	json_t *all, *group, *test;
	size_t i, k, used = 0;
	char path[4096];
	struct stat st;

	(void)state;
	if (!vectors || stat(vectors, &st)) {
		print_message("skipped: no vectors\n");
		skip();
	}
	(void)snprintf(path, sizeof(path), "%s/wycheproof/x25519_test.json",
		       vectors);
	all = json_load_file(path, 0, NULL);
	assert_non_null(all);
	json_array_foreach(json_object_get(all, "testGroups"), i, group)
		json_array_foreach(json_object_get(group, "tests"), k, test)
			used += wycheproof_case(test);
	json_decref(all);
	assert_true(used > 200);
}

static void limbs_are_read_and_written_reduced(void **state)
{
	uint8_t in[32], out[32], p[32];

	(void)state;
	memset(p, 0xff, 32);
	p[0] = 0xed;
	p[31] = 0x7f;
	for (int i = -19; i < 19; i++) { /* p-19 .. p+18 */
		memset(in, 0xff, 32);
		in[0] = (uint8_t)(0xed + i);
		in[31] = 0x7f;
		fe_write(fe_read(in), out);
		if (i < 0) {
			assert_memory_equal(out, in, 32);
		} else {
			assert_int_equal(out[0], i);
			assert_true(sodium_is_zero(out + 1, 31));
		}
	}
	for (int i = 0; i < 1000; i++) {
		struct fe a, b;

		randombytes_buf(in, 32);
		in[31] &= 0x7f;
		a = fe_read(in);
		b = fe_invert(&a);
		b = fe_mul(&a, &b);
		assert_true(fe_equal(b, fe_small(1)));
		assert_true(fe_equal(fe_sub(a, a), fe_small(0)));
	}
}

static void a_maker_makes_the_same_envelopes(void **state)
{
	struct age_recipient to[ENVELOPE_MAKER_RECIPIENTS + 1];
	uint8_t a[ENVELOPE_MAX], b[ENVELOPE_MAX], fk[16], k[32];
	struct envelope_maker *m;

	(void)state;
	for (size_t i = 0; i <= ENVELOPE_MAKER_RECIPIENTS; i++) {
		randombytes_buf(k, sizeof(k));
		assert_int_equal(crypto_scalarmult_base(to[i].key, k), 0);
	}
	for (size_t n = 1; n <= ENVELOPE_MAKER_RECIPIENTS; n++) {
		assert_int_equal(envelope_maker_new(&m, to, n), 0);
		for (int i = 0; i < 20; i++) {
			struct writer wa = writer_on(a, sizeof(a));
			struct writer wb = writer_on(b, sizeof(b));

			randombytes_buf(fk, sizeof(fk));
			assert_int_equal(envelope_make(fk, to, n, &wa), 0);
			assert_int_equal(envelope_maker_make(m, fk, &wb), 0);
			assert_int_equal(wa.len, wb.len);
			assert_memory_equal(a, b, wa.len);
		}
		envelope_maker_free(m);
	}
	assert_int_equal(envelope_maker_new(&m, to, 0), ENOKEY);
	assert_int_equal(
		envelope_maker_new(&m, to, ENVELOPE_MAKER_RECIPIENTS + 1),
		EMSGSIZE);
	memset(&to[1], 0, sizeof(to[1]));
	assert_int_equal(envelope_maker_new(&m, to, 2), EBADMSG);
	envelope_maker_free(NULL);
}

/* A recipient on the twist is no honest key, but age takes it: so do we. */
static void a_recipient_without_a_table_still_works(void **state)
{
	struct age_recipient to[2] = { { { 9 } }, { { 2 } } };
	uint8_t a[ENVELOPE_MAX], b[ENVELOPE_MAX], fk[16] = { 1 };
	struct writer wa = writer_on(a, sizeof(a));
	struct writer wb = writer_on(b, sizeof(b));
	struct envelope_maker *m;
	struct comb *c;

	(void)state;
	assert_int_equal(comb_new(&c, to[1].key), EINVAL);
	assert_int_equal(envelope_maker_new(&m, to, 2), 0);
	assert_int_equal(envelope_make(fk, to, 2, &wa), 0);
	assert_int_equal(envelope_maker_make(m, fk, &wb), 0);
	assert_int_equal(wa.len, wb.len);
	assert_memory_equal(a, b, wa.len);
	envelope_maker_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limbs_are_read_and_written_reduced),
		cmocka_unit_test(random_points_and_scalars),
		cmocka_unit_test(edges_of_scalars),
		cmocka_unit_test(a_long_walk),
		cmocka_unit_test(batches_of_every_size),
		cmocka_unit_test(published_edge_cases),
		cmocka_unit_test(a_maker_makes_the_same_envelopes),
		cmocka_unit_test(a_recipient_without_a_table_still_works),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
