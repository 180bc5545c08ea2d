#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "process/keeper/settle.h"
#include "recording/recover.h"
#include "seal/stream.h"
#include "tests/unit/keeper/fixture.h"

#define BODY ((size_t)12000)
#define PIECE ((size_t)4000)

/*
 * A recording that a power cut left in the spool, and a desk that chooses what
 * of it the keeper gets to see.
 */
static struct world w;
static char dir[] = "/tmp/settle-test-XXXXXX";
static int dir_fd;
static struct settle settle;
static uint8_t id[16];
static uint8_t start[4096], end[SPOOL_ALIGN], data[3][8192], plain[BODY];
static size_t start_len, end_len, data_len[3];

static uint8_t got_end[SPOOL_ALIGN], got_chunk[BODY + STREAM_TAG_BYTES];
static size_t got_end_len, got_chunk_len;

static void make_records(struct age_recipient to, uint8_t pn[16])
{
	struct spool_start s = { .at_ms = 1700000000000,
				 .controller = TEXT(WORLD_ORG) };
	uint8_t envelope[ENVELOPE_MAX], card_envelope[ENVELOPE_MAX];
	struct writer e = writer_on(envelope, sizeof(envelope));
	struct writer c = writer_on(card_envelope, sizeof(card_envelope));
	struct writer out = writer_on(start, sizeof(start));
	struct spool_end last = { .body_len = BODY, .length_ms = 1500 };
	struct seal_keys keys, card_keys;
	struct spool_nonce nonce;
	struct spool_seal seal;

	seal_keys_new(&keys);
	seal_keys_new(&card_keys);
	spool_nonce_init(&nonce);
	assert_int_equal(0, envelope_make(keys.fk, &to, 1, &e));
	assert_int_equal(0, envelope_make(card_keys.fk, &to, 1, &c));
	memcpy(s.id, id, sizeof(id));
	memcpy(s.pn, keys.pn, sizeof(s.pn));
	memcpy(s.check, keys.check, sizeof(s.check));
	memcpy(s.card_pn, card_keys.pn, sizeof(s.card_pn));
	memcpy(s.card_check, card_keys.check, sizeof(s.card_check));
	s.envelope = (struct bytes){ envelope, e.len };
	s.card_envelope = (struct bytes){ card_envelope, c.len };
	assert_int_equal(0,
			 spool_write_start(&out, &s, &keys, &card_keys, &seal));
	start_len = out.len;
	memcpy(pn, s.pn, 16);
	randombytes_buf(plain, sizeof(plain));
	for (size_t i = 0; i < 3; i++) {
		struct spool_data d = { .offset = i * PIECE,
					.bytes = { plain + i * PIECE, PIECE } };

		out = writer_on(data[i], sizeof(data[i]));
		assert_int_equal(0, spool_write_data(&out, &seal, &nonce, &d));
		data_len[i] = out.len;
	}
	out = writer_on(end, sizeof(end));
	assert_int_equal(0, spool_write_end(&out, &seal, &nonce, &last));
	end_len = out.len;
}

static int set_up(void **state)
{
	uint8_t pn[16];

	(void)state;
	world_make(&w);
	randombytes_buf(id, sizeof(id));
	make_records(w.identity.recipient, pn);
	settle = (struct settle){ .view = &w.view,
				  .used = w.used,
				  .dir_fd = dir_fd,
				  .recording = id };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_free(&w);
	(void)unlinkat(dir_fd, "state", 0);
	return 0;
}

/* What the recorder has logged: with its END, if the spool held one. */
static void log_recovering(bool with_end)
{
	char details[512] = { 0 }, text[ID_CHARS + 1];
	struct writer out = writer_on(details, sizeof(details) - 1);
	uint8_t hash[32];

	id_text(id, text);
	writer_printf(&out, "{\"recording\":\"%s\",\"start_sha256\":\"", text);
	(void)crypto_hash_sha256(hash, start, start_len);
	hex_write(&out, hash, sizeof(hash));
	if (with_end) {
		writer_str(&out, "\",\"end_sha256\":\"");
		(void)crypto_hash_sha256(hash, end, end_len);
		hex_write(&out, hash, sizeof(hash));
	}
	writer_str(&out, "\"}");
	assert_int_equal(0, world_log(&w, "recording.recovering", details));
}

