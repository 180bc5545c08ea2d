/*
 * Holds and erasures in a book: who may, what is refused and kept, and that no
 * file has a piece of what was erased, wherever SQLite had moved it before.
 */
#include "tests/unit/unit.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "process/ledger/ask.h"
#include "process/ledger/law.h"
#include "tests/unit/ledger/books.h"

enum { NOW_MS = 1795295100, ENVELOPE = 266, CARD = 1300 };

static char dir[SCRATCH_MAX];
static struct note_signer signer;
static struct book *book;
static uint8_t officer_key[64];
static int64_t now_ms;

static void enter(enum event_type type, const char *details)
{
	struct book_event e = { .type = type,
				.at_ms = now_ms,
				.organisation = TEXT("Region X"),
				.details = text_of(details) };
	uint64_t entry;

	id_new(e.id);
	assert_int_equal(book_enter(book, &e, &entry), 0);
}

static void enrol(const char *name, enum user_role role, uint8_t secret[64])
{
	struct control_user u = { .added = true, .role = role, .at_ms = 1 };
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer w = writer_on(details, sizeof(details) - 1);
	uint8_t d[32];

	assert_int_equal(crypto_sign_keypair(u.key, secret), 0);
	(void)snprintf(u.name, sizeof(u.name), "%s", name);
	(void)snprintf(u.by, sizeof(u.by), "olga");
	assert_int_equal(control_user_digest(&u, book_origin(book), d), 0);
	(void)crypto_sign_detached(u.signature, NULL, d, sizeof(d),
				   officer_key);
	assert_int_equal(control_user_write(&w, &u), 0);
	enter(EVENT_USER_ADDED, details);
}

static int set_up(void **state)
{
	bool rolled_back;

	(void)state;
	now_ms = NOW_MS;
	if (books_make(dir, &signer) ||
	    book_open(&book, dir, &signer, &rolled_back))
		return 1;
	enrol("olga", USER_OFFICER, officer_key);
	return book_flush(book);
}

static int tear_down(void **state)
{
	struct book *last = book;

	(void)state;
	book = NULL;
	return books_remove(dir, &signer, last);
}

static void reopen(void)
{
	bool rolled_back;

	book_close(book);
	assert_int_equal(book_open(&book, dir, &signer, &rolled_back), 0);
	assert_false(rolled_back);
}

/* ---- recordings */

struct recorded {
	uint8_t id[ID_BYTES], body[ID_BYTES], kc[16], pn[16];
	uint8_t envelope[ENVELOPE], card_envelope[ENVELOPE], card[CARD];
	char details[256];
};

static void put(const struct recorded *r)
{
	struct database_recording row = {
		.at_ms = now_ms,
		.controller = TEXT("Region X"),
		.kc = { r->kc, 16 },
		.pn = { r->pn, 16 },
		.envelope = { r->envelope, ENVELOPE },
		.card_envelope = { r->card_envelope, ENVELOPE },
	};

	memcpy(row.id, r->id, ID_BYTES);
	memcpy(row.body, r->body, ID_BYTES);
	assert_int_equal(book_recording_put(book, &row), 0);
}

static void end(const struct recorded *r)
{
	struct database_recording row = { .state = RECORD_SEALED,
					  .length_ms = 1000,
					  .body_bytes = 5000,
					  .body_sha256 = { r->card, 32 },
					  .card = { r->card, CARD } };

	memcpy(row.id, r->id, ID_BYTES);
	assert_int_equal(book_recording_end(book, &row), 0);
	enter(EVENT_RECORDING_SEALED, r->details);
}

static void begin_recording(struct recorded *r)
{
	char id[ID_CHARS + 1], kc[33];

	randombytes_buf(r, sizeof(*r));
	id_text(r->id, id);
	(void)sodium_bin2hex(kc, sizeof(kc), r->kc, 16);
	(void)snprintf(r->details, sizeof(r->details),
		       "{\"recording\":\"%s\",\"call\":\"x\",\"kc\":\"%s\"}",
		       id, kc);
	put(r);
	enter(EVENT_RECORDING_STARTED, r->details);
}

static void record(struct recorded *r)
{
	begin_recording(r);
	end(r);
}

static int take_state(void *arg, const struct database_recording *r)
{
	*(enum record_state *)arg = r->state;
	if (r->state == RECORD_ERASED)
		assert_int_equal(r->envelope.len + r->card_envelope.len +
					 r->card.len + r->kc.len + r->pn.len,
				 0);
	return 0;
}

static enum record_state state_of(const struct recorded *r)
{
	enum record_state s = RECORD_NONE;

	assert_int_equal(
		database_recording(book_database(book), r->id, take_state, &s),
		0);
	return s;
}

/* ---- acts */

static struct act make(const struct recorded *r, enum act_kind kind)
{
	struct act a = { .kind = kind,
			 .at_ms = (uint64_t)now_ms,
			 .by = "olga",
			 .reason = "dnr \"17/26\" \\ Å" };

