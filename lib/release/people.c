#include "release/people.h"

#include <stdlib.h>

int people_init(struct people *p)
{
	*p = (struct people){ 0 };
	p->list = calloc(PEOPLE_MAX, sizeof(*p->list));
	return p->list ? 0 : ENOMEM;
}

void people_free(struct people *p)
{
	free(p->list);
	*p = (struct people){ 0 };
}

void people_forget(struct people *p)
{
	p->count = 0;
	p->any = false;
}

static struct people_user *known(const struct people *p, const char *name)
{
	for (unsigned i = 0; i < p->count; i++)
		if (!strcmp(p->list[i].name, name))
			return &p->list[i];
	return NULL;
}

/*
 * Whose key must have signed: an enrolled officer's, or, for the first entry
 * of all, that of the officer whom it enrols.
 */
static const uint8_t *signer_of(const struct people *p,
				const struct control_user *u)
{
	const struct people_user *by = people_find(p, u->by);

	if (!p->any && u->added && u->role == USER_OFFICER &&
	    !strcmp(u->by, u->name))
		return u->key;
	return by && role_may_enrol(by->role) ? by->key : NULL;
}

int people_apply(struct people *p, const char *origin,
		 const struct control_user *u)
{
	struct people_user *user = known(p, u->name);
	const uint8_t *key = signer_of(p, u);
	uint8_t d[32];

	if (!key || control_user_digest(u, origin, d) ||
	    request_verify(d, u->signature, key) ||
	    (user && u->at_ms <= user->last_ms) || (!user && !u->added))
		return EPERM;
	if (!user && p->count == PEOPLE_MAX)
		return EMSGSIZE;
	if (!user)
		user = &p->list[p->count++];
	*user = (struct people_user){ .enrolled = u->added,
				      .role = u->role,
				      .last_ms = u->at_ms };
	memcpy(user->name, u->name, sizeof(user->name));
	memcpy(user->key, u->key, sizeof(user->key));
	p->any = true;
	return 0;
}

const struct people_user *people_find(const struct people *p, const char *name)
{
	const struct people_user *u = known(p, name);

	return u && u->enrolled ? u : NULL;
}