static void prove(void)
{
	struct verdict v = { 0 };

	world_checkpoint(&w);
	w.judge.checkpoint = (struct text){ w.checkpoint, w.checkpoint_len };
	w.judge.now_ms = w.now_ms;
	assert_int_equal(REFUSAL_NONE, keeper_judge_log(&w.judge, &v));
	w.view.proven_size = v.log_size;
}

/* ---- the desk */

static int take(void *arg, uint64_t at, struct bytes sealed)
{
	(void)arg;
	if (at == RECOVER_AT_END) {
		memcpy(got_end, sealed.p, sealed.len);
		got_end_len = sealed.len;
	} else if (at == AGE_NONCE_BYTES) {
		memcpy(got_chunk, sealed.p, sealed.len);
		got_chunk_len = sealed.len;
	}
	return 0;
}

static int on_settle(void *arg, struct bytes s, struct bytes record,
		     struct spool_end *e)
{
	(void)arg;
	return settle_end(&settle, s, record, e);
}

/* START, an END or none, and the first so many of three DATA. */
static int recover(const uint8_t *e, size_t e_len, unsigned pieces)
{
	struct recover *r;
	int err;

	got_end_len = got_chunk_len = 0;
	assert_int_equal(
		0, recover_new(&r, &w.identity, 1, 0, take, on_settle, NULL));
	err = recover_feed(r, (struct bytes){ start, start_len });
	if (!err && e_len)
		err = recover_feed(r, (struct bytes){ e, e_len });
	for (unsigned i = 0; !err && i < pieces; i++)
		err = recover_feed(r, (struct bytes){ data[i], data_len[i] });
	if (!err)
		err = recover_finish(r);
	recover_free(r);
	return err;
}

/* The keeper dies, and another reads what it had written down. */
static void another_life(void)
{
	memset(w.used, 0, sizeof(*w.used));
	assert_int_equal(0, used_load(dir_fd, w.used));
}

/* ---- */

/* Two ENDs were asked for: one came, and so one last chunk. */
static void test_one_end(void **state)
{
	uint8_t first[SPOOL_ALIGN], chunk[sizeof(got_chunk)];
	size_t first_len, chunk_len;

	(void)state;
	log_recovering(false);
	prove();
	assert_int_equal(0, settle_allowed(&w.view, id));
	assert_int_equal(0, recover(NULL, 0, 2));
	first_len = got_end_len;
	memcpy(first, got_end, first_len);
	assert_int_equal(0, recover(first, first_len, 2));
	chunk_len = got_chunk_len;
	memcpy(chunk, got_chunk, chunk_len);
	assert_int_equal(2 * PIECE + STREAM_TAG_BYTES, chunk_len);
	for (unsigned pieces = 0; pieces <= 3; pieces++) {
		another_life();
		assert_int_equal(0, recover(NULL, 0, pieces));
		/* what it leads to is what the first one led to */
		memcpy(end, got_end, got_end_len);
		assert_int_equal(0, recover(end, got_end_len, 3));
		assert_int_equal(chunk_len, got_chunk_len);
		assert_memory_equal(chunk, got_chunk, chunk_len);
	}
	assert_int_equal(1, w.used->end_count);
}

/* An END of the recorder's own was withheld, or comes after ours. */
static void test_recorders_end(void **state)
{
	(void)state;
	log_recovering(true);
	prove();
	assert_int_equal(EBADMSG, recover(NULL, 0, 3));
	assert_int_equal(0, w.used->end_count);
	assert_int_equal(0, recover(end, end_len, 3));
	assert_int_equal(BODY + STREAM_TAG_BYTES, got_chunk_len);
	assert_int_equal(0, recover(end, end_len, 3));
}

static void test_end_after_ours(void **state)
{
	(void)state;
	log_recovering(false);
	prove();
	assert_int_equal(0, recover(NULL, 0, 2));
	assert_int_equal(EBADMSG, recover(end, end_len, 3));
	assert_int_equal(0, got_chunk_len);
}

/* Another START, and with it another recording's keys, under this id. */
static void test_forged_start(void **state)
{
	uint8_t pn[16];

	(void)state;
	log_recovering(false);
	prove();
	make_records(w.identity.recipient, pn);
	assert_int_equal(EBADMSG, recover(NULL, 0, 0));
	assert_int_equal(EBADMSG, recover(end, end_len, 3));
	assert_int_equal(0, w.used->end_count);
}

