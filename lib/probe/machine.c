#include "probe/machine.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

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

/* The device below the file system, or any of those below that. */
static bool on_plain_disk(const char *path)
{
	char at[128];
	struct stat st;

	if (stat(path, &st) || !major(st.st_dev))
		return false; /* memory, or a layer that does not say */
	(void)snprintf(at, sizeof(at), "/sys/dev/block/%u:%u/dm/uuid",
		       major(st.st_dev), minor(st.st_dev));
	return !file_has(at, "CRYPT-");
}

void probe_machine(struct probe *p, const char *state)
{
	static const char rule[] = "GDPR-32-PLAIN", machine[] = "machine";

	if (!probe_step(p, machine))
		return;
	if (plain_swap())
		probe_weakness(
			p, rule, machine,
			"encrypt the swap, or turn it off: swapoff -a",
			"this machine swaps to a plain disk, where audio "
			"could land");
	if (file_has("/sys/kernel/kexec_crash_loaded", "1"))
		probe_weakness(p, rule, machine,
			       "turn it off: systemctl disable kdump-tools",
			       "kdump writes all memory to the disk when the "
			       "kernel crashes");
	if (!file_has("/sys/power/resume", "0:0") &&
	    file_has("/sys/power/disk", "["))
		probe_weakness(p, rule, machine,
			       "turn it off: systemctl mask hibernate.target",
			       "this machine may hibernate, which writes all "
			       "memory to the disk");
	if (file_has("/proc/sys/fs/suid_dumpable", "1"))
		probe_weakness(p, rule, machine,
			       "set it to 0: sysctl fs.suid_dumpable=0",
			       "programs that change their user may leave "
			       "cores (fs.suid_dumpable is 1)");
	if (state && on_plain_disk(state))
		probe_weakness(p, rule, state,
			       "put it on an encrypted disk (dm-crypt)",
			       "the disk below is not encrypted; bodies are "
			       "sealed all the same, sizes and times are not");
}
