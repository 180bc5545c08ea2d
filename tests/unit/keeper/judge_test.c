#include "tests/unit/unit.h"

#include "tests/unit/keeper/fixture.h"

#include <sodium.h>
#include <stdio.h>

/*
 * Each row spoils one thing, before or after the request is logged, and names
 * the refusal that must follow. Whatever is not spoiled is right.
 */
struct spoil {
	const char *what;
	enum refusal expected;
	void (*before)(struct world *w);
	void (*after)(struct world *w); /* the entry, before the checkpoint */
	void (*last)(struct world *w);  /* the checkpoint */
	bool unlogged;
};

static void other_signer(struct world *w)
{
	world_sign(w, &w->officer);
}

static void other_name(struct world *w)
{
	(void)snprintf(w->request.asker, sizeof(w->request.asker), "olga");
	world_sign(w, &w->reviewer);
}

static void nobody(struct world *w)
{
	(void)snprintf(w->request.asker, sizeof(w->request.asker), "nils");
	world_sign(w, &w->reviewer);
}

static void removed_user(struct world *w)
{
	world_log_user(w, &w->reviewer, &w->officer, false, 2000);
}

static void enrolled_by_reviewer(struct world *w)
{
	struct person p;

	person_make(&p, "mallory", USER_REVIEWER);
	world_log_user(w, &p, &w->reviewer, true, 3000);
	(void)snprintf(w->request.asker, sizeof(w->request.asker), "mallory");
	memcpy(w->request.credential, p.public_key, 32);
	world_sign(w, &p);
}

static void enrolled_by_self(struct world *w)
{
	struct person p;

	person_make(&p, "mallory", USER_OFFICER);
	world_log_user(w, &p, &p, true, 3000);
	(void)snprintf(w->request.asker, sizeof(w->request.asker), "mallory");
	memcpy(w->request.credential, p.public_key, 32);
	world_sign(w, &p);
}

/* In the officer's name, with a key that is not the officer's. */
static void enrolled_by_forgery(struct world *w)
{
	struct person p, forger;

	person_make(&p, "mallory", USER_REVIEWER);
	person_make(&forger, w->officer.name, USER_OFFICER);
	world_log_user(w, &p, &forger, true, 3000);
	(void)snprintf(w->request.asker, sizeof(w->request.asker), "mallory");
	memcpy(w->request.credential, p.public_key, 32);
	world_sign(w, &p);
}

/* The asker's own signature, over a request that names another key. */
static void other_credential(struct world *w)
{
	memcpy(w->request.credential, w->officer.public_key, 32);
	world_sign(w, &w->reviewer);
}

/* Removed, then the old entry said again. */
static void enrolled_again_by_replay(struct world *w)
{
	removed_user(w);
	world_log_user(w, &w->reviewer, &w->officer, true, 1001);
}

static void swapped_recipient(struct world *w)
{
	w->r[w->r_len - 8 - 32] ^= 1;
}

static void cut_request(struct world *w)
{
	w->r_len--;
}

static void other_log_key(struct world *w)
{
	static struct note_signer other;

	assert_int_equal(0,
			 note_signer_new(&other, NOTE_ED25519, WORLD_ORIGIN));
	w->judge.log_key = &other.key;
}

static void spoiled_checkpoint(struct world *w)
{
	w->checkpoint[sizeof(WORLD_ORIGIN)] ^= 1;
}

static void older_than_anchor(struct world *w)
{
	struct merkle_hash root = { { 1 } };

	view_anchor(&w->view, w->view.edge.size + 5, &root);
}

static void fork_before_anchor(struct world *w)
{
	struct merkle_hash root = { { 1 } };

	view_anchor(&w->view, w->view.edge.size + 1, &root);
}

static void older_than_followed(struct world *w)
{
	assert_int_equal(0, world_log(w, "call.ended", "{}"));
}

static void other_root(struct world *w)
{
	w->view.edge.top[0].b[0] ^= 1;
}

