#include "process/keeper/judge.h"

#include <sodium.h>

typedef enum refusal judge_step_h(const struct judge *j, struct verdict *v);

static enum refusal judge_asker(const struct judge *j, struct verdict *v)
{
	const struct people_user *user;

	if (request_decode(j->request, &v->request))
		return REFUSAL_BAD_SIGNATURE;
	request_digest(j->request, v->d);
	user = view_user(j->view, v->request.asker);
	if (!user ||
	    sodium_memcmp(user->key, v->request.credential, REQUEST_KEY) ||
	    request_verify(v->d, j->signature, user->key))
		return REFUSAL_BAD_SIGNATURE;
	return REFUSAL_NONE;
}

static bool satisfied(const struct policy *p, const uint64_t *signed_s)
{
	return !p || !p->has_quorum || policy_satisfied(p, signed_s);
}

/* Only what was cosigned within the last minute, by our clock, counts. */
static enum refusal judge_cosigned(const struct judge *j, struct verdict *v,
				   const uint64_t *signed_s)
{
	uint64_t fresh_s[POLICY_WITNESSES] = { 0 };

	v->witnesses = j->policy ? j->policy->witness_count : 0;
	for (unsigned i = 0; i < v->witnesses; i++) {
		uint64_t at_ms = signed_s[i] * 1000;
		uint64_t off = at_ms > j->now_ms ? at_ms - j->now_ms
						 : j->now_ms - at_ms;

		if (!signed_s[i] || off > JUDGE_COSIGNED_MS)
			continue;
		fresh_s[i] = signed_s[i];
		v->cosigned++;
	}
	v->log_confirmed = satisfied(j->policy, fresh_s);
	if (v->log_confirmed)
		return REFUSAL_NONE;
	return satisfied(j->policy, signed_s) ? REFUSAL_STALE
					      : REFUSAL_NO_QUORUM;
}

/* What we know must be in it, and what we followed must be it. */
enum refusal keeper_judge_log(const struct judge *j, struct verdict *v)
{
	const struct view *view = j->view;
	uint64_t signed_s[POLICY_WITNESSES] = { 0 };
	struct merkle_hash root;
	struct checkpoint at;

	if (checkpoint_open(j->checkpoint, view->origin, j->log_key,
			    j->policy ? j->policy->witnesses : NULL,
			    j->policy ? j->policy->witness_count : 0, &at,
			    signed_s))
		return REFUSAL_ROLLED_BACK;
	if (at.size < view->anchor_size || at.size < view->edge.size ||
	    view->forked)
		return REFUSAL_ROLLED_BACK;
	if (at.size > view->edge.size)
		return REFUSAL_NO_ENTRY; /* there is more to follow */
	merkle_edge_root(&view->edge, &root);
	if (!merkle_same(&root, &at.root))
		return REFUSAL_ROLLED_BACK;
	if (view->hole_count)
		return REFUSAL_NO_ENTRY; /* withheld, or erased only later */
	v->log_proven = true;
	v->log_size = at.size;
	v->log_root = root;
	return judge_cosigned(j, v, signed_s);
}

static enum refusal judge_entry(const struct judge *j, struct verdict *v)
{
	const struct view_request *q = view_request(j->view, v->d);

	if (v->request.not_after_ms < j->now_ms ||
	    v->request.not_after_ms > j->now_ms + REQUEST_AHEAD_MS)
		return REFUSAL_STALE;
	if (!q || !q->requested || strcmp(v->request.origin, j->view->origin))
		return REFUSAL_NO_ENTRY;
	v->entry = q->entry;
	return REFUSAL_NONE;
}

static enum refusal judge_right(const struct judge *j, struct verdict *v)
{
	const struct people_user *user = view_user(j->view, v->request.asker);
	const struct view_recording *rec =
		view_recording(j->view, v->request.recording);
	uint8_t meaning[32];

	if (!role_may_open(user->role))
		return REFUSAL_WRONG_ROLE;
	request_purpose_digest(v->request.purpose, meaning);
	if (!purpose_allows(v->request.purpose, user->role, v->request.scope) ||
	    memcmp(meaning, v->request.purpose_digest, sizeof(meaning)))
		return REFUSAL_WRONG_PURPOSE;
	return rec && rec->erased ? REFUSAL_ERASED : REFUSAL_NONE;
}

