/*
 * load -- routes as the configuration has them, and what is wrong with them
 *
 * Their faults are told as faults of the configuration, with file and line.
 */
#ifndef VAXEL_ROUTING_LOAD_H
#define VAXEL_ROUTING_LOAD_H

#include "routing/routes.h"

/*
 * From the text of the file `routes`, or, where none is named, the sections
 * `region`. Faults of form are reported, also trunks that the configuration
 * does not have: EINVAL. EMSGSIZE, ENOMEM.
 */
int routes_load_text(struct routes **ret, const struct settings *s,
		     struct text text, const struct register_book *book,
		     settings_fault_h *fault, void *arg) CHECK_RESULT;

/*
 * ROUTE-GAP: each region without a lawful route at some hour of the year that
 * begins at that minute (at the register's as-of, where it names one). How
 * many faults. ENOMEM, EMSGSIZE.
 */
int routes_check(const struct routes *p, const struct settings *s,
		 const struct register_book *book, int64_t minute,
		 settings_fault_h *fault, void *arg,
		 unsigned *ret_count) CHECK_RESULT;

#endif
