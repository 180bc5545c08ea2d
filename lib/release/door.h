/*
 * door -- what is said over the keeper's local socket
 *
 * A question is one frame: u16 length, u8 word, then the passphrase when the
 * word is DOOR_UNLOCK. The answer is DOOR_ANSWER bytes: u16 error (0 or an
 * errno as base/error.h has it), u8 locked, u16 seconds to wait before the
 * next try, 62 bytes recipient (age1...; zeros when unknown). One question a
 * connection. Passphrases go this way and no other.
 */
#ifndef VAXEL_RELEASE_DOOR_H
#define VAXEL_RELEASE_DOOR_H

#include "base/bytes.h"

#define DOOR_SOCKET "keeper.sock" /* in the runtime folder */
#define DOOR_PASSPHRASE_MAX 256
#define DOOR_QUESTION_MAX (2 + 1 + DOOR_PASSPHRASE_MAX)
#define DOOR_RECIPIENT 62
#define DOOR_ANSWER (2 + 1 + 2 + DOOR_RECIPIENT)

enum door_word { DOOR_UNLOCK = 1, DOOR_LOCK, DOOR_STATE };

struct door_answer {
	uint16_t error;
	bool locked;
	uint16_t wait_s;
	char recipient[DOOR_RECIPIENT + 1];
};

int door_ask_write(struct writer *w, enum door_word word,
		   struct text passphrase) CHECK_RESULT;

/*
 * EAGAIN: not whole yet. EBADMSG: no question. The passphrase points into it.
 */
int door_ask_read(struct bytes in, enum door_word *ret_word,
		  struct text *ret_passphrase) CHECK_RESULT;

void door_answer_write(const struct door_answer *a, uint8_t to[DOOR_ANSWER]);
int door_answer_read(const uint8_t in[DOOR_ANSWER],
		     struct door_answer *ret) CHECK_RESULT;

#endif
