/*
 * key_shares -- what split and join have in common
 */
#ifndef VAXEL_COMMAND_KEY_SHARES_H
#define VAXEL_COMMAND_KEY_SHARES_H

#include "base/secret.h"
#include "command/key.h"
#include "shares/share.h"

/* Above each share stands whose key it is of. */
#define SHARING_MARK "# recipient: "

struct sharing {
	const char *need, *of, *out, *recipient;
	const char *entry, *config; /* of the ceremony */
	bool passphrase_asked, json, check, without_entry;
	struct secret *passphrase; /* NULL: none */
	size_t passphrase_len;
	struct secret *input;
	struct secret *set; /* a struct share_set */
};

/* Options, and memory. ret_end: nothing more is to be done. */
int sharing_open(struct sharing *j, int argc, char **argv,
		 bool *ret_end) CHECK_RESULT;
void sharing_close(struct sharing *j);

/* Where it was asked for. repeat: a person types it twice. */
int sharing_passphrase(struct sharing *j, bool repeat) CHECK_RESULT;

/*
 * key_ceremony.c: may the key with that recipient be brought out? By the entry
 * that was named, or without one, which is then said.
 */
int key_ceremony(const struct sharing *j, const char *recipient);

struct share_set *sharing_set(const struct sharing *j);

/* Empty when there is none. */
struct text sharing_words(const struct sharing *j);

/* What stood on the terminal is not for who comes next. */
void sharing_clear_screen(void);

#endif
