/*
 * files -- what a process needs of files that it cannot open itself
 *
 * Passwords, certificates and keys stand in files beside the configuration,
 * which confined processes cannot read. The parent reads them, at the start
 * and at each reload, into memory that it hands over; whoever gets it looks up
 * what he needs, and the memory is wiped when he has (settings.files is set
 * only that long). They are never in the text of the configuration, in an
 * argument or in the environment.
 *
 * Layout, integers in network order, until a kind of 0 or the end:
 *   u8 kind, u16 and name, u32 and content
 */
#ifndef VAXEL_SETTINGS_FILES_H
#define VAXEL_SETTINGS_FILES_H

#include "settings/settings.h"

#define FILES_MAX (2 * 1024 * 1024)
#define FILES_PASSWORD_MAX 255

enum file_kind {
	FILE_NONE,
	FILE_AGENT_PASSWORD, /* name: the agent's; the first line of the file */
	FILE_TRUNK_PASSWORD,
	FILE_TLS_CERTIFICATE, /* no name */
	FILE_TLS_KEY,
	FILE_TLS_CA,       /* tls-ca, or who the system trusts */
	FILE_HANDOVER_KEY, /* no name; the first line of the file */
	FILE_KINDS
};

/*
 * Read all that s names into `to`, which is all zeroes. Each file that cannot
 * be used is reported; the others are there all the same.
 *
 * EINVAL    a file cannot be used, or finds no room
 */
int files_pack(const struct settings *s, uint8_t *to, size_t max,
	       settings_fault_h *fault, void *arg) CHECK_RESULT;

/* ENOENT: not there. ret points into files. */
int files_find(struct bytes files, enum file_kind kind, const char *name,
	       struct bytes *ret) CHECK_RESULT;

#endif