/* The checkpoint holds an entry more than was handed over. */
static void withheld_entry(struct world *w)
{
	struct merkle_edge had = w->view.edge;

	assert_int_equal(0, world_log(w, "call.ended", "{}"));
	world_checkpoint(w);
	w->view.edge = had;
}

static void want_witness(struct world *w)
{
	static struct policy p = { .witness_count = 1, .has_quorum = true };

	w->judge.policy = &p;
}

static void ran_out(struct world *w)
{
	w->now_ms = w->request.not_after_ms + 1;
}

static void too_far_ahead(struct world *w)
{
	w->request.not_after_ms = w->now_ms + REQUEST_AHEAD_MS + 1;
	world_sign(w, &w->reviewer);
}

static void other_origin(struct world *w)
{
	(void)snprintf(w->request.origin, sizeof(w->request.origin),
		       "log.example/other");
	world_sign(w, &w->reviewer);
}

static void asked_by_operator(struct world *w)
{
	(void)snprintf(w->request.asker, sizeof(w->request.asker), "oskar");
	memcpy(w->request.credential, w->operator.public_key, 32);
	world_sign(w, &w->operator);
}

static void officers_purpose(struct world *w)
{
	w->request.purpose = PURPOSE_SUPERVISION;
	request_purpose_digest(w->request.purpose, w->request.purpose_digest);
	world_sign(w, &w->reviewer);
}

static void search_scope(struct world *w)
{
	w->request.scope = SCOPE_SEARCH;
	world_sign(w, &w->reviewer);
}

static void other_meaning(struct world *w)
{
	w->request.purpose_digest[5] ^= 1;
	world_sign(w, &w->reviewer);
}

static void erased(struct world *w)
{
	world_log_recording(w, "recording.erased");
}

/* An entry about a recording, without salt and details. */
static void withheld(struct world *w)
{
	static const char leaf[] =
		"{\\\"type\\\":\\\"recording.sealed\\\","
		"\\\"organisation\\\":\\\"Region Test\\\","
		"\\\"hour\\\":\\\"2026-11-21T22:00:00Z\\\","
		"\\\"commitment\\\":"
		"\\\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\\\"}";
	char feed[1024];
	int n = snprintf(feed, sizeof(feed),
			 "{\"from\":%llu,\"entries\":[{\"leaf\":\"%s\","
			 "\"salt\":\"\",\"details\":\"\"}]}",
			 (unsigned long long)w->view.edge.size, leaf);

	assert_int_equal(0, feed_take(&w->view, (struct bytes){ (uint8_t *)feed,
								(size_t)n }));
}

static void withheld_and_erased(struct world *w)
{
	char details[128];

	withheld(w);
	(void)snprintf(details, sizeof(details),
		       "{\"recording\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
		       "\"entries\":[%llu]}",
		       (unsigned long long)w->view.edge.size - 1);
	assert_int_equal(0, world_log(w, "recording.erased", details));
}

static void withheld_and_another_erased(struct world *w)
{
	withheld(w);
	assert_int_equal(
		0, world_log(w, "recording.erased",
			     "{\"recording\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
			     "\"entries\":[0]}"));
}

/* The last come first, some of them twice, and all but those left over. */
static void many_erased_but(struct world *w, unsigned left_over)
{
	enum { MANY = 80 };
	uint64_t first = w->view.edge.size;
	char details[128];

	for (unsigned i = 0; i < MANY; i++)
		withheld(w);
	for (unsigned i = MANY; i-- > left_over;) {
		unsigned long long entry = first + i;

		(void)snprintf(details, sizeof(details),
			       "{\"recording\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
			       "\"entries\":[%llu,%llu]}",
			       entry, entry + i % 2);
		assert_int_equal(0, world_log(w, "recording.erased", details));
	}
}

static void many_erased(struct world *w)
{
	many_erased_but(w, 0);
}

static void all_but_one_erased(struct world *w)
{
	many_erased_but(w, 1);
}

