/*
 * vault -- the identity: at rest as a passphrase file, in use in locked memory
 *
 * Holds the file's bytes from the start, so that unlocking opens nothing. Wrong
 * passphrases cost time: 1, 2, 4 ... 60 seconds until the next try.
 */
#ifndef VAXEL_KEEPER_VAULT_H
#define VAXEL_KEEPER_VAULT_H

#include "release/identity.h"

struct vault {
	uint8_t file[IDENTITY_FILE_MAX];
	size_t file_len; /* 0: there is none */
	bool unlocked;
	struct age_identity identity;
	struct secret *signer; /* Ed25519, follows from the identity */
	unsigned failures;
	uint64_t not_before_ms; /* monotonic */
	uint64_t unlocked_ms;   /* monotonic, when it was */
};

/*
 * ENOENT there is no identity; EAGAIN too soon after a wrong one; ENOKEY the
 * wrong passphrase; EBADMSG the file is damaged; ENOMEM.
 */
int vault_unlock(struct vault *v, struct text passphrase,
		 uint64_t mono_ms) CHECK_RESULT;
void vault_lock(struct vault *v);

/*
 * Milliseconds until it shall lock, having been unlocked for after_s; 0: now.
 * UINT64_MAX: not at all, since it is locked or after_s is 0.
 */
uint64_t vault_until_lock(const struct vault *v, unsigned after_s,
			  uint64_t mono_ms);

/* Seconds until the next try is heard, rounded up. */
unsigned vault_wait_s(const struct vault *v, uint64_t mono_ms);

#endif
