/*
 * clock -- the time of day and the time that only goes forward
 *
 * Timeouts use clock_mono_ms(); what is written for people and the ledger
 * uses clock_wall_ms() (milliseconds since 1970-01-01 UTC). Pure parts take
 * the time as an argument and never call these.
 */
#ifndef VAXEL_BASE_CLOCK_H
#define VAXEL_BASE_CLOCK_H

#include "base/bytes.h"

#define CLOCK_TEXT_MAX 104

uint64_t clock_mono_ns(void);
uint64_t clock_mono_ms(void);
int64_t clock_wall_ms(void);

/* RFC 3339 with milliseconds and local offset, "2026-11-21T22:05:00.125+01:00"
 */
void clock_text(int64_t wall_ms, char to[CLOCK_TEXT_MAX]);

/* RFC 3339 with offset (or Z). EBADMSG on anything else. */
int clock_read(struct text t, int64_t *ret_wall_ms) CHECK_RESULT;

#endif
