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
int recording_verify(const struct settings *s, const struct node_args *a);
int recording_export(const struct settings *s, const struct node_args *a);

#endif
