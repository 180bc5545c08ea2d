/*
 * routes -- the routes that contracts give a line
 *
 * One plain text, routes.conf(5): who answers for which regions or
 * municipalities, when, where, in which order, and by which trunk; and names
 * for hours. Organisations and places are those of the register. They
 * never change once they are read: a new text is a new struct, and a call keeps
 * the route that it was given. Pure.
 */
#ifndef VAXEL_ROUTING_ROUTES_H
#define VAXEL_ROUTING_ROUTES_H

#include "register/register.h"
#include "routing/location_table.h"
#include "routing/municipality.h"
#include "routing/window.h"
#include "settings/settings.h"

#define ROUTES_MAX 256
#define ROUTES_OFFERED 48 /* that one region's callers can take */
#define ROUTES_HOURS 32
#define ROUTE_ID_MAX 64
#define ROUTE_ACTS 4
#define ROUTE_NONE UINT16_MAX
#define ROUTES_UNKNOWN_REGION REGIONS /* callers of whom nobody knows where */

enum route_kind { /* in the order in which they are tried, unless said */
		  ROUTE_OWN,
		  ROUTE_CONTRACTED,
		  ROUTE_PARTNER, /* regions that pool their nights */
		  ROUTE_SUBCONTRACTOR,
		  ROUTE_NATIONAL_QUEUE, /* always last; takes whoever is left */
		  ROUTE_KINDS
};

/* What is done with a call on this route, by whom and where: each must be
 * lawful for it to be taken. */
struct route_act {
	enum register_activity activity;
	uint16_t by;
	uint16_t place; /* NONE: the organisation's place for it */
};

struct route_entry {
	char id[ROUTE_ID_MAX];
	char organisation[ROUTE_ID_MAX]; /* who answers */
	char line[32];                   /* "": every line */
	char trunk[SETTINGS_NAME_MAX];
	enum route_kind kind;
	bool record;   /* else the provider records nothing of it */
	uint16_t whom; /* whose service; NONE: the caller's region's */
	struct route_act acts[ROUTE_ACTS];
	unsigned act_count;
	uint32_t regions; /* bits: regions that it takes whole */
	uint64_t municipalities[(MUNICIPALITIES + 63) / 64];
	struct window when[WINDOWS_MAX];   /* none: always */
	struct window except[WINDOWS_MAX]; /* not then, though `when` says so */
	unsigned when_count, except_count;
	struct register_term term;
	unsigned priority;  /* the lowest is tried first */
	unsigned queue_max; /* waiting callers at which it is passed; 0: none */
	unsigned wait_max_s; /* longest wait at which it is passed; 0: none */
	unsigned text_line;
};

struct routes {
	struct route_entry routes[ROUTES_MAX];
	unsigned count;
	/* what each region's callers are offered, in order; last those of whom
	   the region is not known */
	uint16_t offered[REGIONS + 1][ROUTES_OFFERED];
	uint16_t offered_count[REGIONS + 1];
	uint8_t digest[REGISTER_DIGEST]; /* SHA-256 of the text */
};

/*
 * book  the register; NULL: there is none, and nothing can be judged
 *
 * Every fault is reported before EINVAL is returned. EMSGSIZE too long, ENOMEM.
 */
int routes_read(struct routes **ret, const char *text, size_t len,
		const struct register_book *book, register_fault_h *fault,
		void *arg) CHECK_RESULT;

/*
 * Those of a configuration that names no file of routes: one route a
 * region section, and the national trunk. EMSGSIZE, ENOMEM.
 */
int routes_of_settings(struct routes **ret,
		       const struct settings *s) CHECK_RESULT;

void routes_free(struct routes *p);

/* ROUTE_NONE: no such route. */
uint16_t routes_find(const struct routes *p, struct text id);

const char *route_kind_name(enum route_kind kind);

static inline bool route_takes_municipality(const struct route_entry *r,
					    int municipality)
{
	return municipality >= 0 &&
	       r->municipalities[municipality / 64] >> (municipality % 64) & 1;
}

static inline bool route_takes_region(const struct route_entry *r, int region)
{
	return region >= 0 && r->regions >> region & 1;
}

#endif
