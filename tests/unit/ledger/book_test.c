#include "tests/unit/unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "process/ledger/ask.h"
#include "process/ledger/book.h"
#include "process/ledger/node.h"
#include "tests/unit/ledger/books.h"

static char dir[SCRATCH_MAX];
static struct note_signer signer;
static struct book *book;
static bool rolled_back;

enum { NOW_MS = 1795295100 };

static void open_book(void)
{
	assert_int_equal(book_open(&book, dir, &signer, &rolled_back), 0);
}

static void reopen(void)
{
	book_close(book);
	book = NULL;
	open_book();
}

static int set_up(void **state)
{
	(void)state;
	return books_make(dir, &signer) ||
	       book_open(&book, dir, &signer, &rolled_back);
}

static int tear_down(void **state)
{
	struct book *last = book;

	(void)state;
	book = NULL;
	return books_remove(dir, &signer, last);
}

/* For what somebody does to files behind our back. */
static void copy(const char *from, const char *to)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "cp -a %s/%s %s/%s", dir, from,
		       dir, to);
	assert_int_equal(system(command), 0);
}

static void removed(const char *name)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "rm -r %s/%s", dir, name);
	assert_int_equal(system(command), 0);
}

static void overwritten(const char *name)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs("x\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* ---- entering */

static uint64_t enter(enum event_type type, const char *details)
{
	struct book_event e = { .type = type,
				.at_ms = NOW_MS,
				.organisation = TEXT("Region X"),
				.details = text_of(details) };
	uint64_t entry = UINT64_MAX;

	id_new(e.id);
	assert_int_equal(book_enter(book, &e, &entry), 0);
	return entry;
}

static void enter_many(unsigned n)
{
	while (n--)
		(void)enter(EVENT_CALL_RECEIVED, "{\"call\":\"x\"}");
	assert_int_equal(book_flush(book), 0);
}

static void assert_whole(uint64_t size)
{
	struct folder_source source = { folder_fd(book_folder(book)) };
	struct verify v = { .origin = "example.org/log", .key = &signer.key };
	struct verified is;

	folder_log_source(&source, &v.source);
	assert_int_equal(verify_log(&v, &is), 0);
	assert_int_equal(is.size, size);
}

static void the_empty_log_has_a_checkpoint(void **state)
{
	(void)state;
	assert_false(rolled_back);
	assert_whole(0);
}

static void what_was_flushed_stays(void **state)
{
	(void)state;
	enter_many(3);
	(void)enter(EVENT_CALL_RECEIVED, "{}");
	reopen();
	assert_false(rolled_back);
	assert_whole(3);
	assert_int_equal(enter(EVENT_CALL_RECEIVED, "{}"), 3);
	enter_many(600);
	reopen();
	assert_whole(604);
}

static void an_event_is_entered_once(void **state)
{
	struct book_event e = { .type = EVENT_CALL_ENDED,
				.id = { 7 },
				.at_ms = NOW_MS,
				.organisation = TEXT("Region X"),
				.details = TEXT("{}") };
	uint64_t entry;

	(void)state;
	enter_many(2);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(book_enter(book, &e, &entry), 0);
		assert_int_equal(entry, 2);
		if (i)
			assert_int_equal(book_flush(book), 0);
		if (i == 1)
			reopen();
	}
	assert_whole(3);
}

static void what_cannot_be_a_leaf_leaves_nothing(void **state)
{
	struct book_event e = { .type = EVENT_CALL_ENDED,
				.at_ms = NOW_MS,
				.organisation = TEXT("a\nb"),
				.details = TEXT("{}") };
	uint64_t entry;

	(void)state;
	assert_int_equal(book_enter(book, &e, &entry), EINVAL);
	assert_int_equal(enter(EVENT_CALL_ENDED, "{}"), 0);
	assert_int_equal(book_flush(book), 0);
	assert_whole(1);
}

/* ---- torn and rolled back */