static void in_the_book(struct world *w)
{
	struct used_request q = { .not_after_ms = w->request.not_after_ms };

	memcpy(q.d, w->d, sizeof(q.d));
	(void)snprintf(q.asker, sizeof(q.asker), "rut");
	assert_int_equal(0, used_add(w->used, &q, w->now_ms));
}

static void opened_before(struct world *w, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct used_request q = { .not_after_ms = w->now_ms,
					  .released_ms = w->now_ms - 1000 };

		randombytes_buf(q.d, sizeof(q.d));
		(void)snprintf(q.asker, sizeof(q.asker), "rut");
		assert_int_equal(0, used_add(w->used, &q, w->now_ms));
	}
}

static void often(struct world *w)
{
	opened_before(w, w->judge.rule.quota);
}

/* ---- a second person */

static void want_second(struct world *w)
{
	w->judge.rule.approval_purposes = 1u << PURPOSE_COMPLAINT;
}

static void want_second_for_else(struct world *w)
{
	w->judge.rule.approval_purposes = ~(1u << PURPOSE_COMPLAINT);
}

static void approved(struct world *w)
{
	world_log_approved(w, &w->officer, &w->officer);
}

static void approved_by_self(struct world *w)
{
	world_log_approved(w, &w->reviewer, &w->reviewer);
}

static void approved_by_operator(struct world *w)
{
	world_log_approved(w, &w->operator, & w->operator);
}

static void approved_by_self_and_another(struct world *w)
{
	approved_by_self(w);
	approved_by_operator(w);
	approved(w);
}

static void approval_forged(struct world *w)
{
	world_log_approved(w, &w->officer, &w->reviewer);
}

static void approval_forged_and_mended(struct world *w)
{
	approval_forged(w);
	approved(w);
}

static void approved_by_nobody(struct world *w)
{
	struct person p;

	person_make(&p, "nils", USER_OFFICER);
	world_log_approved(w, &p, &p);
}

/* One person under two names: the same key. */
static void approved_by_alias(struct world *w)
{
	struct person p = w->reviewer;

	(void)snprintf(p.name, sizeof(p.name), "rut2");
	world_log_user(w, &p, &w->officer, true, 4000);
	world_log_approved(w, &p, &p);
}

static void approved_another_request(struct world *w)
{
	uint8_t d[32];

	memcpy(d, w->d, sizeof(d));
	w->d[31] ^= 1; /* the same first half */
	approved(w);
	w->d[31] ^= 1;
	w->d[0] ^= 1;
	approved(w);
	memcpy(w->d, d, sizeof(d));
}

static void approver_removed(struct world *w)
{
	struct person p;

	person_make(&p, "rita", USER_REVIEWER);
	world_log_user(w, &p, &w->officer, true, 4000);
	world_log_approved(w, &p, &p);
	world_log_user(w, &p, &w->officer, false, 4001);
}

/* Whoever now has the name of one who was removed has approved nothing. */
static void approver_replaced(struct world *w)
{
	struct person p;

	approver_removed(w);
	person_make(&p, "rita", USER_REVIEWER);
	world_log_user(w, &p, &w->officer, true, 4002);
}

/* The officer's signature over d itself: a request's, not an approval's. */
static void approved_with_requests_signature(struct world *w)
{
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer out = writer_on(details, sizeof(details) - 1);
	struct control_approved a = { .by = "olga" };

	(void)crypto_sign_detached(a.signature, NULL, w->d, sizeof(w->d),
				   w->officer.secret_key);
	assert_int_equal(0,
			 control_approved_write(&out, w->d, w->recording, &a));
	assert_int_equal(0, world_log(w, "disclosure.approved", details));
}

/* Before it was asked for: nobody can have known what. */
static void wanted_and_approved_early(struct world *w)
{
	want_second(w);
	approved(w);
}

static void opened_as_often_as_one_may(struct world *w)
{
	w->judge.rule.approval_over = 5;
	opened_before(w, 4);
}

