/*
 * disclosure -- a request as it stands in the log
 */
#ifndef VAXEL_COMMAND_DISCLOSURE_H
#define VAXEL_COMMAND_DISCLOSURE_H

#include "command/node.h"

struct disclosure {
	uint64_t entry;
	uint8_t r[REQUEST_MAX];
	size_t r_len;
	struct request request;
	uint8_t d[REQUEST_DIGEST]; /* of r, computed here */
	uint8_t signature[REQUEST_SIGNATURE];
};

/* The request of that entry of the log, as typed. Not EXIT_YES: said why. */
/* Details of disclosure.requested; the entry is the caller's. EBADMSG. */
int disclosure_read(const char *details, struct disclosure *ret) CHECK_RESULT;

int disclosure_fetch(const struct settings *s, const char *entry,
		     struct disclosure *ret) CHECK_RESULT;

#endif
