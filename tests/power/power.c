/*
 * power -- cut the power on the real recorder, again and again
 *
 *   power VAXEL SHIM [--runs N] [--seed N] [--jobs N] [--first 1]
 *
 * --first 1: begin no more runs after the first that failed.
 *
 * A run is a life of the recorder, or two or three: calls are recorded, the
 * recorder is killed perhaps, then the power goes at some system call, and
 * what was not synced is dropped, torn and reordered. The last life has its
 * keeper and ledger and no more cuts: everything must come to its end in it,
 * within the promise: at most 200 ms of what was captured before a cut is lost
 * (a sync takes up to 75 ms here). All that is random follows from the seed.
 */
#include "tests/power/check.h"

#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/power/must.h"

#define PROMISE_NS 200000000u
#define SYNC_MOST_NS 80000000u /* the promise holds while syncs are so fast */
#define SYNC_DELAY_US 75000
#define SETTLE_MS 20000

static struct house house;
static char story[64 * 1024]; /* what the recorder did, for a failed run */
static size_t story_len;

static void tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(story + story_len, sizeof(story) - story_len, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(story) - story_len)
		story_len += (size_t)n;
}

static void tell_tape(const struct tape *t, uint64_t cut_ns)
{
	static const char *const kinds[] = {
		"write", "sync",   "sync failed", "syncfs", "syncfs failed",
		"cut",   "create", "rename",      "unlink"
	};

	for (uint64_t at = 0; at < t->used;) {
		struct tape_entry e;

		memcpy(&e, t->entries + at, sizeof(e));
		if (e.at_ns + 2000000000u > cut_ns)
			tell("  %+5lld ms %s of %llu/%llu: %u at %llu\n",
			     ((long long)e.at_ns - (long long)cut_ns) / 1000000,
			     kinds[e.kind], (unsigned long long)e.folder,
			     (unsigned long long)e.file, e.len,
			     (unsigned long long)e.offset);
		at += e.total;
	}
}

static void new_tape(struct house *h, bool rough)
{
	struct tape *t = h->tape;

	t->used = t->ops = 0;
	t->cut_ns = 0;
	t->full = 0;
	t->cut_at = TAPE_NEVER;
	t->cut_after = t->cut_skip = 0;
	t->longest_ns = 0;
	t->fail_at =
		rough && !house_draw(5) ? 20 + house_draw(100) : TAPE_NEVER;
	t->delay_us = rough && house_draw(2) ? SYNC_DELAY_US : 0;
}

/* The calls that are not over are cut off here, as far as anybody knows. */
static void calls_are_cut(struct house *h, uint64_t cut_ns)
{
	uint64_t slow = h->tape->longest_ns > SYNC_MOST_NS
				? h->tape->longest_ns - SYNC_MOST_NS
				: 0;
	uint64_t late = 2 * h->late_ns + house_starved_ns(h);

	tell("cut; we were %llu ms late, the recorder starved %llu ms\n",
	     (unsigned long long)h->late_ns / 1000000,
	     (unsigned long long)house_starved_ns(h) / 1000000);
	for (unsigned i = 0; i < h->call_count; i++) {
		struct call *c = &h->calls[i];

		if (c->cut || c->heard >= RECORD_SEALED)
			continue;
		c->cut = true;
		/* a test machine may stall us all: that is not the
		   recorder's; a loaded one is seen by our own timer */
		c->promised_ns = cut_ns - PROMISE_NS - late - slow;
	}
}

/* Let it stop: at the next calls, or right after one that matters. */
static uint64_t stop_soon(struct house *h)
{
	static const uint32_t kinds[] = { TAPE_RENAME, TAPE_RENAME, TAPE_CREATE,
					  TAPE_UNLINK, TAPE_WRITE };
	uint64_t pick;

	if (h->tape->cut_ns)
		return h->tape->cut_ns; /* it has stopped already */

	pick = house_draw(10);
	if (pick < sizeof(kinds) / sizeof(kinds[0]))
		h->tape->cut_after = kinds[pick] + 1;
	else
		h->tape->cut_at = h->tape->ops + house_draw(30);
	house_run(h, 400);
	return h->tape->cut_ns ? h->tape->cut_ns : clock_mono_ns();
}

