/*
 * recipients -- whom a recording is sealed to
 *
 * The recipients of the configuration, and before them, where the controller
 * has keys by the month (month-keys), that of the month in which the recording
 * begins. A month without a key is sealed to the others alone: the recovery key
 * still opens it. That is said long before it happens.
 */
#ifndef VAXEL_RECORDER_RECIPIENTS_H
#define VAXEL_RECORDER_RECIPIENTS_H

#include "seal/envelope.h"
#include "settings/settings.h"

/* A month's key is to be there so long before the month. */
#define RECIPIENTS_AHEAD_MS (30 * 24 * 3600 * (int64_t)1000)

struct recipients;

/* What cannot be used is logged, and left out. ENOMEM. */
int recipients_new(struct recipients **ret,
		   const struct settings *s) CHECK_RESULT;
void recipients_free(struct recipients *r);

/* NULL: nobody. It stays until the next call. */
const struct envelope_maker *
recipients_maker(struct recipients *r, struct text controller, int64_t now_ms);

/* A controller that has keys by the month has none for this or the next one. */
bool recipients_run_out(const struct recipients *r, int64_t now_ms);

#endif
