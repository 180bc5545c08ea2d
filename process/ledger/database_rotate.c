/*
 * Envelopes that are made anew: all else of a recording stays as it is
 */
#include <sqlite3.h>

#include "process/ledger/sql.h"

int database_envelopes(struct database *db, const uint8_t *after,
		       unsigned limit, database_recording_h *h, void *arg)
{
	struct bind b = sql_bind(db, SQL_ENVELOPES);
	int err;

	if (after)
		bind_bytes(&b, after, ID_BYTES);
	else
		bind_null(&b);
	bind_int(&b, limit);
	while (!(err = sql_row(&b))) {
		struct database_recording r = { 0 };

		err = sql_fixed(&b, 0, r.id, ID_BYTES);
		r.envelope = sql_bytes(&b, 1);
		r.card_envelope = sql_bytes(&b, 2);
		if (!err)
			err = h(arg, &r);
		if (err) {
			sql_done(&b);
			return err;
		}
	}
	return err == ENOENT ? 0 : err;
}

int database_rotate(struct database *db, const struct database_recording *r)
{
	struct bind b = sql_bind(db, SQL_ROTATE);
	int err;

	bind_bytes(&b, r->id, ID_BYTES);
	bind_bytes(&b, r->envelope.p, r->envelope.len);
	bind_bytes(&b, r->card_envelope.p, r->card_envelope.len);
	bind_bytes(&b, r->card.p, r->card.len);
	err = sql_run(&b);
	return err || sqlite3_changes(db->db) ? err : ENOENT;
}

static int find(struct database *db, enum sql which, const char *share,
		uint8_t ret_id[ID_BYTES])
{
	struct bind b = sql_bind(db, which);
	int err;

	bind_bytes(&b, share, strlen(share));
	err = sql_row(&b);
	if (err)
		return err;
	err = sql_fixed(&b, 0, ret_id, ID_BYTES);
	sql_done(&b);
	return err;
}

int database_find(struct database *db, const char *share,
		  uint8_t ret_id[ID_BYTES], bool *ret_card)
{
	int err = find(db, SQL_FIND_AUDIO, share, ret_id);

	*ret_card = err == ENOENT;
	return err == ENOENT ? find(db, SQL_FIND_CARD, share, ret_id) : err;
}
