/*
 * lawful -- take away any one fact that the law asks for, and the yes becomes
 * a no that names its rule
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "register/law.h"
#include "tests/unit/register/world.h"

static const struct {
	enum register_activity activity;
	const char *by;
} all[] = {
	{ ACT_ANSWERING, "provider" }, { ACT_LISTENING, "provider" },
	{ ACT_RECORDING, "supplier" }, { ACT_STORING, "supplier" },
	{ ACT_STORING, "hall" },       { ACT_TRANSPORTING, "national" },
};

enum { QUESTIONS = sizeof(all) / sizeof(all[0]) };

static void test_yes(void **state)
{
	struct register_book *b = world_read(world_text());

	(void)state;
	for (unsigned i = 0; i < QUESTIONS; i++) {
		struct register_question q =
			world_ask(b, all[i].activity, all[i].by, "region");
		struct register_verdict v;

		if (!register_lawful(b, &q, &v))
			fail_msg("%s by %s: %s",
				 register_activity_name(all[i].activity),
				 all[i].by, register_rule_id(v.broken[0].rule));
	}
	register_free(b);
}

/* Which of the questions, by bit, hang on the fact. */
enum {
	ANSWER = 1 << 0,
	LISTEN = 1 << 1,
	RECORD_ = 1 << 2,
	STORE = 1 << 3,
	COPY = 1 << 4,
	CARRY = 1 << 5,
	SWITCHBOARD = RECORD_ | STORE | COPY,
	CARE = ANSWER | LISTEN | SWITCHBOARD,
	ALL = CARE | CARRY
};

struct fact {
	const char *section, *fact, *instead;
	enum register_rule rule;
	unsigned breaks;
};

#define PART_OF_ALL(word)                                                      \
	{ "agreement switchboard", word, NULL, RULE_GDPR_28_3, SWITCHBOARD },  \
		{ "agreement storage", word, NULL, RULE_GDPR_28_3, COPY },     \
	{                                                                      \
		"agreement route", word, NULL, RULE_GDPR_28_3, CARRY           \
	}
#define TELLS_WITHOUT(who, rest)                                               \
	{                                                                      \
		"notice of-" who, "tells", "tells = {" rest "}\n",             \
			RULE_GDPR_13, RECORD_                                  \
	}
#define TELLS_EACH(who)                                                        \
	TELLS_WITHOUT(who, "purpose, recording, recipients, third-country, "   \
			   "rights, more"),                                    \
		TELLS_WITHOUT(who, "controller, recording, recipients, "       \
				   "third-country, rights, more"),             \
		TELLS_WITHOUT(who, "controller, purpose, recipients, "         \
				   "third-country, rights, more"),             \
		TELLS_WITHOUT(who, "controller, purpose, recording, "          \
				   "third-country, rights, more"),             \
		TELLS_WITHOUT(who, "controller, purpose, recording, "          \
				   "recipients, rights, more"),                \
		TELLS_WITHOUT(who, "controller, purpose, recording, "          \
				   "recipients, third-country, more"),         \
		TELLS_WITHOUT(who, "controller, purpose, recording, "          \
				   "recipients, third-country, rights")

