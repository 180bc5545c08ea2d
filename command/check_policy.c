/*
 * check_policy -- is this a policy of witnesses on which one may rely?
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "command/check.h"
#include "release/witnesses.h"
#include "tlog/folder_file.h"

enum { POLICY_TEXT_MAX = 64 * 1024 };

static void say(void *arg, const struct settings_fault *f)
{
	(void)arg;
	settings_fault_print(stdout, f);
}

int check_policy(const char *file)
{
	struct settings_fault f = { .file = file,
				    .line = 1,
				    .rule = "CONFIG",
				    .fault = "it cannot be read" };
	char *text = malloc(POLICY_TEXT_MAX);
	unsigned faults = 1;
	size_t len;
	int err = text ? file_read(AT_FDCWD, file, text, POLICY_TEXT_MAX, &len)
		       : ENOMEM;

	if (err) {
		(void)snprintf(f.mend, sizeof(f.mend), "%s", strerror(err));
		say(NULL, &f);
	} else {
		faults = witnesses_judge(file, (struct text){ text, len }, say,
					 NULL);
	}
	free(text);
	(void)printf("%u faults\n", faults);
	return faults ? EXIT_NO : EXIT_YES;
}
