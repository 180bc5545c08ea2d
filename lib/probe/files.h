/*
 * files -- may others than the node read its state, keys and store, and does
 * anything lie there in clear?
 */
#ifndef VAXEL_PROBE_FILES_H
#define VAXEL_PROBE_FILES_H

#include "probe/probe.h"
#include "settings/settings.h"

/* A folder and all below it; a file by itself. What is not there is fine. */
void probe_files(struct probe *p, const char *path);

/* Everything that the settings name and that others have no business with. */
void probe_files_of(struct probe *p, const struct settings *s);

#endif
