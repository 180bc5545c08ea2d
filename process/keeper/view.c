#include "process/keeper/view.h"

#include <stdlib.h>

#include "process/keeper/view_keys.h"
#include "tlog/leaf.h"

int view_init(struct view *v, const char *origin)
{
	*v = (struct view){ 0 };
	keeper_table_init(&v->recordings, sizeof(struct view_recording));
	keeper_table_init(&v->requests, sizeof(struct view_request));
	if (text_copy(v->origin, sizeof(v->origin), text_of(origin)))
		return EINVAL;
	v->organisations =
		calloc(VIEW_ORGANISATIONS_MAX, sizeof(*v->organisations));
	v->keys = calloc(VIEW_KEYS_MAX, sizeof(*v->keys));
	v->destroyed = calloc(VIEW_KEYS_MAX, sizeof(*v->destroyed));
	if (!people_init(&v->people) && v->organisations && v->keys &&
	    v->destroyed)
		return 0;
	view_free(v);
	return ENOMEM;
}

void view_free(struct view *v)
{
	people_free(&v->people);
	free(v->organisations);
	free(v->keys);
	free(v->destroyed);
	v->keys = NULL;
	v->destroyed = NULL;
	free(v->holes);
	v->holes = NULL;
	v->hole_count = v->hole_used = v->hole_max = 0;
	v->organisations = NULL;
	keeper_table_free(&v->recordings);
	keeper_table_free(&v->requests);
}

void view_restart(struct view *v)
{
	keeper_table_free(&v->recordings);
	keeper_table_free(&v->requests);
	v->edge = (struct merkle_edge){ 0 };
	people_forget(&v->people);
	v->organisation_count = 0;
	v->forked = false;
	v->ignored = v->proven_size = v->key_at_ms = 0;
	v->key_count = v->destroyed_count = 0;
	v->hole_count = v->hole_used = 0;
}

void view_anchor(struct view *v, uint64_t size, const struct merkle_hash *root)
{
	v->anchor_size = size;
	v->anchor_root = *root;
}

/* Without effect, and counted, where its signer may not say it. */
static int apply_user(struct view *v, const struct control_user *u)
{
	int err = people_apply(&v->people, v->origin, u);

	if (err != EPERM)
		return err;
	v->ignored++;
	return 0;
}

int view_organisation_number(struct view *v, const char *name, uint16_t *ret)
{
	unsigned i = 0;

	while (i < v->organisation_count && strcmp(v->organisations[i], name))
		i++;
	if (i == VIEW_ORGANISATIONS_MAX)
		return EMSGSIZE;
	if (i == v->organisation_count) {
		if (text_copy(v->organisations[i], sizeof(*v->organisations),
			      text_of(name)))
			return EMSGSIZE;
		v->organisation_count++;
	}
	*ret = (uint16_t)i;
	return 0;
}

/*
 * What was logged first holds. A second entry with other bytes does not
 * replace it: such a recording is opened for nobody.
 */
static int apply_sealed(struct view *v, const struct control_sealed *s,
			const struct leaf *leaf)
{
	struct view_recording *rec;
	uint16_t number;
	void *item;
	int err;

	if ((err = view_organisation_number(v, leaf->organisation, &number)) ||
	    (err = keeper_table_add(&v->recordings, s->recording, &item)))
		return err;
	rec = item;
	if (rec->sealed) {
		rec->differs |=
			memcmp(rec->kc, s->kc, sizeof(rec->kc)) ||
			memcmp(rec->envelope_sha256, s->envelope_sha256, 32) ||
			rec->has_card != s->has_card ||
			memcmp(rec->card_envelope_sha256,
			       s->card_envelope_sha256, 32) ||
			rec->organisation != number;
		return 0;
	}
	rec->sealed = true;
	rec->organisation = number;
	rec->month = key_month_of(leaf->hour_ms);
	rec->has_card = s->has_card;
	memcpy(rec->kc, s->kc, sizeof(rec->kc));
	memcpy(rec->envelope_sha256, s->envelope_sha256, 32);
	memcpy(rec->card_envelope_sha256, s->card_envelope_sha256, 32);
	return 0;
}

