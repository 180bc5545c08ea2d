/*
 * check -- what is wrong with a configuration, with what would mend it
 */
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "settings/settings.h"

struct count {
	unsigned faults;
	unsigned weaknesses;
};

static void on_fault(void *arg, const struct settings_fault *f)
{
	struct count *n = arg;

	if (f->weakness)
		n->weaknesses++;
	else
		n->faults++;
	settings_fault_print(stdout, f);
}

int command_check(int argc, char **argv)
{
	struct settings *s = NULL;
	struct count n = { 0, 0 };

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		(void)puts("usage: vaxel check -c FILE\n\n"
			   "Prints a line for each fault:\n"
			   "  FILE:LINE: RULE-ID: fault; mend: TEXT\n"
			   "and last: N faults. Weaknesses are named and not "
			   "counted.\nExit status: 0 no fault, 1 faults, 2 "
			   "wrong use.");
		return EXIT_YES;
	}
	if (argc != 3 || strcmp(argv[1], "-c")) {
		(void)fprintf(stderr, "usage: vaxel check -c FILE\n");
		return EXIT_USAGE;
	}
	(void)!settings_load(&s, argv[2], on_fault, &n);
	settings_free(s);
	(void)printf("%u faults\n", n.faults);
	return n.faults ? EXIT_NO : EXIT_YES;
}