/* What could not be written down does not go out, and is not settled. */
static void test_disk_fails(void **state)
{
	(void)state;
	log_recovering(false);
	prove();
	assert_int_equal(0, mkdirat(dir_fd, "state.new", 0700));
	assert_int_equal(EISDIR, recover(NULL, 0, 1));
	assert_int_equal(0, got_end_len);
	assert_int_equal(0, w.used->end_count);
	assert_int_equal(0, unlinkat(dir_fd, "state.new", AT_REMOVEDIR));
	assert_int_equal(0, recover(NULL, 0, 3));
	assert_int_equal(1, w.used->end_count);
}

static void test_allowed(void **state)
{
	char details[64], text[ID_CHARS + 1];

	(void)state;
	assert_int_equal(EAGAIN, settle_allowed(&w.view, id));
	log_recovering(false);
	/* the desk says so, but no checkpoint does */
	assert_int_equal(EAGAIN, settle_allowed(&w.view, id));
	prove();
	assert_int_equal(0, settle_allowed(&w.view, id));
	id_text(id, text);
	(void)snprintf(details, sizeof(details), "{\"recording\":\"%s\"}",
		       text);
	assert_int_equal(0, world_log(&w, "recording.held", details));
	assert_int_equal(0, settle_allowed(&w.view, id));
	assert_int_equal(0, world_log(&w, "recording.erased", details));
	assert_int_equal(EPERM, settle_allowed(&w.view, id));
	/* sealed is sealed, and not recovered again */
	memcpy(w.recording, id, sizeof(id));
	world_log_sealed(&w, w.kc, w.envelope, w.envelope_len);
	assert_int_equal(EEXIST, settle_allowed(&w.view, id));
	view_restart(&w.view);
	assert_int_equal(EAGAIN, settle_allowed(&w.view, id));
}

/* An entry that does not say which START: of no effect. */
static void test_entry_without_start(void **state)
{
	char details[64], text[ID_CHARS + 1];

	(void)state;
	id_text(id, text);
	(void)snprintf(details, sizeof(details), "{\"recording\":\"%s\"}",
		       text);
	assert_int_equal(0, world_log(&w, "recording.recovering", details));
	prove();
	assert_int_equal(EAGAIN, settle_allowed(&w.view, id));
	assert_int_equal(EBADMSG, recover(NULL, 0, 3));
}

static bool over_if_even(const void *arg, const uint8_t recording[16])
{
	(void)arg;
	return recording[0] % 2 == 0;
}

/* Ends of what is whole by now give way, when there are too many. */
static void test_room(void **state)
{
	struct spool_end e = { .body_len = 1 };
	uint8_t one[16] = { 0 };

	(void)state;
	for (unsigned i = 0; i < USED_ENDS_MAX; i++) {
		one[0] = (uint8_t)i;
		one[1] = (uint8_t)(i >> 8);
		assert_int_equal(
			0, used_end_add(w.used, one, &e, over_if_even, NULL));
	}
	assert_int_equal(0, used_end_add(w.used, id, &e, over_if_even, NULL));
	assert_int_equal(USED_ENDS_MAX / 2 + 1, w.used->end_count);
	assert_non_null(used_end(w.used, id));
	one[0] = 1;
	for (unsigned i = w.used->end_count; i < USED_ENDS_MAX; i++)
		assert_int_equal(
			0, used_end_add(w.used, one, &e, over_if_even, NULL));
	w.used->ends[0].recording[0] = 1;
	id[0] |= 1;
	memcpy(w.used->ends[USED_ENDS_MAX / 2].recording, id, 16);
	assert_int_equal(EMSGSIZE,
			 used_end_add(w.used, id, &e, over_if_even, NULL));
}

static int open_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return 1;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	return dir_fd < 0;
}

static int close_dir(void **state)
{
	(void)state;
	(void)close(dir_fd);
	return rmdir(dir);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_one_end),
		T(test_recorders_end),
		T(test_end_after_ours),
		T(test_forged_start),
		T(test_disk_fails),
		T(test_allowed),
		T(test_entry_without_start),
		T(test_room),
	};

	return cmocka_run_group_tests(tests, open_dir, close_dir);
}
