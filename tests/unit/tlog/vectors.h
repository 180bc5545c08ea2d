/*
 * vectors -- published test data, where it is
 */
#ifndef VAXEL_TESTS_TLOG_VECTORS_H
#define VAXEL_TESTS_TLOG_VECTORS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The folder of that name in the vectors, or NULL after saying so. */
static inline const char *vectors_folder(const char *name)
{
	static char path[1024];
	const char *top = getenv("VECTORS");
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/README.md", top ? top : ".");
	f = top ? fopen(path, "re") : NULL;
	if (!f) {
		(void)printf("skipped: no vectors\n");
		return NULL;
	}
	(void)fclose(f);
	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

#endif
