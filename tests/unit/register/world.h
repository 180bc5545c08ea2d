/*
 * world -- a small lawful register to take things from and see what breaks
 */
#ifndef VAXEL_TESTS_WORLD_H
#define VAXEL_TESTS_WORLD_H

#include "register/register.h"

/* 2026-06-01T12:00+02:00 */
#define WORLD_NOON 29671800

/* One fact a line. Region 04, a provider, its supplier, the supplier's hall,
 * the national body. */
const char *world_text(void);

/* The text without the lines that hold `fact`, in `section` where it is not
 * NULL; with each replaced by `instead` where that is not NULL. Freed by the
 * caller; fails where nothing was found. */
char *world_without(const char *text, const char *section, const char *fact,
		    const char *instead);

/* With a sub-processor of the sub-processor, and whom the controller's and the
 * supplier's agreements name as sub-processors. Freed by the caller. */
char *world_with_vault(const char *controllers_subs, const char *halls_subs);

struct register_book *world_read(const char *text);
char *world_file(const char *name); /* of the source tree */

uint16_t world_org(const struct register_book *b, const char *id);
struct register_question world_ask(const struct register_book *b,
				   enum register_activity activity,
				   const char *by, const char *whom);
bool world_broke(const struct register_verdict *v, enum register_rule rule);

/* How many faults of the whole map have the rule; NULL: any. */
unsigned world_faults(const struct register_book *b, const char *rule);

#endif