/* The log's files are behind the database, or gone: entered again. */
static void the_log_is_completed_from_the_database(void **state)
{
	char was[NOTE_TEXT_MAX];
	size_t len;

	(void)state;
	enter_many(300);
	copy("log", "log.old");
	enter_many(300);
	len = folder_note(book_folder(book)).len;
	memcpy(was, folder_note(book_folder(book)).p, len);
	removed("log");
	copy("log.old", "log");
	reopen();
	assert_false(rolled_back);
	assert_whole(600);
	/* the same tree, and so the same note: no fork for a witness to see */
	assert_memory_equal(folder_note(book_folder(book)).p, was, len);
	removed("log");
	reopen();
	assert_false(rolled_back);
	assert_whole(600);
	assert_memory_equal(folder_note(book_folder(book)).p, was, len);
}

/* No file may grow past so many bytes: as a disk that is full. */
static void disk_of(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/*
 * Whatever it was that could no longer be written, what was said to be durable
 * is, and what was not can be said again: nobody was told of it.
 */
static void a_full_disk_takes_nothing_that_was_told(void **state)
{
	struct rlimit was;
	unsigned cut = 0, size = 50;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	enter_many(size);
	/* from no room for a byte to room for all */
	for (rlim_t room = 0; room < 8192 * 20; room += 8192) {
		struct book_event e = { .type = EVENT_CALL_ENDED,
					.at_ms = NOW_MS,
					.organisation = TEXT("Region X"),
					.details = TEXT("{}") };
		uint64_t entry, again;
		int err = 0;

		id_new(e.id);
		disk_of(room);
		for (unsigned i = 0; !err && i < 30; i++) {
			struct book_event other = e;

			id_new(other.id);
			err = book_enter(book, i ? &other : &e, &entry);
		}
		if (!err)
			err = book_flush(book);
		disk_of(was.rlim_cur);
		cut += err != 0;
		reopen();
		assert_false(rolled_back);
		assert_int_equal(book_enter(book, &e, &again), 0);
		assert_int_equal(book_flush(book), 0);
		/* all of the batch or, with what was said again, that alone */
		if (err && folder_published(book_folder(book)) == size + 1)
			size += 1;
		else
			size += 30;
		assert_whole(size);
	}
	assert_in_range(cut, 2, 19);
}

/* What the tiles could not take, the database has. */
static void tiles_that_cannot_be_written_come_later(void **state)
{
	char path[128];

	(void)state;
	enter_many(300);
	(void)snprintf(path, sizeof(path), "%s/log/tile/0/001.p/45.tmp", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)enter(EVENT_CALL_ENDED, "{}");
	assert_int_not_equal(book_flush(book), 0);
	assert_int_equal(rmdir(path), 0);
	reopen();
	assert_false(rolled_back);
	assert_whole(301);
}

static void assert_refused(void)
{
	struct book_event e = { .type = EVENT_CALL_ENDED,
				.organisation = TEXT("o"),
				.details = TEXT("{}") };
	uint64_t entry;

	reopen();
	assert_true(rolled_back);
	assert_int_equal(book_check(book), ESTALE);
	assert_int_equal(book_enter(book, &e, &entry), EPERM);
}

static void a_database_behind_the_log_is_noticed(void **state)
{
	(void)state;
	enter_many(5);
	book_close(book);
	book = NULL;
	copy("db.sqlite", "db.old");
	open_book();
	enter_many(1);
	book_close(book);
	book = NULL;
	removed("db.sqlite");
	copy("db.old", "db.sqlite");
	assert_refused();
}

static void another_database_is_noticed(void **state)
{
	(void)state;
	book_close(book);
	book = NULL;
	copy("db.sqlite", "db.old");
	open_book();
	enter_many(5);
	book_close(book);
	book = NULL;
	removed("db.sqlite");
	copy("db.old", "db.sqlite");
	copy("log", "log.old");
	removed("log");
	open_book();
	enter_many(7); /* as many and more, but others */
	book_close(book);
	book = NULL;
	removed("log");
	copy("log.old", "log");
	assert_refused();
}

static void a_changed_tile_or_note_is_noticed(void **state)
{
	(void)state;
	enter_many(5);
	overwritten("log/tile/0/000.p/5");
	assert_int_equal(book_check(book), ESTALE);
	assert_refused();
}

static void a_log_replaced_under_us_is_noticed_for_good(void **state)
{
	(void)state;
	enter_many(5);
	assert_int_equal(book_check(book), 0);
	copy("log", "log.old");
	enter_many(1);
	removed("log");
	copy("log.old", "log");
	assert_int_equal(book_check(book), ESTALE);
	removed("log");
	assert_int_equal(book_check(book), ESTALE);
}

/* ---- calls that were cut off */

static unsigned interrupted(void)
{
	unsigned count = 99;

	assert_int_equal(book_interrupted(book, NOW_MS + 1, NOW_MS + 5, &count),
			 0);
	assert_int_equal(book_flush(book), 0);
	return count;
}

static void an_answered_call_without_an_end_becomes_an_alarm(void **state)
{
	(void)state;
	(void)enter(EVENT_CALL_ANSWERED, "{\"call\":\"aaa\"}");
	(void)enter(EVENT_CALL_ANSWERED, "{\"call\":\"bbb\"}");
	(void)enter(EVENT_RECORDING_STARTED,
		    "{\"call\":\"bbb\",\"recording\":\"rrr\"}");
	(void)enter(EVENT_RECORDING_NOT_RECORDED,
		    "{\"call\":\"aaa\",\"reason\":\"by-rule\"}");
	assert_int_equal(book_flush(book), 0);
	reopen();
	assert_int_equal(interrupted(), 1);
	assert_int_equal(interrupted(), 0);
	assert_whole(5);
	/* superseded later, which leaves nothing behind */
	(void)enter(EVENT_RECORDING_RECOVERED,
		    "{\"call\":\"bbb\",\"recording\":\"rrr\"}");
	assert_int_equal(interrupted(), 0);
}

static void answer_and_end_come_in_either_order(void **state)
{
	static const struct {
		enum event_type type;
		const char *details;
	} events[] = {
		{ EVENT_CALL_ANSWERED, "{\"call\":\"aaa\"}" },
		{ EVENT_RECORDING_STARTED, "{\"call\":\"aaa\"}" },
		{ EVENT_RECORDING_SEALED, "{\"call\":\"aaa\"}" },
	};
	static const int orders[][3] = {
		{ 0, 1, 2 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 0, 2, 1 }, { 2, 0, 1 }, { 2, 1, 0 }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		for (int k = 0; k < 3; k++)
			(void)enter(events[orders[i][k]].type,
				    events[orders[i][k]].details);
		assert_int_equal(book_flush(book), 0);
		assert_int_equal(interrupted(), 0);
		/* the next round begins from nothing */
		(void)enter(EVENT_CALL_ANSWERED, "{\"call\":\"ccc\"}");
		assert_int_equal(interrupted(), 1);
	}
}

static void calls_of_this_run_are_left_alone(void **state)
{
	unsigned count = 99;

	(void)state;
	(void)enter(EVENT_CALL_ANSWERED, "{\"call\":\"aaa\"}");
	assert_int_equal(book_interrupted(book, NOW_MS, NOW_MS, &count), 0);
	assert_int_equal(count, 0);
}

/* ---- what the desk asks */

static uint8_t reply[ASK_REPLY_MAX];

static json_t *ask(const char *format, ...) PRINTF_LIKE(1, 2);

static json_t *ask(const char *format, ...)
{
	struct writer w = writer_on(reply, sizeof(reply));
	static struct ask a;
	char json[4096];
	json_t *o;
	va_list ap;
	int err;

	va_start(ap, format);
	(void)vsnprintf(json, sizeof(json), format, ap);
	va_end(ap);
	err = ask_read(text_of(json), &a);
	if (err)
		ask_refuse(&w, err == EPERM ? "not-permitted" : "malformed");
	else
		assert_int_equal(ask_answer(book, &a, &w), 0);
	o = json_loadb((char *)reply, w.len, 0, NULL);
	assert_non_null(o);
	return o;
}

static const char *word(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

static long long number(const json_t *o, const char *name)
{
	assert_true(json_is_integer(json_object_get(o, name)));
	return json_integer_value(json_object_get(o, name));
}

static void assert_error(json_t *o, const char *want)
{
	assert_string_equal(word(o, "error"), want);
	json_decref(o);
}

static void put_recording_of(struct text controller, uint8_t first,
			     int64_t at_ms)
{
	static uint8_t bytes[16] = { 1 };
	struct database_recording r = {
		.id = { first },
		.body = { first, 1 },
		.at_ms = at_ms,
		.controller = controller,
		.kc = { bytes, 16 },
		.pn = { bytes, 16 },
		.envelope = { (const uint8_t *)"envelope", 8 },
		.card_envelope = { (const uint8_t *)"cardenv", 7 },
	};

	assert_int_equal(book_recording_put(book, &r), 0);
}

static void put_recording(uint8_t first, int64_t at_ms)
{
	put_recording_of(TEXT("Region X"), first, at_ms);
}

static void end_recording(uint8_t first, enum record_state state)
{
	static uint8_t digest[32] = { 9 };
	struct database_recording r = { .id = { first },
					.state = state,
					.length_ms = 61000,
					.body_bytes = 4711,
					.body_sha256 = { digest, 32 },
					.card = { (const uint8_t *)"card",
						  4 } };

	assert_int_equal(book_recording_end(book, &r), 0);
}

static const char *state_said(const char *id, const json_t **ret, json_t **o)
{
	*o = ask("{\"ask\":\"recording\",\"id\":\"%s\"}", id);
	*ret = json_object_get(*o, "recording");
	return word(*ret, "state");
}

/* It was over, and the power went before the recorder had noted that. */
static void an_alarm_takes_nothing_from_what_is_whole(void **state)
{
	uint8_t id[ID_BYTES] = { 6 };
	char text[ID_CHARS + 1], details[128];
	const json_t *r;
	json_t *o;

	(void)state;
	id_text(id, text);
	put_recording(6, NOW_MS);
	(void)snprintf(details, sizeof(details),
		       "{\"call\":\"bbb\",\"recording\":\"%s\"}", text);
	end_recording(6, RECORD_ALARM);
	assert_string_equal(state_said(text, &r, &o), "alarm");
	json_decref(o);
	end_recording(6, RECORD_SEALED);
	(void)enter(EVENT_RECORDING_SEALED, details);
	end_recording(6, RECORD_ALARM);
	(void)enter(EVENT_RECORDING_ALARM, details);
	assert_string_equal(state_said(text, &r, &o), "sealed");
	assert_int_equal(number(r, "ms"), 61000);
	json_decref(o);
	end_recording(6, RECORD_RECOVERED);
	(void)enter(EVENT_RECORDING_RECOVERED, details);
	assert_string_equal(state_said(text, &r, &o), "recovered");
	json_decref(o);
}

/* The only recording of those listed, or that none is. */
static const json_t *only(json_t **o)
{
	const json_t *list;

	*o = ask("{\"ask\":\"recordings\"}");
	list = json_object_get(*o, "recordings");
	assert_true(json_array_size(list) <= 1);
	return json_array_get(list, 0);
}

/* Its end is all that there is: said of the call, or of an id of its own. */
static void what_never_began_is_listed(void **state)
{
	static const struct {
		enum event_type type;
		const char *details, *state, *reason;
	} rows[] = {
		{ EVENT_RECORDING_ALARM,
		  "{\"call\":\"ccc\",\"reason\":\"recorder-away\"}", "alarm",
		  "recorder-away" },
		{ EVENT_RECORDING_NOT_RECORDED,
		  "{\"call\":\"ccc\",\"reason\":\"no-notice\"}", "not-recorded",
		  "no-notice" },
		{ EVENT_RECORDING_ALARM,
		  "{\"recording\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
		  "\"call\":\"ccc\",\"reason\":\"spool-full\"}",
		  "alarm", "spool-full" },
	};
	const json_t *r;
	json_t *o;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)enter(rows[i].type, rows[i].details);
		r = only(&o);
		assert_string_equal(word(r, "state"), rows[i].state);
		assert_string_equal(word(r, "reason"), rows[i].reason);
		assert_int_equal(strlen(word(r, "id")), ID_CHARS);
		assert_true(number(r, "at") > 0);
		assert_true(strlen(word(r, "org")) > 0);
		assert_int_equal(number(r, "ms"), 0);
		assert_true(json_is_null(json_object_get(r, "sha256")));
		assert_true(json_is_null(json_object_get(r, "body")));
		json_decref(o);
		o = ask("{\"ask\":\"count\"}");
		assert_int_equal(number(o, "unpaired"), 0);
		json_decref(o);
		tear_down(state);
		assert_int_equal(set_up(state), 0);
	}
	/* nor is what speaks of nothing */
	(void)enter(EVENT_RECORDING_ALARM, "{\"reason\":\"spool-full\"}");
	assert_null(only(&o));
	json_decref(o);
}

