/*
 * fixture -- a small world in which a release is right, to take things from
 *
 * A log with its key, an officer and a reviewer, one sealed recording with its
 * card, a request by the reviewer. world_ask() puts them before the judge.
 */
#ifndef VAXEL_TESTS_KEEPER_FIXTURE_H
#define VAXEL_TESTS_KEEPER_FIXTURE_H

#include "process/keeper/feed.h"
#include "process/keeper/judge.h"

struct person {
	char name[REQUEST_TEXT_MAX];
	enum user_role role;
	uint8_t public_key[32];
	uint8_t secret_key[64];
};

struct world {
	struct note_signer signer;
	struct person officer, reviewer, operator;
	struct age_identity identity, recovery;
	struct judge_recipients recipients;
	struct view view;
	struct used *used;
	uint64_t now_ms;

	uint8_t recording[16];
	uint8_t fk[16], kc[16], card_fk[16];
	uint8_t envelope[ENVELOPE_MAX], card_envelope[ENVELOPE_MAX];
	size_t envelope_len, card_envelope_len;

	struct request request;
	uint8_t r[REQUEST_MAX];
	size_t r_len;
	uint8_t signature[64];
	uint8_t d[32];
	char checkpoint[NOTE_TEXT_MAX];
	size_t checkpoint_len;

	struct judge judge;
	struct verdict verdict;
};

#define WORLD_ORIGIN "log.example/test"
#define WORLD_ORG "Region Test"

/* Up to and with the sealed recording; the request is made, not logged. */
void world_make(struct world *w);
void world_free(struct world *w);

void person_make(struct person *p, const char *name, enum user_role role);

/* One entry, handed over as the ledger and the desk would. */
int world_log(struct world *w, const char *type, const char *details);
void world_log_user(struct world *w, const struct person *p,
		    const struct person *by, bool added, uint64_t at_ms);
void world_log_sealed(struct world *w, const uint8_t kc[16],
		      const uint8_t *envelope, size_t len);
void world_log_recording(struct world *w, const char *type);
void world_log_request(struct world *w);
void world_log_released(struct world *w);
/* As `by`, with the key of `signer`. */
void world_log_approved(struct world *w, const struct person *by,
			const struct person *signer);

/* Encode and sign w->request as `by`. */
void world_sign(struct world *w, const struct person *by);

/* A checkpoint of what was logged. */
void world_checkpoint(struct world *w);

/* Checkpoint, then the judge's word. */
enum refusal world_ask(struct world *w);

#endif
