/*
 * passphrase -- eight words that open a key file
 *
 * Drawn from a list of 2,048 plain English words, eight of them: 88 bits. The
 * list is that of BIP 39, as published with its reference code under the MIT
 * licence; nothing else of BIP 39 is used (no checksum, no seed).
 */
#ifndef VAXEL_SEAL_PASSPHRASE_H
#define VAXEL_SEAL_PASSPHRASE_H

#include "base/bytes.h"

#define PASSPHRASE_WORDS 8
#define PASSPHRASE_MAX 80 /* eight words of up to eight letters, hyphens */

/* "word-word-...", terminated. The buffer is the caller's to wipe. */
void passphrase_new(char to[PASSPHRASE_MAX]);

#endif
