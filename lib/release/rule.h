/*
 * rule -- who may listen to what, and for what purpose
 *
 * Closed lists: a role, a purpose or a scope that is not here does not exist,
 * and a request that names one is malformed. Everything of it is one table in
 * rule.c, laid out so that a lawyer can read it.
 */
#ifndef VAXEL_RELEASE_RULE_H
#define VAXEL_RELEASE_RULE_H

#include "base/bytes.h"

enum user_role {
	USER_OFFICER,  /* enrols and removes users; opens for any purpose */
	USER_REVIEWER, /* opens for the purposes of care and its quality */
	USER_OPERATOR, /* runs the machines: opens nothing */
	USER_ROLES
};

enum request_scope {
	SCOPE_AUDIO,
	SCOPE_CARD,
	SCOPE_SEARCH, /* named by the design, opened to nobody yet */
	REQUEST_SCOPES
};

enum purpose {
#define PURPOSE(name, code) PURPOSE_##name,
#include "settings/purposes.def"
#undef PURPOSE
	PURPOSES
};

/* "officer", "audio", "complaint" ...; ENOENT when there is no such word. */
const char *user_role_text(enum user_role role);
int user_role_read(struct text t, enum user_role *ret) CHECK_RESULT;
const char *request_scope_text(enum request_scope scope);
int request_scope_read(struct text t, enum request_scope *ret) CHECK_RESULT;
const char *purpose_text(enum purpose purpose);
int purpose_read(struct text t, enum purpose *ret) CHECK_RESULT;

/* What the purpose means, one sentence; its digest goes into the request. */
const char *purpose_meaning(enum purpose purpose);

/* May enrol and remove other users. */
bool role_may_enrol(enum user_role role);

/* May open anything at all. */
bool role_may_open(enum user_role role);

/* May this role open that scope for this purpose? */
bool purpose_allows(enum purpose purpose, enum user_role role,
		    enum request_scope scope);

#endif
