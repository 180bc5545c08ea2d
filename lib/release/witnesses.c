#include "release/witnesses.h"

#include <stdlib.h>

struct judging {
	const char *file;
	settings_fault_h *fault;
	void *arg;
	unsigned faults;
};

static void complain(struct judging *j, unsigned line, const char *fault,
		     const char *mend)
{
	struct settings_fault f = { .file = j->file,
				    .line = line ? line : 1,
				    .rule = "CONFIG" };

	(void)snprintf(f.fault, sizeof(f.fault), "%s", fault);
	(void)snprintf(f.mend, sizeof(f.mend), "%s", mend);
	j->faults++;
	if (j->fault)
		j->fault(j->arg, &f);
}

static void judge(struct judging *j, struct text text, struct policy *p)
{
	unsigned line;

	if (policy_read(text, p, &line)) {
		complain(j, line,
			 line ? "this is no line of a policy"
			      : "it says no quorum",
			 "write log, witness, group and quorum lines as C2SP "
			 "tlog-policy has them");
		return;
	}
	if (!p->has_quorum)
		complain(j, p->quorum_line, "no witness is asked for",
			 "name a group of which more than half must cosign");
	else if (!policy_quorums_meet(p))
		complain(j, p->quorum_line,
			 "two quorums need not share a witness, so a log could "
			 "show each another past",
			 "raise the thresholds until any two quorums overlap: "
			 "more than half of a group's members");
}

unsigned witnesses_judge(const char *file, struct text text,
			 settings_fault_h *fault, void *arg)
{
	struct judging j = { file, fault, arg, 0 };
	struct policy *p = malloc(sizeof(*p));

	if (p)
		judge(&j, text, p);
	else
		complain(&j, 1, "it was not judged", "free some memory");
	free(p);
	return j.faults;
}

/* Whoever counts for the quorum has to be asked, by somebody. */
static void check_addresses(struct judging *j, const struct policy *p)
{
	bool some = false;

	for (unsigned i = 0; i < p->witness_count; i++) {
		const char *url = p->urls[i];

		some |= *url != '\0';
		if (*url && strncmp(url, "https://", 8) != 0)
			complain(j, 1, "a witness is not asked over HTTPS",
				 "write an address that begins with https://");
	}
	if (!some)
		complain(j, 1, "no witness has an address",
			 "write where each is asked behind its key: witness "
			 "NAME KEY https://...");
}

unsigned witnesses_check(const struct settings *s, settings_fault_h *fault,
			 void *arg)
{
	const char *file = s->companions[COMPANION_WITNESSES];
	struct judging j = { file, fault, arg, 0 };
	struct policy *p;
	char *text = NULL;
	unsigned line;

	if (!*file)
		return 0;
	p = malloc(sizeof(*p));
	if (!p || settings_read_file(file, &text)) {
		complain(&j, 1, "it cannot be read",
			 "name a file that exists and can be read");
	} else {
		j.faults += witnesses_judge(file, text_of(text), fault, arg);
		if (!policy_read(text_of(text), p, &line))
			check_addresses(&j, p);
	}
	free(text);
	free(p);
	return j.faults;
}

int witnesses_read(const struct settings *s, struct policy *ret)
{
	unsigned line;

	if (s->companions[COMPANION_WITNESSES][0])
		return policy_read(s->companion_texts[COMPANION_WITNESSES], ret,
				   &line);
	memset(ret, 0, sizeof(*ret));
	return 0;
}
