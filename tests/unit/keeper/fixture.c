#include "tests/unit/unit.h"

#include "tests/unit/keeper/fixture.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/secret.h"
#include "tlog/leaf.h"

void person_make(struct person *p, const char *name, enum user_role role)
{
	*p = (struct person){ .role = role };
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	assert_int_equal(0, crypto_sign_keypair(p->public_key, p->secret_key));
}

/* {"from":N,"entries":[{"leaf":...,"salt":...,"details":...}]} */
static void write_feed(struct writer *w, uint64_t from, struct text leaf,
		       const uint8_t *salt, const char *details)
{
	writer_printf(w, "{\"from\":%llu,\"entries\":[{\"leaf\":\"",
		      (unsigned long long)from);
	for (size_t i = 0; i < leaf.len; i++)
		writer_printf(w, "%s%c", leaf.p[i] == '"' ? "\\" : "",
			      leaf.p[i]);
	writer_str(w, "\"");
	if (salt) {
		writer_str(w, ",\"salt\":\"");
		base64_write(w, BASE64_PADDED, salt, LEAF_SALT_BYTES);
		writer_str(w, "\",\"details\":\"");
		for (const char *p = details; *p; p++)
			writer_printf(w, "%s%c", strchr("\"\\", *p) ? "\\" : "",
				      *p);
		writer_str(w, "\"");
	}
	writer_str(w, "}]}");
	assert_int_equal(0, writer_finish(w));
}

int world_log(struct world *w, const char *type, const char *details)
{
	uint8_t salt[LEAF_SALT_BYTES], commitment[LEAF_COMMITMENT_BYTES];
	uint8_t leaf[LEAF_MAX], feed[8192];
	struct writer l = writer_on(leaf, sizeof(leaf));
	struct writer f = writer_on(feed, sizeof(feed));

	randombytes_buf(salt, sizeof(salt));
	leaf_commit(salt, text_of(details), commitment);
	assert_int_equal(0, leaf_write(&l, text_of(type), TEXT(WORLD_ORG),
				       (int64_t)w->now_ms, commitment));
	write_feed(&f, w->view.edge.size, (struct text){ (char *)leaf, l.len },
		   control_has_details(text_of(type)) ? salt : NULL, details);
	return feed_take(&w->view, (struct bytes){ feed, f.len });
}

void world_log_user(struct world *w, const struct person *p,
		    const struct person *by, bool added, uint64_t at_ms)
{
	struct control_user u = { .added = added,
				  .role = p->role,
				  .at_ms = at_ms };
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer out = writer_on(details, sizeof(details) - 1);
	uint8_t d[32];

	memcpy(u.name, p->name, sizeof(u.name));
	memcpy(u.by, by->name, sizeof(u.by));
	memcpy(u.key, p->public_key, sizeof(u.key));
	assert_int_equal(0, control_user_digest(&u, WORLD_ORIGIN, d));
	(void)crypto_sign_detached(u.signature, NULL, d, sizeof(d),
				   by->secret_key);
	assert_int_equal(0, control_user_write(&out, &u));
	assert_int_equal(0, world_log(w, added ? "user.added" : "user.removed",
				      details));
}

static void put_hash(struct writer *w, const uint8_t *p, size_t len)
{
	uint8_t hash[32];

	(void)crypto_hash_sha256(hash, p, len);
	hex_write(w, hash, sizeof(hash));
}

void world_log_sealed(struct world *w, const uint8_t kc[16],
		      const uint8_t *envelope, size_t len)
{
	char details[CONTROL_DETAILS_MAX] = { 0 }, id[ID_CHARS + 1];
	struct writer out = writer_on(details, sizeof(details) - 1);

	id_text(w->recording, id);
	writer_printf(&out, "{\"recording\":\"%s\",\"kc\":\"", id);
	hex_write(&out, kc, 16);
	writer_str(&out, "\",\"envelope_sha256\":\"");
	put_hash(&out, envelope, len);
	writer_str(&out, "\",\"card_envelope_sha256\":\"");
	put_hash(&out, w->card_envelope, w->card_envelope_len);
	writer_str(&out, "\",\"ms\":1234}");
	assert_int_equal(0, world_log(w, "recording.sealed", details));
}

void world_log_recording(struct world *w, const char *type)
{
	char details[64], id[ID_CHARS + 1];

	id_text(w->recording, id);
	(void)snprintf(details, sizeof(details), "{\"recording\":\"%s\"}", id);
	assert_int_equal(0, world_log(w, type, details));
}

void world_log_request(struct world *w)
{
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer out = writer_on(details, sizeof(details) - 1);

	assert_int_equal(0, control_requested_write(
				    &out, (struct bytes){ w->r, w->r_len },
				    w->signature));
	assert_int_equal(0, world_log(w, "disclosure.requested", details));
}

void world_log_released(struct world *w)
{
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer out = writer_on(details, sizeof(details) - 1);

	assert_int_equal(0, control_released_write(&out, w->d, w->recording,
						   (struct bytes){ w->r, 8 }));
	assert_int_equal(0, world_log(w, "disclosure.released", details));
}

void world_log_approved(struct world *w, const struct person *by,
			const struct person *signer)
{
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer out = writer_on(details, sizeof(details) - 1);
	struct control_approved a = { 0 };
	uint8_t hash[32];

	(void)snprintf(a.by, sizeof(a.by), "%s", by->name);
	request_approval_digest(w->d, hash);
	(void)crypto_sign_detached(a.signature, NULL, hash, sizeof(hash),
				   signer->secret_key);
	assert_int_equal(0,
			 control_approved_write(&out, w->d, w->recording, &a));
	assert_int_equal(0, world_log(w, "disclosure.approved", details));
}