/* The switch gave up; the recorder had taken it after all. */
static void what_began_after_all_is_listed_once(void **state)
{
	uint8_t id[ID_BYTES] = { 9 };
	char text[ID_CHARS + 1], details[128];
	const json_t *r;
	json_t *o;

	(void)state;
	(void)enter(EVENT_RECORDING_ALARM,
		    "{\"call\":\"ddd\",\"reason\":\"recorder-away\"}");
	id_text(id, text);
	(void)snprintf(details, sizeof(details),
		       "{\"call\":\"ddd\",\"recording\":\"%s\"}", text);
	/* in whatever order its envelope and its end come */
	(void)enter(EVENT_RECORDING_RECOVERED, details);
	put_recording(9, NOW_MS);
	end_recording(9, RECORD_RECOVERED);
	r = only(&o);
	assert_string_equal(word(r, "id"), text);
	assert_string_equal(word(r, "state"), "recovered");
	assert_false(json_is_null(json_object_get(r, "body")));
	assert_int_equal(number(r, "ms"), 61000);
	json_decref(o);
}

/* Once each a life of the node, however often the ledger begins anew. */
static void a_node_starts_and_stops_once(void **state)
{
	json_t *o;

	(void)state;
	for (uint64_t life = 1; life <= 2; life++) {
		for (unsigned i = 0; i < 3; i++) {
			assert_int_equal(node_say(book, EVENT_NODE_STARTED,
						  "Region X", life, NOW_MS),
					 0);
			assert_int_equal(book_flush(book), 0);
			reopen();
		}
		assert_int_equal(node_say(book, EVENT_NODE_STOPPED, "Region X",
					  life, NOW_MS),
				 0);
	}
	assert_int_equal(book_flush(book), 0);
	o = ask("{\"ask\":\"count\"}");
	assert_int_equal(number(o, "entries"), 4);
	json_decref(o);
}

