/*
 * routes_parts -- what the files that make routes share
 */
#ifndef VAXEL_ROUTING_ROUTES_PARTS_H
#define VAXEL_ROUTING_ROUTES_PARTS_H

#include "routing/routes.h"

extern const char *const route_kind_words[ROUTE_KINDS];

void route_take_region(struct route_entry *r, unsigned region);
void route_take_municipality(struct route_entry *r, unsigned municipality);

/* Fill `offered` from the routes. EMSGSIZE: too many for one region. */
int routes_index(struct routes *p) CHECK_RESULT;

#endif
