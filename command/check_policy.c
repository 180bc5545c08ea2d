/*
 * check_policy -- is this a policy of witnesses on which one may rely?
 *
 * Two quorums that need not share a witness are refused: a log could show each
 * of them a past of its own. The specification of policies permits them.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "command/check.h"
#include "tlog/folder_file.h"
#include "tlog/policy.h"

enum { POLICY_TEXT_MAX = 64 * 1024 };

static void say(const char *file, unsigned line, const char *fault,
		const char *mend)
{
	struct settings_fault f = { .file = file,
				    .line = line ? line : 1,
				    .rule = "CONFIG" };

	(void)snprintf(f.fault, sizeof(f.fault), "%s", fault);
	(void)snprintf(f.mend, sizeof(f.mend), "%s", mend);
	settings_fault_print(stdout, &f);
}

static unsigned judge(const char *file, struct text text, struct policy *p)
{
	unsigned line;

	if (policy_read(text, p, &line)) {
		say(file, line,
		    line ? "this is no line of a policy" : "it says no quorum",
		    "write log, witness, group and quorum lines as C2SP "
		    "tlog-policy has them");
		return 1;
	}
	if (!p->has_quorum) {
		say(file, p->quorum_line, "no witness is asked for",
		    "name a group of which more than half must cosign");
		return 1;
	}
	if (!policy_quorums_meet(p)) {
		say(file, p->quorum_line,
		    "two quorums need not share a witness, so a log could "
		    "show each another past",
		    "raise the thresholds until any two quorums overlap: more "
		    "than half of a group's members");
		return 1;
	}
	return 0;
}

int check_policy(const char *file)
{
	char *text = malloc(POLICY_TEXT_MAX);
	struct policy *p = malloc(sizeof(*p));
	unsigned faults = 1;
	size_t len;
	int err = ENOMEM;

	if (text && p)
		err = file_read(AT_FDCWD, file, text, POLICY_TEXT_MAX, &len);
	if (err)
		say(file, 1, "it cannot be read", strerror(err));
	else
		faults = judge(file, (struct text){ text, len }, p);
	free(text);
	free(p);
	(void)printf("%u faults\n", faults);
	return faults ? EXIT_NO : EXIT_YES;
}
