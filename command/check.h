/*
 * check -- what the parts of `vaxel check` have in common
 */
#ifndef VAXEL_COMMAND_CHECK_H
#define VAXEL_COMMAND_CHECK_H

#include "command/command.h"
#include "settings/settings.h"

/* A policy of witnesses alone. Prints faults and their number. */
int check_policy(const char *file);

#endif