static int apply_request(struct view *v, const struct control *c)
{
	struct view_request *q;
	void *item;
	int err = keeper_table_add(&v->requests, c->d, &item);

	if (err)
		return err;
	q = item;
	if (!q->requested && !q->released)
		memcpy(q->rest, c->d + TABLE_KEY, sizeof(q->rest));
	else if (memcmp(q->rest, c->d + TABLE_KEY, sizeof(q->rest)))
		return 0; /* half a digest in common: no request of ours */
	if (c->kind == CONTROL_RELEASED)
		q->released = true;
	else if (!q->requested) {
		q->requested = true;
		q->entry = v->edge.size;
	}
	return 0;
}

/*
 * Only of what was asked before, and once a person. More than there is room
 * for changes nothing: any one of them is enough.
 */
static void apply_approved(struct view *v, const struct control *c)
{
	const struct people_user *by = view_user(v, c->u.approved.by);
	struct view_request *q = keeper_table_find(&v->requests, c->d);
	uint8_t signed_digest[REQUEST_DIGEST];

	if (!q || !q->requested ||
	    memcmp(q->rest, c->d + TABLE_KEY, sizeof(q->rest))) {
		v->ignored++;
		return;
	}
	request_approval_digest(c->d, signed_digest);
	if (!by ||
	    request_verify(signed_digest, c->u.approved.signature, by->key)) {
		q->misapproved = true;
		v->ignored++;
		return;
	}
	for (unsigned i = 0; i < q->approval_count; i++)
		if (q->approvals[i].user == (uint32_t)(by - v->people.list) &&
		    q->approvals[i].enrolled_ms == by->last_ms)
			return;
	if (q->approval_count == VIEW_APPROVALS_MAX) {
		v->ignored++;
		return;
	}
	q->approvals[q->approval_count++] =
		(struct view_approval){ .user = (uint32_t)(by - v->people.list),
					.enrolled_ms = by->last_ms };
}

static int apply_mark(struct view *v, const struct control *c)
{
	struct view_recording *rec;
	void *item;
	int err = keeper_table_add(&v->recordings, c->recording, &item);

	if (err)
		return err;
	rec = item;
	rec->erased |= c->kind == CONTROL_ERASED;
	rec->held |= c->kind == CONTROL_HELD;
	return 0;
}

/* What was logged first holds here too. */
static int apply_recovering(struct view *v, const struct control *c)
{
	struct view_recording *rec;
	void *item;
	int err = keeper_table_add(&v->recordings, c->recording, &item);

	if (err)
		return err;
	rec = item;
	if (rec->recovering_size)
		return 0;
	rec->recovering_size = v->edge.size + 1;
	rec->has_end = c->u.recovering.has_end;
	memcpy(rec->start_sha256, c->u.recovering.start_sha256, 32);
	memcpy(rec->end_sha256, c->u.recovering.end_sha256, 32);
	return 0;
}

/* ---- details that went with an erased recording */

#define HOLE_CLOSED (UINT64_C(1) << 63)

static int hole_put(struct view *v, uint64_t entry)
{
	if (!v->hole_count)
		v->hole_used = 0;
	if (v->hole_used == v->hole_max) {
		size_t max = v->hole_max ? 2 * v->hole_max : 64;
		uint64_t *p = realloc(v->holes, max * sizeof(*p));

		if (!p)
			return ENOMEM;
		v->holes = p;
		v->hole_max = max;
	}
	v->holes[v->hole_used++] = entry;
	v->hole_count++;
	return 0;
}

/* They came in their order, and there may be as many as were ever erased. */
static void hole_close(struct view *v, uint64_t entry)
{
	size_t from = 0, to = v->hole_used;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if ((v->holes[middle] & ~HOLE_CLOSED) < entry)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == v->hole_used || v->holes[from] != entry)
		return;
	v->holes[from] |= HOLE_CLOSED;
	v->hole_count--;
}