static void a_recording_is_known_by_its_row_and_its_entry(void **state)
{
	uint8_t id[ID_BYTES] = { 5 };
	char text[ID_CHARS + 1], details[128];
	json_t *o;
	const json_t *r;

	(void)state;
	id_text(id, text);
	put_recording(5, NOW_MS);
	o = ask("{\"ask\":\"recording\",\"id\":\"%s\"}", text);
	r = json_object_get(o, "recording");
	assert_string_equal(word(r, "state"), "running");
	assert_true(json_is_null(json_object_get(r, "entry")));
	json_decref(o);
	end_recording(5, RECORD_SEALED);
	o = ask("{\"ask\":\"count\"}");
	assert_int_equal(number(o, "unpaired"), 1);
	json_decref(o);
	(void)snprintf(details, sizeof(details),
		       "{\"call\":\"aaa\",\"recording\":\"%s\"}", text);
	(void)enter(EVENT_RECORDING_SEALED, details);
	o = ask("{\"ask\":\"count\"}");
	assert_int_equal(number(o, "unpaired"), 0);
	json_decref(o);
	o = ask("{\"ask\":\"envelope\",\"id\":\"%s\"}", text);
	r = json_object_get(o, "recording");
	assert_string_equal(word(r, "state"), "sealed");
	assert_int_equal(number(r, "entry"), 0);
	assert_int_equal(number(r, "ms"), 61000);
	assert_string_equal(word(o, "envelope"), "ZW52ZWxvcGU=");
	assert_string_equal(word(o, "card"), "Y2FyZA==");
	assert_string_equal(word(o, "kc"), "01000000000000000000000000000000");
	json_decref(o);
	assert_error(ask("{\"ask\":\"envelope\",\"id\":"
			 "\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"}"),
		     "not-found");
}

