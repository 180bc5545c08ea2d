/*
 * folder -- a log in a folder: tiles, bundles, checkpoint
 *
 * The one part of tlog that touches files. One writer a folder, held by a lock
 * on the folder itself. Order is the point: append (a full tile is written when
 * it fills), sync (partial tiles and bundles durable too), publish (the
 * checkpoint appears under its name). A crash between any two leaves the last
 * checkpoint with everything that it needs; what was written beyond it is
 * written again.
 */
#ifndef VAXEL_TLOG_FOLDER_H
#define VAXEL_TLOG_FOLDER_H

#include "tlog/checkpoint.h"
#include "tlog/tile.h"
#include "tlog/verify.h"

struct folder;

/*
 * Open for writing at the size of its checkpoint; the origin is the key's name.
 * A folder without one is a new log. EBADMSG when tiles and checkpoint do not
 * fit each other, ENOKEY when the key has not signed; EAGAIN when somebody else
 * writes here.
 */
int folder_open(struct folder **ret, const char *dir,
		const struct note_key *key) CHECK_RESULT;
void folder_close(struct folder *f);

uint64_t folder_size(const struct folder *f);
void folder_root(const struct folder *f, struct merkle_hash *ret);

/* EMSGSIZE over 65,535 bytes. */
int folder_append(struct folder *f, const void *entry, size_t len) CHECK_RESULT;
int folder_sync(struct folder *f) CHECK_RESULT;

/* Signs and stores the checkpoint of what was synced. */
int folder_publish(struct folder *f, const struct note_signer *s) CHECK_RESULT;

/*
 * The published checkpoint again, now with cosignatures of witnesses. EPROTO
 * when another has been published since: then nothing is written.
 */
int folder_cosigned(struct folder *f, struct text note) CHECK_RESULT;

/* The size that the checkpoint under its name speaks of. */
uint64_t folder_published(const struct folder *f);

/* Its folder, for a struct folder_source; stays the log's. */
int folder_fd(const struct folder *f);

/* The published note; lives until the next publish. Empty in a new log. */
struct text folder_note(const struct folder *f);

/*
 * Are the checkpoint and the last tiles still the files that we wrote, under
 * their names? ESTALE when unlinked, replaced or changed.
 */
int folder_still_ours(struct folder *f) CHECK_RESULT;

/* ---- reading, without a lock; a partial tile may come from the full one */

/* A tile_fetch_h that reads files; arg is a struct folder_source. */
struct folder_source {
	int dir_fd;
};
int folder_source_open(struct folder_source *s, const char *dir) CHECK_RESULT;
void folder_source_close(struct folder_source *s);
int folder_fetch(void *arg, const struct tile_name *name, uint8_t *ret,
		 size_t *ret_len);

/*
 * The entries of one bundle. ret_len is what was read, which is more than
 * `width` entries where the full bundle stands in for a partial one. EMSGSIZE
 * when it is longer than max; TILE_BUNDLE_MAX is always enough.
 */
int folder_fetch_bundle(int dir_fd, const struct tile_name *name, uint8_t *buf,
			size_t max, size_t *ret_len) CHECK_RESULT;

/* The file `checkpoint`, up to max bytes. ENOENT in a new log. */
int folder_read_note(int dir_fd, char *buf, size_t max,
		     size_t *ret_len) CHECK_RESULT;

/* The same as verify.h wants it; s must live as long as ret. */
void folder_log_source(struct folder_source *s, struct log_source *ret);

/* ---- what `vaxel init` does */

/*
 * Make dir (0700) with a fresh signing key in dir/log.key (0600, fsynced) and
 * the folder dir/log. ret_vkey gets the verifier key. EEXIST when there is a
 * key already. Needs secret_init().
 */
int ledger_init(const char *dir, const char *origin,
		char ret_vkey[NOTE_KEY_TEXT_MAX]) CHECK_RESULT;

/*
 * A fresh key of that name that signs notes, or cosigns them, in a file (0600,
 * fsynced) of its own, which is not there yet: EEXIST. EINVAL: no name for a
 * key. Needs secret_init().
 */
int ledger_key_new(const char *file, enum note_type type, const char *name,
		   char ret_vkey[NOTE_KEY_TEXT_MAX]) CHECK_RESULT;

/* Read a signing key from a file of one line. Needs secret_init(). */
int ledger_key_load(const char *file, struct note_signer *ret) CHECK_RESULT;

#endif