static void go_on(struct house *h)
{
	h->tape->cut_after = h->tape->cut_skip = 0;
	h->tape->cut_at = TAPE_NEVER;
	h->tape->cut_ns = 0;
	h->tape->fail_at = TAPE_NEVER; /* a process that starts may refuse to */
}

/*
 * One call alone, and a kill between the rename of its body and the sync of
 * the folder: nothing else syncs that folder, so the next recorder must.
 */
static void die_in_the_rename(struct house *h)
{
	h->away = false;
	h->calls_wanted = 1;
	h->tape->cut_after = TAPE_RENAME + 1;
	for (unsigned i = 0; i < 40 && !h->call_count; i++)
		house_run(h, 20);
	h->calls_wanted = 0;
	house_run(h, 3500);
	house_kill(h);
	go_on(h);
	house_start(h, false);
	house_run(h, 600);
}

/*
 * All of it dies between a write and its sync, the machine does not: the next
 * recorder reads what is not durable. Then the power goes, right after the END
 * that rests on it.
 */
static void die_before_the_sync(struct house *h, uint64_t ms)
{
	house_run(h, 300 + ms / 2);
	h->tape->cut_skip = (uint32_t)house_draw(4);
	h->tape->cut_after = TAPE_WRITE + 1;
	house_run(h, 400);
	calls_are_cut(h, h->tape->cut_ns ? h->tape->cut_ns : clock_mono_ns());
	house_kill(h);
	go_on(h);
	h->life++;
	h->calls_wanted = 0;
	h->keeper_locked = h->away = false;
	h->tape->cut_skip = 1; /* END itself */
	h->tape->cut_after = TAPE_WRITE + 1;
	house_start(h, true);
	house_run(h, 1500);
}

static void one_life(struct house *h, bool rough)
{
	uint64_t ms = 200 + house_draw(1800), cut_ns;

	h->life++;
	h->late_ns = 0;
	h->keeper_locked = !house_draw(4);
	h->away = !house_draw(5);
	h->calls_wanted = 1 + (unsigned)house_draw(4);
	new_tape(h, rough);
	house_start(h, true);
	switch (rough ? house_draw(8) : 7) {
	case 0:
	case 1: /* the recorder dies, its memory lives on */
		house_run(h, ms / 2);
		(void)stop_soon(h);
		house_kill(h);
		go_on(h);
		house_start(h, false);
		/* a kill and a cut within one promise's time are two faults */
		house_run(h, ms / 2 + 300);
		break;
	case 2: /* all of it dies, the machine does not */
		house_run(h, ms / 2);
		calls_are_cut(h, stop_soon(h));
		house_kill(h);
		go_on(h);
		h->life++;
		h->keeper_locked = h->away = false;
		house_start(h, true);
		house_run(h, ms / 2);
		break;
	case 3:
		die_in_the_rename(h);
		break;
	case 4:
		die_before_the_sync(h, ms);
		break;
	default:
		house_run(h, ms);
	}
	cut_ns = stop_soon(h);
	calls_are_cut(h, cut_ns);
	house_kill(h);
	tell("life %u: %u ms, we were %llu ms late, a sync took %llu ms\n",
	     h->life, (unsigned)ms, (unsigned long long)h->late_ns / 1000000,
	     (unsigned long long)h->tape->longest_ns / 1000000);
	tell_tape(h->tape, cut_ns);
	disk_replay(h->disk, h->tape);
	disk_cut(h->disk, house_draw);
}

