/*
 * index -- how the ledger does with millions of recordings in its database
 *
 *   index DIR COUNT    DIR is empty, or one of an earlier run, on the disk
 *                      that matters
 *
 * Makes a log and its database in DIR with COUNT recordings of as many bytes
 * each as real ones have (their bodies are nowhere: the ledger never looks),
 * opens the book as the process does, and asks what the desk asks. A line a
 * figure: name, how many, milliseconds: median, 99 of 100, most. Then entries
 * that are made durable together every 100 ms: how many a second.
 */
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "process/ledger/ask.h"

enum {
	ASKS = 500,
	ENVELOPE_BYTES = 266, /* two recipients */
	CARD_BYTES = 480,
	CONTROLLERS = 3,
	ALARM_EVERY = 1000,
	YEARS = 6,
	BATCH_MS = 100,
	BATCHES = 30,
	FROM_S = 1577836800, /* 2020-01-01 */
};

static const char *const controllers[CONTROLLERS] = { "region-01", "region-03",
						      "region-04" };

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "index: %s failed\n", what);
	exit(EXIT_FAILURE);
}

/* ---- making */

static void run(sqlite3 *db, const char *text)
{
	char *why = NULL;

	if (sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK)
		return;
	(void)fprintf(stderr, "index: %s\n", why ? why : text);
	exit(EXIT_FAILURE);
}

static void put(sqlite3_stmt *s, uint64_t n, uint64_t count)
{
	uint8_t id[ID_BYTES], random[ENVELOPE_BYTES + CARD_BYTES];
	const int64_t span_ms = (int64_t)YEARS * 366 * 86400 * 1000;
	int64_t at = (int64_t)FROM_S * 1000 +
		     (int64_t)((double)n / (double)count * (double)span_ms);
	bool alarm = !randombytes_uniform(ALARM_EVERY);

	randombytes_buf(id, ID_BYTES);
	randombytes_buf(random, sizeof(random));
	(void)sqlite3_bind_blob(s, 1, id, ID_BYTES, SQLITE_STATIC);
	(void)sqlite3_bind_int64(s, 2, at);
	(void)sqlite3_bind_text(s, 3,
				controllers[randombytes_uniform(CONTROLLERS)],
				-1, SQLITE_STATIC);
	(void)sqlite3_bind_blob(s, 4, random, ID_BYTES, SQLITE_STATIC);
	(void)sqlite3_bind_blob(s, 5, random, ENVELOPE_BYTES, SQLITE_STATIC);
	(void)sqlite3_bind_int(s, 6, alarm ? RECORD_ALARM : RECORD_SEALED);
	(void)sqlite3_bind_blob(s, 7, random, 32, SQLITE_STATIC);
	(void)sqlite3_bind_blob(s, 8, random + ENVELOPE_BYTES, CARD_BYTES,
				SQLITE_STATIC);
	(void)sqlite3_bind_int64(s, 9, (int64_t)n);
	must(sqlite3_step(s) == SQLITE_DONE, "putting a recording");
	(void)sqlite3_reset(s);
}

/* As they came: by time. The indexes of lists are made afterwards as one. */
static void make(const char *file, uint64_t count)
{
	static const char text[] =
		"INSERT INTO recordings (id, at, controller, body, kc, pn,"
		" envelope, card_envelope, state, length_ms, body_bytes,"
		" body_sha256, card, entry) VALUES (?1, ?2, ?3, ?4, ?4, ?4,"
		" ?5, ?5, ?6, 180000, 2880000, ?7, ?8, ?9)";
	sqlite3 *db;
	sqlite3_stmt *s;

	must(sqlite3_open(file, &db) == SQLITE_OK, "opening the database");
	run(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
		"PRAGMA cache_size = -262144;"
		"DROP INDEX recordings_at; DROP INDEX recordings_state;"
		"DROP INDEX recordings_controller; DROP INDEX recordings_both;"
		"DROP INDEX recordings_unpaired; BEGIN");
	must(sqlite3_prepare_v2(db, text, -1, &s, NULL) == SQLITE_OK,
	     "preparing");
	for (uint64_t n = 0; n < count; n++)
		put(s, n, count);
	(void)sqlite3_finalize(s);
	run(db, "INSERT INTO feed (recording, state, controller)"
		" SELECT id, state, controller FROM recordings; COMMIT");
	(void)sqlite3_close(db);
}

/* ---- asking */

static struct book *book;
static uint8_t reply[ASK_REPLY_MAX];

