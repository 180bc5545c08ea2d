/*
 * encode -- base64, base32, hex and ids
 *
 * Base64 is RFC 4648 section 4, in two strict forms: padded (signed notes,
 * tiles) and unpadded (age headers); and section 5, unpadded. Decoders refuse
 * wrong padding, foreign characters and non-zero trailing bits. Ids are 16
 * random bytes as 26 characters of [a-z2-7].
 */
#ifndef VAXEL_BASE_ENCODE_H
#define VAXEL_BASE_ENCODE_H

#include "base/bytes.h"

#define ID_BYTES 16
#define ID_CHARS 26

/* URL: section 5, with - and _, unpadded, for SIP URIs and headers */
enum base64_form { BASE64_PADDED, BASE64_UNPADDED, BASE64_URL };

void base64_write(struct writer *w, enum base64_form form, const void *p,
		  size_t len);

/* EBADMSG not in that form; EMSGSIZE longer than max. */
int base64_read(struct text t, enum base64_form form, uint8_t *to, size_t max,
		size_t *ret_len) CHECK_RESULT;

void hex_write(struct writer *w, const void *p, size_t len);

/* Exactly len bytes from 2 * len lower- or upper-case digits, or EBADMSG. */
int hex_read(struct text t, uint8_t *to, size_t len) CHECK_RESULT;

void id_new(uint8_t id[ID_BYTES]);
void id_text(const uint8_t id[ID_BYTES], char to[ID_CHARS + 1]);
int id_read(struct text t, uint8_t id[ID_BYTES]) CHECK_RESULT;

#endif
