/*
 * route -- to whom a call to the national line goes
 *
 * Municipality to county to the region's trunk, as configured; what is not
 * known goes to the national trunk, and the choice says why. Small for now:
 * no hours, no register of agreements. Pure.
 */
#ifndef VAXEL_ROUTING_ROUTE_H
#define VAXEL_ROUTING_ROUTE_H

#include "routing/municipality.h"
#include "settings/settings.h"

enum route_reason {
	ROUTE_REGION,               /* the region of the municipality */
	ROUTE_MUNICIPALITY_MISSING, /* the call named none */
	ROUTE_MUNICIPALITY_UNKNOWN, /* ... or none that exists */
	ROUTE_COUNTY_UNROUTED,      /* no route for that county */
	ROUTE_REASONS
};

struct route {
	unsigned trunk;           /* index in settings->trunks */
	const char *organisation; /* settings's own, lives as long */
	enum route_reason reason;
	const struct municipality *municipality; /* NULL: not known */
};

/* "region", "municipality-missing", ...: for events and the command line. */
const char *route_reason_text(enum route_reason reason);

/*
 * municipality  as the call carried it; empty: it did not
 * ENOENT        not even the national trunk exists
 */
int route_find(const struct settings *s, struct text municipality,
	       struct route *ret) CHECK_RESULT;

/* Where a call goes whose first route failed. ENOENT: nowhere else. */
int route_fallback(const struct settings *s, const struct route *failed,
		   struct route *ret) CHECK_RESULT;

/* The trunk of that name; ENOENT. */
int route_trunk(const struct settings *s, const char *name,
		unsigned *ret) CHECK_RESULT;

#endif