static double ask(const char *json)
{
	static struct ask a;
	struct writer w = writer_on(reply, sizeof(reply));
	double since = now_ms();

	must(!ask_read(text_of(json), &a), json);
	must(!ask_answer(book, &a, &w), json);
	must(memcmp(reply, "{\"error\"", 8) != 0, json);
	return now_ms() - since;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void say(const char *name, double *ms, unsigned n)
{
	qsort(ms, n, sizeof(*ms), compare);
	(void)printf("%s\t%u\t%.2f\t%.2f\t%.2f\n", name, n, ms[n / 2],
		     ms[n * 99 / 100], ms[n - 1]);
	(void)fflush(stdout);
}

/* The id of the first recording from somewhere on. */
static int take_id(void *arg, const struct database_recording *r)
{
	id_text(r->id, arg);
	return 0;
}

static int64_t some_time(void)
{
	return ((int64_t)FROM_S + randombytes_uniform(YEARS * 360 * 86400)) *
	       1000;
}

static void some_id(char id[ID_CHARS + 1])
{
	struct database_filter f = { .from_ms = some_time(),
				     .to_ms = INT64_MAX,
				     .limit = 1 };

	must(!database_recordings(book_database(book), &f, take_id, id), "id");
}

/* %s in the question: an id; %lld: a time. */
static void measure(const char *name, const char *question, bool with_id)
{
	static double ms[ASKS];

	for (unsigned i = 0; i < ASKS; i++) {
		char json[256], id[ID_CHARS + 1] = "";
		struct writer w = writer_on((uint8_t *)json, sizeof(json) - 1);

		writer_str(&w, question);
		if (with_id) {
			some_id(id);
			writer_printf(&w, "\"%s\"}", id);
		} else {
			writer_printf(&w, "%lld}", (long long)some_time());
		}
		json[w.len] = '\0';
		ms[i] = ask(json);
	}
	say(name, ms, ASKS);
}

static void ask_all(void)
{
	double count = ask("{\"ask\":\"count\"}");

	measure("list, a page from a time on",
		"{\"ask\":\"recordings\",\"from\":", false);
	measure("list, the page behind a recording",
		"{\"ask\":\"recordings\",\"after\":", true);
	measure("list, of one controller",
		"{\"ask\":\"recordings\",\"org\":\"region-03\",\"from\":",
		false);
	measure("list, the alarms",
		"{\"ask\":\"recordings\",\"state\":\"alarm\",\"from\":", false);
	measure("list, one controller's alarms",
		"{\"ask\":\"recordings\",\"state\":\"alarm\","
		"\"org\":\"region-03\",\"from\":",
		false);
	measure("show", "{\"ask\":\"recording\",\"id\":", true);
	measure("envelope", "{\"ask\":\"envelope\",\"id\":", true);
	say("count", &count, 1);
}

/* ---- entering */

static void enter(void)
{
	struct book_event e = {
		.type = EVENT_CALL_QUEUED,
		.at_ms = 1795295100000,
		.organisation = TEXT("Region Test"),
		.details = TEXT("{\"call\":\"abcdefghijklmnopqrstuvwxyz\","
				"\"at\":\"2026-11-21T21:45:00.000+00:00\","
				"\"line\":\"1177\",\"ahead\":3}"),
	};
	uint64_t entry;

	id_new(e.id);
	must(!book_enter(book, &e, &entry), "entering");
}

/* What comes in within a tenth of a second, its flush included. */
static void enter_all(void)
{
	static double ms[BATCHES];
	double since = now_ms();
	unsigned entries = 0;

	for (unsigned i = 0; i < BATCHES; i++) {
		double begun = now_ms(), flushed;
		unsigned n = 0;

		while (now_ms() - begun < BATCH_MS - 40) {
			enter();
			n++;
		}
		flushed = now_ms();
		must(!book_flush(book), "flush");
		ms[i] = now_ms() - flushed;
		entries += n;
	}
	since = now_ms() - since;
	(void)printf("durable entries a second\t%u\t%.0f\t\t\n", entries,
		     entries / since * 1e3);
	say("flush", ms, BATCHES);
}

/* A folder that has a log already has been made before. */
static void make_log(const char *dir, uint64_t count)
{
	char path[512], vkey[NOTE_KEY_TEXT_MAX];
	struct note_signer signer;
	bool rolled_back;
	double since = now_ms();
	int err;

	(void)snprintf(path, sizeof(path), "%s/ledger", dir);
	err = ledger_init(path, "example.org/log", vkey);
	if (err == EEXIST)
		return;
	must(!err, "a log");
	(void)snprintf(path, sizeof(path), "%s/ledger/log.key", dir);
	must(!ledger_key_load(path, &signer), "its key");
	(void)snprintf(path, sizeof(path), "%s/ledger", dir);
	must(!book_open(&book, path, &signer, &rolled_back), "a book");
	book_close(book);
	(void)snprintf(path, sizeof(path), "%s/ledger/db.sqlite", dir);
	make(path, count);
	(void)snprintf(path, sizeof(path), "%s/ledger", dir);
	must(!book_open(&book, path, &signer, &rolled_back), "the book");
	book_close(book); /* with its indexes */
	note_signer_close(&signer);
	(void)fprintf(stderr, "made in %.0f s\n", (now_ms() - since) / 1e3);
}

int main(int argc, char **argv)
{
	struct note_signer signer;
	char path[512];
	uint64_t count;
	bool rolled_back;
	double since;

	if (argc != 3 || text_u64(text_of(argv[2]), 1, UINT32_MAX, &count)) {
		(void)fprintf(stderr, "usage: index DIR COUNT\n");
		return 2;
	}
	must(!secret_init(8192) && sodium_init() >= 0, "sodium");
	make_log(argv[1], count);
	(void)snprintf(path, sizeof(path), "%s/ledger/log.key", argv[1]);
	must(!ledger_key_load(path, &signer), "its key");
	(void)snprintf(path, sizeof(path), "%s/ledger", argv[1]);
	since = now_ms();
	must(!book_open(&book, path, &signer, &rolled_back) && !rolled_back,
	     "the book");
	since = now_ms() - since;
	say("start-up", &since, 1);
	ask_all();
	enter_all();
	book_close(book);
	note_signer_close(&signer);
	return 0;
}
