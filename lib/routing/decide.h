/*
 * decide -- which route a call takes, and why not the others
 *
 * The routes that the caller's region is offered are gone through in order:
 * in force, in its hours, and every act on it lawful by the register at this
 * minute; then whether its trunk and its queue can take the call. The first
 * that holds is taken. What was passed is kept, each with its reason.
 *
 * Nobody is dropped. When no lawful route is free, the first of the full is
 * taken in spite of its queue; then the first where answering is lawful and
 * recording is not, and the call is not recorded; then the first of the silent.
 * Nothing unlawful is ever done, whatever else fails.
 *
 * Pure, without allocation.
 */
#ifndef VAXEL_ROUTING_DECIDE_H
#define VAXEL_ROUTING_DECIDE_H

#include "routing/routes.h"

struct decide_state {     /* of a route, as far as it is known */
	uint32_t waiting; /* callers */
	uint32_t wait_s;  /* of the one who waits longest */
	bool down;        /* its trunk does not answer */
};

struct decide_ask {
	struct text line;
	struct location_place place;
	int64_t minute;
	const struct decide_state *states; /* of each route; NULL: all well */
	const uint16_t *tried; /* routes that failed for this call */
	unsigned tried_count;
};

enum decide_why {
	DECIDE_TAKEN,
	DECIDE_TAKEN_FULL,           /* in spite of its queue: all are full */
	DECIDE_TAKEN_UNRECORDED,     /* and must not be recorded */
	DECIDE_TAKEN_SILENT,         /* though its trunk is silent: all are */
	DECIDE_PASSED,               /* those below are passed */
	DECIDE_LINE = DECIDE_PASSED, /* of another line */
	DECIDE_MUNICIPALITY,         /* not the caller's, or not known */
	DECIDE_NOT_YET,
	DECIDE_NO_LONGER,
	DECIDE_HOURS,
	DECIDE_UNLAWFUL,
	DECIDE_UNRECORDED, /* only recording or storing is unlawful */
	DECIDE_TRIED,
	DECIDE_DOWN,
	DECIDE_QUEUE,
	DECIDE_WAIT,
	DECIDE_WHYS
};

struct decide_step {
	uint16_t route;
	uint8_t why;             /* enum decide_why */
	uint8_t act;             /* UNLAWFUL, UNRECORDED: the first that is */
	enum register_rule rule; /* ... and the first rule that it breaks */
};

struct decision {
	uint16_t route; /* ROUTE_NONE: none is lawful */
	bool record;    /* false: nothing of the call may be recorded */
	unsigned count;
	struct decide_step steps[ROUTES_OFFERED + 1];
};

/* ENOENT: no lawful route; the steps say why. */
int decide(const struct routes *p, const struct register_book *book,
	   const struct decide_ask *ask, struct decision *ret) CHECK_RESULT;

/* What a call keeps: it outlives the routes that it was decided by. */
struct decide_given {
	char route[ROUTE_ID_MAX];
	char organisation[ROUTE_ID_MAX];
	char trunk[SETTINGS_NAME_MAX];
	enum route_kind kind;
	bool record;
	int64_t minute;
};

void decide_keep(const struct routes *p, const struct decide_ask *ask,
		 const struct decision *d, struct decide_given *ret);

/* Whether every act of the route is lawful for a caller of that region;
 * *ret_act and *ret_verdict are of the first that is not. No register: true. */
bool decide_lawful(const struct register_book *book,
		   const struct route_entry *r, int region, int64_t minute,
		   unsigned *ret_act, struct register_verdict *ret_verdict);

/*
 * Who answers for what is said on the route, and by which agreements. false:
 * the register connects them with nothing.
 */
bool decide_responsible(const struct register_book *book,
			const struct route_entry *r, int region, int64_t minute,
			struct register_verdict *ret);

/* In force and in its hours. */
enum decide_why decide_hours(const struct route_entry *r,
			     const struct window_view *v);

/* ---- for people */

/* A step in one word, or the rule that it breaks: "SE-SECRECY", "hours". */
const char *decide_why_name(const struct decide_step *step);

typedef void decide_tell_h(void *arg, bool taken, const char *route,
			   const char *rule, const char *text);

/*
 * A step in words, once or, of an unlawful route, once for each rule that it
 * breaks. rule is "-" where no rule of law speaks.
 */
void decide_tell(const struct routes *p, const struct register_book *book,
		 const struct decide_ask *ask, const struct decide_step *step,
		 decide_tell_h *tell, void *arg);

#endif
