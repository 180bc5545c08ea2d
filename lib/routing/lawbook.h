/*
 * lawbook -- what decides where a call may go: register, routes, tables of
 * places
 *
 * The texts that belong to a configuration, read together, since each is
 * judged by the others. A lawbook never changes once it is read; the next
 * one takes its place whole or not at all.
 */
#ifndef VAXEL_ROUTING_LAWBOOK_H
#define VAXEL_ROUTING_LAWBOOK_H

#include "routing/location.h"
#include "routing/routes.h"
#include "settings/settings.h"

struct lawbook {
	struct register_book *book; /* NULL: none, and nothing can be judged */
	struct routes *routes;
	struct location_table *kommun_ids, *cells, *postcodes; /* NULL: none */
};

/*
 * From s->companion_texts. Faults of form are reported, each with its file and
 * line: EINVAL. EMSGSIZE, ENOMEM. After an error there is nothing to free.
 */
int lawbook_read(struct lawbook *ret, const struct settings *s,
		 settings_fault_h *fault, void *arg) CHECK_RESULT;

/* The same from the files that s names; one that cannot be read is reported. */
int lawbook_load(struct lawbook *ret, struct settings *s,
		 settings_fault_h *fault, void *arg) CHECK_RESULT;
void lawbook_free(struct lawbook *l);

/*
 * What the law says of it at the minute: every fault of the register, every
 * hour of the coming year in which callers have no lawful route. ENOMEM,
 * EMSGSIZE: it could not be judged.
 */
int lawbook_check(const struct lawbook *l, const struct settings *s,
		  int64_t minute, settings_fault_h *fault,
		  void *arg) CHECK_RESULT;

#endif
