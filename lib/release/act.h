/*
 * act -- what an officer decides about a recording, with a signature
 *
 * Held, no longer held, erased. The ledger does what is signed by an officer
 * who is enrolled, and the entry carries it:
 *
 *   {"recording","by","at","reason","signature"}
 *
 * (the recording's id, a name, ms since 1970, a person's words, padded base64),
 * signed over
 *
 *   SHA-256("vaxel/act/1" || 0 || text type || text origin || 16 recording ||
 *           text by || u64 at || 32 SHA-256(reason))
 *
 * where a text is its length in a byte and its bytes, and type is that of the
 * entry, "recording.held". `at` grows with each act about a recording and lies
 * within ACT_FRESH_MS of the ledger's clock, so none can be said again. Pure.
 */
#ifndef VAXEL_RELEASE_ACT_H
#define VAXEL_RELEASE_ACT_H

#include <jansson.h>

#include "base/encode.h"
#include "release/people.h"

#define ACT_REASON_MAX 400
#define ACT_FRESH_MS (15 * 60 * 1000)

enum act_kind { ACT_HOLD, ACT_HOLD_END, ACT_ERASE, ACTS };

struct act {
	enum act_kind kind;
	uint8_t recording[ID_BYTES];
	char by[REQUEST_TEXT_MAX];
	uint64_t at_ms;
	char reason[ACT_REASON_MAX];
	uint8_t signature[REQUEST_SIGNATURE];
};

/* "recording.held"; ENOENT when no act leaves such an entry. */
const char *act_type_text(enum act_kind kind);
int act_type_read(struct text t, enum act_kind *ret) CHECK_RESULT;

/* 1 to ACT_REASON_MAX - 1 bytes, printable. EINVAL. */
int act_reason_check(struct text reason) CHECK_RESULT;

/* EBADMSG: these are not the details of an act. */
int act_read(enum act_kind kind, struct text details,
	     struct act *ret) CHECK_RESULT;

/* What is signed. EINVAL: it cannot be. */
int act_digest(const struct act *a, const char *origin,
	       uint8_t ret[REQUEST_DIGEST]) CHECK_RESULT;

/* The details, to be released. NULL: no memory. */
json_t *act_json(const struct act *a);

/* Signed by an officer among these people? EPERM if not. */
int act_verify(const struct act *a, const char *origin,
	       const struct people *people) CHECK_RESULT;

#endif
