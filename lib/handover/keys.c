#include "handover/keys.h"

#include <stdarg.h>

struct reading {
	const struct settings *s;
	settings_fault_h *fault;
	void *arg;
	int err;
};

static void PRINTF_LIKE(4, 5) complain(struct reading *r, unsigned line,
				       const char *mend, const char *fmt, ...)
{
	struct settings_fault f = { .file = r->s->file,
				    .line = line,
				    .rule = "CONFIG" };
	va_list ap;

	r->err = EINVAL;
	va_start(ap, fmt);
	settings_fault_tell(r->fault, r->arg, f, mend, fmt, ap);
	va_end(ap);
}

static int read_key(const char *text, struct note_key *ret)
{
	int err = note_key_read(text_of(text), ret);

	return err ? err : ret->type == NOTE_ED25519 ? 0 : EBADMSG;
}

static void read_provider(struct reading *r, const struct trunk *t,
			  struct handover_provider *p)
{
	if (!t->provider_key[0] && !t->provider_recipient[0])
		return;
	if (read_key(t->provider_key, &p->key))
		complain(r, t->line,
			 "write the line that vaxel key new --handover printed "
			 "at the provider's",
			 "trunk %s: provider-key is no verifier key", t->name);
	else if (age_recipient_read(text_of(t->provider_recipient),
				    &p->recipient))
		complain(r, t->line, "write the provider's age1... line",
			 "trunk %s: provider-recipient is no recipient",
			 t->name);
	else if (!r->s->handover_key[0])
		complain(r, t->line, "set handover-key",
			 "trunk %s: nothing signs the tokens for it", t->name);
	else
		p->known = true;
}

/* Fit for an event's details as it is. */
static bool plain(const char *name)
{
	return text_is_printable(text_of(name)) && !strpbrk(name, "\"\\");
}

static void check_taking(struct reading *r)
{
	const struct settings *s = r->s;
	bool able =
		s->national_key_count && s->take_count && s->handover_key[0];

	for (unsigned i = 0; i < s->take_count; i++)
		if (!plain(s->takes[i].organisation) ||
		    !plain(s->takes[i].route))
			complain(r, 1, "write names without quotes",
				 "takes %u is no name", i + 1);
	if (!able && (s->national_key_count || s->take_count))
		complain(r, 1, "set national-key, takes and handover-key",
			 "calls that are handed over cannot be taken: of "
			 "national-key, takes and handover-key one is missing");
	for (unsigned i = 0; i < s->trunk_count; i++)
		if (!able && s->trunks[i].require_token)
			complain(r, s->trunks[i].line,
				 "set national-key, takes and handover-key",
				 "trunk %s requires tokens, and none can be "
				 "good",
				 s->trunks[i].name);
}

int handover_keys_read(struct handover_keys *ret, const struct settings *s,
		       settings_fault_h *fault, void *arg)
{
	struct reading r = { s, fault, arg, 0 };
	struct handover_keys k = { 0 };

	for (unsigned i = 0; i < s->national_key_count; i++)
		if (read_key(s->national_keys[i], &k.nodes[k.node_count++]))
			complain(&r, 1,
				 "write the line that vaxel key new --handover "
				 "printed at the national node's",
				 "national-key %u is no verifier key", i + 1);
	for (unsigned i = 0; i < s->trunk_count; i++)
		read_provider(&r, &s->trunks[i], &k.providers[i]);
	check_taking(&r);
	if (!r.err)
		*ret = k;
	return r.err;
}
