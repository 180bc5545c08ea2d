#include "tests/unit/register/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/unit.h"

#define RECORD                                                                 \
	"legal-basis = \"GDPR 6(1)(e), 9(2)(h)\"\n"                            \
	"purpose = \"advice\"\n"                                               \
	"data = \"calls\"\n"                                                   \
	"data-subjects = \"callers\"\n"                                        \
	"recipients = \"the supplier\"\n"                                      \
	"security = \"sealed\"\n"                                              \
	"contact = \"registrar\"\n"                                            \
	"data-protection-officer = \"officer\"\n"
#define PARTS_OF_28                                                            \
	"subject = \"calls\"\n"                                                \
	"duration = \"four years\"\n"                                          \
	"nature = \"recording\"\n"                                             \
	"purpose = \"advice\"\n"                                               \
	"data = \"calls\"\n"                                                   \
	"data-subjects = \"callers\"\n"                                        \
	"instructions = \"a\"\n"                                               \
	"confidentiality = \"b\"\n"                                            \
	"security = \"c\"\n"                                                   \
	"sub-processing = \"d\"\n"                                             \
	"rights = \"e\"\n"                                                     \
	"breaches = \"f\"\n"                                                   \
	"deletion = \"g\"\n"                                                   \
	"audit = \"h\"\n"
#define TELLS_ALL                                                              \
	"tells = {controller, purpose, recording, recipients, third-country, " \
	"rights, more}\n"

static const char text[] =
	"organisation region {\n"
	"name = \"Region Sörmland\"\n"
	"number = 232100-0032\n"
	"country = SE\n"
	"kind = region\n"
	"county = 04\n"
	"board = \"the board\"\n" RECORD
	"duty health-care { ground = \"2017:30\" }\n"
	"duty secrecy { ground = \"2009:400\" }\n"
	"}\n"
	"organisation provider {\n"
	"name = \"The provider\"\n"
	"number = 559000-1177\n"
	"country = SE\n"
	"kind = provider\n" RECORD "duty health-care { ground = \"2017:30\" }\n"
	"duty secrecy { ground = \"2010:659\" }\n"
	"}\n"
	"organisation supplier {\n"
	"name = \"The supplier\"\n"
	"number = 559000-2340\n"
	"country = SE\n"
	"kind = supplier\n"
	"restore-tested = 2026-05-01\n" RECORD "}\n"
	"organisation hall {\n"
	"name = \"The hall\"\n"
	"number = 559000-3413\n"
	"country = SE\n"
	"kind = supplier\n"
	"restore-tested = 2026-05-01\n" RECORD "}\n"
	"organisation national {\n"
	"name = \"The national body\"\n"
	"number = 559000-4585\n"
	"country = SE\n"
	"kind = national\n" RECORD "}\n"
	"safeguard clauses {\n"
	"instrument = \"(EU) 2021/914\"\n"
	"}\n"
	"place nurses {\n"
	"organisation = provider\n"
	"country = SE\n"
	"activities = {answering, listening}\n"
	"}\n"
	"place recorder {\n"
	"organisation = supplier\n"
	"country = SE\n"
	"activities = {recording, storing}\n"
	"storage {\n"
	"reachable = closed sign-in = strong\n"
	"encrypted = yes\n"
	"}\n"
	"}\n"
	"place copy {\n"
	"organisation = hall\n"
	"country = TH\n"
	"safeguard = clauses\n"
	"activities = {storing}\n"
	"storage {\n"
	"reachable = closed\n"
	"encrypted = yes\n"
	"}\n"
	"}\n"
	"place node {\n"
	"organisation = national\n"
	"country = SE\n"
	"activities = {transporting}\n"
	"}\n"
	"agreement care {\n"
	"for = region\n"
	"by = provider\n"
	"makes = controller\n"
	"activities = {answering, recording, storing, listening}\n"
	"from = 2025-01-01\n"
	"until = 2026-12-31\n"
	"}\n"
	"agreement switchboard {\n"
	"for = provider\n"
	"by = supplier\n"
	"makes = processor\n"
	"activities = {recording, storing}\n"
	"sub-processors = {hall}\n"
	"next-audit = 2026-12-31\n" PARTS_OF_28 "}\n"
	"agreement storage {\n"
	"for = supplier\n"
	"by = hall\n"
	"makes = processor\n"
	"activities = {storing}\n"
	"next-audit = 2026-12-31\n" PARTS_OF_28 "}\n"
	"agreement route {\n"
	"for = region\n"
	"by = national\n"
	"makes = processor\n"
	"activities = {transporting}\n"
	"next-audit = 2026-12-31\n" PARTS_OF_28 "}\n"
	"notice of-region {\n"
	"organisation = region\n"
	"language = sv\n"
	"version = 1\n" TELLS_ALL "}\n"
	"notice of-provider {\n"
	"organisation = provider\n"
	"language = sv\n"
	"version = 1\n" TELLS_ALL "}\n"
	"retention of-region {\n"
	"organisation = region\n"
	"class = other\n"
	"days = 90\n"
	"ground = \"follow-up\"\n"
	"}\n"
	"retention of-provider {\n"
	"organisation = provider\n"
	"class = health-record\n"
	"years = 10\n"
	"ground = \"2008:355\"\n"
	"}\n";

