#include "process/ledger/commitments.h"

#include "process/ledger/database.h"
#include "release/control.h"

struct walk {
	commitment_h *h;
	void *arg;
};

static int on_entry(void *arg, const struct database_entry *e)
{
	const struct walk *w = arg;
	const struct commitment c = { e->entry, e->leaf,
				      e->salt.len ? e->salt.p : NULL,
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

struct erased_walk {
	void (*h)(void *arg, uint64_t entry);
	void *arg;
};

/* Only what its leaf commits to counts; the leaf is held to the log by fsck. */
static int on_erased(void *arg, const struct database_entry *e)
{
	const struct erased_walk *w = arg;
	struct control c;
	struct leaf leaf;

	if (leaf_read(e->leaf, &leaf) || !e->salt.len ||
	    leaf_check(&leaf, e->salt.p, e->details) ||
	    control_read(e->type, e->details, &c))
		return 0;
	for (unsigned i = 0; i < c.u.erased.count; i++)
		if (c.u.erased.entries[i] < e->entry)
			w->h(w->arg, c.u.erased.entries[i]);
	return 0;
}

static int commitments_erased(void *db, void (*h)(void *arg, uint64_t entry),
			      void *arg)
{
	struct erased_walk w = { h, arg };

	return database_erasures(db, on_erased, &w);
}

static void commitments_close(void *db)
{
	database_close(db);
}

const struct commitments ledger_commitments = {
	commitments_open,
	commitments_each,
	commitments_erased,
	commitments_close,
};