static void recordings_come_in_pages(void **state)
{
	unsigned seen = 0;
	char after[64] = "";

	(void)state;
	/* several at the same millisecond: the page may end between them */
	for (uint8_t i = 0; i < 250; i++)
		put_recording(i, NOW_MS + i / 10);
	for (;;) {
		json_t *o =
			ask("{\"ask\":\"recordings\",\"limit\":97%s}", after);
		const json_t *list = json_object_get(o, "recordings");

		seen += (unsigned)json_array_size(list);
		if (json_is_null(json_object_get(o, "after"))) {
			json_decref(o);
			break;
		}
		(void)snprintf(after, sizeof(after), ",\"after\":\"%s\"",
			       word(o, "after"));
		json_decref(o);
	}
	assert_int_equal(seen, 250);
	{
		json_t *o =
			ask("{\"ask\":\"recordings\",\"from\":%d,\"to\":%d}",
			    NOW_MS + 3, NOW_MS + 5);

		assert_int_equal(
			json_array_size(json_object_get(o, "recordings")), 20);
		json_decref(o);
		o = ask("{\"ask\":\"recordings\",\"state\":\"sealed\"}");
		assert_int_equal(
			json_array_size(json_object_get(o, "recordings")), 0);
		json_decref(o);
	}
}

/* All pages of a list: how many, and whether each is behind the one before. */
static unsigned listed(const char *filter)
{
	char after[64] = "", last[ID_CHARS + 1] = "";
	int64_t last_ms = 0;
	unsigned count = 0;

	for (;;) {
		json_t *o = ask("{\"ask\":\"recordings\",\"limit\":7%s%s}",
				filter, after);
		const json_t *list = json_object_get(o, "recordings"), *r;
		size_t i;

		json_array_foreach(list, i, r)
		{
			int64_t at_ms = (int64_t)number(r, "at");

			assert_true(at_ms >= last_ms);
			assert_string_not_equal(word(r, "id"), last);
			last_ms = at_ms;
			(void)snprintf(last, sizeof(last), "%s", word(r, "id"));
			count++;
		}
		if (json_is_null(json_object_get(o, "after"))) {
			json_decref(o);
			return count;
		}
		(void)snprintf(after, sizeof(after), ",\"after\":\"%s\"",
			       word(o, "after"));
		json_decref(o);
	}
}

