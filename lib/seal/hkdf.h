/*
 * hkdf -- HKDF with SHA-256 (RFC 5869)
 *
 * Built on libsodium's HMAC, because the libsodium of Debian 12 has no HKDF.
 * An empty salt counts as 32 zero bytes (RFC 5869 section 2.2), which HMAC
 * does by itself.
 */
#ifndef VAXEL_SEAL_HKDF_H
#define VAXEL_SEAL_HKDF_H

#include "base/bytes.h"

#define HKDF_MAX ((size_t)255 * 32)

/* Extract, then expand to len bytes; len is at most HKDF_MAX (asserted). */
void hkdf_sha256(struct bytes ikm, struct bytes salt, struct text info,
		 uint8_t *to, size_t len);

#endif