	memcpy(a.recording, r->id, ID_BYTES);
	return a;
}

static const char *say(struct act *a, const uint8_t key[64],
		       struct law_outcome *o)
{
	uint8_t d[REQUEST_DIGEST];

	assert_int_equal(act_digest(a, book_origin(book), d), 0);
	(void)crypto_sign_detached(a->signature, NULL, d, sizeof(d), key);
	assert_int_equal(law_act(book, a, now_ms, o), 0);
	assert_int_equal(book_flush(book), 0);
	now_ms++;
	return o->refused ? o->refused : "";
}

static const char *act(const struct recorded *r, enum act_kind kind)
{
	struct act a = make(r, kind);
	struct law_outcome o;

	return say(&a, officer_key, &o);
}

/* ---- files */

static bool in_file(const char *name, const uint8_t *p, size_t len)
{
	char path[SCRATCH_MAX + 32];
	bool found;
	char *all;
	long size;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rbe");
	if (!f)
		return false;
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	rewind(f);
	all = malloc((size_t)size + 1);
	assert_non_null(all);
	assert_int_equal(fread(all, 1, (size_t)size, f), size);
	(void)fclose(f);
	found = memmem(all, (size_t)size, p, len) != NULL;
	free(all);
	return found;
}

/* Any 16 bytes of it, at every 16th. */
static bool on_disk(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i + 16 <= len; i += 16)
		if (in_file("db.sqlite", p + i, 16) ||
		    in_file("db.sqlite-wal", p + i, 16))
			return true;
	return false;
}

/* ---- the tests */

static void an_officer_holds_and_erases(void **state)
{
	struct recorded r;

	(void)state;
	record(&r);
	assert_string_equal(act(&r, ACT_HOLD_END), "not-held");
	assert_string_equal(act(&r, ACT_HOLD), "");
	assert_string_equal(act(&r, ACT_ERASE), "held");
	reopen();
	assert_string_equal(act(&r, ACT_ERASE), "held");
	assert_int_equal(state_of(&r), RECORD_SEALED);
	assert_string_equal(act(&r, ACT_HOLD_END), "");
	assert_string_equal(act(&r, ACT_ERASE), "");
	assert_int_equal(state_of(&r), RECORD_ERASED);
	reopen();
	assert_int_equal(state_of(&r), RECORD_ERASED);
	assert_string_equal(act(&r, ACT_ERASE), "erased");
	assert_string_equal(act(&r, ACT_HOLD), "erased");
}

static int count_type(void *arg, const struct database_entry *e)
{
	*(unsigned *)arg += text_is(e->type, "recording.erase-refused");
	return 0;
}

static void what_is_refused_is_kept(void **state)
{
	struct law_outcome o;
	struct recorded r;
	unsigned kept = 0;
	struct act a;

	(void)state;
	begin_recording(&r);
	a = make(&r, ACT_ERASE);
	assert_string_equal(say(&a, officer_key, &o), "not-ended");
	assert_true(o.has_entry);
	end(&r);
	(void)act(&r, ACT_HOLD);
	a = make(&r, ACT_ERASE);
	assert_string_equal(say(&a, officer_key, &o), "held");
	assert_true(o.has_entry);
	assert_int_equal(database_entries(book_database(book), 0, UINT32_MAX,
					  count_type, &kept),
			 0);
	assert_int_equal(kept, 2);
}

static void who_is_no_officer_decides_nothing(void **state)
{
	uint8_t reviewer[64], stranger[64], key[32];
	struct law_outcome o;
	struct recorded r;
	struct act a;

	(void)state;
	record(&r);
	enrol("rut", USER_REVIEWER, reviewer);
	assert_int_equal(crypto_sign_keypair(key, stranger), 0);
	a = make(&r, ACT_ERASE);
	(void)snprintf(a.by, sizeof(a.by), "rut");
	assert_string_equal(say(&a, reviewer, &o), "not-signed");
	assert_false(o.has_entry);
	a = make(&r, ACT_ERASE);
	assert_string_equal(say(&a, stranger, &o), "not-signed");
	a = make(&r, ACT_HOLD);
	(void)say(&a, officer_key, &o);
	/* what was signed as a hold erases nothing, nor with other words */
	a.kind = ACT_ERASE;
	assert_int_equal(law_act(book, &a, now_ms, &o), 0);
	assert_string_equal(o.refused, "not-signed");
	assert_int_equal(state_of(&r), RECORD_SEALED);
}