/* The hall has a vault of its own: a sub-processor's sub-processor. */
static const char vault[] = "organisation vault {\n"
			    "name = \"The vault\"\n"
			    "number = 556559-4230\n"
			    "country = SE\n"
			    "kind = supplier\n"
			    "restore-tested = 2026-05-01\n" RECORD "}\n"
			    "place cellar {\n"
			    "organisation = vault\n"
			    "country = SE\n"
			    "activities = {storing}\n"
			    "storage { reachable = closed encrypted = yes }\n"
			    "}\n"
			    "agreement deeper {\n"
			    "for = hall\n"
			    "by = vault\n"
			    "makes = processor\n"
			    "activities = {storing}\n"
			    "next-audit = 2026-12-31\n" PARTS_OF_28 "}\n";

char *world_with_vault(const char *controllers_subs, const char *halls_subs)
{
	char subs[128], *a, *b, *to;

	assert_true(snprintf(subs, sizeof(subs), "sub-processors = {%s}\n",
			     controllers_subs) < (int)sizeof(subs));
	a = world_without(text, "agreement switchboard", "sub-processors",
			  subs);
	assert_true(snprintf(subs, sizeof(subs),
			     "makes = processor\nsub-processors = {%s}\n",
			     halls_subs) < (int)sizeof(subs));
	b = world_without(a, "agreement storage", "makes", subs);
	to = calloc(1, strlen(b) + sizeof(vault));
	assert_non_null(to);
	memcpy(to, b, strlen(b));
	memcpy(to + strlen(b), vault, sizeof(vault));
	free(a);
	free(b);
	return to;
}

const char *world_text(void)
{
	return text;
}

char *world_without(const char *from, const char *section, const char *fact,
		    const char *instead)
{
	char *to = calloc(1, strlen(from) + 4096);
	bool inside = !section, changed = false;
	size_t n = 0;

	assert_non_null(to);
	for (const char *at = from; *at;) {
		size_t len = strcspn(at, "\n") + 1;
		char line[512] = "";

		assert_true(len < sizeof(line));
		memcpy(line, at, len);
		at += len;
		if (section && !strncmp(line, section, strlen(section)))
			inside = true;
		if (inside && strstr(line, fact)) {
			changed = true;
			n += (size_t)snprintf(to + n, 4096, "%s",
					      instead ? instead : "");
			continue;
		}
		if (section && !strcmp(line, "}\n"))
			inside = false;
		memcpy(to + n, line, len);
		n += len;
	}
	if (!changed)
		fail_msg("%s has no %s", section ? section : "", fact);
	return to;
}

static void say(void *arg, const struct register_fault *f)
{
	(void)arg;
	printf("%u: %s: %s\n", f->line, f->rule, f->fault);
}

struct register_book *world_read(const char *from)
{
	struct register_book *b = NULL;

	assert_int_equal(register_read(&b, from, strlen(from), say, NULL), 0);
	return b;
}

char *world_file(const char *name)
{
	const char *source = getenv("SOURCE");
	char path[512];
	char *to = calloc(1, 1 << 20);
	FILE *f;

	assert_non_null(to);
	snprintf(path, sizeof(path), "%s/%s", source ? source : ".", name);
	f = fopen(path, "re");
	assert_non_null(f);
	assert_true(fread(to, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return to;
}

uint16_t world_org(const struct register_book *b, const char *id)
{
	uint16_t o = register_organisation_find(b, text_of(id));

	assert_int_not_equal(o, REGISTER_NONE);
	return o;
}

struct register_question world_ask(const struct register_book *b,
				   enum register_activity activity,
				   const char *by, const char *whom)
{
	struct register_question q = { .activity = activity,
				       .by = world_org(b, by),
				       .whom = world_org(b, whom),
				       .minute = WORLD_NOON };

	q.place = register_place_of(b, q.by, activity, q.minute);
	return q;
}

bool world_broke(const struct register_verdict *v, enum register_rule rule)
{
	for (unsigned i = 0; i < v->broken_count; i++)
		if (v->broken[i].rule == rule)
			return true;
	return false;
}

struct counting {
	const char *rule;
	unsigned count;
};

static void count_fault(void *arg, const struct register_fault *f)
{
	struct counting *c = arg;

	assert_true(f->line > 0 && f->fault[0] && f->mend[0]);
	assert_null(strchr(f->fault, '{'));
	assert_null(strchr(f->mend, '{'));
	c->count += !c->rule || !strcmp(f->rule, c->rule);
}

unsigned world_faults(const struct register_book *b, const char *rule)
{
	struct counting c = { rule, 0 };
	unsigned n = register_faults(b, WORLD_NOON, count_fault, &c);

	if (!rule)
		assert_int_equal(n, c.count);
	return c.count;
}
