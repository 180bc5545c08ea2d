/*
 * check -- what is wrong with a configuration, with what would mend it
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "command/check.h"
#include "handover/kept.h"
#include "handover/keys.h"
#include "probe/machine.h"
#include "release/witnesses.h"
#include "routing/lawbook.h"
#include "tlog/folder.h"

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

/* ---- what the machine does with memory that holds keys and audio */

struct machine {
	struct count *n;
	const char *file;
};

static void on_machine(void *arg, const struct probe_finding *found)
{
	const struct machine *m = arg;
	struct settings_fault f = { .file = m->file,
				    .line = 1,
				    .weakness = found->weakness };

	(void)snprintf(f.rule, sizeof(f.rule), "%s", found->rule);
	(void)snprintf(f.fault, sizeof(f.fault), "%s", found->found);
	(void)snprintf(f.mend, sizeof(f.mend), "%s", found->mend);
	on_fault(m->n, &f);
}

static void check_machine(struct count *n, const char *file)
{
	struct machine m = { n, file };
	struct probe p = { .found = on_machine, .arg = &m };

	probe_machine(&p, NULL);
	if (geteuid() != 0)
		probe_weakness(&p, "GDPR-32-PLAIN", "machine",
			       "start the node as root, so that each becomes a "
			       "user of its own",
			       "started by this user, all processes share one "
			       "user");
}

/* ---- what the law says of register and routes */

static void check_law(struct count *n, struct settings *s)
{
	struct kept_keys kept;
	struct lawbook l;

	if (!s || lawbook_load(&l, s, on_fault, n))
		return;
	/* each fault is counted as it is reported */
	(void)!kept_keys_read(&kept, s, l.book, on_fault, n);
	if (lawbook_check(&l, s, clock_wall_ms() / 60000, on_fault, n)) {
		(void)puts("out of memory: register and routes were not "
			   "checked");
		n->faults++;
	}
	lawbook_free(&l);
}

/* ---- keys of the hand-over */

static void check_handover(struct count *n, const struct settings *s)
{
	struct settings_fault f = {
		.line = 1,
		.rule = "CONFIG",
		.fault = "handover-key is no signing key",
		.mend = "make one: vaxel key new --handover NAME --out FILE",
	};
	struct handover_keys keys;
	struct note_signer signer;

	if (!s)
		return;
	/* each fault is counted as it is reported */
	(void)!handover_keys_read(&keys, s, on_fault, n);
	if (!s->handover_key[0] || access(s->handover_key, R_OK))
		return;
	if (!secret_init(64 * 1024) &&
	    !ledger_key_load(s->handover_key, &signer)) {
		note_signer_close(&signer);
		return;
	}
	f.file = s->file;
	on_fault(n, &f);
}

int command_check(int argc, char **argv)
{
	struct settings *s = NULL;
	struct count n = { 0, 0 };

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		(void)puts(
			"usage: vaxel check -c FILE\n"
			"       vaxel check --policy FILE\n\n"
			"Of a configuration, or of a policy of witnesses "
			"(C2SP tlog-policy).\nPrints a line for each fault:\n"
			"  FILE:LINE: RULE-ID: fault; mend: TEXT\n"
			"and last: N faults. Weaknesses are named and not "
			"counted.\nExit status: 0 no fault, 1 faults, 2 "
			"wrong use.");
		return EXIT_YES;
	}
	if (argc == 3 && !strcmp(argv[1], "--policy"))
		return check_policy(argv[2]);
	if (argc != 3 || strcmp(argv[1], "-c")) {
		(void)fprintf(stderr,
			      "usage: vaxel check -c FILE | --policy FILE\n");
		return EXIT_USAGE;
	}
	/* what the law says of the register is asked whatever else is wrong */
	if (settings_load(&s, argv[2], NULL, on_fault, &n) &&
	    settings_read(&s, argv[2], NULL, NULL))
		s = NULL;
	check_law(&n, s);
	check_handover(&n, s);
	/* each fault is counted as it is reported */
	if (s)
		(void)witnesses_check(s, on_fault, &n);
	check_machine(&n, argv[2]);
	settings_free(s);
	(void)printf("%u faults\n", n.faults);
	return n.faults ? EXIT_NO : EXIT_YES;
}