static const struct fact facts[] = {
	{ "organisation provider", "duty health", NULL, RULE_SE_HSL, ANSWER },
	{ "organisation provider", "duty secrecy", NULL, RULE_SE_SECRECY,
	  ANSWER | LISTEN },
	{ "organisation provider", "duty secrecy",
	  "duty secrecy { ground = x until = 2026-05-31 }\n", RULE_SE_SECRECY,
	  ANSWER | LISTEN },
	{ "organisation provider", "legal-basis", NULL, RULE_GDPR_6_9, CARE },
	{ "organisation region", "legal-basis", NULL, RULE_GDPR_6_9, ALL },
	PART_OF_ALL("subject ="),
	PART_OF_ALL("duration"),
	PART_OF_ALL("nature"),
	PART_OF_ALL("purpose"),
	PART_OF_ALL("data ="),
	PART_OF_ALL("data-subjects"),
	PART_OF_ALL("instructions"),
	PART_OF_ALL("confidentiality"),
	PART_OF_ALL("security"),
	PART_OF_ALL("sub-processing"),
	PART_OF_ALL("rights"),
	PART_OF_ALL("breaches"),
	PART_OF_ALL("deletion"),
	PART_OF_ALL("audit ="),
	{ "agreement care", "until", "until = 2026-05-31\n", RULE_GDPR_28_3,
	  CARE },
	{ "agreement care", "from", "from = 2026-06-02\n", RULE_GDPR_28_3,
	  CARE },
	{ "agreement switchboard", "makes",
	  "makes = processor\nuntil = 2026-05-31\n", RULE_GDPR_28_3,
	  SWITCHBOARD },
	{ "agreement switchboard", "activities", "activities = {storing}\n",
	  RULE_GDPR_28_3, RECORD_ },
	{ "agreement storage", "for =", "for = national\n", RULE_GDPR_28_3,
	  COPY },
	{ "agreement switchboard", "sub-processors", NULL, RULE_GDPR_28_2,
	  COPY },
	{ "agreement switchboard", "sub-processors",
	  "sub-processors = {national}\n", RULE_GDPR_28_2, COPY },
	{ "agreement switchboard", "makes", "makes = joint\n", RULE_GDPR_26,
	  SWITCHBOARD },
	{ "agreement storage", "makes", "makes = controller\n",
	  RULE_ROLE_CONFLICT, COPY },
	{ "place copy", "safeguard", NULL, RULE_GDPR_44, COPY },
	{ "safeguard clauses", "instrument",
	  "instrument = x\nuntil = 2026-05-31\n", RULE_GDPR_44, COPY },
	{ "place nurses", "country", "country = TH\n", RULE_GDPR_44,
	  ANSWER | LISTEN },
	{ "place nurses", "country", "country = US\n", RULE_GDPR_44,
	  ANSWER | LISTEN },
	{ "place nurses", "organisation", "organisation = region\n",
	  RULE_GDPR_30, ANSWER | LISTEN },
	{ "place nurses", "activities", "activities = {answering}\n",
	  RULE_GDPR_30, LISTEN },
	{ "place recorder", "reachable", "reachable = open\n",
	  RULE_GDPR_32_OPEN, RECORD_ | STORE },
	{ "place copy", "reachable", NULL, RULE_GDPR_32_OPEN, COPY },
	{ "place copy", "reachable", NULL, RULE_HSLF_3_15, COPY },
	{ "place copy", "encrypted", NULL, RULE_GDPR_32_PLAIN, COPY },
	{ "place recorder", "encrypted", "encrypted = no\n", RULE_GDPR_32_PLAIN,
	  RECORD_ | STORE },
	{ "place recorder", "encrypted", "encrypted = yes\nkeys = yes\n",
	  RULE_GDPR_32_KEY, RECORD_ | STORE },
	{ "retention of-provider", "years", "years = 9\n", RULE_PDL_3_17,
	  STORE | COPY },
	{ "notice of-region", "version", "version = 1\nuntil = 2026-05-31\n",
	  RULE_GDPR_13, RECORD_ },
	TELLS_EACH("region"),
	TELLS_EACH("provider"),
	{ "agreement care", "makes",
	  "makes = processor\nsubject = x\nduration = x\nnature = x\n"
	  "purpose = x\ndata = x\ndata-subjects = x\ninstructions = x\n"
	  "confidentiality = x\nsecurity = x\nsub-processing = x\n"
	  "rights = x\nbreaches = x\ndeletion = x\naudit = x\n"
	  "sub-processors = any\n",
	  RULE_ROLE_CONFLICT, ANSWER },
	{ "agreement route", "for =",
	  "for = region\nby = provider\nmakes = controller\n"
	  "activities = {transporting}\n}\n"
	  "agreement hinge {\nfor = provider\n",
	  RULE_ROLE_HINGE, CARRY },
};

static bool said(const struct register_fault *f, const char *word)
{
	return strstr(f->fault, word) || strstr(f->mend, word);
}

/* What a notice should tell, and the fact does not: by its word. */
static bool untold_said(const struct fact *fact, const struct register_fault *f)
{
	for (unsigned t = 0; t < TELLS; t++) {
		const char *word = register_tell_name((enum register_tell)t);
		char quoted[32];

		assert_true(snprintf(quoted, sizeof(quoted), "`%s`", word) <
			    (int)sizeof(quoted));
		if (!strstr(fact->instead, word))
			return said(f, quoted);
	}
	return false;
}