static void opened_in_bulk(struct world *w)
{
	w->judge.rule.approval_over = 5;
	opened_before(w, 5);
}

static void small_quota(struct world *w)
{
	w->judge.rule.quota = 5;
	opened_before(w, 5);
}

static void locked(struct world *w)
{
	w->judge.unwrap.identity_count = 0;
}

/* The cheapest attack: a recipient quietly added, digest logged and all. */
static void added_recipient(struct world *w)
{
	struct writer e = writer_on(w->envelope, sizeof(w->envelope));
	struct age_identity mallory;
	struct age_recipient three[3];

	assert_int_equal(0, age_identity_new(&mallory));
	memcpy(three, w->recipients.list, 2 * sizeof(three[0]));
	three[2] = mallory.recipient;
	assert_int_equal(0, envelope_make(w->fk, three, 3, &e));
	w->envelope_len = e.len;
	age_identity_close(&mallory);
	randombytes_buf(w->recording, 16);
	memcpy(w->request.recording, w->recording, 16);
	world_log_sealed(w, w->kc, w->envelope, w->envelope_len);
	world_sign(w, &w->reviewer);
}

static void left_out_recipient(struct world *w)
{
	w->recipients.count = 1;
}

static void other_envelope(struct world *w)
{
	struct writer e = writer_on(w->envelope, sizeof(w->envelope));
	uint8_t fk[16] = { 7 };

	assert_int_equal(0, envelope_make(fk, w->recipients.list, 2, &e));
	w->envelope_len = e.len;
}

/* Logged with the envelope's digest, but the key check of other audio. */
static void other_audio(struct world *w)
{
	uint8_t kc[16] = { 9 };

	randombytes_buf(w->recording, 16);
	memcpy(w->request.recording, w->recording, 16);
	memcpy(w->request.kc, kc, 16);
	world_log_sealed(w, kc, w->envelope, w->envelope_len);
	world_sign(w, &w->reviewer);
}

static void other_kc(struct world *w)
{
	w->request.kc[0] ^= 1;
	world_sign(w, &w->reviewer);
}

static void unknown_recording(struct world *w)
{
	w->request.recording[0] ^= 1;
	world_sign(w, &w->reviewer);
}

static void sealed_twice(struct world *w)
{
	uint8_t kc[16] = { 9 };

	world_log_sealed(w, kc, w->envelope, w->envelope_len);
}

static void other_controller(struct world *w)
{
	(void)snprintf(w->request.controller, sizeof(w->request.controller),
		       "Region Annan");
	world_sign(w, &w->reviewer);
}

static void strangers_identity(struct world *w)
{
	static struct age_identity stranger;

	assert_int_equal(0, age_identity_new(&stranger));
	w->judge.unwrap.identities = &stranger;
}

static void card_with_audio_envelope(struct world *w)
{
	w->request.scope = SCOPE_CARD;
	world_sign(w, &w->reviewer);
}

