/*
 * judge -- may this be released? The keeper's decision, and nothing else
 *
 * Pure: what is known, what was shown and the time go in; a refusal or the
 * file key comes out. All of these must hold, in this order, and the first
 * that does not gives its reason:
 *
 *   rolled-back    the checkpoint is this log's and signed by its key, holds
 *                  all that was ever proven, and its root is that of the
 *                  entries that were followed
 *                  (no-entry while it holds entries that were not, or whose
 *                  details are missing and no erasure says so)
 *   no-quorum      enough witnesses have co-signed it, within a minute
 *   bad-signature  R is a request, its asker is enrolled with the credential
 *                  that it names, and has signed d
 *   stale          R has not run out, and does not run too far ahead
 *   no-entry       d stands in the log, and R is for this log
 *   wrong-role     the asker's role opens recordings
 *   wrong-purpose  the purpose allows the role and the scope, and means what
 *                  the asker was told
 *   erased         the recording was not erased
 *   needs-approval where the rule asks for it, by purpose or by how much the
 *                  asker opened in the last hour, a second enrolled person
 *                  approved d in the log (bad-signature when approvals stand
 *                  there, and none of them is signed by whom it names)
 *   used           d was not served before, by our book or by the log's
 *   quota          the asker was not served too often in the last hour
 *   locked         an identity that opens it is unlocked
 *   bad-envelope   the envelope is the one that was logged at capture, or when
 *                  it was made anew, for this controller, with this key check
 *                  and made for exactly the expected recipients
 */
#ifndef VAXEL_KEEPER_JUDGE_H
#define VAXEL_KEEPER_JUDGE_H

#include "ipc/values.h"
#include "process/keeper/unwrap.h"
#include "process/keeper/used.h"
#include "tlog/checkpoint.h"
#include "tlog/policy.h"

#define JUDGE_COSIGNED_MS (60 * 1000)

/* The controller's rule, from the configuration. */
struct judge_rule {
	uint32_t approval_purposes; /* bits of enum purpose */
	unsigned approval_over;     /* releases an hour; 0: no such rule */
	unsigned quota;             /* releases an hour */
};

struct judge {
	const struct view *view;
	const struct used *used;
	const struct note_key *log_key;
	const struct policy *policy; /* NULL: no witness is asked for */
	struct unwrap unwrap;        /* no identity: locked */
	struct judge_rule rule;
	uint64_t now_ms;
	/* what was shown */
	struct bytes request;
	const uint8_t *signature; /* REQUEST_SIGNATURE bytes */
	struct bytes envelope;
	struct bytes beside; /* for a card: the envelope of the audio */
	struct text checkpoint;
};

struct verdict {
	struct request request;
	uint8_t d[REQUEST_DIGEST];
	uint64_t entry;
	/* the log held up: to be remembered, also when refused for else */
	bool log_proven;
	bool log_confirmed; /* and enough witnesses say so */
	uint64_t log_size;
	struct merkle_hash log_root;
	unsigned cosigned, witnesses;   /* of so many */
	uint8_t fk[AGE_FILE_KEY_BYTES]; /* when released; to be wiped */
};

/*
 * The first step alone: is what was followed this log, and all of it? Needs
 * view, log_key, policy, now_ms and checkpoint.
 */
enum refusal keeper_judge_log(const struct judge *j, struct verdict *ret);

/* REFUSAL_NONE: release it. ret is filled as far as it went. */
enum refusal keeper_judge(const struct judge *j, struct verdict *ret);

#endif
