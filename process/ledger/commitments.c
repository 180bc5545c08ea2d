#include "process/ledger/commitments.h"

#include "process/ledger/database.h"

struct walk {
	commitment_h *h;
	void *arg;
};

static int on_entry(void *arg, const struct database_entry *e)
{
	const struct walk *w = arg;
	const struct commitment c = { e->entry, e->leaf, e->salt.p,
				      e->details };

	return w->h(w->arg, &c);
}

static int commitments_open(void **ret, const char *file)
{
	return database_open_read((struct database **)ret, file);
}

static int commitments_each(void *db, uint64_t from, uint64_t to,
			    commitment_h *h, void *arg)
{
	struct walk w = { h, arg };

	return database_entries(db, from, to, on_entry, &w);
}

static void commitments_close(void *db)
{
	database_close(db);
}

const struct commitments ledger_commitments = {
	commitments_open,
	commitments_each,
	commitments_close,
};
