/*
 * key -- whom a recording is sealed to: X25519 recipients and identities
 *
 * As text they are Bech32: "age1..." for a recipient (public key) and
 * "AGE-SECRET-KEY-1..." for an identity (private key), both as age v1 has
 * them. An identity's scalar lives in the process's slab of secrets.
 */
#ifndef VAXEL_SEAL_KEY_H
#define VAXEL_SEAL_KEY_H

#include "base/bytes.h"
#include "base/secret.h"

#define AGE_KEY_BYTES 32
#define AGE_RECIPIENT_CHARS 62
#define AGE_IDENTITY_CHARS 74

struct age_recipient {
	uint8_t key[AGE_KEY_BYTES];
};

struct age_identity {
	struct secret *scalar; /* 32 bytes; NULL once closed */
	struct age_recipient recipient;
};

/* EBADMSG: not a recipient of this kind, or a mistyped one. */
int age_recipient_read(struct text t, struct age_recipient *ret) CHECK_RESULT;
void age_recipient_text(const struct age_recipient *r,
			char to[AGE_RECIPIENT_CHARS + 1]);

/* ENOMEM: no room in the slab. */
int age_identity_new(struct age_identity *ret) CHECK_RESULT;

/* From its bytes, which are the caller's to wipe. ENOMEM. */
int age_identity_make(const uint8_t scalar[AGE_KEY_BYTES],
		      struct age_identity *ret) CHECK_RESULT;

/* EBADMSG as above; ENOMEM. The text is the caller's to wipe. */
int age_identity_read(struct text t, struct age_identity *ret) CHECK_RESULT;

/*
 * The identity of a key file: comment lines with a #, and one identity.
 * EBADMSG when there is another line, ENOKEY when there is no identity.
 */
int age_identity_file_read(struct text file,
			   struct age_identity *ret) CHECK_RESULT;

/* Writes AGE_IDENTITY_CHARS; the buffer is the caller's to wipe. */
void age_identity_write(const struct age_identity *i, struct writer *w);

/* Wipes. Safe on a zeroed or closed one. */
void age_identity_close(struct age_identity *i);

#endif
