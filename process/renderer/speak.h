/*
 * speak -- a text as a WAVE, by running espeak-ng
 *
 * The text goes through a pipe: a command line would show it to every user of
 * the machine. No environment, no shell.
 */
#ifndef VAXEL_RENDERER_SPEAK_H
#define VAXEL_RENDERER_SPEAK_H

#include "base/bytes.h"

#define SPEAK_BYTES_MAX (64u * 1024 * 1024)
#define SPEAK_TIMEOUT_MS 20000

/*
 * language: "sv", "en"; NULL or "" is Swedish. EINVAL for one that cannot be,
 * ENOENT when the program is not installed, ETIMEDOUT, EBADMSG when it fails.
 * *ret is the caller's to free.
 */
int speak(const char *language, struct text text, uint8_t **ret,
	  size_t *ret_len) CHECK_RESULT;

#endif
