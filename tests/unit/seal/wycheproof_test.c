/*
 * The published edge cases of Project Wycheproof, put to the primitives that
 * seal stands on, through the same calls that it makes.
 */
#include "tests/unit/unit.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/encode.h"
#include "seal/hkdf.h"

enum { FIELD_MAX = 8192 };

struct field {
	uint8_t p[FIELD_MAX];
	size_t len;
};

static void get(const json_t *test, const char *name, struct field *ret)
{
	const char *hex = json_string_value(json_object_get(test, name));

	assert_non_null(hex);
	ret->len = strlen(hex) / 2;
	assert_true(ret->len <= FIELD_MAX);
	assert_int_equal(hex_read(text_of(hex), ret->p, ret->len), 0);
}

static bool result_is(const json_t *test, const char *result)
{
	return !strcmp(json_string_value(json_object_get(test, "result")),
		       result);
}

typedef void case_h(const json_t *test);

static void for_each(const char *file, size_t expected, case_h *h)
{
	const char *vectors = getenv("VECTORS");
	json_t *all, *group, *test;
	size_t i, k, count = 0;
	char path[4096];
	struct stat st;

	if (!vectors || stat(vectors, &st)) {
		print_message("skipped: no vectors\n");
		skip();
	}
	(void)snprintf(path, sizeof(path), "%s/wycheproof/%s", vectors, file);
	all = json_load_file(path, 0, NULL);
	assert_non_null(all);
	json_array_foreach(json_object_get(all, "testGroups"), i, group)
		json_array_foreach(json_object_get(group, "tests"), k, test)
	{
		h(test);
		count++;
	}
	assert_int_equal(count, expected);
	json_decref(all);
}

static bool is_zero_shared(const json_t *test)
{
	static struct field shared;

	get(test, "shared", &shared);
	return sodium_is_zero(shared.p, shared.len);
}

static void x25519_case(const json_t *test)
{
	static struct field public, private, shared;
	uint8_t out[32];
	int err;

	get(test, "public", &public);
	get(test, "private", &private);
	get(test, "shared", &shared);
	assert_int_equal(public.len, 32);
	err = crypto_scalarmult(out, private.p, public.p);
	if (is_zero_shared(test)) {
		assert_int_not_equal(err, 0);
		return;
	}
	assert_int_equal(err, 0);
	assert_memory_equal(out, shared.p, 32);
}

static void hkdf_case(const json_t *test)
{
	static struct field ikm, salt, info, okm;
	json_int_t size = json_integer_value(json_object_get(test, "size"));
	uint8_t out[HKDF_MAX];

	get(test, "ikm", &ikm);
	get(test, "salt", &salt);
	get(test, "info", &info);
	get(test, "okm", &okm);
	/* the only invalid ones ask for more than HKDF can give */
	assert_int_equal(result_is(test, "valid"), size <= (int)HKDF_MAX);
	if (size > (int)HKDF_MAX)
		return;
	hkdf_sha256((struct bytes){ ikm.p, ikm.len },
		    (struct bytes){ salt.p, salt.len },
		    (struct text){ (const char *)info.p, info.len }, out,
		    (size_t)size);
	assert_memory_equal(out, okm.p, okm.len);
}

static void hmac_case(const json_t *test)
{
	static struct field key, msg, tag;
	crypto_auth_hmacsha256_state st;
	uint8_t out[32];

	get(test, "key", &key);
	get(test, "msg", &msg);
	get(test, "tag", &tag);
	crypto_auth_hmacsha256_init(&st, key.p, key.len);
	crypto_auth_hmacsha256_update(&st, msg.p, msg.len);
	crypto_auth_hmacsha256_final(&st, out);
	assert_int_equal(!memcmp(out, tag.p, tag.len),
			 result_is(test, "valid"));
}

static bool openssl_opens(const struct field *key, const struct field *iv,
			  const struct field *aad, const struct field *ct,
			  struct field *tag, uint8_t *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n, rest;
	bool ok;

	ok = EVP_DecryptInit_ex2(c, EVP_chacha20_poly1305(), key->p, iv->p,
				 NULL) == 1 &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, tag->p) == 1 &&
	     EVP_DecryptUpdate(c, NULL, &n, aad->p, (int)aad->len) == 1 &&
	     EVP_DecryptUpdate(c, out, &n, ct->p, (int)ct->len) == 1 &&
	     EVP_DecryptFinal_ex(c, out + n, &rest) == 1;
	EVP_CIPHER_CTX_free(c);
	return ok;
}

static void aead_case(const json_t *test)
{
	static struct field key, iv, aad, msg, ct, tag;
	static uint8_t a[FIELD_MAX], b[FIELD_MAX];
	bool valid = result_is(test, "valid");
	bool sodium;

	get(test, "key", &key);
	get(test, "iv", &iv);
	get(test, "aad", &aad);
	get(test, "msg", &msg);
	get(test, "ct", &ct);
	get(test, "tag", &tag);
	if (iv.len != 12 || key.len != 32) {
		assert_false(valid);
		return;
	}
	sodium = !crypto_aead_chacha20poly1305_ietf_decrypt_detached(
		a, NULL, ct.p, ct.len, tag.p, aad.p, aad.len, iv.p, key.p);
	assert_int_equal(sodium, valid);
	assert_int_equal(openssl_opens(&key, &iv, &aad, &ct, &tag, b), valid);
	if (valid) {
		assert_memory_equal(a, msg.p, msg.len);
		assert_memory_equal(b, msg.p, msg.len);
	}
}

static void x25519_refuses_low_order(void **state)
{
	(void)state;
	for_each("x25519_test.json", 518, x25519_case);
}

static void hkdf_is_rfc_5869(void **state)
{
	(void)state;
	for_each("hkdf_sha256_test.json", 86, hkdf_case);
}

static void hmac_is_rfc_2104(void **state)
{
	(void)state;
	for_each("hmac_sha256_test.json", 174, hmac_case);
}

static void both_aeads_judge_alike(void **state)
{
	(void)state;
	for_each("chacha20_poly1305_test.json", 325, aead_case);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x25519_refuses_low_order),
		cmocka_unit_test(hkdf_is_rfc_5869),
		cmocka_unit_test(hmac_is_rfc_2104),
		cmocka_unit_test(both_aeads_judge_alike),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
