/*
 * sdes -- SRTP and SRTCP with keys from SDP (RFC 3711, RFC 4568)
 *
 * AES_CM_128_HMAC_SHA1_80 and nothing else; key derivation rate 0, no MKI. One
 * struct is one direction of one leg. In place, no allocation a packet. The
 * master key is not kept.
 *
 * Inbound, each SSRC has its own packet index and replay window; so many as
 * SDES_SOURCES are kept for as long as the key lives, more are refused, since
 * a forgotten one could be replayed.
 */
#ifndef VAXEL_MEDIA_SDES_H
#define VAXEL_MEDIA_SDES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define SDES_KEY_BYTES 30 /* master key 16, master salt 14 */
#define SDES_TAG_BYTES 10
#define SDES_RTCP_EXTRA (SDES_TAG_BYTES + 4)
#define SDES_SOURCES 8
#define SDES_WINDOW 128

struct sdes;

int sdes_new(struct sdes **ret, const uint8_t key[SDES_KEY_BYTES]) CHECK_RESULT;
void sdes_free(struct sdes *s);

/*
 * Seal a packet of len bytes, of which head_len stay readable. There has to be
 * room for SDES_TAG_BYTES after it. index: 48 bits, the sequence in its low
 * 16; never the same twice.
 */
int sdes_protect(struct sdes *s, uint32_t ssrc, uint64_t index, uint8_t *packet,
		 size_t head_len, size_t len) CHECK_RESULT;

/*
 * Check and open a packet of *len bytes in place; *len shrinks by the tag.
 * ret_newest: newer than all of its SSRC before, or the first.
 *
 * EBADMSG  too short or not authentic
 * EPROTO   seen before, too old, or one SSRC too many
 */
int sdes_unprotect(struct sdes *s, uint32_t ssrc, uint16_t seq, uint8_t *packet,
		   size_t head_len, size_t *len, bool *ret_newest) CHECK_RESULT;

/* The same for RTCP; there has to be room for SDES_RTCP_EXTRA. */
int sdes_protect_rtcp(struct sdes *s, uint8_t *packet,
		      size_t *len) CHECK_RESULT;
int sdes_unprotect_rtcp(struct sdes *s, uint8_t *packet,
			size_t *len) CHECK_RESULT;

#endif