void world_sign(struct world *w, const struct person *by)
{
	struct writer r = writer_on(w->r, sizeof(w->r));

	assert_int_equal(0, request_encode(&r, &w->request));
	w->r_len = r.len;
	request_digest((struct bytes){ w->r, w->r_len }, w->d);
	(void)crypto_sign_detached(w->signature, NULL, w->d, sizeof(w->d),
				   by->secret_key);
}

void world_checkpoint(struct world *w)
{
	struct writer out = writer_on(w->checkpoint, sizeof(w->checkpoint));
	struct merkle_hash root;

	merkle_edge_root(&w->view.edge, &root);
	assert_int_equal(0,
			 checkpoint_sign(&out, WORLD_ORIGIN, w->view.edge.size,
					 &root, &w->signer));
	w->checkpoint_len = out.len;
}

enum refusal world_ask(struct world *w)
{
	w->judge.request = (struct bytes){ w->r, w->r_len };
	w->judge.checkpoint = (struct text){ w->checkpoint, w->checkpoint_len };
	if (!w->judge.envelope.p)
		w->judge.envelope =
			(struct bytes){ w->envelope, w->envelope_len };
	w->judge.now_ms = w->now_ms;
	return keeper_judge(&w->judge, &w->verdict);
}

static void make_people(struct world *w)
{
	person_make(&w->officer, "olga", USER_OFFICER);
	person_make(&w->reviewer, "rut", USER_REVIEWER);
	person_make(&w->operator, "oskar", USER_OPERATOR);
	world_log_user(w, &w->officer, &w->officer, true, 1000);
	world_log_user(w, &w->reviewer, &w->officer, true, 1001);
	world_log_user(w, &w->operator, & w->officer, true, 1002);
}

static void make_recording(struct world *w)
{
	static const uint8_t no_nonce[AGE_NONCE_BYTES];
	struct writer e = writer_on(w->envelope, sizeof(w->envelope));
	struct writer c = writer_on(w->card_envelope, sizeof(w->card_envelope));
	struct seal_keys keys;

	assert_int_equal(0, age_identity_new(&w->identity));
	assert_int_equal(0, age_identity_new(&w->recovery));
	w->recipients.list[0] = w->identity.recipient;
	w->recipients.list[1] = w->recovery.recipient;
	w->recipients.count = 2;
	randombytes_buf(w->recording, sizeof(w->recording));
	randombytes_buf(w->fk, sizeof(w->fk));
	randombytes_buf(w->card_fk, sizeof(w->card_fk));
	seal_keys_derive(w->fk, no_nonce, &keys);
	memcpy(w->kc, keys.check, sizeof(w->kc));
	assert_int_equal(0, envelope_make(w->fk, w->recipients.list, 2, &e));
	assert_int_equal(0,
			 envelope_make(w->card_fk, w->recipients.list, 2, &c));
	w->envelope_len = e.len;
	w->card_envelope_len = c.len;
	assert_int_equal(0, world_log(w, "call.received", "{\"call\":\"x\"}"));
	world_log_sealed(w, w->kc, w->envelope, w->envelope_len);
}

static void make_request(struct world *w)
{
	struct request *q = &w->request;

	(void)snprintf(q->origin, sizeof(q->origin), "%s", WORLD_ORIGIN);
	(void)snprintf(q->controller, sizeof(q->controller), "%s", WORLD_ORG);
	(void)snprintf(q->asker, sizeof(q->asker), "%s", w->reviewer.name);
	randombytes_buf(q->id, sizeof(q->id));
	memcpy(q->recording, w->recording, 16);
	memcpy(q->kc, w->kc, 16);
	q->scope = SCOPE_AUDIO;
	q->purpose = PURPOSE_COMPLAINT;
	request_purpose_digest(q->purpose, q->purpose_digest);
	memcpy(q->credential, w->reviewer.public_key, 32);
	randombytes_buf(q->recipient, 32);
	q->not_after_ms = w->now_ms + 5 * 60 * 1000;
	world_sign(w, &w->reviewer);
}

void world_make(struct world *w)
{
	static bool once;

	if (!once) {
		assert_true(sodium_init() >= 0);
		assert_int_equal(0, secret_init(256 * 1024));
		once = true;
	}
	*w = (struct world){ .now_ms = 1770000000000 };
	assert_int_equal(
		0, note_signer_new(&w->signer, NOTE_ED25519, WORLD_ORIGIN));
	assert_int_equal(0, view_init(&w->view, WORLD_ORIGIN));
	w->used = calloc(1, sizeof(*w->used));
	assert_non_null(w->used);
	make_people(w);
	make_recording(w);
	make_request(w);
	w->judge = (struct judge){ .view = &w->view,
				   .used = w->used,
				   .log_key = &w->signer.key,
				   .unwrap = { .identities = &w->identity,
					       .identity_count = 1,
					       .generations = &w->recipients,
					       .generation_count = 1,
					       .view = &w->view },
				   .rule = { .quota = 200 },
				   .signature = w->signature };
}

void world_free(struct world *w)
{
	note_signer_close(&w->signer);
	age_identity_close(&w->identity);
	age_identity_close(&w->recovery);
	view_free(&w->view);
	free(w->used);
}
