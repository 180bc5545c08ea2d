/*
 * Recovery: what a power cut left in the spool becomes a sealed body.
 *
 * The recorder's records come in pieces, sealed bytes go out (see
 * recording/recover.h): never a key, never plaintext. One recording at a time;
 * a locked keeper answers ENOKEY and the recovery stays pending.
 * The records pass the desk, which may withhold some: settle.h says why that
 * does not matter.
 */
#include "base/log.h"
#include "process/keeper/internal.h"
#include "process/keeper/settle.h"

static struct ipc *desk(const struct keeper *k)
{
	return k->process->peers[ROLE_DESK];
}

static int put(void *arg, uint64_t at, struct bytes sealed)
{
	struct keeper *k = arg;
	struct ipc_message m = { .type = IPC_RECOVERED,
				 .about = k->recover_about,
				 .fd = -1 };

	memcpy(m.u.RECOVERED.recording_id, k->recover_id, 16);
	m.u.RECOVERED.offset = at;
	m.u.RECOVERED.sealed = sealed;
	return ipc_send(desk(k), &m);
}

static int settle(void *arg, struct bytes start, struct bytes record,
		  struct spool_end *end)
{
	struct keeper *k = arg;
	const struct settle s = { .view = &k->view,
				  .used = &k->used,
				  .dir_fd = k->folder_fd,
				  .recording = k->recover_id };

	return settle_end(&s, start, record, end);
}

static void send_end(struct keeper *k, uint64_t about, const uint8_t id[16],
		     int error)
{
	struct ipc_message m = { .type = IPC_RECOVERED,
				 .about = about,
				 .fd = -1 };

	memcpy(m.u.RECOVERED.recording_id, id, 16);
	m.u.RECOVERED.error = (uint16_t)error;
	m.u.RECOVERED.last = 1;
	(void)!ipc_send(desk(k), &m);
}

void keeper_end_recovery(struct keeper *k, int error)
{
	if (!k->recover)
		return;
	recover_free(k->recover);
	k->recover = NULL;
	if (error)
		log_error("a recovery failed: %s", strerror(error));
	send_end(k, k->recover_about, k->recover_id, error);
}

static int begin(struct keeper *k, const struct ipc_message *m)
{
	int err;

	k->recover_failed = false;
	k->recover_about = m->about;
	memcpy(k->recover_id, m->u.RECOVER_PASS.recording_id, 16);
	if (!k->vault.unlocked)
		return ENOKEY;
	err = settle_allowed(&k->view, k->recover_id);
	return err ? err
		   : recover_new(&k->recover, k->vault.identities,
				 vault_in_use(&k->vault),
				 m->u.RECOVER_PASS.base, put, settle, k);
}

static bool is_current(const struct keeper *k, const struct ipc_message *m)
{
	return (k->recover || k->recover_failed) &&
	       k->recover_about == m->about &&
	       !memcmp(k->recover_id, m->u.RECOVER_PASS.recording_id, 16);
}

void keeper_on_recover(struct keeper *k, const struct ipc_message *m)
{
	bool last = m->u.RECOVER_PASS.last;
	int err = 0;

	if (!is_current(k, m)) {
		/* another one begins: what was left of the last is given up */
		keeper_end_recovery(k, ECANCELED);
		err = begin(k, m);
		if (err)
			send_end(k, m->about, k->recover_id, err);
	}
	if (!err && k->recover) {
		err = recover_feed(k->recover, m->u.RECOVER_PASS.records);
		if (!err && last)
			err = recover_finish(k->recover);
		if (err || last)
			keeper_end_recovery(k, err);
	}
	k->recover_failed = (err || k->recover_failed) && !last;
}
