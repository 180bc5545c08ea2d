/*
 * plugin -- stanzas of the age plugin protocol (https://c2sp.org/age-plugin)
 *
 * What age and a plugin say to each other is a sequence of stanzas: a line of
 * arguments, then a body in unpadded base64, in lines of 64 of which the last
 * is shorter (and may be empty). Pure.
 */
#ifndef VAXEL_SEAL_PLUGIN_H
#define VAXEL_SEAL_PLUGIN_H

#include "base/bytes.h"

#define PLUGIN_ARGS_MAX 8
#define PLUGIN_BODY_MAX 1024
#define PLUGIN_STANZA_MAX 4096

struct plugin_stanza {
	struct text args[PLUGIN_ARGS_MAX]; /* args[0] is the command */
	unsigned arg_count;
	uint8_t body[PLUGIN_BODY_MAX];
	size_t body_len;
	size_t len; /* of the stanza */
};

/*
 * The stanza at the beginning of `in`, into which args point. EAGAIN not whole
 * yet; EBADMSG malformed, or more arguments or body than are taken.
 */
int plugin_read(struct bytes in, struct plugin_stanza *ret) CHECK_RESULT;

/* args: all of the line behind the arrow. EMSGSIZE. */
int plugin_write(struct writer *w, const char *args,
		 struct bytes body) CHECK_RESULT;

#endif
