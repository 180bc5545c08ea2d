/*
 * frame -- where a message ends in a stream (RFC 3261 18.3, RFC 5626 4.4.1)
 *
 * Pure. Content-Length alone decides; without one, or with a wrong one, the
 * stream cannot be read any further and the connection has to go.
 */
#ifndef VAXEL_SIP_FRAME_H
#define VAXEL_SIP_FRAME_H

#include "base/bytes.h"

enum frame_kind {
	FRAME_MORE,    /* nothing whole yet */
	FRAME_MESSAGE, /* len bytes */
	FRAME_BLANK,   /* len bytes of CRLF to skip: an answered keep-alive */
	FRAME_PING,    /* len bytes: two CRLF, to be answered with one */
};

struct frame {
	enum frame_kind kind;
	size_t len;
};

/*
 * Look at the bytes that have come and were not consumed.
 *
 * scanned   0 at the start of each message; kept by the caller meanwhile, so
 *           that a header is searched once however slowly it trickles in
 *
 * EBADMSG   no usable Content-Length: ret->len bytes are the header, for a 400
 * EMSGSIZE  longer than MESSAGE_MAX
 */
int frame_next(const uint8_t *p, size_t len, size_t *scanned,
	       struct frame *ret) CHECK_RESULT;

#endif
