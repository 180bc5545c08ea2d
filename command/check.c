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

static bool file_has(const char *path, const char *word)
{
	char text[4096];
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		(void)fclose(f);
	text[n] = '\0';
	return strstr(text, word) != NULL;
}

/* Swap that is neither encrypted by device mapper nor in memory. */
static bool plain_swap(void)
{
	char line[512];
	FILE *f = fopen("/proc/swaps", "re");
	bool plain = false;

	while (f && fgets(line, sizeof(line), f))
		plain |= *line == '/' && strncmp(line, "/dev/dm-", 8) != 0 &&
			 strncmp(line, "/dev/zram", 9) != 0;
	if (f)
		(void)fclose(f);
	return plain;
}

static void machine_weakness(struct count *n, const char *file,
			     const char *fault, const char *mend)
{
	struct settings_fault f = { .file = file,
				    .line = 1,
				    .weakness = true,
				    .rule = "GDPR-32-PLAIN" };

	(void)snprintf(f.fault, sizeof(f.fault), "%s", fault);
	(void)snprintf(f.mend, sizeof(f.mend), "%s", mend);
	on_fault(n, &f);
}

static void check_machine(struct count *n, const char *file)
{
	if (plain_swap())
		machine_weakness(
			n, file,
			"this machine swaps to a plain disk, where "
			"audio could land",
			"encrypt the swap, or turn it off: swapoff -a");
	if (file_has("/sys/kernel/kexec_crash_loaded", "1"))
		machine_weakness(n, file,
				 "kdump writes all memory to the disk when the "
				 "kernel crashes",
				 "turn it off: systemctl disable kdump-tools");
	if (!file_has("/sys/power/resume", "0:0") &&
	    file_has("/sys/power/disk", "["))
		machine_weakness(
			n, file,
			"this machine may hibernate, which writes all "
			"memory to the disk",
			"turn it off: systemctl mask hibernate.target");
	if (geteuid() != 0)
		machine_weakness(n, file,
				 "started by this user, all processes share "
				 "one user",
				 "start the node as root, so that each becomes "
				 "a user of its own");
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
	check_machine(&n, argv[2]);
	settings_free(s);
	(void)printf("%u faults\n", n.faults);
	return n.faults ? EXIT_NO : EXIT_YES;
}