static const struct spoil spoils[] = {
	{ "nothing", REFUSAL_NONE, NULL, NULL, NULL, false },
	{ "signed by another", REFUSAL_BAD_SIGNATURE, other_signer, NULL, NULL,
	  false },
	{ "in another's name", REFUSAL_BAD_SIGNATURE, other_name, NULL, NULL,
	  false },
	{ "by nobody", REFUSAL_BAD_SIGNATURE, nobody, NULL, NULL, false },
	{ "by one removed", REFUSAL_BAD_SIGNATURE, removed_user, NULL, NULL,
	  false },
	{ "enrolled by a reviewer", REFUSAL_BAD_SIGNATURE, enrolled_by_reviewer,
	  NULL, NULL, false },
	{ "enrolled by oneself", REFUSAL_BAD_SIGNATURE, enrolled_by_self, NULL,
	  NULL, false },
	{ "enrolled by a forgery", REFUSAL_BAD_SIGNATURE, enrolled_by_forgery,
	  NULL, NULL, false },
	{ "another credential", REFUSAL_BAD_SIGNATURE, other_credential, NULL,
	  NULL, false },
	{ "enrolled by a replay", REFUSAL_BAD_SIGNATURE,
	  enrolled_again_by_replay, NULL, NULL, false },
	{ "recipient swapped", REFUSAL_BAD_SIGNATURE, NULL, swapped_recipient,
	  NULL, false },
	{ "request cut", REFUSAL_BAD_SIGNATURE, NULL, cut_request, NULL,
	  false },
	{ "not this log's key", REFUSAL_ROLLED_BACK, NULL, other_log_key, NULL,
	  false },
	{ "checkpoint spoiled", REFUSAL_ROLLED_BACK, NULL, NULL,
	  spoiled_checkpoint, false },
	{ "older than proven before", REFUSAL_ROLLED_BACK, NULL, NULL,
	  older_than_anchor, false },
	{ "forked before what was proven", REFUSAL_ROLLED_BACK,
	  fork_before_anchor, NULL, NULL, false },
	{ "older than followed", REFUSAL_ROLLED_BACK, NULL, NULL,
	  older_than_followed, false },
	{ "another root", REFUSAL_ROLLED_BACK, NULL, NULL, other_root, false },
	{ "an entry withheld", REFUSAL_NO_ENTRY, NULL, NULL, withheld_entry,
	  false },
	{ "no witness", REFUSAL_NO_QUORUM, want_witness, NULL, NULL, false },
	{ "ran out", REFUSAL_STALE, NULL, NULL, ran_out, false },
	{ "too far ahead", REFUSAL_STALE, too_far_ahead, NULL, NULL, false },
	{ "no entry", REFUSAL_NO_ENTRY, NULL, NULL, NULL, true },
	{ "for another log", REFUSAL_NO_ENTRY, other_origin, NULL, NULL,
	  false },
	{ "by an operator", REFUSAL_WRONG_ROLE, asked_by_operator, NULL, NULL,
	  false },
	{ "an officer's purpose", REFUSAL_WRONG_PURPOSE, officers_purpose, NULL,
	  NULL, false },
	{ "a search", REFUSAL_WRONG_PURPOSE, search_scope, NULL, NULL, false },
	{ "another meaning", REFUSAL_WRONG_PURPOSE, other_meaning, NULL, NULL,
	  false },
	{ "erased", REFUSAL_ERASED, NULL, erased, NULL, false },
	{ "erased before", REFUSAL_ERASED, erased, NULL, NULL, false },
	{ "details withheld", REFUSAL_NO_ENTRY, withheld, NULL, NULL, false },
	{ "details erased with another", REFUSAL_NONE, withheld_and_erased,
	  NULL, NULL, false },
	{ "details of many erased", REFUSAL_NONE, many_erased, NULL, NULL,
	  false },
	{ "all but one of them", REFUSAL_NO_ENTRY, all_but_one_erased, NULL,
	  NULL, false },
	{ "details withheld, others erased", REFUSAL_NO_ENTRY,
	  withheld_and_another_erased, NULL, NULL, false },
	{ "in the book", REFUSAL_USED, NULL, in_the_book, NULL, false },
	{ "released in the log", REFUSAL_USED, NULL, world_log_released, NULL,
	  false },
	{ "too often", REFUSAL_QUOTA, often, NULL, NULL, false },
	{ "a quota of its own", REFUSAL_QUOTA, small_quota, NULL, NULL, false },
	{ "nobody approved", REFUSAL_NEEDS_APPROVAL, want_second, NULL, NULL,
	  false },
	{ "another purpose needs it", REFUSAL_NONE, want_second_for_else, NULL,
	  NULL, false },
	{ "approved", REFUSAL_NONE, want_second, approved, NULL, false },
	{ "approved by oneself", REFUSAL_NEEDS_APPROVAL, want_second,
	  approved_by_self, NULL, false },
	{ "approved by an operator", REFUSAL_NEEDS_APPROVAL, want_second,
	  approved_by_operator, NULL, false },
	{ "approved by many", REFUSAL_NONE, want_second,
	  approved_by_self_and_another, NULL, false },
	{ "approval forged", REFUSAL_BAD_SIGNATURE, want_second,
	  approval_forged, NULL, false },
	{ "approval forged, then a good one", REFUSAL_NONE, want_second,
	  approval_forged_and_mended, NULL, false },
	{ "approved by nobody", REFUSAL_BAD_SIGNATURE, want_second,
	  approved_by_nobody, NULL, false },
	{ "approved by an alias", REFUSAL_NEEDS_APPROVAL, want_second,
	  approved_by_alias, NULL, false },
	{ "approved another request", REFUSAL_NEEDS_APPROVAL, want_second,
	  approved_another_request, NULL, false },
	{ "approver removed", REFUSAL_NEEDS_APPROVAL, want_second,
	  approver_removed, NULL, false },
	{ "approver replaced", REFUSAL_NEEDS_APPROVAL, want_second,
	  approver_replaced, NULL, false },
	{ "approved with a request's signature", REFUSAL_BAD_SIGNATURE,
	  want_second, approved_with_requests_signature, NULL, false },
	{ "approved early", REFUSAL_NEEDS_APPROVAL, wanted_and_approved_early,
	  NULL, NULL, false },
	{ "as often as one may", REFUSAL_NONE, opened_as_often_as_one_may, NULL,
	  NULL, false },
	{ "in bulk", REFUSAL_NEEDS_APPROVAL, opened_in_bulk, NULL, NULL,
	  false },
	{ "in bulk, approved", REFUSAL_NONE, opened_in_bulk, approved, NULL,
	  false },
	{ "locked", REFUSAL_LOCKED, NULL, locked, NULL, false },
	{ "a recipient added", REFUSAL_BAD_ENVELOPE, added_recipient, NULL,
	  NULL, false },
	{ "a recipient unexpected", REFUSAL_BAD_ENVELOPE, left_out_recipient,
	  NULL, NULL, false },
	{ "another envelope", REFUSAL_BAD_ENVELOPE, NULL, other_envelope, NULL,
	  false },
	{ "other audio", REFUSAL_BAD_ENVELOPE, other_audio, NULL, NULL, false },
	{ "another key check", REFUSAL_BAD_ENVELOPE, other_kc, NULL, NULL,
	  false },
	{ "no such recording", REFUSAL_BAD_ENVELOPE, unknown_recording, NULL,
	  NULL, false },
	{ "sealed twice", REFUSAL_BAD_ENVELOPE, sealed_twice, NULL, NULL,
	  false },
	{ "another controller", REFUSAL_BAD_ENVELOPE, other_controller, NULL,
	  NULL, false },
	{ "not our identity", REFUSAL_BAD_ENVELOPE, strangers_identity, NULL,
	  NULL, false },
	{ "the audio's envelope as card", REFUSAL_BAD_ENVELOPE,
	  card_with_audio_envelope, NULL, NULL, false },
};

