#include "tests/unit/unit.h"

#include <re.h>

#include "base/encode.h"
#include "process/media/sdes.h"

/* RFC 3711 B.3: master key and salt */
static const char master[] =
	"e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6";

static struct sdes *fresh(void)
{
	uint8_t key[SDES_KEY_BYTES];
	struct sdes *s;

	assert_int_equal(hex_read(text_of(master), key, sizeof(key)), 0);
	assert_int_equal(sdes_new(&s, key), 0);
	return s;
}

/*
 * Keys of RFC 3711 B.3 applied to one packet, as published with libsrtp
 * (srtp_validate); it cannot come out unless key derivation, counter mode and
 * tag are all right.
 */
static void the_published_packet_comes_out(void **state)
{
	static const char plain[] = "800f1234decafbadcafebabe"
				    "abababababababababababababababab";
	static const char sealed[] = "800f1234decafbadcafebabe"
				     "4e55dc4ce79978d88ca4d215949d2402"
				     "b78d6acc99ea179b8dbb";
	uint8_t want_plain[28], want[38], p[38];
	struct sdes *tx = fresh(), *rx = fresh();
	size_t len = 38;
	bool newest = false;

	(void)state;
	assert_int_equal(hex_read(text_of(plain), want_plain, 28), 0);
	assert_int_equal(hex_read(text_of(sealed), want, 38), 0);
	memcpy(p, want_plain, 28);
	assert_int_equal(sdes_protect(tx, 0xcafebabe, 0x1234, p, 12, 28), 0);
	assert_memory_equal(p, want, 38);
	assert_int_equal(
		sdes_unprotect(rx, 0xcafebabe, 0x1234, p, 12, &len, &newest),
		0);
	assert_int_equal(len, 28);
	assert_true(newest);
	assert_memory_equal(p, want_plain, 28);
	sdes_free(tx);
	sdes_free(rx);
}

static void the_published_report_comes_out(void **state)
{
	static const char plain[] = "81c8000bcafebabe"
				    "abababababababababababababababab";
	static const char sealed[] = "81c8000bcafebabe"
				     "7128035be487b9bdbef89041f977a5a8"
				     "80000001993e08cd54d6c1230798";
	uint8_t want_plain[24], want[38], p[64];
	struct sdes *tx = fresh(), *rx = fresh();
	size_t len = 24;

	(void)state;
	assert_int_equal(hex_read(text_of(plain), want_plain, 24), 0);
	assert_int_equal(hex_read(text_of(sealed), want, 38), 0);
	/* libsrtp begins with index 1 */
	memcpy(p, want_plain, 24);
	assert_int_equal(sdes_protect_rtcp(tx, p, &len), 0);
	memcpy(p, want_plain, 24);
	len = 24;
	assert_int_equal(sdes_protect_rtcp(tx, p, &len), 0);
	assert_int_equal(len, 38);
	assert_memory_equal(p, want, 38);
	assert_int_equal(sdes_unprotect_rtcp(rx, p, &len), 0);
	assert_int_equal(len, 24);
	assert_memory_equal(p, want_plain, 24);
	/* a second time it is a replay, changed it is a forgery */
	memcpy(p, want, 38);
	len = 38;
	assert_int_equal(sdes_unprotect_rtcp(rx, p, &len), EPROTO);
	p[37] ^= 1;
	p[27] = 5;
	assert_int_equal(sdes_unprotect_rtcp(rx, p, &len), EBADMSG);
	len = 21;
	assert_int_equal(sdes_unprotect_rtcp(rx, p, &len), EBADMSG);
	sdes_free(tx);
	sdes_free(rx);
}

static size_t make(uint8_t *p, uint16_t seq, size_t payload)
{
	memset(p, 0, 12);
	p[0] = 0x80;
	p[1] = 8;
	p[2] = (uint8_t)(seq >> 8);
	p[3] = (uint8_t)seq;
	p[8] = 0xca;
	p[9] = 0xfe;
	p[10] = 0xba;
	p[11] = 0xbe;
	memset(p + 12, (int)(seq & 0xff), payload);
	return 12 + payload;
}

static int pass(struct sdes *tx, struct sdes *rx, uint64_t index, int flip)
{
	uint8_t p[400];
	size_t len = make(p, (uint16_t)index, 160) + SDES_TAG_BYTES;
	bool newest;
	int err;

	assert_int_equal(sdes_protect(tx, 0xcafebabe, index, p, 12, 172), 0);
	if (flip >= 0)
		p[flip] ^= 0x10;
	err = sdes_unprotect(rx, 0xcafebabe, (uint16_t)index, p, 12, &len,
			     &newest);
	if (!err) {
		assert_int_equal(len, 172);
		assert_int_equal(p[12], index & 0xff);
		assert_int_equal(p[171], index & 0xff);
	}
	return err;
}