static unsigned served_this_hour(const struct judge *j, const struct verdict *v)
{
	uint64_t hour_ms = 3600 * 1000;
	uint64_t since = j->now_ms > hour_ms ? j->now_ms - hour_ms : 0;

	return used_since(j->used, v->request.asker, since);
}

static enum refusal judge_second(const struct judge *j, struct verdict *v)
{
	const struct view_request *q = view_request(j->view, v->d);
	const struct people_user *asker = view_user(j->view, v->request.asker);
	const struct judge_rule *rule = &j->rule;

	if (!(rule->approval_purposes >> v->request.purpose & 1) &&
	    (!rule->approval_over ||
	     served_this_hour(j, v) < rule->approval_over))
		return REFUSAL_NONE;
	if (view_approver(j->view, q, asker))
		return REFUSAL_NONE;
	return q->misapproved && !q->approval_count ? REFUSAL_BAD_SIGNATURE
						    : REFUSAL_NEEDS_APPROVAL;
}

static enum refusal judge_once(const struct judge *j, struct verdict *v)
{
	const struct view_request *q = view_request(j->view, v->d);

	if (q->released || used_has(j->used, v->d))
		return REFUSAL_USED;
	if (served_this_hour(j, v) >= j->rule.quota)
		return REFUSAL_QUOTA;
	return j->unwrap.identity_count ? REFUSAL_NONE : REFUSAL_LOCKED;
}

/* What the log has, in so far as it can be told without a key. */
static bool is_logged(const struct judge *j, const struct verdict *v,
		      const struct view_recording *rec)
{
	bool card = v->request.scope == SCOPE_CARD;
	uint8_t hash[32];

	if (!rec || !rec->sealed || rec->differs || (card && !rec->has_card) ||
	    strcmp(view_organisation(j->view, rec->organisation),
		   v->request.controller) ||
	    memcmp(rec->kc, v->request.kc, sizeof(rec->kc)))
		return false;
	(void)crypto_hash_sha256(hash, j->envelope.p, j->envelope.len);
	return !memcmp(hash,
		       card ? rec->card_envelope_sha256 : rec->envelope_sha256,
		       sizeof(hash));
}

/*
 * The key check is that of the audio. A card has a file key of its own: it is
 * held to the digest that was logged at capture, or, once that envelope was
 * made anew, to the audio's file key.
 */
static bool is_ours(const struct judge *j, const struct verdict *v,
		    const struct view_recording *rec)
{
	uint8_t check[SEAL_CHECK_BYTES], fk[AGE_FILE_KEY_BYTES];
	bool ours;

	if (v->request.scope != SCOPE_CARD) {
		keeper_key_check(v->fk, check);
		return !sodium_memcmp(check, rec->kc, sizeof(check));
	}
	if (!rec->rotated)
		return true;
	ours = !keeper_unwrap(&j->unwrap, j->beside, fk) &&
	       keeper_card_bound(rec, fk, v->fk);
	sodium_memzero(fk, sizeof(fk));
	return ours;
}

static enum refusal judge_envelope(const struct judge *j, struct verdict *v)
{
	const struct view_recording *rec =
		view_recording(j->view, v->request.recording);
	int err;

	if (!is_logged(j, v, rec))
		return REFUSAL_BAD_ENVELOPE;
	err = keeper_unwrap(&j->unwrap, j->envelope, v->fk);
	if (err == ENOKEY)
		return keeper_refusal_of_key(&j->unwrap, rec);
	if (!err && is_ours(j, v, rec))
		return REFUSAL_NONE;
	sodium_memzero(v->fk, sizeof(v->fk));
	return REFUSAL_BAD_ENVELOPE;
}

enum refusal keeper_judge(const struct judge *j, struct verdict *ret)
{
	static judge_step_h *const steps[] = {
		keeper_judge_log, judge_asker, judge_entry,    judge_right,
		judge_second,     judge_once,  judge_envelope,
	};

	*ret = (struct verdict){ 0 };
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum refusal refusal = steps[i](j, ret);

		if (refusal != REFUSAL_NONE)
			return refusal;
	}
	return REFUSAL_NONE;
}
