/*
 * scan -- which ports of a host answer
 *
 * All 65,535, some hundred at a time. A host that drops what it does not like
 * makes it slow, never endless.
 */
#ifndef VAXEL_PROBE_SCAN_H
#define VAXEL_PROBE_SCAN_H

#include "probe/probe.h"
#include "probe/target.h"

/* Look at every TCP port of it that is open, and at SIP and SNMP over UDP. */
int probe_host(struct probe *p, const struct target *host) CHECK_RESULT;

#endif
