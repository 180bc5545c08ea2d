/*
 * policy -- whose cosignatures make a checkpoint believable (C2SP tlog-policy)
 *
 * A text of lines: `log VKEY [URL]`, `witness NAME VKEY [URL]`, `group NAME
 * N|any|all MEMBER...`, `quorum NAME|none`. Names are used after they were
 * defined, as a member once. A witness whose key is not of type 04 cannot be
 * judged here, so its policy is refused. Pure.
 */
#ifndef VAXEL_TLOG_POLICY_H
#define VAXEL_TLOG_POLICY_H

#include <stdbool.h>

#include "tlog/note.h"

#define POLICY_LOGS 256
#define POLICY_WITNESSES 32
#define POLICY_GROUPS 32
#define POLICY_MEMBERS 32
#define POLICY_NAME_MAX 64
#define POLICY_URL_MAX 256

struct policy_group {
	char name[POLICY_NAME_MAX];
	unsigned threshold;
	unsigned count;
	/* a witness's index, or POLICY_WITNESSES + a group's */
	unsigned members[POLICY_MEMBERS];
};

struct policy {
	struct note_key logs[POLICY_LOGS];
	unsigned log_count;
	struct note_key witnesses[POLICY_WITNESSES];
	char names[POLICY_WITNESSES][POLICY_NAME_MAX];
	char urls[POLICY_WITNESSES][POLICY_URL_MAX]; /* or empty */
	unsigned witness_count;
	struct policy_group groups[POLICY_GROUPS];
	unsigned group_count;
	bool is_member[POLICY_WITNESSES + POLICY_GROUPS];
	bool has_quorum; /* false: none needed */
	unsigned quorum; /* as a member */
	unsigned quorum_line;
};

/* EBADMSG with the number of the faulty line; 0 for the text as a whole. */
int policy_read(struct text t, struct policy *ret,
		unsigned *ret_line) CHECK_RESULT;

/* signed_s as note_verify() gives it for the witnesses. */
bool policy_satisfied(const struct policy *p, const uint64_t *signed_s);

/*
 * Does every quorum have a witness in common with every other? Where two need
 * not, a log can show each of them a different past, and both are believed.
 * "quorum none" shares nobody.
 */
bool policy_quorums_meet(const struct policy *p);

#endif
