/*
 * geolocation -- the Geolocation header, and the body that it points to
 *
 * RFC 6442: `Geolocation: <cid:ID>` names a body of this very message by its
 * Content-ID (RFC 2392); a location by reference would have to be fetched, and
 * a switchboard fetches nothing. The location may be used for routing only
 * where Geolocation-Routing says yes; absent means no (4.2). Pure.
 */
#ifndef VAXEL_ROUTING_GEOLOCATION_H
#define VAXEL_ROUTING_GEOLOCATION_H

#include "routing/location.h"

/* RFC 6442 4.4, the codes that are said here. */
enum geolocation_error {
	GEOLOCATION_FINE = 0,
	GEOLOCATION_CANNOT_PROCESS = 100,
	GEOLOCATION_NO_PERMISSION_TO_ROUTE = 202,
	GEOLOCATION_DEREFERENCE_FAILURE = 300,
};

/* Never fails: what cannot be used is a finding, with its code. */
void geolocation_find(const struct location_signals *s,
		      struct location_claim *ret_claim, uint16_t *ret_error);

/*
 * The part of a body with that Content-ID and the type application/pidf+xml;
 * of a body that has no parts, the body itself. ENOENT, EBADMSG.
 */
int geolocation_part(struct text content_type, struct text content_id,
		     struct text body, struct text id,
		     struct text *ret) CHECK_RESULT;

#endif