/* One of the faults names what was taken away, and where. */
static bool named(const struct register_book *b, const struct fact *fact,
		  const struct register_verdict *v)
{
	bool tells = !strcmp(fact->fact, "tells");
	char word[32] = "";
	const char *end;
	size_t len;

	if (fact->instead && !tells)
		return true; /* another fact, not one less */
	end = strstr(fact->fact, " =");
	len = end ? (size_t)(end - fact->fact) : strlen(fact->fact);
	assert_true(len < sizeof(word));
	memcpy(word, fact->fact, len);
	for (unsigned i = 0; i < v->broken_count; i++) {
		struct register_fault f;

		register_explain(b, &v->broken[i], &f);
		if (tells ? untold_said(fact, &f)
			  : said(&f, word) && (fact->rule != RULE_GDPR_28_3 ||
					       said(&f, fact->section)))
			return true;
	}
	return false;
}

/* Each line of the law that a call is asked by is broken by some fact. */
static void assert_whole_law(const struct register_book *b,
			     const bool broken[LAW_LINES])
{
	for (unsigned i = 0; i < b->law->line_count; i++) {
		const struct law_line *l = &b->law->lines[i];

		if (l->call && register_in_force(l->term, WORLD_NOON) &&
		    !broken[i])
			fail_msg("nothing breaks line %u of the law: %s %.*s",
				 i + 2, register_rule_id(l->rule),
				 (int)l->fault.len, l->fault.p);
	}
}

static void test_each_fact(void **state)
{
	static bool broken[LAW_LINES];
	struct register_book *whole = world_read(world_text());

	(void)state;
	for (size_t f = 0; f < sizeof(facts) / sizeof(facts[0]); f++) {
		char *text = world_without(world_text(), facts[f].section,
					   facts[f].fact, facts[f].instead);
		struct register_book *b = world_read(text);

		for (unsigned i = 0; i < QUESTIONS; i++) {
			struct register_question q = world_ask(
				b, all[i].activity, all[i].by, "region");
			struct register_verdict v;
			bool yes = register_lawful(b, &q, &v);
			bool breaks = facts[f].breaks & (1U << i);

			if (yes == breaks ||
			    (breaks && (!world_broke(&v, facts[f].rule) ||
					!named(b, &facts[f], &v))))
				fail_msg(
					"%s without %s: %s by %s is %s",
					facts[f].section, facts[f].fact,
					register_activity_name(all[i].activity),
					all[i].by,
					yes ? "yes"
					    : register_rule_id(
						      v.broken[0].rule));
			for (unsigned n = 0; n < v.broken_count; n++)
				broken[v.broken[n].law] = true;
		}
		register_free(b);
		free(text);
	}
	assert_whole_law(whole, broken);
	register_free(whole);
}

/* Any set of facts taken away names each of their rules; none: a yes. */
static void test_generated(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15ULL;

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		char *text = world_without(world_text(), NULL, "organisation r",
					   "organisation region {\n");
		unsigned breaks = 0, rules_of[QUESTIONS] = { 0 };
		struct register_book *b;

		for (unsigned f = 0; f < 4; f++) {
			const struct fact *k;
			char *less;

			seed = seed * 6364136223846793005ULL + 1;
			/* those that only take away, so that they add up */
			k = &facts[(seed >> 33) %
				   (sizeof(facts) / sizeof(facts[0]))];
			if (k->instead || !strstr(text, k->fact))
				continue;
			less = world_without(world_text(), k->section, k->fact,
					     NULL);
			free(less);
			if (breaks & k->breaks)
				continue;
			less = world_without(text, k->section, k->fact, NULL);
			free(text);
			text = less;
			breaks |= k->breaks;
			for (unsigned i = 0; i < QUESTIONS; i++)
				if (k->breaks & (1U << i))
					rules_of[i] = k->rule;
		}
		b = world_read(text);
		for (unsigned i = 0; i < QUESTIONS; i++) {
			struct register_question q = world_ask(
				b, all[i].activity, all[i].by, "region");
			struct register_verdict v;
			bool yes = register_lawful(b, &q, &v);

			assert_int_equal(yes, !(breaks & (1U << i)));
			if (!yes)
				assert_true(world_broke(
					&v, (enum register_rule)rules_of[i]));
		}
		register_free(b);
		free(text);
	}
}

