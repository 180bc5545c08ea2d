/*
 * note -- signed notes and the keys that sign them (C2SP signed-note,
 * tlog-cosignature)
 *
 * A note is text that ends with a newline, an empty line, and lines of
 * signatures: an em dash, a key name, base64 of key id and signature. Key
 * types: 01 Ed25519 over the text; 04 cosignature/v1, with a time, by a
 * witness. Signatures by unknown keys and of unknown types are skipped; one
 * bad signature by a known key refuses the whole note. Pure; libsodium is the
 * one verifier.
 */
#ifndef VAXEL_TLOG_NOTE_H
#define VAXEL_TLOG_NOTE_H

#include "base/secret.h"
#include "base/bytes.h"

#define NOTE_NAME_MAX 128
#define NOTE_SIGNATURES 16
#define NOTE_KEYS_MAX 64
#define NOTE_SIGNATURE_MAX 5120
#define NOTE_TEXT_MAX 4096
#define NOTE_MAX (NOTE_TEXT_MAX + NOTE_SIGNATURES * 8192)
#define NOTE_KEY_TEXT_MAX 256
#define NOTE_SEED_BYTES 32

enum note_type { NOTE_ED25519 = 1, NOTE_COSIGNATURE = 4 };

/* A verifier key: "name+33d7b496+AeHT...". */
struct note_key {
	char name[NOTE_NAME_MAX];
	uint32_t id;
	enum note_type type;
	uint8_t public_key[32];
};

/* EBADMSG malformed, or an id that is not that of the name and key. */
int note_key_read(struct text vkey, struct note_key *ret) CHECK_RESULT;
void note_key_text(const struct note_key *key, char to[NOTE_KEY_TEXT_MAX]);

/*
 * A signing key: "PRIVATE+KEY+name+33d7b496+AeymY...". The seed and what
 * follows from it lie in locked memory only.
 */
struct note_signer {
	struct note_key key;
	struct secret *secret; /* seed and public key, as libsodium has it */
};

/* EINVAL when the name holds a blank or a plus, or is too long. */
int note_signer_new(struct note_signer *ret, enum note_type type,
		    const char *name) CHECK_RESULT;
int note_signer_read(struct text skey, struct note_signer *ret) CHECK_RESULT;

/* The text form, to be wiped by the caller. */
int note_signer_text(const struct note_signer *s, char *to,
		     size_t max) CHECK_RESULT;
void note_signer_close(struct note_signer *s);

struct note_signature {
	struct text name;
	uint32_t id;
	struct text raw; /* base64 of id and signature */
};

/* Points into the bytes that were read. */
struct note {
	struct text text; /* with its last newline */
	unsigned count;
	struct note_signature signatures[NOTE_SIGNATURES];
};

/* EBADMSG malformed; EMSGSIZE over a limit. Verifies nothing. */
int note_read(struct text whole, struct note *ret) CHECK_RESULT;

/*
 * Which of the keys have signed? ret_signed_s[i] is 0 for "has not", 1 for a
 * good signature without a time (type 01), else the time of the cosignature in
 * seconds since 1970 (two by one key: the later). EBADMSG when a known key's
 * signature does not hold, EMSGSIZE for more than NOTE_KEYS_MAX keys.
 */
int note_verify(const struct note *n, const struct note_key *keys,
		unsigned count, uint64_t *ret_signed_s) CHECK_RESULT;

/* The text alone, whatever its signatures are like. EBADMSG, EMSGSIZE. */
int note_text(struct text whole, struct text *ret) CHECK_RESULT;

/* Append a signature that was read, as a line. */
void note_signature_write(struct writer *w, const struct note_signature *s);

/*
 * Append a signature line for `text`. now_s is the time of a cosignature and
 * ignored for type 01. EINVAL when the text cannot be that of a note (no
 * control characters, newline at the end).
 */
int note_sign(struct writer *w, struct text text, const struct note_signer *s,
	      uint64_t now_s) CHECK_RESULT;

#endif
