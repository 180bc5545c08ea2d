/*
 * pin -- which log the keeper believes
 *
 * The log's verifier key, in STATE/keeper/log.vkey, written once by `vaxel
 * init` (or by hand, where the keeper is on a machine of its own). The keeper
 * follows no other log.
 */
#ifndef VAXEL_RELEASE_PIN_H
#define VAXEL_RELEASE_PIN_H

#include "base/error.h"

#define PIN_FOLDER "keeper"
#define PIN_FILE "log.vkey"

/* Makes STATE/keeper (0700) where it is missing. EEXIST: pinned already. */
int pin_log(const char *state, const char *vkey) CHECK_RESULT;

#endif
