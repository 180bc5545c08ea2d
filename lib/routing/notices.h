/*
 * notices -- what a line tells its callers, held against the register
 *
 * GDPR 13: each who decides about a recording, the region and the provider
 * apart, has to be told of. A line that records names, for each notice that it
 * plays, which registered notices that one says; the register knows what each
 * of them tells, in which version and language, and from when to when.
 */
#ifndef VAXEL_ROUTING_NOTICES_H
#define VAXEL_ROUTING_NOTICES_H

#include "register/register.h"
#include "settings/settings.h"

/* Every fault of every line that records, as of the minute, or of the one
 * that the register is judged at. */
void notices_check(const struct register_book *b, const struct settings *s,
		   int64_t minute, settings_fault_h *fault, void *arg);

#endif
