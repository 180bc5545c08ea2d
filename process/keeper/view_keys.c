#include "process/keeper/view_keys.h"

/* Two people, enrolled as officers, with keys of their own, over this text. */
static bool officers_signed(const struct view *v, const struct key_entry *e)
{
	const struct people_user *by[KEY_OFFICERS];
	uint8_t d[REQUEST_DIGEST];

	if (e->officer_count != KEY_OFFICERS)
		return false;
	key_statement_digest((struct text){ e->text, e->text_len }, d);
	for (unsigned i = 0; i < KEY_OFFICERS; i++) {
		by[i] = view_user(v, e->officers[i].by);
		if (!by[i] || !role_may_enrol(by[i]->role) ||
		    request_verify(d, e->officers[i].signature, by[i]->key))
			return false;
	}
	return by[0] != by[1] &&
	       memcmp(by[0]->key, by[1]->key, REQUEST_KEY) != 0;
}

static int add_list(struct view *v, uint16_t organisation,
		    const struct key_statement *s, const struct key_month *m)
{
	struct view_key *k;

	if (v->key_count == VIEW_KEYS_MAX)
		return EMSGSIZE;
	k = &v->keys[v->key_count++];
	*k = (struct view_key){ .organisation = organisation,
				.month = m ? m->month : 0,
				.entry = v->edge.size };
	if (m)
		k->list[k->count++] = m->key;
	for (unsigned i = 0; i < s->recipient_count; i++)
		k->list[k->count++] = s->recipients[i];
	return 0;
}

static int apply_created(struct view *v, const struct key_statement *s)
{
	uint16_t organisation;
	int err = view_organisation_number(v, s->controller, &organisation);

	if (!err && !s->month_count)
		err = add_list(v, organisation, s, NULL);
	for (unsigned i = 0; !err && i < s->month_count; i++)
		err = add_list(v, organisation, s, &s->months[i]);
	return err;
}

static int destroy(struct view *v, const struct age_recipient *r)
{
	if (view_destroyed(v, r))
		return 0;
	if (v->destroyed_count == VIEW_KEYS_MAX)
		return EMSGSIZE;
	v->destroyed[v->destroyed_count++] = *r;
	return 0;
}

static int apply_destroyed(struct view *v, const struct key_statement *s)
{
	int err = 0;

	for (unsigned i = 0; !err && i < s->month_count; i++)
		err = destroy(v, &s->months[i].key);
	for (unsigned i = 0; !err && i < s->recipient_count; i++)
		err = destroy(v, &s->recipients[i]);
	return err;
}

int view_apply_key(struct view *v, const struct key_entry *e)
{
	const struct key_statement *s = &e->statement;

	if (strcmp(s->origin, v->origin) != 0 || s->at_ms <= v->key_at_ms ||
	    !officers_signed(v, e)) {
		v->ignored++;
		return 0;
	}
	v->key_at_ms = s->at_ms;
	switch (s->act) {
	case KEY_CREATED:
		return apply_created(v, s);
	case KEY_DESTROYED:
		return apply_destroyed(v, s);
	case KEY_RECOVERY: /* for people to see */
	case KEY_ACTS:
		break;
	}
	return 0;
}

void view_apply_rotated(struct view *v, const struct rotated *r)
{
	for (unsigned i = 0; i < r->count; i++) {
		const struct rotated_row *row = &r->rows[i];
		struct view_recording *rec =
			keeper_table_find(&v->recordings, row->recording);

		if (!rec || !rec->sealed) {
			v->ignored++;
			continue;
		}
		rec->rotated = true;
		rec->rotated_entry = v->edge.size;
		memcpy(rec->envelope_sha256, row->envelope_sha256, 32);
		memcpy(rec->card_envelope_sha256, row->card_envelope_sha256,
		       32);
		memcpy(rec->bond, row->bond, ROTATED_BOND);
	}
}

const struct view_key *view_key(const struct view *v, uint16_t organisation,
				uint16_t month)
{
	for (unsigned i = v->key_count; i > 0; i--) {
		const struct view_key *k = &v->keys[i - 1];

		if (k->organisation == organisation &&
		    (!k->month || k->month == month))
			return k;
	}
	return NULL;
}

bool view_destroyed(const struct view *v, const struct age_recipient *r)
{
	for (unsigned i = 0; i < v->destroyed_count; i++)
		if (!memcmp(v->destroyed[i].key, r->key, AGE_KEY_BYTES))
			return true;
	return false;
}
