/*
 * witnesses -- the policy of witnesses that a configuration names
 *
 * The same text serves three: the ledger asks those that have an address, the
 * courier goes there, the keeper holds a checkpoint's cosignatures to its
 * quorum.
 */
#ifndef VAXEL_RELEASE_WITNESSES_H
#define VAXEL_RELEASE_WITNESSES_H

#include "settings/settings.h"
#include "tlog/policy.h"

/*
 * From the settings' text, which is there while a process takes them over. A
 * configuration without witnesses gives a policy that asks for none. EBADMSG
 * when it is no policy: what the parent has judged is one.
 */
int witnesses_read(const struct settings *s, struct policy *ret) CHECK_RESULT;

/*
 * Is this a policy on which one may rely? One whose quorums need not share a
 * witness is refused: a log could show each of them a past of its own, which
 * the specification of policies permits. Each fault is reported; returned is
 * how many there were.
 */
unsigned witnesses_judge(const char *file, struct text text,
			 settings_fault_h *fault, void *arg);

/* Of a configuration, the file read for it: also that every witness that can
 * be asked is asked over HTTPS. No witnesses: no fault. */
unsigned witnesses_check(const struct settings *s, settings_fault_h *fault,
			 void *arg);

#endif