static void replays_and_forgeries_are_refused(void **state)
{
	struct sdes *tx = fresh(), *rx = fresh();

	(void)state;
	assert_int_equal(pass(tx, rx, 1000, -1), 0);
	assert_int_equal(pass(tx, rx, 1000, -1), EPROTO);
	assert_int_equal(pass(tx, rx, 1200, -1), 0);
	assert_int_equal(pass(tx, rx, 1100, -1), 0); /* late, but new */
	assert_int_equal(pass(tx, rx, 1100, -1), EPROTO);
	assert_int_equal(pass(tx, rx, 1072, -1), EPROTO); /* past the window */
	assert_int_equal(pass(tx, rx, 1073, -1), 0);
	for (int at = 4; at < 182; at++) {
		if (at >= 8 && at < 12)
			continue; /* the SSRC is passed beside */
		assert_int_equal(pass(tx, rx, 1201, at), EBADMSG);
	}
	assert_int_equal(pass(tx, rx, 1201, -1), 0);
	sdes_free(tx);
	sdes_free(rx);
}

/* RFC 3711 3.3.1: the rollover counter follows, over loss and reordering. */
static void the_counter_rolls_over(void **state)
{
	struct sdes *tx = fresh(), *rx = fresh();

	(void)state;
	assert_int_equal(pass(tx, rx, 65530, -1), 0);
	assert_int_equal(pass(tx, rx, 65537, -1), 0);
	assert_int_equal(pass(tx, rx, 65535, -1), 0);
	assert_int_equal(pass(tx, rx, 65536, -1), 0);
	for (uint64_t i = 65538; i < 400000; i += 997)
		assert_int_equal(pass(tx, rx, i, -1), 0);
	sdes_free(tx);
	sdes_free(rx);
}

static void no_source_is_forgotten(void **state)
{
	struct sdes *tx = fresh(), *rx = fresh();
	uint8_t p[400], kept[400];
	size_t len;
	bool newest;

	(void)state;
	for (uint32_t ssrc = 1; ssrc <= SDES_SOURCES + 1; ssrc++) {
		len = make(p, 7, 20) + SDES_TAG_BYTES;
		assert_int_equal(sdes_protect(tx, ssrc, 7, p, 12, 32), 0);
		if (ssrc == 1)
			memcpy(kept, p, len);
		assert_int_equal(
			sdes_unprotect(rx, ssrc, 7, p, 12, &len, &newest),
			ssrc <= SDES_SOURCES ? 0 : EPROTO);
	}
	len = 42;
	assert_int_equal(sdes_unprotect(rx, 1, 7, kept, 12, &len, &newest),
			 EPROTO);
	sdes_free(tx);
	sdes_free(rx);
}

/* Another implementation opens what we seal, and the other way around. */
static void libre_agrees(void **state)
{
	uint8_t key[SDES_KEY_BYTES];
	struct sdes *tx = fresh(), *rx = fresh();
	struct srtp *theirs_tx = NULL, *theirs_rx = NULL;
	struct mbuf *mb = mbuf_alloc(512);

	(void)state;
	assert_non_null(mb);
	assert_int_equal(hex_read(text_of(master), key, sizeof(key)), 0);
	assert_int_equal(srtp_alloc(&theirs_tx, SRTP_AES_CM_128_HMAC_SHA1_80,
				    key, sizeof(key), 0),
			 0);
	assert_int_equal(srtp_alloc(&theirs_rx, SRTP_AES_CM_128_HMAC_SHA1_80,
				    key, sizeof(key), 0),
			 0);
	for (uint32_t i = 20; i < 70000; i++) {
		size_t plain = 12 + i % 200, len = plain;
		bool newest;

		(void)make(mb->buf, (uint16_t)i, i % 200);
		assert_int_equal(
			sdes_protect(tx, 0xcafebabe, i, mb->buf, 12, plain), 0);
		mb->pos = 0;
		mb->end = plain + SDES_TAG_BYTES;
		assert_int_equal(srtp_decrypt(theirs_rx, mb), 0);
		assert_int_equal(mb->end, plain);
		mb->pos = 0;
		assert_int_equal(srtp_encrypt(theirs_tx, mb), 0);
		len = mb->end;
		assert_int_equal(sdes_unprotect(rx, 0xcafebabe, (uint16_t)i,
						mb->buf, 12, &len, &newest),
				 0);
		assert_int_equal(len, plain);
	}
	mem_deref(mb);
	mem_deref(theirs_tx);
	mem_deref(theirs_rx);
	sdes_free(tx);
	sdes_free(rx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_packet_comes_out),
		cmocka_unit_test(the_published_report_comes_out),
		cmocka_unit_test(replays_and_forgeries_are_refused),
		cmocka_unit_test(the_counter_rolls_over),
		cmocka_unit_test(no_source_is_forgotten),
		cmocka_unit_test(libre_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
