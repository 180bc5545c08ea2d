/*
 * world -- a register and routes that the tests know by heart
 *
 * The contracts, as the tests' tables were written from:
 *
 *  A  Region Sörmland (04) answers itself on workdays from 07:00 to 19:00, but
 *     not once an eve has begun: at 16:00 on the last day before a public
 *     holiday, at 18:00 on the last day before a major one.
 *  B  At all other hours Medcare AB answers for it: Monday to Thursday 19:00 to
 *     07:00, Friday 19:00 to Monday 07:00, and eves and holidays until 07:00 on
 *     the next workday. Agreement from 2025-01-01 to 2026-06-30, both included.
 *  C  From 2026-07-01 Region Uppsala (03) answers in the hours of B.
 *  D  Region Östergötland (05) answers itself each day from 02:30 to 14:30,
 * Medcare from 14:30 to 02:30. E  Region Uppsala sends nights and weekends
 * first to a company in Bangkok, under no Swedish law. It answers itself day
 * and night. F  Region Stockholm (01): Medcare while fewer than 20 wait and the
 * wait is under 600 s; then Region Stockholm itself. Norrtälje (0188) has a
 * centre of its own, before all others, on weekdays from 08:00 to 17:00. G  All
 * else, and who is left: the national queue, Medcare for Stockholm.
 */
#ifndef VAXEL_TESTS_ROUTING_WORLD_H
#define VAXEL_TESTS_ROUTING_WORLD_H

#include "routing/decide.h"

struct world {
	struct register_book *book;
	struct routes *routes;
};

/* Both texts, to be read as they are or with something taken out. */
const char *world_register(void);
const char *world_routes(void);

void world_make(struct world *w);
void world_free(struct world *w);

/* One for a whole group of tests, as cmocka has it made and taken away. */
extern struct world world;
int world_set_up(void **state);
int world_tear_down(void **state);

int64_t world_minute(const char *rfc3339);

/* NULL or "": nobody knows where. */
struct location_place world_place(const char *municipality);

#endif
