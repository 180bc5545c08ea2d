#include "release/rule.h"

#define OFFICER (1u << USER_OFFICER)
#define REVIEWER (1u << USER_REVIEWER)
#define AUDIO (1u << SCOPE_AUDIO)
#define CARD (1u << SCOPE_CARD)

static const char *const codes[PURPOSES] = {
#define PURPOSE(name, code) code,
#include "settings/purposes.def"
#undef PURPOSE
};

static const struct {
	unsigned roles;
	unsigned scopes;
	const char *meaning;
} purposes[PURPOSES] = {
	[PURPOSE_CARE] = { OFFICER | REVIEWER, AUDIO | CARD,
			   "The patient's care needs what was said." },
	[PURPOSE_QUALITY] = { OFFICER | REVIEWER, AUDIO | CARD,
			      "Systematic follow-up of the quality of care." },
	[PURPOSE_COMPLAINT] = { OFFICER | REVIEWER, AUDIO | CARD,
				"A complaint by the patient or next of kin." },
	[PURPOSE_INCIDENT] = { OFFICER | REVIEWER, AUDIO | CARD,
			       "Investigation of an injury in care." },
	[PURPOSE_ACCESS] = { OFFICER, AUDIO | CARD,
			     "The patient asked for their own data." },
	[PURPOSE_SUPERVISION] = { OFFICER, AUDIO | CARD,
				  "A supervisory authority demands it." },
	[PURPOSE_LEGAL] = { OFFICER, AUDIO | CARD,
			    "A legal claim is made or defended." },
};

static const struct {
	const char *name;
	bool opens;
	bool enrols;
} roles[USER_ROLES] = {
	[USER_OFFICER] = { "officer", true, true },
	[USER_REVIEWER] = { "reviewer", true, false },
	[USER_OPERATOR] = { "operator", false, false },
};

static const char *const scopes[REQUEST_SCOPES] = {
	[SCOPE_AUDIO] = "audio",
	[SCOPE_CARD] = "card",
	[SCOPE_SEARCH] = "search",
};

const char *user_role_text(enum user_role role)
{
	return (unsigned)role < USER_ROLES ? roles[role].name : "unknown";
}

int user_role_read(struct text t, enum user_role *ret)
{
	for (unsigned i = 0; i < USER_ROLES; i++)
		if (text_is(t, roles[i].name)) {
			*ret = (enum user_role)i;
			return 0;
		}
	return ENOENT;
}

const char *request_scope_text(enum request_scope scope)
{
	return (unsigned)scope < REQUEST_SCOPES ? scopes[scope] : "unknown";
}

int request_scope_read(struct text t, enum request_scope *ret)
{
	for (unsigned i = 0; i < REQUEST_SCOPES; i++)
		if (text_is(t, scopes[i])) {
			*ret = (enum request_scope)i;
			return 0;
		}
	return ENOENT;
}

const char *purpose_text(enum purpose purpose)
{
	return (unsigned)purpose < PURPOSES ? codes[purpose] : "unknown";
}

int purpose_read(struct text t, enum purpose *ret)
{
	for (unsigned i = 0; i < PURPOSES; i++)
		if (text_is(t, codes[i])) {
			*ret = (enum purpose)i;
			return 0;
		}
	return ENOENT;
}

const char *purpose_meaning(enum purpose purpose)
{
	return (unsigned)purpose < PURPOSES ? purposes[purpose].meaning : "";
}

bool role_may_enrol(enum user_role role)
{
	return (unsigned)role < USER_ROLES && roles[role].enrols;
}

bool role_may_open(enum user_role role)
{
	return (unsigned)role < USER_ROLES && roles[role].opens;
}

bool purpose_allows(enum purpose purpose, enum user_role role,
		    enum request_scope scope)
{
	return (unsigned)purpose < PURPOSES && (unsigned)role < USER_ROLES &&
	       (unsigned)scope < REQUEST_SCOPES &&
	       (purposes[purpose].roles >> role & 1) &&
	       (purposes[purpose].scopes >> scope & 1);
}
