/*
 * load -- the routes that a configuration names, and what is wrong with them
 *
 * The only part of routing that opens a file.
 */
#ifndef VAXEL_ROUTING_LOAD_H
#define VAXEL_ROUTING_LOAD_H

#include "routing/routes.h"

/*
 * The file of `routes`, or, where there is none, the sections `region`. Faults
 * of form are reported, also trunks that the configuration does not have.
 * EINVAL, ENOENT and others where it cannot be read, which is reported too.
 */
int routes_load(struct routes **ret, const struct settings *s,
		const struct register_book *book, settings_fault_h *fault,
		void *arg) CHECK_RESULT;

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