static void a_list_is_of_what_was_asked_for(void **state)
{
	char filter[160];

	(void)state;
	/* of 240, each third another's, each fifth an alarm */
	for (uint8_t i = 0; i < 240; i++) {
		put_recording_of(i % 3 ? TEXT("Region X") : TEXT("Region Y"), i,
				 NOW_MS + i / 10);
		if (i % 5)
			end_recording(i, RECORD_SEALED);
		else
			end_recording(i, RECORD_ALARM);
	}
	assert_int_equal(listed(""), 240);
	assert_int_equal(listed(",\"org\":\"Region Y\""), 80);
	assert_int_equal(listed(",\"state\":\"alarm\""), 48);
	assert_int_equal(listed(",\"state\":\"sealed\",\"org\":\"Region X\""),
			 128);
	assert_int_equal(listed(",\"state\":\"alarm\",\"org\":\"Region Z\""),
			 0);
	(void)snprintf(filter, sizeof(filter),
		       ",\"org\":\"Region Y\",\"from\":%d,\"to\":%d",
		       NOW_MS + 6, NOW_MS + 12);
	assert_int_equal(listed(filter), 20);
	/* a page that goes on behind one from before the time asked for */
	(void)snprintf(filter, sizeof(filter),
		       ",\"from\":%d,\"after\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"",
		       NOW_MS + 20);
	{
		json_t *o = ask("{\"ask\":\"recordings\"%s}", filter);

		assert_int_equal(
			json_array_size(json_object_get(o, "recordings")), 40);
		json_decref(o);
	}
}

