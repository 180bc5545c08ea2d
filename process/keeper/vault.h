/*
 * vault -- identities: at rest as passphrase files, in use in locked memory
 *
 * One is the keeper's own: its file's bytes are held from the start, so that
 * unlocking opens nothing, and without it nothing is opened. The others, one a
 * month, come with whoever unlocks them, and only those that are needed. Each
 * goes by itself when its time is over; when the keeper's own goes, all do.
 * Wrong passphrases cost time: 1, 2, 4 ... 60 seconds until the next try.
 */
#ifndef VAXEL_KEEPER_VAULT_H
#define VAXEL_KEEPER_VAULT_H

#include "release/identity.h"

#define VAULT_IDENTITIES_MAX 64

struct vault {
	uint8_t file[IDENTITY_FILE_MAX];
	size_t file_len; /* 0: there is none */
	bool unlocked;   /* its own is */
	/* the first is the keeper's own, closed while that is locked */
	struct age_identity identities[VAULT_IDENTITIES_MAX];
	uint64_t unlocked_ms[VAULT_IDENTITIES_MAX]; /* monotonic, when it was */
	unsigned count;                             /* with the first */
	struct secret *signer; /* Ed25519, follows from the first */
	unsigned failures;
	uint64_t not_before_ms; /* monotonic */
};

/*
 * ENOENT there is no identity; EAGAIN too soon after a wrong one; ENOKEY the
 * wrong passphrase; EBADMSG the file is damaged; ENOMEM.
 */
int vault_unlock(struct vault *v, struct text passphrase,
		 uint64_t mono_ms) CHECK_RESULT;

/* One more, from a file that was brought along; as above, and EMSGSIZE. */
int vault_unlock_file(struct vault *v, struct bytes file,
		      struct text passphrase, uint64_t mono_ms,
		      struct age_recipient *ret) CHECK_RESULT;

/* All of them. */
void vault_lock(struct vault *v);

/* Months whose time is over; not the keeper's own. */
void vault_lock_months(struct vault *v, unsigned after_s, uint64_t mono_ms);

/* How many are in use: none while the keeper's own is locked. */
unsigned vault_in_use(const struct vault *v);

/*
 * Milliseconds until the first shall lock, having been unlocked for after_s; 0:
 * now. UINT64_MAX: none, since all are locked or after_s is 0.
 */
uint64_t vault_until_lock(const struct vault *v, unsigned after_s,
			  uint64_t mono_ms);

/* Seconds until the next try is heard, rounded up. */
unsigned vault_wait_s(const struct vault *v, uint64_t mono_ms);

#endif
