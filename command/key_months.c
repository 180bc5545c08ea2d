/*
 * key new --months -- a year's identities in one sitting
 *
 * DIR/2027-01.age and so on, each under eight words of its own, so that a month
 * can be destroyed by itself: its file, and its line of the sheet. DIR/months
 * is what the recorder needs, and public.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "command/key.h"
#include "command/node.h"
#include "release/identity.h"
#include "seal/month.h"

enum { MONTHS_MOST = 36, PATH_BYTES = 512 };

static int make_one(const char *dir, uint16_t month, const char *controller,
		    FILE *list)
{
	char passphrase[PASSPHRASE_MAX], recipient[AGE_RECIPIENT_CHARS + 1];
	char name[KEY_MONTH_CHARS + 1], path[PATH_BYTES];
	int err;

	key_month_text(month, name);
	(void)snprintf(path, sizeof(path), "%s/%s.age", dir, name);
	err = key_make_identity(path, passphrase, recipient);
	if (err)
		return node_fail("cannot make %s: %s; a key is never "
				 "overwritten",
				 path, strerror(err));
	(void)printf("%s  %s\n", name, passphrase);
	sodium_memzero(passphrase, sizeof(passphrase));
	if (fprintf(list, "%s %s %s\n", name, recipient, controller) < 0)
		return node_fail("cannot write %s/months", dir);
	return EXIT_YES;
}

static void say_next(const char *dir, const char *controller)
{
	(void)fprintf(
		stderr,
		"The words above are shown once and kept nowhere: print the "
		"sheet, in two places,\na line a month, so that a line can be "
		"destroyed by itself. Then:\n"
		"  give %s/months to the machine that records, as month-keys "
		"in "
		"its configuration\n"
		"  vaxel key propose --months %s/months --for '%s' --as "
		"OFFICER "
		"--out DRAFT\n"
		"  vaxel key unlock %s/YYYY-MM.age   when that month is to be "
		"opened\n",
		dir, dir, controller, dir);
}

int key_new_months(const char *dir, const char *months, const char *from,
		   const char *controller)
{
	uint16_t first = key_month_of(clock_wall_ms());
	char path[PATH_BYTES];
	int status = EXIT_YES;
	uint64_t n;
	FILE *list;

	if (!controller || text_u64(text_of(months), 1, MONTHS_MOST, &n) ||
	    !text_is_printable(text_of(controller)) ||
	    strlen(dir) + 16 > sizeof(path) ||
	    (from && key_month_read(text_of(from), &first)))
		return node_usage(key_usage,
				  "say --months N (1 to %d) --for CONTROLLER "
				  "--out DIR [--from YYYY-MM]",
				  MONTHS_MOST);
	if (mkdir(dir, 0700) && errno != EEXIST)
		return node_fail("cannot make %s: %s", dir, strerror(errno));
	(void)snprintf(path, sizeof(path), "%s/months", dir);
	list = fopen(path, "ae");
	if (!list)
		return node_fail("cannot write %s: %s", path, strerror(errno));
	for (uint64_t i = 0; status == EXIT_YES && i < n; i++)
		status = make_one(dir, (uint16_t)(first + i), controller, list);
	if (fclose(list) && status == EXIT_YES)
		status = node_fail("cannot write %s", path);
	(void)fflush(stdout);
	if (status == EXIT_YES)
		say_next(dir, controller);
	return status;
}
