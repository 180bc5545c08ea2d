#include "tests/unit/unit.h"

#include "ipc/ipc.h"

static uint8_t buf[IPC_MESSAGE_MAX];

static size_t header(enum ipc_type type, uint32_t len, uint64_t about)
{
	struct writer w = writer_on(buf, sizeof(buf));

	writer_u16(&w, (uint16_t)type);
	writer_u16(&w, 0);
	writer_u32(&w, len);
	writer_u64(&w, about);
	return w.len;
}

static void what_the_table_does_not_permit_is_refused(void **state)
{
	enum ipc_type type;
	uint64_t about;

	(void)state;
	header(IPC_LEG_CLOSE, 1, 7);
	assert_int_equal(
		ipc_check(buf, 17, 0, ROLE_SWITCH, ROLE_MEDIA, &type, &about),
		0);
	assert_int_equal(type, IPC_LEG_CLOSE);
	assert_int_equal(about, 7);
	/* the wrong way round, and somebody who has no business there */
	assert_int_equal(
		ipc_check(buf, 17, 0, ROLE_MEDIA, ROLE_SWITCH, &type, &about),
		EPERM);
	assert_int_equal(
		ipc_check(buf, 17, 0, ROLE_DESK, ROLE_MEDIA, &type, &about),
		EPERM);
	/* a descriptor that the table does not know; a length that lies */
	assert_int_equal(
		ipc_check(buf, 17, 1, ROLE_SWITCH, ROLE_MEDIA, &type, &about),
		EBADMSG);
	assert_int_equal(
		ipc_check(buf, 18, 0, ROLE_SWITCH, ROLE_MEDIA, &type, &about),
		EBADMSG);
	assert_int_equal(
		ipc_check(buf, 15, 0, ROLE_SWITCH, ROLE_MEDIA, &type, &about),
		EBADMSG);
	header((enum ipc_type)9999, 1, 7);
	assert_int_equal(
		ipc_check(buf, 17, 0, ROLE_SWITCH, ROLE_MEDIA, &type, &about),
		EBADMSG);
}

static void no_message_is_longer_than_its_channel(void **state)
{
	(void)state;
	for (int i = 1; i < IPC_TYPE_COUNT; i++) {
		assert_true(ipc_rules[i].max_bytes + IPC_HEADER_BYTES <=
			    IPC_MESSAGE_MAX);
		assert_true(ipc_rules[i].from && ipc_rules[i].to &&
			    ipc_rules[i].when);
	}
}

/* Everything that is written is read back; every shorter form is refused. */
static void messages_go_both_ways(void **state)
{
	struct ipc_message m = { .type = IPC_LEG_SET, .fd = -1 }, back;
	struct writer w = writer_on(buf, sizeof(buf));
	struct reader r;

	(void)state;
	m.u.LEG_SET.leg = 2;
	m.u.LEG_SET.payload_type = 127;
	m.u.LEG_SET.port = 65535;
	m.u.LEG_SET.address = TEXT("::1");
	memset(m.u.LEG_SET.tx_key, 0x5a, sizeof(m.u.LEG_SET.tx_key));
	assert_int_equal(ipc_encode(&w, &m), 0);
	r = reader_on(buf, w.len);
	assert_int_equal(ipc_decode(&r, IPC_LEG_SET, &back), 0);
	assert_int_equal(back.u.LEG_SET.leg, 2);
	assert_true(text_is(back.u.LEG_SET.address, "::1"));
	assert_memory_equal(back.u.LEG_SET.tx_key, m.u.LEG_SET.tx_key, 30);
	for (size_t len = 0; len < w.len; len++) {
		r = reader_on(buf, len);
		assert_int_equal(ipc_decode(&r, IPC_LEG_SET, &back), EBADMSG);
	}
	/* unread bytes are fatal */
	buf[w.len] = 0;
	r = reader_on(buf, w.len + 1);
	assert_int_equal(ipc_decode(&r, IPC_LEG_SET, &back), EBADMSG);
}

static void ranges_hold_on_both_sides(void **state)
{
	struct ipc_message m = { .type = IPC_LEG_CLOSE, .fd = -1 }, back;
	struct writer w = writer_on(buf, sizeof(buf));
	static const uint8_t three[] = { 3 };
	struct reader r = reader_on(three, 1);

	(void)state;
	m.u.LEG_CLOSE.leg = 3;
	assert_int_equal(ipc_encode(&w, &m), EINVAL);
	assert_int_equal(ipc_decode(&r, IPC_LEG_CLOSE, &back), EBADMSG);
}

static void words_are_utf8_without_controls(void **state)
{
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{ "Region Sörmland", 0 },  { "a\nb", EINVAL },
		{ "\x7f", EINVAL },        { "\xc3", EINVAL },
		{ "\xc0\x80", EINVAL },    { "\xff", EINVAL },
		{ "\xf0\x9f\x93\x9e", 0 }, { "\xe2\x82", EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ipc_message m = { .type = IPC_RECORD_FACT, .fd = -1 };
		struct writer w = writer_on(buf, sizeof(buf));

		m.u.RECORD_FACT.value = text_of(rows[i].text);
		assert_int_equal(ipc_encode(&w, &m), rows[i].err);
	}
}

static void blobs_have_a_maximum(void **state)
{
	static uint8_t big[4097];
	struct ipc_message m = { .type = IPC_RELEASE_ASK, .fd = -1 };
	struct writer w = writer_on(buf, sizeof(buf));

	(void)state;
	m.u.RELEASE_ASK.request = (struct bytes){ big, sizeof(big) };
	assert_int_equal(ipc_encode(&w, &m), EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_table_does_not_permit_is_refused),
		cmocka_unit_test(no_message_is_longer_than_its_channel),
		cmocka_unit_test(messages_go_both_ways),
		cmocka_unit_test(ranges_hold_on_both_sides),
		cmocka_unit_test(words_are_utf8_without_controls),
		cmocka_unit_test(blobs_have_a_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
