/*
 * identity -- the keeper's private key at rest: an age passphrase file
 *
 * What lies on disk is what `age -p` makes of a key file, so stock `age -d`
 * opens it with the passphrase. The work factor is lower than age's own: the
 * passphrase is eight drawn words, 88 bits, so nobody guesses it at any factor,
 * and the keeper need not find 256 MiB of locked memory to be unlocked.
 *
 * Needs secret_init().
 */
#ifndef VAXEL_RELEASE_IDENTITY_H
#define VAXEL_RELEASE_IDENTITY_H

#include "seal/age.h"
#include "seal/passphrase.h"

#define IDENTITY_WORK 15
#define IDENTITY_FILE_MAX 4096

/* Seal an identity under a passphrase. EMSGSIZE, ENOMEM. */
int identity_seal(const struct age_identity *i, struct text passphrase,
		  struct writer *w) CHECK_RESULT;

/*
 * The identity in such a file, in armor or not. ENOKEY: not this passphrase.
 * EBADMSG: not such a file, or no identity in it. EMSGSIZE: asks for more
 * memory than anybody should be asked for.
 */
int identity_open(struct bytes file, struct text passphrase,
		  struct age_identity *ret) CHECK_RESULT;

/*
 * Make a new one in a file that must not exist yet (0600, synced).
 *
 * ret_passphrase  the eight words: shown once, then wiped by the caller
 * ret_recipient   its public key, age1...
 *
 * EEXIST; errors of the operating system
 */
int key_make_identity(const char *path, char ret_passphrase[PASSPHRASE_MAX],
		      char ret_recipient[AGE_RECIPIENT_CHARS + 1]) CHECK_RESULT;

#endif
