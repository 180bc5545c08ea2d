/*
 * Bodies of erased recordings: who has the store (the recorder, or the puller
 * of a node that does not record) deletes them. It is told until it says that
 * they are gone, whoever dies in between.
 */
#include "base/log.h"
#include "process/ledger/self.h"

enum { AGAIN_MS = 10000 };

/* Whoever has the store: one of them does. */
static struct ipc *store_of(const struct ledger *l)
{
	struct ipc **peers = l->process->peers;

	return peers[ROLE_RECORDER] ? peers[ROLE_RECORDER] : peers[ROLE_PULLER];
}

static void tell_one(void *arg, const uint8_t name[ID_BYTES])
{
	struct ledger *l = arg;
	struct ipc_message m = { .type = IPC_BODY_ERASE, .fd = -1 };

	memcpy(m.u.BODY_ERASE.body_name, name, ID_BYTES);
	(void)!ipc_send(store_of(l), &m);
}

void ledger_tell_bodies(struct ledger *l)
{
	int err;

	if (!store_of(l) || !book_database(l->book))
		return;
	err = database_bodies(book_database(l->book), tell_one, l);
	if (err)
		ledger_give_up("looking for bodies to delete", err);
}

static void on_again(uv_timer_t *timer)
{
	ledger_tell_bodies(timer->data);
}

void ledger_on_body_erased(struct ledger *l, const struct ipc_message *m)
{
	int err = book_begin(l->book);

	if (err == EPERM)
		return; /* rolled back: said already */
	if (!err)
		err = database_body_gone(book_database(l->book),
					 m->u.BODY_ERASED.body_name);
	if (err)
		ledger_give_up("noting that a body is gone", err);
	ledger_flush(l);
}

static void count_one(void *arg, const uint8_t name[ID_BYTES])
{
	(void)name;
	++*(unsigned *)arg;
}

/* Whoever was before us may have died before the files were clean. */
int ledger_start_bodies(struct ledger *l)
{
	unsigned left = 0;
	int err = 0;

	if (book_database(l->book))
		err = database_bodies(book_database(l->book), count_one, &left);
	if (!err && left)
		err = database_scrub(book_database(l->book));
	if (err)
		return err;
	l->bodies.data = l;
	if (uv_timer_init(l->process->loop, &l->bodies))
		return ENOMEM;
	(void)uv_timer_start(&l->bodies, on_again, AGAIN_MS, AGAIN_MS);
	return 0;
}
