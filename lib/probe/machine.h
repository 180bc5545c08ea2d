/*
 * machine -- where memory and disk of this machine could come to light
 */
#ifndef VAXEL_PROBE_MACHINE_H
#define VAXEL_PROBE_MACHINE_H

#include "probe/probe.h"

/* state: the folder whose disk is asked whether it is encrypted; NULL: none. */
void probe_machine(struct probe *p, const char *state);

#endif
