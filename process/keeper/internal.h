/* What the files of the keeper share, and nobody else sees. */
#ifndef VAXEL_KEEPER_INTERNAL_H
#define VAXEL_KEEPER_INTERNAL_H

#include "ipc/process.h"
#include "process/keeper/door.h"
#include "process/keeper/generations.h"
#include "process/keeper/judge.h"
#include "process/keeper/vault.h"
#include "recording/recover.h"

struct keeper {
	struct process *process;
	char folder[SETTINGS_PATH_MAX + 16]; /* STATE/keeper */
	int folder_fd;
	uid_t owner;
	struct vault vault;
	struct view view;
	struct used used;
	struct generations generations;
	uint64_t confirmed_size; /* of the log: witnesses have seen it, too */
	struct note_key log_key;
	struct policy policy; /* whose cosignatures it asks for */
	struct door door;
	uv_timer_t relock; /* until it locks by itself */
	/* the recovery in progress; NULL: none */
	struct recover *recover;
	uint64_t recover_about; /* fresh for each attempt */
	uint8_t recover_id[16];
	bool recover_failed; /* and what still comes of it is passed over */
};

/* release.c */
void keeper_send_state(struct keeper *k, uint64_t about, int error);
void keeper_on_log(struct keeper *k, const struct ipc_message *m);
void keeper_on_checkpoint(struct keeper *k, const struct ipc_message *m);
void keeper_on_release(struct keeper *k, const struct ipc_message *m);
void keeper_on_rewrap(struct keeper *k, const struct ipc_message *m);

/* recovery.c */
void keeper_on_recover(struct keeper *k, const struct ipc_message *m);
void keeper_end_recovery(struct keeper *k, int error);

#endif
