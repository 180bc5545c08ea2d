/*
 * access -- what the files of `vaxel access-request` share
 *
 * A patient asks who listened. The extract says of each recording who opened
 * it, when, from which unit and for what, in the patient's words: two
 * languages, as PDF and as JSON.
 */
#ifndef VAXEL_COMMAND_ACCESS_H
#define VAXEL_COMMAND_ACCESS_H

#include "base/clock.h"
#include "base/encode.h"
#include "command/node.h"
#include "release/request.h"

enum access_language { ACCESS_SV, ACCESS_EN, ACCESS_LANGUAGES };

enum access_outcome {
	ACCESS_ASKED, /* neither released nor refused (yet) */
	ACCESS_OPENED,
	ACCESS_REFUSED,
	ACCESS_OUTCOMES
};

struct access {
	uint8_t d[REQUEST_DIGEST]; /* of the request */
	int64_t at_ms;
	char who[REQUEST_TEXT_MAX];
	char unit[REQUEST_TEXT_MAX];
	enum purpose purpose;
	enum request_scope scope;
	enum access_outcome outcome;
	char reason[32];
};

#define ACCESS_RECORDINGS_MAX 1000
#define ACCESS_EACH_MAX 10000

struct access_recording {
	char id[ID_CHARS + 1];
	char at[CLOCK_TEXT_MAX]; /* of the call */
	char controller[REQUEST_TEXT_MAX];
	struct access *list;
	unsigned count;
};

struct access_extract {
	char made[CLOCK_TEXT_MAX];
	struct access_recording *recordings;
	unsigned count;
};

/* access_extract.c: ask the node. Not EXIT_YES: having said why. */
int access_collect(const struct settings *s, struct access_recording *r);
json_t *access_json(const struct access_extract *e);
void access_free(struct access_extract *e);

/* access_words.c: in words that a patient understands. */
const char *access_purpose(enum purpose p, enum access_language l);
const char *access_outcome(const struct access *a, enum access_language l);

enum access_word {
	ACCESS_TITLE,
	ACCESS_INTRO,
	ACCESS_CALL,
	ACCESS_CONTROLLER,
	ACCESS_WHEN,
	ACCESS_WHO,
	ACCESS_WHY,
	ACCESS_WHAT,
	ACCESS_NOBODY,
	ACCESS_RIGHTS,
	ACCESS_MADE,
	ACCESS_PAGE,
	ACCESS_WORDS
};
const char *access_word(enum access_word w, enum access_language l);

/* access_pdf.c: a new file. EEXIST, ENOMEM, EIO. */
int access_pdf(const struct access_extract *e, enum access_language l,
	       const char *path) CHECK_RESULT;

#endif