/* An appended disclosure is durable, provable, and bound to its details. */
static void a_disclosure_is_appended_and_proven(void **state)
{
	static const char details[] = "{\"d\":\"00ff\",\"recording\":\"r\"}";
	struct merkle_hash leaf_hash, root;
	struct merkle_proof path = { 0 };
	struct leaf leaf;
	uint8_t salt[LEAF_SALT_BYTES];
	const json_t *list;
	size_t len;
	json_t *o;

	(void)state;
	enter_many(20);
	o = ask("{\"ask\":\"append\",\"type\":\"disclosure.requested\","
		"\"org\":\"Region X\",\"at\":%d,\"details\":"
		"\"{\\\"d\\\":\\\"00ff\\\",\\\"recording\\\":\\\"r\\\"}\"}",
		NOW_MS);
	assert_int_equal(number(o, "entry"), 20);
	assert_string_equal(word(o, "details"), details);
	assert_int_equal(leaf_read(text_of(word(o, "leaf")), &leaf), 0);
	assert_string_equal(leaf.type, "disclosure.requested");
	assert_int_equal(base64_read(text_of(word(o, "salt")), BASE64_PADDED,
				     salt, sizeof(salt), &len),
			 0);
	assert_int_equal(leaf_check(&leaf, salt, text_of(details)), 0);
	merkle_leaf(word(o, "leaf"), strlen(word(o, "leaf")), &leaf_hash);
	json_decref(o);
	reopen();
	assert_whole(21);
	o = ask("{\"ask\":\"proof\",\"entry\":20}");
	list = json_object_get(o, "proof");
	for (size_t i = 0; i < json_array_size(list); i++)
		assert_int_equal(base64_read(text_of(json_string_value(
						     json_array_get(list, i))),
					     BASE64_PADDED,
					     path.hash[path.count++].b,
					     MERKLE_HASH_BYTES, &len),
				 0);
	folder_root(book_folder(book), &root);
	assert_int_equal(
		merkle_check_inclusion(20, 21, &leaf_hash, &path, &root), 0);
	json_decref(o);
	assert_error(ask("{\"ask\":\"proof\",\"entry\":21}"), "not-found");
}

static void the_keeper_can_follow_leaf_by_leaf(void **state)
{
	struct merkle_edge edge = { 0 };
	struct merkle_hash root, want;
	unsigned with_details = 0;

	(void)state;
	for (int i = 0; i < 400; i++)
		(void)enter(i % 100 ? EVENT_CALL_RECEIVED : EVENT_USER_ADDED,
			    "{\"name\":\"u\"}");
	for (;;) {
		json_t *o = ask("{\"ask\":\"entries\",\"from\":%llu}",
				(unsigned long long)edge.size);
		const json_t *list = json_object_get(o, "entries");
		bool end;

		for (size_t i = 0; i < json_array_size(list); i++) {
			const json_t *e = json_array_get(list, i);
			const char *leaf = word(e, "leaf");
			struct merkle_hash h;

			merkle_leaf(leaf, strlen(leaf), &h);
			merkle_edge_append(&edge, &h);
			with_details += *word(e, "details") != 0;
		}
		assert_int_equal(number(o, "next"), edge.size);
		end = number(o, "next") == number(o, "size");
		json_decref(o);
		if (end)
			break;
	}
	assert_int_equal(edge.size, 400);
	assert_int_equal(with_details, 4);
	merkle_edge_root(&edge, &root);
	folder_root(book_folder(book), &want);
	assert_true(merkle_same(&root, &want));
	{
		json_t *o = ask("{\"ask\":\"users\",\"from\":1}");

		assert_int_equal(json_array_size(json_object_get(o, "users")),
				 3);
		json_decref(o);
	}
}

