/*
 * spool_form -- sizes of the spool's records: shared by writer and reader
 */
#ifndef VAXEL_SEAL_SPOOL_FORM_H
#define VAXEL_SEAL_SPOOL_FORM_H

#include "seal/spool.h"

#define SPOOL_NONCE_AT 36
#define SPOOL_NONCE_BYTES 24
#define SPOOL_AD_BYTES 41
#define SPOOL_LENGTH_BYTES 4
#define SPOOL_DATA_FIXED (8 + 3 * 8 + 4)
#define SPOOL_START_FIXED (8 + 16 + 16 + 2 + 3 + 2 + 16 + 16 + 2 + 16 + 16 + 2)
#define SPOOL_TEXT_MAX 64
#define SPOOL_DETAILS_MAX 2048

/* Header, content and tag, filled up. */
size_t spool_round(size_t content_bytes);

/* What a sealed record is bound to. */
void spool_associate(const uint8_t digest[SPOOL_DIGEST_BYTES],
		     enum spool_type type, uint64_t seq,
		     uint8_t ret[SPOOL_AD_BYTES]);

#endif