static void close_holes(struct view *v, const struct control_erased *e)
{
	for (unsigned i = 0; i < e->count; i++)
		hole_close(v, e->entries[i]);
}

static int apply(struct view *v, const struct control *c,
		 const struct leaf *leaf)
{
	switch (c->kind) {
	case CONTROL_USER_ADDED:
	case CONTROL_USER_REMOVED:
		return apply_user(v, &c->u.user);
	case CONTROL_SEALED:
		return apply_sealed(v, &c->u.sealed, leaf);
	case CONTROL_RECOVERING:
		return apply_recovering(v, c);
	case CONTROL_REQUESTED:
	case CONTROL_RELEASED:
		return apply_request(v, c);
	case CONTROL_APPROVED:
		apply_approved(v, c);
		break;
	case CONTROL_ERASED:
		close_holes(v, &c->u.erased);
		return apply_mark(v, c);
	case CONTROL_HELD:
		return apply_mark(v, c);
	case CONTROL_KEY:
		return view_apply_key(v, &c->u.key);
	case CONTROL_ROTATED:
		view_apply_rotated(v, &c->u.rotated);
		break;
	case CONTROL_REFUSED:
	case CONTROL_NONE:
		break;
	}
	return 0;
}

int view_append(struct view *v, struct text text, struct bytes salt,
		struct text details)
{
	struct control c = { .kind = CONTROL_NONE };
	struct merkle_hash hash, root;
	struct leaf leaf;
	struct text type;
	int err;

	if ((err = leaf_read(text, &leaf)))
		return err;
	type = text_of(leaf.type);
	if (!salt.len && !details.len && control_may_be_erased(type)) {
		if (control_has_details(type) &&
		    (err = hole_put(v, v->edge.size)))
			return err;
	} else if (control_has_details(type)) {
		if (salt.len != LEAF_SALT_BYTES)
			return EBADMSG;
		if ((err = leaf_check(&leaf, salt.p, details)))
			return err;
		/* the log holds it and we can't undo that: no effect */
		if (control_read(type, details, &c)) {
			c.kind = CONTROL_NONE;
			v->ignored++;
		}
	}
	err = apply(v, &c, &leaf);
	if (err == EMSGSIZE) /* without effect is closed, not open */
		v->ignored++;
	else if (err)
		return err;
	merkle_leaf(text.p, text.len, &hash);
	merkle_edge_append(&v->edge, &hash);
	if (v->edge.size == v->anchor_size) {
		merkle_edge_root(&v->edge, &root);
		v->forked |= !merkle_same(&root, &v->anchor_root);
	}
	return 0;
}

const struct people_user *view_user(const struct view *v, const char *name)
{
	return people_find(&v->people, name);
}

const struct view_recording *view_recording(const struct view *v,
					    const uint8_t id[16])
{
	return keeper_table_find(&v->recordings, id);
}

const struct view_request *view_request(const struct view *v,
					const uint8_t d[REQUEST_DIGEST])
{
	const struct view_request *q = keeper_table_find(&v->requests, d);

	return q && !memcmp(q->rest, d + TABLE_KEY, sizeof(q->rest)) ? q : NULL;
}

const struct people_user *view_approver(const struct view *v,
					const struct view_request *q,
					const struct people_user *other_than)
{
	for (unsigned i = 0; i < q->approval_count; i++) {
		const struct view_approval *a = &q->approvals[i];
		const struct people_user *u = &v->people.list[a->user];

		if (u->enrolled && u->last_ms == a->enrolled_ms &&
		    role_may_open(u->role) && u != other_than &&
		    memcmp(u->key, other_than->key, sizeof(u->key)) != 0)
			return u;
	}
	return NULL;
}

const char *view_organisation(const struct view *v, unsigned number)
{
	return number < v->organisation_count ? v->organisations[number] : "";
}
