/*
 * key_entry -- what two officers sign about keys
 *
 * To whom recordings may be sealed anew, that a key is gone for good, that the
 * recovery key is brought out: none of it is one person's to say. What they
 * sign is a text that a person can read, its bytes exactly as they stand here:
 *
 *   vaxel key 1
 *   created                  (or: destroyed, recovery)
 *   log vaxel.example/node
 *   at 1798761600000
 *   for Region Test          the controller
 *   month 2027-01 age1...    its recipient for recordings of that month; any
 *                            number, in order of months
 *   recipient age1...        after it, in this order, for every recording
 *   reason TEXT              of recovery alone, and there it must stand
 *
 * created: recordings of the controller are sealed to the month's recipient, if
 * months are named, and to the others. destroyed: these identities are no more,
 * and what is sealed to them alone is erased. recovery: the recovery key with
 * this recipient is brought out of its shares, for that reason.
 *
 * Signed is SHA-256("vaxel/key/1" || 0 || text), by two enrolled officers with
 * keys of their own. The details of the entry (key.created, key.destroyed,
 * key.recovery) hold it all:
 *
 *   {"statement":TEXT,"by":[NAME,NAME],"signatures":[B64,B64]}
 *
 * `at` grows from entry to entry, so an old one cannot be said again. Pure.
 */
#ifndef VAXEL_RELEASE_KEY_ENTRY_H
#define VAXEL_RELEASE_KEY_ENTRY_H

#include "release/request.h"
#include "seal/month.h"

#define KEY_MONTHS_MAX 12
#define KEY_RECIPIENTS_MAX 4
#define KEY_STATEMENT_MAX 1536
#define KEY_REASON_MAX 200
#define KEY_OFFICERS 2

enum key_act { KEY_CREATED, KEY_DESTROYED, KEY_RECOVERY, KEY_ACTS };

struct key_statement {
	enum key_act act;
	char origin[REQUEST_TEXT_MAX];
	uint64_t at_ms;
	char controller[REQUEST_TEXT_MAX];
	unsigned month_count;
	struct key_month months[KEY_MONTHS_MAX];
	unsigned recipient_count;
	struct age_recipient recipients[KEY_RECIPIENTS_MAX];
	char reason[KEY_REASON_MAX];
};

struct key_entry {
	char text[KEY_STATEMENT_MAX];
	size_t text_len;
	struct key_statement statement; /* what the text says */
	unsigned officer_count;         /* a draft may have fewer than two */
	struct {
		char by[REQUEST_TEXT_MAX];
		uint8_t signature[REQUEST_SIGNATURE];
	} officers[KEY_OFFICERS];
};

/* "key.created" ... */
const char *key_act_type(enum key_act act);

/* EINVAL a field out of its range; EMSGSIZE. */
int key_statement_write(struct writer *w,
			const struct key_statement *s) CHECK_RESULT;

/* EBADMSG: any other spelling than the one above. */
int key_statement_read(struct text t, struct key_statement *ret) CHECK_RESULT;

/* What an officer signs. */
void key_statement_digest(struct text t, uint8_t ret[REQUEST_DIGEST]);

/* The entry's details, or a draft of them with fewer signatures. */
int key_entry_write(struct writer *w, const struct key_entry *e) CHECK_RESULT;

/* EBADMSG; whether the signatures hold is for who knows the officers. */
int key_entry_read(struct text details, struct key_entry *ret) CHECK_RESULT;

#endif
