#include "tests/unit/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

int scratch_make(char dir[SCRATCH_MAX])
{
	static const char template[] = "/tmp/vaxel_test.XXXXXX";

	memcpy(dir, template, sizeof(template));
	return !mkdtemp(dir);
}

int scratch_remove(const char *dir)
{
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
