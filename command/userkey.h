/*
 * userkey -- the key with which a user signs, in a file of theirs alone
 *
 *   # vaxel user key of NAME
 *   vaxel-user-key-1 BASE64-OF-SEED
 *
 * 0600, by default ~/.config/vaxel/NAME.key. The node never sees it.
 */
#ifndef VAXEL_COMMAND_USERKEY_H
#define VAXEL_COMMAND_USERKEY_H

#include "base/secret.h"
#include "release/control.h"

#define USERKEY_PATH_MAX 1024

struct userkey {
	uint8_t public_key[REQUEST_KEY];
	struct secret *secret; /* as libsodium has it, 64 bytes */
};

/* "~/.config/vaxel/NAME.key". ENOENT: no home folder. */
int userkey_path(const char *name, char to[USERKEY_PATH_MAX]) CHECK_RESULT;

/* Make one in a file that must not exist yet; folders above are made. */
int userkey_new(const char *path, const char *name,
		struct userkey *ret) CHECK_RESULT;

/* EBADMSG not such a file; EPERM others may read it. */
int userkey_load(const char *path, struct userkey *ret) CHECK_RESULT;

/*
 * The key of that user, in key_file or, where that is NULL, in the usual place.
 * Not EXIT_YES: having said why.
 */
int userkey_of(const char *as, const char *key_file,
	       struct userkey *ret) CHECK_RESULT;

void userkey_close(struct userkey *k);

void userkey_sign(const struct userkey *k, const uint8_t d[REQUEST_DIGEST],
		  uint8_t ret_signature[REQUEST_SIGNATURE]);

#endif
