/* What the files of `vaxel recording` share. */
#ifndef VAXEL_COMMAND_RECORDING_H
#define VAXEL_COMMAND_RECORDING_H

#include "base/encode.h"
#include "command/node.h"

extern const char recording_usage[];

/* ID as typed. EXIT_USAGE, having said why. */
int recording_id(const struct node_args *a, uint8_t ret[ID_BYTES]);

int recording_open(int argc, char **argv);
/* argv[0]: hold, release-hold or erase. */
int recording_act(int argc, char **argv);

/* Ask for one recording's sound, or its card, as `recording open` does. */
struct recording_wish {
	const char *id, *as, *key_file, *purpose;
	const char *to;    /* age1... */
	const char *scope; /* NULL: audio */
};

/* What is released: first the fresh header by itself, then the payload. */
typedef int recording_sink_h(void *arg, const void *p, size_t len);

/*
 * The caller has made room for secrets (secret_init). EXIT_YES; else EXIT_NO or
 * EXIT_USAGE, having said why.
 */
int recording_open_for(const struct settings *s, const struct recording_wish *w,
		       recording_sink_h *sink, void *arg);

int recording_verify(const struct settings *s, const struct node_args *a);
int recording_export(const struct settings *s, const struct node_args *a);

#endif