static bool settle(struct house *h)
{
	uint64_t until = clock_mono_ms() + SETTLE_MS;

	h->life++;
	h->calls_wanted = 0;
	h->keeper_locked = h->away = false;
	new_tape(h, false);
	house_start(h, true);
	do {
		house_run(h, 100);
	} while (clock_mono_ms() < until &&
		 !(check_settled(h) && check_kept(h)));
	if (!check_settled(h)) {
		fprintf(stderr, "some recordings come to no end\n");
		return false;
	}
	if (!check_kept(h)) {
		fprintf(stderr, "a kept event is lost\n");
		return false;
	}
	return true;
}

/* What is over stays over, also when the power goes once more. */
static bool once_more(struct house *h)
{
	house_run(h, 1800);
	house_kill(h);
	disk_replay(h->disk, h->tape);
	disk_cut(h->disk, house_draw);
	if (!check_recordings(h))
		return false;
	h->life++;
	new_tape(h, false);
	house_start(h, true);
	house_run(h, 600);
	return true;
}

static int one_run(const char *program, const char *shim, uint64_t seed)
{
	struct witness *w = witness_new();
	unsigned lives;
	bool good;

	house.program = program;
	house.shim = shim;
	house_seed(seed);
	house_open(&house, house_draw(2) ? 1 : 4, witness_write, w);
	lives = 1 + (unsigned)house_draw(2);
	for (unsigned i = 0; i < lives; i++)
		one_life(&house, true);
	good = settle(&house);
	if (good)
		good = check_recordings(&house);
	if (good && !house_draw(3))
		good = once_more(&house);
	house_kill(&house);
	disk_replay(house.disk, house.tape);
	good = witness_content(w) && good;
	if (!good && getenv("POWER_LOUD"))
		fprintf(stderr, "%s", story);
	house_close(&house);
	witness_free(w);
	return good ? 0 : 1;
}

static pid_t start_run(const char *program, const char *shim, uint64_t seed)
{
	pid_t pid = fork();

	must(pid >= 0);
	if (pid)
		return pid;
	must(!secret_init(64 * 1024));
	alarm(120);
	_exit(one_run(program, shim, seed));
}

static unsigned long option(int argc, char **argv, const char *name,
			    unsigned long otherwise)
{
	for (int i = 3; i + 1 < argc; i++)
		if (!strcmp(argv[i], name))
			return strtoul(argv[i + 1], NULL, 10);
	return otherwise;
}

int main(int argc, char **argv)
{
	unsigned long runs, jobs, seed, started = 0, ended = 0, failed = 0;
	struct {
		pid_t pid;
		unsigned long seed;
	} running[64] = { 0 };

	if (argc < 3) {
		fprintf(stderr, "usage: power VAXEL SHIM [--runs N] "
				"[--seed N] [--jobs N]\n");
		return 2;
	}
	must(sodium_init() >= 0);
	runs = option(argc, argv, "--runs", 40);
	jobs = option(argc, argv, "--jobs", 8);
	seed = option(argc, argv, "--seed", 0);
	if (!seed)
		seed = randombytes_random();
	if (jobs > 64)
		jobs = 64;
	printf("power: seeds %lu to %lu\n", seed, seed + runs - 1);
	fflush(stdout);
	while (ended < runs) {
		int status;
		pid_t pid;

		while (started < runs && started - ended < jobs) {
			unsigned long i = 0;

			while (running[i].pid)
				i++;
			running[i].seed = seed + started++;
			running[i].pid =
				start_run(argv[1], argv[2], running[i].seed);
		}
		pid = wait(&status);
		must(pid > 0);
		ended++;
		for (unsigned long i = 0; i < jobs; i++) {
			if (running[i].pid != pid)
				continue;
			running[i].pid = 0;
			if (!status)
				continue;
			failed++;
			if (option(argc, argv, "--first", 0))
				runs = started;
			printf("FAILED: --seed %lu --runs 1 (status %x)\n",
			       running[i].seed, (unsigned)status);
			fflush(stdout);
		}
	}
	printf("power: %lu runs, %lu failed\n", runs, failed);
	return failed ? 1 : 0;
}
