/*
 * door -- what is said over the keeper's local socket
 *
 * A question is one frame: u16 length, u8 word, then the passphrase when the
 * word is DOOR_UNLOCK; with DOOR_UNLOCK_FILE u16 its length, the passphrase,
 * and a sealed identity, a month's perhaps, which the keeper does not have. The
 * answer is DOOR_ANSWER bytes: u16 error (0 or an errno as base/error.h has
 * it), u8 locked, u16 seconds to wait before the next try, 62 bytes recipient
 * (age1...; zeros when unknown). One question a connection. Passphrases go this
 * way and no other.
 */
#ifndef VAXEL_RELEASE_DOOR_H
#define VAXEL_RELEASE_DOOR_H

#include "base/bytes.h"

#define DOOR_SOCKET "keeper.sock" /* in the runtime folder */
#define DOOR_PASSPHRASE_MAX 256
#define DOOR_FILE_MAX 4096
#define DOOR_QUESTION_MAX (2 + 1 + 2 + DOOR_PASSPHRASE_MAX + DOOR_FILE_MAX)
#define DOOR_RECIPIENT 62
#define DOOR_ANSWER (2 + 1 + 2 + DOOR_RECIPIENT)

enum door_word { DOOR_UNLOCK = 1, DOOR_LOCK, DOOR_STATE, DOOR_UNLOCK_FILE };

/* passphrase and file point into the question. */
struct door_question {
	enum door_word word;
	struct text passphrase;
	struct bytes file;
};

struct door_answer {
	uint16_t error;
	bool locked;
	uint16_t wait_s;
	char recipient[DOOR_RECIPIENT + 1];
};

int door_ask_write(struct writer *w,
		   const struct door_question *q) CHECK_RESULT;

/* EAGAIN: not whole yet. EBADMSG: no question. */
int door_ask_read(struct bytes in, struct door_question *ret) CHECK_RESULT;

void door_answer_write(const struct door_answer *a, uint8_t to[DOOR_ANSWER]);
int door_answer_read(const uint8_t in[DOOR_ANSWER],
		     struct door_answer *ret) CHECK_RESULT;

#endif