/* A safeguard for the transfer does not make nurses abroad bound by statute. */
static void test_safeguard_cures_no_secrecy(void **state)
{
	char *abroad = world_without(world_text(), "place nurses", "country",
				     "country = TH\nsafeguard = clauses\n");
	char *unbound = world_without(abroad, "organisation provider",
				      "duty secrecy", NULL);
	struct register_book *b = world_read(unbound);
	struct register_question q =
		world_ask(b, ACT_ANSWERING, "provider", "region");
	struct register_verdict v;

	(void)state;
	assert_false(register_lawful(b, &q, &v));
	assert_int_equal(v.broken_count, 1);
	assert_int_equal(v.broken[0].rule, RULE_SE_SECRECY);
	register_free(b);
	free(unbound);
	free(abroad);
}

/*
 * However deep, it is the controller who authorises: what the processor's own
 * agreement allows is not enough.
 */
static void test_controller_authorises(void **state)
{
	static const struct {
		const char *controllers, *halls;
		bool yes;
	} cases[] = {
		{ "hall, vault", "", true },
		{ "hall", "vault", false },
		{ "hall", "", false },
		{ "any", "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text =
			world_with_vault(cases[i].controllers, cases[i].halls);
		struct register_book *b = world_read(text);
		struct register_question q =
			world_ask(b, ACT_STORING, "vault", "region");
		struct register_verdict v;

		assert_int_equal(register_lawful(b, &q, &v), cases[i].yes);
		assert_int_equal(v.who.role, ORG_SUBPROCESSOR);
		assert_int_equal(v.chain_count, 4);
		assert_int_equal(world_broke(&v, RULE_GDPR_28_2),
				 !cases[i].yes);
		assert_int_equal(world_faults(b, "GDPR-28-2"), !cases[i].yes);
		register_free(b);
		free(text);
	}
}

/* Of two agreements between the same, the one that is whole is judged. */
static void test_best_chain(void **state)
{
	char *text = world_without(
		world_text(), NULL, "agreement switchboard",
		"agreement first {\nfor = provider\nby = supplier\n"
		"makes = processor\nactivities = {recording}\n}\n"
		"agreement switchboard {\n");
	struct register_book *b = world_read(text);
	struct register_question q =
		world_ask(b, ACT_RECORDING, "supplier", "region");
	struct register_verdict v;

	(void)state;
	assert_true(register_lawful(b, &q, &v));
	assert_int_equal(v.chain[1],
			 register_agreement_find(b, TEXT("switchboard")));
	register_free(b);
	free(text);
}

/* A care provider answers for the care that it gives, whatever is signed. */
static void test_care_is_no_processing(void **state)
{
	char *text = world_without(world_text(), "agreement care", "makes",
				   "makes = processor\n");
	struct register_book *b = world_read(text);
	struct register_question q =
		world_ask(b, ACT_ANSWERING, "provider", "region");
	struct register_verdict v;

	(void)state;
	assert_false(register_lawful(b, &q, &v));
	assert_true(world_broke(&v, RULE_ROLE_CONFLICT));
	register_free(b);
	free(text);
}

static void test_responsible(void **state)
{
	struct register_book *b = world_read(world_text());
	static const struct {
		enum register_activity activity;
		const char *by;
		enum register_role role;
		const char *controller;
	} roles[] = {
		{ ACT_ANSWERING, "region", ORG_CONTROLLER, "region" },
		{ ACT_ANSWERING, "provider", ORG_CONTROLLER, "provider" },
		{ ACT_RECORDING, "supplier", ORG_PROCESSOR, "provider" },
		{ ACT_STORING, "hall", ORG_SUBPROCESSOR, "provider" },
		{ ACT_TRANSPORTING, "national", ORG_PROCESSOR, "region" },
		{ ACT_RECORDING, "hall", ORG_NONE, NULL },
		{ ACT_ANSWERING, "supplier", ORG_NONE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		struct register_responsible r;

		register_responsible(b, roles[i].activity,
				     world_org(b, roles[i].by), 0, WORLD_NOON,
				     &r);
		assert_int_equal(r.role, roles[i].role);
		assert_int_equal(r.controller,
				 roles[i].controller
					 ? world_org(b, roles[i].controller)
					 : REGISTER_NONE);
	}
	register_free(b);
}

/* The last minute of an agreement is lawful, the next is not. */
static void test_midnight(void **state)
{
	struct register_book *b = world_read(world_text());
	struct register_question q =
		world_ask(b, ACT_ANSWERING, "provider", "region");
	struct register_verdict v;
	int64_t end;

	(void)state;
	assert_int_equal(register_date_read(TEXT("2026-12-31"), true, &end), 0);
	q.minute = end - 1;
	assert_true(register_lawful(b, &q, &v));
	q.minute = end;
	assert_false(register_lawful(b, &q, &v));
	assert_int_equal(v.broken[0].rule, RULE_GDPR_28_3);
	/* and it says which one ended */
	assert_int_equal(v.broken[0].agreement,
			 register_agreement_find(b, TEXT("care")));
	register_free(b);
}

static void test_unknown(void **state)
{
	struct register_book *b = world_read(world_text());
	struct register_question q =
		world_ask(b, ACT_ANSWERING, "provider", "region");
	struct register_verdict v;
	struct register_fault f;

	(void)state;
	q.by = REGISTER_NONE;
	assert_false(register_lawful(b, &q, &v));
	register_explain(b, &v.broken[0], &f);
	assert_string_equal(f.rule, "GDPR-28-3");
	assert_true(f.fault[0] && f.mend[0]);
	q = world_ask(b, ACT_ANSWERING, "provider", "region");
	q.place = 5000;
	assert_false(register_lawful(b, &q, &v));
	q.place = REGISTER_NONE;
	assert_false(register_lawful(b, &q, &v));
	assert_true(world_broke(&v, RULE_GDPR_30));
	register_free(b);
}

/* A changed act is a changed line. */
static void test_law_is_data(void **state)
{
	static const char law[] =
		"rule\tprovision\tfrom\tuntil\tasked\tactivities\twhom\t"
		"requires\tamount\tfault\tmend\n"
		"PDL-3-17\tan act of 2030\t2030-01-01\t-\tcall\tstoring\t"
		"controller\tretention-years\t20\t{who} keeps too short\t"
		"keep longer\n";
	struct register_book *b = NULL;
	struct register_question q;
	struct register_verdict v;
	struct register_fault f;

	(void)state;
	assert_int_equal(register_read_by(&b, world_text(),
					  strlen(world_text()), TEXT(law),
					  law_countries_text(), NULL, NULL),
			 0);
	q = world_ask(b, ACT_STORING, "supplier", "region");
	q.minute = WORLD_NOON;
	assert_true(register_lawful(b, &q, &v));
	register_free(b);
	/* in 2030 no agreement is in force; ask one that has no end */
	assert_int_equal(register_read_by(&b, world_text(),
					  strlen(world_text()), TEXT(law),
					  law_countries_text(), NULL, NULL),
			 0);
	b->agreements[0].term.until = REGISTER_ALWAYS;
	assert_int_equal(
		register_date_read(TEXT("2030-01-01"), false, &q.minute), 0);
	assert_false(register_lawful(b, &q, &v));
	register_explain(b, &v.broken[0], &f);
	assert_string_equal(f.fault, "The provider keeps too short");
	q.minute--;
	assert_true(register_lawful(b, &q, &v));
	register_free(b);
}

static void test_law_is_checked(void **state)
{
	static const char *const wrong[] = {
		"",
		"rule\n",
		"rule\tprovision\tfrom\tuntil\tasked\tactivities\twhom\t"
		"requires\tamount\tfault\tmend\nGDPR-99\tx\t-\t-\tcall\t*\t"
		"place\tsafeguard\t-\tf\tm\n",
		"rule\tprovision\tfrom\tuntil\tasked\tactivities\twhom\t"
		"requires\tamount\tfault\tmend\nGDPR-44\tx\tsoon\t-\tcall\t*\t"
		"place\tsafeguard\t-\tf\tm\n",
		"rule\tprovision\tfrom\tuntil\tasked\tactivities\twhom\t"
		"requires\tamount\tfault\tmend\nGDPR-44\tx\t-\t-\tcall\t*\t"
		"place\tluck\t-\tf\tm\n",
	};
	struct register_law *law = calloc(1, sizeof(*law));
	unsigned line;

	(void)state;
	assert_non_null(law);
	assert_int_equal(law_read(law_text(), law, &line), 0);
	assert_int_equal(law_read_countries(law_countries_text(), law, &line),
			 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(law_read(text_of(wrong[i]), law, &line),
				 EBADMSG);
	free(law);
}

static bool adequate(struct register_book *b, const char *country,
		     const char *scope, const char *day)
{
	char *text = world_without(world_text(), "place copy", "country",
				   "country = SE\n");
	struct register_question q;
	struct register_verdict v;
	bool yes;
	char lines[128];

	free(text);
	(void)b;
	assert_true(snprintf(lines, sizeof(lines),
			     "country = %s\nadequacy-scope = \"%s\"\n", country,
			     scope) < (int)sizeof(lines));
	text = world_without(world_text(), "place nurses", "country", lines);
	b = world_read(text);
	b->agreements[0].term.from = REGISTER_SINCE_EVER;
	b->agreements[0].term.until = REGISTER_ALWAYS;
	q = world_ask(b, ACT_ANSWERING, "provider", "region");
	assert_int_equal(register_date_read(text_of(day), false, &q.minute), 0);
	yes = register_lawful(b, &q, &v);
	if (!yes)
		assert_int_equal(v.broken[0].rule, RULE_GDPR_44);
	register_free(b);
	free(text);
	return yes;
}

static void test_countries(void **state)
{
	static const struct {
		const char *country, *scope, *day;
		bool yes;
	} cases[] = {
		{ "SE", "", "2026-06-01", true },
		{ "NO", "", "2026-06-01", true },
		{ "TH", "", "2026-06-01", false },
		{ "CH", "", "2026-06-01", true },
		{ "GB", "", "2020-12-31", true },
		{ "GB", "", "2021-06-28", true },
		{ "GB", "", "2032-01-01", false },
		{ "JP", "", "2019-01-22", false },
		{ "JP", "", "2019-01-23", true },
		{ "US", "", "2026-06-01", false },
		{ "US", "data-privacy-framework", "2023-07-09", false },
		{ "US", "data-privacy-framework", "2023-07-10", true },
		{ "US", "privacy-shield", "2020-07-16", true },
		{ "US", "privacy-shield", "2020-07-17", false },
		{ "CA", "commercial", "2026-06-01", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (adequate(NULL, cases[i].country, cases[i].scope,
			     cases[i].day) != cases[i].yes)
			fail_msg("%s %s", cases[i].country, cases[i].day);
}

/* What the whole of a route decision may take is 20 us, asking all five. */
static void test_fast(void **state)
{
	char *text = world_file("examples/1177/register.conf");
	struct register_book *b = world_read(text);
	struct timespec from, to;
	struct register_verdict v;
	long us;

	(void)state;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (unsigned n = 0; n < 1000; n++)
		for (unsigned a = 0; a < ACTIVITIES; a++) {
			bool care = a == ACT_ANSWERING || a == ACT_LISTENING;
			struct register_question q =
				world_ask(b, (enum register_activity)a,
					  care ? "vardlinjen" : "vaxelhuset",
					  "region-04");

			assert_true(register_lawful(b, &q, &v));
		}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	us = (to.tv_sec - from.tv_sec) * 1000000 +
	     (to.tv_nsec - from.tv_nsec) / 1000;
	printf("five questions: %ld us a thousand\n", us);
	/* slower under a sanitizer: this only catches what is far off */
	assert_true(us < 400000);
	register_free(b);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yes),
		cmocka_unit_test(test_each_fact),
		cmocka_unit_test(test_generated),
		cmocka_unit_test(test_safeguard_cures_no_secrecy),
		cmocka_unit_test(test_controller_authorises),
		cmocka_unit_test(test_best_chain),
		cmocka_unit_test(test_care_is_no_processing),
		cmocka_unit_test(test_responsible),
		cmocka_unit_test(test_midnight),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_law_is_data),
		cmocka_unit_test(test_law_is_checked),
		cmocka_unit_test(test_countries),
		cmocka_unit_test(test_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
