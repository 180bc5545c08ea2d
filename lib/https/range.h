/*
 * range -- the Range header (RFC 9110 14.2), one range of bytes
 *
 * Pure. Of what we serve nothing changes under its name, so If-Range has
 * nothing to compare, and several ranges at once are for nobody.
 */
#ifndef VAXEL_HTTPS_RANGE_H
#define VAXEL_HTTPS_RANGE_H

#include "base/bytes.h"

struct https_range {
	uint64_t from, len;
};

/*
 * Of something `size` bytes long. header NULL: no such header.
 *
 * 0        ret is what to send of it
 * ENOENT   no range, or none that we know: all of it (RFC 9110 lets us)
 * ERANGE   it begins behind the end
 */
int https_range_read(const char *header, uint64_t size,
		     struct https_range *ret) CHECK_RESULT;

#endif