static void test_one_thing_taken_away(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
		const struct spoil *s = &spoils[i];
		struct world w;
		enum refusal got;

		world_make(&w);
		if (s->before)
			s->before(&w);
		if (!s->unlogged)
			world_log_request(&w);
		if (s->after)
			s->after(&w);
		world_checkpoint(&w);
		if (s->last)
			s->last(&w);
		got = world_ask(&w);
		if (got != s->expected)
			fail_msg("%s: %s, not %s", s->what, refusal_text(got),
				 refusal_text(s->expected));
		world_free(&w);
	}
}

static void test_released_key_is_the_recordings(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	world_log_request(&w);
	world_checkpoint(&w);
	assert_int_equal(REFUSAL_NONE, world_ask(&w));
	assert_memory_equal(w.fk, w.verdict.fk, 16);
	assert_int_equal(w.view.edge.size - 1, w.verdict.entry);
	assert_int_equal(w.view.edge.size, w.verdict.log_size);
	assert_true(w.verdict.log_proven);
	world_free(&w);
}

static void test_refused_gives_no_key(void **state)
{
	static const uint8_t none[16];
	struct world w;

	(void)state;
	world_make(&w);
	other_audio(&w);
	world_log_request(&w);
	world_checkpoint(&w);
	assert_int_equal(REFUSAL_BAD_ENVELOPE, world_ask(&w));
	assert_memory_equal(none, w.verdict.fk, 16);
	world_free(&w);
}

