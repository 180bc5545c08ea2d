/*
 * people -- who is enrolled, as the user entries of a log have it
 *
 * The entries go in, in their order; each counts if an officer who is enrolled
 * signed it (the first of a log: if the officer signed whom it enrols). Whoever
 * goes by the log comes to the same people: the keeper when it releases, the
 * ledger when it holds or erases. Pure, but for memory.
 */
#ifndef VAXEL_RELEASE_PEOPLE_H
#define VAXEL_RELEASE_PEOPLE_H

#include "release/control.h"

#define PEOPLE_MAX 4096

struct people_user {
	char name[REQUEST_TEXT_MAX];
	bool enrolled; /* false: removed, and remembered for last_ms */
	enum user_role role;
	uint8_t key[REQUEST_KEY];
	uint64_t last_ms; /* `at` of the last entry about this name */
};

struct people {
	struct people_user *list;
	unsigned count;
	bool any; /* somebody was enrolled once */
};

/* ENOMEM. */
int people_init(struct people *p) CHECK_RESULT;
void people_free(struct people *p);
void people_forget(struct people *p);

/*
 * EPERM: without effect, not signed by whom it must be, or older than what is
 * known; EMSGSIZE: so many people there are not.
 */
int people_apply(struct people *p, const char *origin,
		 const struct control_user *u) CHECK_RESULT;

/* NULL: nobody of that name is enrolled now. */
const struct people_user *people_find(const struct people *p, const char *name);

#endif
