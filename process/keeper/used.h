/*
 * used -- what the keeper must not forget: requests it has served, ENDs of
 * recordings that it settled, and the last root of the log that it saw proven
 *
 * One small text file, replaced whole: written beside, synced, renamed, the
 * folder synced. A release goes out only after that, and so do an END and
 * whatever rests on it. A request lives 15 minutes, so served ones are kept
 * for a day past that and then dropped. An END is kept until the log says that
 * the recording is whole: then it is not recovered again.
 *
 *   vaxel-keeper 1
 *   log SIZE ROOT
 *   used D NOT-AFTER RELEASED ASKER
 *   ended RECORDING BODY-LENGTH LENGTH-MS REASON AT-MS
 *   end
 */
#ifndef VAXEL_KEEPER_USED_H
#define VAXEL_KEEPER_USED_H

#include "release/request.h"
#include "seal/spool.h"
#include "tlog/merkle.h"

#define USED_MAX 4096
#define USED_KEPT_MS (24ull * 3600 * 1000)
#define USED_ENDS_MAX 8192
#define USED_FILE_MAX (USED_MAX * 200 + USED_ENDS_MAX * 120 + 200)

struct used_request {
	uint8_t d[REQUEST_DIGEST];
	uint64_t not_after_ms;
	uint64_t released_ms;
	char asker[REQUEST_TEXT_MAX];
};

struct used_end {
	uint8_t recording[SPOOL_ID_BYTES];
	struct spool_end end;
};

struct used {
	uint64_t log_size; /* 0: no root was ever proven */
	struct merkle_hash log_root;
	unsigned count;
	struct used_request list[USED_MAX];
	unsigned end_count;
	struct used_end ends[USED_ENDS_MAX];
};

bool used_has(const struct used *u, const uint8_t d[REQUEST_DIGEST]);

/* How many of the asker's were served since then. */
unsigned used_since(const struct used *u, const char *asker, uint64_t since_ms);

/* Drops what is past its time first. EMSGSIZE when still full. */
int used_add(struct used *u, const struct used_request *q,
	     uint64_t now_ms) CHECK_RESULT;

/* The END that was settled; NULL when none was. */
const struct spool_end *used_end(const struct used *u,
				 const uint8_t recording[SPOOL_ID_BYTES]);

/*
 * Settle one. When full, those go first for which is_over says so. EMSGSIZE
 * when still full.
 */
typedef bool used_over_h(const void *arg,
			 const uint8_t recording[SPOOL_ID_BYTES]);
int used_end_add(struct used *u, const uint8_t recording[SPOOL_ID_BYTES],
		 const struct spool_end *end, used_over_h *is_over,
		 const void *arg) CHECK_RESULT;

int used_write(struct writer *w, const struct used *u) CHECK_RESULT;
int used_read(struct text file, struct used *ret) CHECK_RESULT;

/* ENOENT when it was never written; EBADMSG when it is not whole. */
int used_load(int dir_fd, struct used *ret) CHECK_RESULT;

/* Durable when it returns 0. */
int used_save(int dir_fd, const struct used *u) CHECK_RESULT;

#endif