static void test_card(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	w.request.scope = SCOPE_CARD;
	world_sign(&w, &w.reviewer);
	world_log_request(&w);
	world_checkpoint(&w);
	w.judge.envelope =
		(struct bytes){ w.card_envelope, w.card_envelope_len };
	assert_int_equal(REFUSAL_NONE, world_ask(&w));
	assert_memory_equal(w.card_fk, w.verdict.fk, 16);
	world_free(&w);
}

/* Recipients that were configured once go on being expected ones. */
static void test_older_generation(void **state)
{
	struct judge_recipients both[2];
	struct world w;

	(void)state;
	world_make(&w);
	world_log_request(&w);
	world_checkpoint(&w);
	both[0] = (struct judge_recipients){ { w.recovery.recipient }, 1 };
	both[1] = w.recipients;
	w.judge.unwrap.generations = both;
	assert_int_equal(REFUSAL_BAD_ENVELOPE, world_ask(&w));
	w.judge.unwrap.generation_count = 2;
	assert_int_equal(REFUSAL_NONE, world_ask(&w));
	world_free(&w);
}

static void cosign(struct world *w, const struct note_signer *witness,
		   uint64_t at_s)
{
	struct writer out = writer_on(w->checkpoint, sizeof(w->checkpoint));
	struct note note;

	out.len = w->checkpoint_len;
	assert_int_equal(
		0, note_read((struct text){ w->checkpoint, out.len }, &note));
	assert_int_equal(0, note_sign(&out, note.text, witness, at_s));
	w->checkpoint_len = out.len;
}

static void test_quorum(void **state)
{
	struct note_signer witness;
	struct policy p = { .witness_count = 1, .has_quorum = true };
	struct world w;
	static const struct {
		int64_t off_s;
		enum refusal expected;
	} rows[] = { { 0, REFUSAL_NONE },
		     { -59, REFUSAL_NONE },
		     { -61, REFUSAL_STALE },
		     { 61, REFUSAL_STALE } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_make(&w);
		assert_int_equal(0, note_signer_new(&witness, NOTE_COSIGNATURE,
						    "witness.example"));
		p.witnesses[0] = witness.key;
		w.judge.policy = &p;
		world_log_request(&w);
		world_checkpoint(&w);
		cosign(&w, &witness,
		       (uint64_t)((int64_t)(w.now_ms / 1000) + rows[i].off_s));
		assert_int_equal(rows[i].expected, world_ask(&w));
		note_signer_close(&witness);
		world_free(&w);
	}
}

/* A keeper that starts again meets the root that was proven before. */
static void test_restart_meets_anchor(void **state)
{
	struct merkle_hash root;
	struct world w;

	(void)state;
	world_make(&w);
	merkle_edge_root(&w.view.edge, &root);
	view_anchor(&w.view, w.view.edge.size, &root);
	world_log_request(&w);
	world_checkpoint(&w);
	assert_int_equal(REFUSAL_NONE, world_ask(&w));
	assert_false(w.view.forked);
	view_restart(&w.view);
	assert_int_equal(0, w.view.edge.size);
	assert_int_equal(REFUSAL_NO_ENTRY, world_ask(&w));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_thing_taken_away),
		cmocka_unit_test(test_released_key_is_the_recordings),
		cmocka_unit_test(test_refused_gives_no_key),
		cmocka_unit_test(test_card),
		cmocka_unit_test(test_older_generation),
		cmocka_unit_test(test_quorum),
		cmocka_unit_test(test_restart_meets_anchor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
