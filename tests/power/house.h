/*
 * house -- everybody around the recorder, for the power-cut tests
 *
 * Plays parent, switch, media, ledger, desk and keeper to one real recorder
 * process, and remembers what was promised: which packets were put into the
 * ring at which time, which states the switch heard, what the ledger stored.
 */
#ifndef VAXEL_TESTS_HOUSE_H
#define VAXEL_TESTS_HOUSE_H

#include <uv.h>

#include "base/encode.h"
#include "ipc/process.h"
#include "ipc/ring.h"
#include "ipc/values.h"
#include "seal/card.h"
#include "seal/key.h"
#include "tests/power/disk.h"

#define CALLS_MAX 64
#define CALL_TRACKS 2
#define PACKETS_MAX 1024
#define KEPT_MAX_TEST 256
#define STARVED_SAMPLES 32 /* some 600 ms */

struct call {
	uint64_t handle;
	uint8_t call_id[ID_BYTES];
	uint32_t recording;
	uint8_t recording_id[ID_BYTES];
	enum record_state heard;
	bool talking; /* media captures */
	bool ended;   /* RECORD_END was sent */
	bool whole;   /* heard sealed before the cut */
	bool cut;     /* was running when the power went */
	uint64_t begun_ms, lasts_ms;
	uint64_t promised_ns; /* what was put before it must be there */
	unsigned life;
	unsigned packets[CALL_TRACKS];
	uint64_t at_ns[CALL_TRACKS][PACKETS_MAX];
	uint64_t seed;
	bool facts;
};

/* What the ledger knows of a recording. */
struct known {
	uint8_t id[ID_BYTES];
	uint8_t body_name[ID_BYTES];
	uint8_t envelope[ENVELOPE_MAX];
	size_t envelope_len;
	uint8_t card[CARD_MAX];
	size_t card_len;
	uint8_t sha256[32];
	enum record_state state;
	uint64_t length_ms;
	uint64_t told_ns; /* when something of it was acknowledged last */
	unsigned told_life;
	bool long_over; /* all was stored, and DONE had time to be */
	bool started, alarm, recovering, outcome, recovered;
};

struct house {
	const char *program, *shim;
	char folder[200], state[220], tape_file[220];
	uv_loop_t loop;
	struct ipc *parent, *switch_, *ledger, *desk;
	pid_t pid;
	int config_fd, metrics_fd, memory_fd, ring_fd;
	void *ring_memory;
	struct ring *ring;
	struct tape *tape;
	struct disk *disk;
	uv_timer_t frames, watch;
	struct age_identity identity;
	struct age_recipient second;
	unsigned life;
	bool ready, away; /* away: the ledger does not answer */
	bool expecting_death;
	bool keeper_locked;
	int keeper_error;    /* what it answers, whatever it is asked */
	unsigned recoveries; /* so often it was asked to the end */
	unsigned recorder_alarms;
	struct call calls[CALLS_MAX];
	unsigned call_count;
	unsigned calls_wanted;
	struct known known[CALLS_MAX];
	unsigned known_count;
	uint8_t kept[KEPT_MAX_TEST][ID_BYTES];
	bool kept_stored[KEPT_MAX_TEST];
	unsigned kept_asked, kept_said;
	bool kept_safe[KEPT_MAX_TEST];
	uint64_t late_ns; /* how late our own timer came, at worst, lately */
	uint64_t last_tick_ns;
	/* how long the recorder had waited for a processor, each 20 ms */
	uint64_t waited_ns[STARVED_SAMPLES];
	unsigned samples;
	struct recover *recover;
	uint64_t request;
	uint8_t recover_id[ID_BYTES];
};

/* Random, from the scenario's seed. */
void house_seed(uint64_t seed);
uint64_t house_draw(uint64_t below);

void house_open(struct house *h, unsigned spool_megabytes,
		disk_write_h *on_write, void *arg);
void house_close(struct house *h);

/* fresh: the memory that survives a recorder is new as well. */
void house_start(struct house *h, bool fresh);

/* Run the loop for so long, or until the recorder was stopped by the shim. */
void house_run(struct house *h, uint64_t ms);

/*
 * How much of the last 600 ms a loaded test machine kept the recorder, ready to
 * run, from running: that is not the recorder's doing.
 */
uint64_t house_starved_ns(const struct house *h);

/* kill -9. */
void house_kill(struct house *h);

/* The bytes of a packet. */
size_t house_packet(const struct call *c, unsigned track, unsigned n,
		    uint8_t to[RING_PAYLOAD_MAX]);

/* answer.c */
void answer_ledger(struct house *h, struct ipc_message *m);
void answer_desk(struct house *h, struct ipc_message *m);

struct known *house_known(struct house *h, const uint8_t id[ID_BYTES]);

#endif