static void an_act_counts_once_and_soon(void **state)
{
	struct law_outcome o;
	struct recorded r;
	struct act hold;

	(void)state;
	record(&r);
	hold = make(&r, ACT_HOLD);
	assert_string_equal(say(&hold, officer_key, &o), "");
	(void)act(&r, ACT_HOLD_END);
	assert_string_equal(say(&hold, officer_key, &o), "stale");
	hold = make(&r, ACT_HOLD);
	now_ms += ACT_FRESH_MS + 1;
	assert_string_equal(say(&hold, officer_key, &o), "stale");
	hold = make(&r, ACT_HOLD);
	now_ms -= ACT_FRESH_MS + 1;
	assert_string_equal(say(&hold, officer_key, &o), "stale");
}

static void what_is_told_again_brings_nothing_back(void **state)
{
	struct recorded r;

	(void)state;
	record(&r);
	assert_string_equal(act(&r, ACT_ERASE), "");
	put(&r);
	end(&r);
	enter(EVENT_RECORDING_RECOVERED, r.details);
	assert_int_equal(book_flush(book), 0);
	assert_int_equal(state_of(&r), RECORD_ERASED);
}

static int take_bytes(void *arg, const struct database_recording *r)
{
	*(size_t *)arg = r->envelope.len + r->card.len;
	return 0;
}

static size_t bytes_of(const struct recorded *r)
{
	size_t len = 0;

	assert_int_equal(database_recording(book_database(book), r->id,
					    take_bytes, &len),
			 0);
	return len;
}

/* Where the entry cannot be made the process ends, and nothing is committed. */
static void made_anew_with_the_entry_or_not(void **state)
{
	static struct ask a;
	uint8_t reply[4096];
	struct writer w = writer_on(reply, sizeof(reply));
	struct recorded r;

	(void)state;
	begin_recording(&r);
	memcpy(r.card, r.card_envelope, ENVELOPE);
	end(&r);
	a = (struct ask){ .what = ASK_ROTATE,
			  .type = EVENT_KEY_ROTATED,
			  .org = "Region X",
			  .at_ms = now_ms,
			  .details = "{}",
			  .details_len = 2,
			  .row_count = 1,
			  .rows[0] = { .envelope_len = 7, .card_len = 9 } };
	memcpy(a.rows[0].id, r.id, ID_BYTES);
	assert_int_equal(ask_answer(book, &a, &w), 0);
	assert_non_null(memmem(reply, w.len, "\"entry\"", 7));
	/* who says the old one again brings it back no more */
	put(&r);
	end(&r);
	assert_int_equal(book_flush(book), 0);
	assert_int_equal(bytes_of(&r), 7 + CARD - ENVELOPE + 9);
	a.org[0] = '\n';
	assert_int_equal(ask_answer(book, &a, &w), EIO);
	reopen();
	a.org[0] = 'R';
	assert_string_equal(act(&r, ACT_ERASE), "");
	w.len = 0;
	assert_int_equal(ask_answer(book, &a, &w), 0);
	assert_non_null(memmem(reply, w.len, "not-found", 9));
	assert_int_equal(state_of(&r), RECORD_ERASED);
}

static void no_file_has_a_piece_of_it(void **state)
{
	enum { MANY = 500, ERASED = 40 };
	struct recorded *r = calloc(MANY, sizeof(*r));

	(void)state;
	assert_non_null(r);
	/* ended later than begun, so that rows grow and are moved */
	for (unsigned i = 0; i < MANY; i++) {
		begin_recording(&r[i]);
		if (i >= 16)
			end(&r[i - 16]);
	}
	for (unsigned i = MANY - 16; i < MANY; i++)
		end(&r[i]);
	assert_int_equal(book_flush(book), 0);
	assert_true(on_disk(r[0].envelope, ENVELOPE));
	for (unsigned i = 0; i < ERASED; i++)
		assert_string_equal(act(&r[i], ACT_ERASE), "");
	assert_int_equal(database_scrub(book_database(book)), 0);
	for (unsigned i = 0; i < ERASED; i++) {
		assert_false(on_disk(r[i].envelope, ENVELOPE));
		assert_false(on_disk(r[i].card_envelope, ENVELOPE));
		assert_false(on_disk(r[i].card, CARD));
		assert_false(on_disk(strstr(r[i].details, "\"kc\""), 38));
	}
	for (unsigned i = ERASED; i < MANY; i++)
		assert_int_equal(state_of(&r[i]), RECORD_SEALED);
	/* also once pages that were in memory are written again */
	for (unsigned i = ERASED; i < 3 * ERASED; i++)
		end(&r[i]);
	assert_int_equal(book_flush(book), 0);
	for (unsigned i = 0; i < ERASED; i++)
		assert_false(on_disk(r[i].envelope, ENVELOPE));
	reopen();
	free(r);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(an_officer_holds_and_erases),
		CASE(what_is_refused_is_kept),
		CASE(who_is_no_officer_decides_nothing),
		CASE(an_act_counts_once_and_soon),
		CASE(what_is_told_again_brings_nothing_back),
		CASE(made_anew_with_the_entry_or_not),
		CASE(no_file_has_a_piece_of_it),
	};

	return sodium_init() < 0 || secret_init(16384) ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
