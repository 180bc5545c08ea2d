/*
 * neighbours -- the real recorder among neighbours that are broken or hostile
 *
 *   neighbours VAXEL SHIM
 *
 * Each scenario has a house and a recorder of its own: nonsense in the spool,
 * a keeper that finds records no good, a ring whose header was overwritten.
 * The recorder must start, go on, and bring every recording to its one end.
 */
#include <fcntl.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metric.h"
#include "seal/spool.h"
#include "tests/power/check.h"
#include "tests/power/must.h"

#define PATIENCE_MS 20000

static struct house house;

static bool good(bool holds, const char *what)
{
	if (!holds)
		fprintf(stderr, "not so: %s\n", what);
	return holds;
}

static bool until(bool (*holds)(void), const char *what)
{
	uint64_t end = clock_mono_ms() + PATIENCE_MS;

	while (!holds() && clock_mono_ms() < end)
		house_run(&house, 50);
	return good(holds(), what);
}

static bool is_talking(void)
{
	return house.call_count && house.calls[0].talking;
}

static bool has_ended(void)
{
	return house.calls[0].heard >= RECORD_SEALED;
}

static bool is_settled(void)
{
	return check_settled(&house);
}

static struct known *first(void)
{
	return house_known(&house, house.calls[0].recording_id);
}

/* One call, which talks on for as long as the test takes. */
static bool begin(void)
{
	house.calls_wanted = 1;
	house_start(&house, true);
	if (!until(is_talking, "a call is recorded"))
		return false;
	house.calls_wanted = 0;
	house.calls[0].lasts_ms = UINT32_MAX;
	house_run(&house, 600);
	return true;
}

/* Recorder and kept memory are gone; what was written is there. */
static void lose_memory(void)
{
	house_kill(&house);
	house.calls[0].cut = true;
	house.life++;
}

static uint64_t counted(enum metric m)
{
	struct metric_page *page = mmap(NULL, sizeof(*page), PROT_READ,
					MAP_SHARED, house.metrics_fd, 0);
	uint64_t n;

	must(page != MAP_FAILED);
	n = metric_read(page, m);
	munmap(page, sizeof(*page));
	return n;
}

/* ---- nonsense in the spool */

/* A byte of the fields, and the tag that fits what it is then. */
static void spoil(uint8_t *record, size_t len, size_t at)
{
	uint8_t digest[crypto_hash_sha256_BYTES];

	record[at] ^= 0xff;
	crypto_hash_sha256(digest, record, len - 16);
	memcpy(record + len - 16, digest, 16);
}

/* In a segment of its own, as a recorder with an error in it may leave it. */
static void write_nonsense(void)
{
	struct spool_event event = { .type = EVENT_CALL_ENDED,
				     .organisation = TEXT("Region Test"),
				     .details = TEXT("{}") };
	struct spool_done done = { RECORD_SEALED, REASON_NONE };
	uint8_t records[4 * SPOOL_ALIGN], id[ID_BYTES];
	struct writer w = writer_on(records, sizeof(records));
	char path[300];
	size_t at;
	int fd;

	id_new(event.id);
	must(!spool_write_event(&w, &event));
	spoil(records, w.len,
	      SPOOL_HEADER_BYTES + 3); /* how long the fields are */
	at = w.len;
	id_new(id);
	must(!spool_write_done(&w, id, 0, &done));
	spoil(records + at, w.len - at, SPOOL_HEADER_BYTES + 3);
	at = w.len;
	id_new(event.id);
	must(!spool_write_event(&w, &event));
	records[at + 8] = SPOOL_START; /* an event's fields, said to be START */
	spoil(records + at, w.len - at, w.len - at - 17);
	snprintf(path, sizeof(path), "%s/spool/%016x.spool", house.state,
		 0x7fff);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
	must(fd >= 0 && write(fd, records, w.len) == (ssize_t)w.len);
	close(fd);
}

static bool nonsense_in_the_spool(void)
{
	if (!begin())
		return false;
	lose_memory();
	write_nonsense();
	house_start(&house, true);
	return until(is_settled, "the other recording is recovered") &&
	       good(counted(METRIC_spool_bad) == 3, "three were counted") &&
	       good(first()->recovered && first()->alarm, "alarm, recovered");
}

/* ---- a keeper that finds the records no good */

static bool was_asked_thrice(void)
{
	return house.recoveries >= 3;
}

static bool records_that_are_no_good(void)
{
	if (!begin())
		return false;
	lose_memory();
	house.keeper_error = EBADMSG;
	house_start(&house, true);
	if (!until(was_asked_thrice, "the keeper is asked again"))
		return false;
	house_run(&house, 1000);
	house_kill(&house);
	house.life++;
	house.keeper_error = 0;
	house_start(&house, true);
	house_run(&house, 3000);
	return good(house.recoveries == 3, "then it is let go, for ever") &&
	       good(first()->alarm && !first()->outcome &&
			    first()->state == RECORD_ALARM,
		    "it stays an alarm");
}

/* ---- a ring that cannot be read */

static bool second_has_ended(void)
{
	return house.call_count == 2 && house.calls[1].heard >= RECORD_SEALED;
}

static bool a_ruined_ring(void)
{
	if (!begin())
		return false;
	house_kill(&house);
	memset(house.ring_memory, 0x5a, 8);
	house.calls_wanted = 2;
	house_start(&house, false);
	if (!until(second_has_ended, "a new call hears its end"))
		return false;
	house.calls_wanted = 0;
	house.calls[0].lasts_ms = 0;
	return good(house.calls[1].heard == RECORD_ALARM, "an alarm") &&
	       until(has_ended, "the old one ends") &&
	       until(is_settled, "the ledger hears it") &&
	       good(first()->alarm && first()->recovered &&
			    first()->state == RECORD_RECOVERED,
		    "alarm, recovered") &&
	       good(counted(METRIC_ring_ruined) == 1, "it was counted");
}

/* ---- */

static const struct {
	const char *name;
	bool (*run)(void);
} scenarios[] = {
	{ "nonsense in the spool", nonsense_in_the_spool },
	{ "records that are no good", records_that_are_no_good },
	{ "a ruined ring", a_ruined_ring },
};

static int one(const char *program, const char *shim, size_t i)
{
	struct witness *w = witness_new();
	bool ok;

	must(!secret_init(64 * 1024));
	alarm(100);
	house.program = program;
	house.shim = shim;
	house_seed(i + 1);
	house_open(&house, 4, witness_write, w);
	house.tape->cut_at = house.tape->fail_at = TAPE_NEVER;
	ok = scenarios[i].run();
	house_kill(&house);
	house_close(&house);
	witness_free(w);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: neighbours VAXEL SHIM\n");
		return 2;
	}
	must(sodium_init() >= 0);
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		pid_t pid = fork();
		int status;

		must(pid >= 0);
		if (!pid)
			_exit(one(argv[1], argv[2], i));
		must(waitpid(pid, &status, 0) == pid);
		printf("%s: %s\n", status ? "FAILED" : "ok", scenarios[i].name);
		fflush(stdout);
		failed += status != 0;
	}
	return failed ? 1 : 0;
}