static void nothing_is_disclosed_from_a_log_not_ours(void **state)
{
	(void)state;
	enter_many(5);
	removed("log");
	assert_error(ask("{\"ask\":\"append\",\"type\":"
			 "\"disclosure.requested\",\"at\":1,\"details\":\"\"}"),
		     "rolled-back");
	assert_error(ask("{\"ask\":\"checkpoint\"}"), "rolled-back");
	assert_error(ask("{\"ask\":\"envelope\",\"id\":"
			 "\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"}"),
		     "rolled-back");
	json_decref(ask("{\"ask\":\"recordings\"}"));
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *json, *error;
	} rows[] = {
		{ "", "malformed" },
		{ "[]", "malformed" },
		{ "{}", "malformed" },
		{ "{\"ask\":7}", "malformed" },
		{ "{\"ask\":\"everything\"}", "malformed" },
		{ "{\"ask\":\"count\",\"ask\":\"count\"}", "malformed" },
		{ "{\"ask\":\"recording\"}", "malformed" },
		{ "{\"ask\":\"recording\",\"id\":\"../../x\"}", "malformed" },
		{ "{\"ask\":\"recordings\",\"limit\":101}", "malformed" },
		{ "{\"ask\":\"recordings\",\"limit\":-1}", "malformed" },
		{ "{\"ask\":\"recordings\",\"state\":\"x\"}", "malformed" },
		{ "{\"ask\":\"proof\"}", "malformed" },
		{ "{\"ask\":\"proof\",\"entry\":1.5}", "malformed" },
		{ "{\"ask\":\"append\",\"type\":\"user.added\",\"at\":1}",
		  "malformed" },
		{ "{\"ask\":\"append\",\"type\":\"call.answered\",\"at\":1,"
		  "\"details\":\"\"}",
		  "not-permitted" },
		{ "{\"ask\":\"append\",\"type\":\"recording.sealed\",\"at\":1,"
		  "\"details\":\"\"}",
		  "not-permitted" },
		{ "{\"ask\":\"append\",\"type\":\"user.added\",\"at\":1,"
		  "\"org\":\"a\\nb\",\"details\":\"\"}",
		  "malformed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_error(ask("%s", rows[i].json), rows[i].error);
}

/* ---- kill -9, at any time */

/* Enters for ever, a note of what was flushed on fd; never returns. */
static void enter_for_ever(int fd)
{
	for (;;) {
		uint64_t size;

		for (int i = 0; i < 7; i++)
			(void)enter(EVENT_CALL_RECEIVED, "{}");
		if (book_flush(book))
			_exit(1);
		size = folder_published(book_folder(book));
		if (write(fd, &size, sizeof(size)) != sizeof(size))
			_exit(1);
	}
}

static uint64_t last_told(int fd)
{
	uint64_t told = 0, size;

	while (read(fd, &size, sizeof(size)) == sizeof(size))
		told = size;
	return told;
}

static void what_was_told_survives_a_kill(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 25; round++) {
		uint64_t told, size;
		int pipe_fd[2], status;
		pid_t pid;

		book_close(book);
		book = NULL;
		assert_int_equal(pipe(pipe_fd), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (!pid) {
			/* SQLite's handle must be the child's own */
			if (book_open(&book, dir, &signer, &rolled_back))
				_exit(1);
			enter_for_ever(pipe_fd[1]);
		}
		(void)close(pipe_fd[1]);
		(void)usleep(3000 + randombytes_uniform(25000));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		told = last_told(pipe_fd[0]);
		(void)close(pipe_fd[0]);
		open_book();
		assert_false(rolled_back);
		size = folder_published(book_folder(book));
		assert_true(size >= told);
		assert_whole(size);
	}
	assert_true(folder_published(book_folder(book)) > 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(the_empty_log_has_a_checkpoint),
		CASE(what_was_flushed_stays),
		CASE(an_event_is_entered_once),
		CASE(what_cannot_be_a_leaf_leaves_nothing),
		CASE(the_log_is_completed_from_the_database),
		CASE(a_full_disk_takes_nothing_that_was_told),
		CASE(tiles_that_cannot_be_written_come_later),
		CASE(a_database_behind_the_log_is_noticed),
		CASE(another_database_is_noticed),
		CASE(a_changed_tile_or_note_is_noticed),
		CASE(a_log_replaced_under_us_is_noticed_for_good),
		CASE(an_answered_call_without_an_end_becomes_an_alarm),
		CASE(answer_and_end_come_in_either_order),
		CASE(calls_of_this_run_are_left_alone),
		CASE(an_alarm_takes_nothing_from_what_is_whole),
		CASE(what_never_began_is_listed),
		CASE(what_began_after_all_is_listed_once),
		CASE(a_node_starts_and_stops_once),
		CASE(a_recording_is_known_by_its_row_and_its_entry),
		CASE(recordings_come_in_pages),
		CASE(a_list_is_of_what_was_asked_for),
		CASE(a_disclosure_is_appended_and_proven),
		CASE(the_keeper_can_follow_leaf_by_leaf),
		CASE(nothing_is_disclosed_from_a_log_not_ours),
		CASE(what_makes_no_sense_is_refused),
		CASE(what_was_told_survives_a_kill),
	};

	return sodium_init() < 0 || secret_init(16384) ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
