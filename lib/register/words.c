/*
 * words -- the names of what the register's enums hold
 */
#include "register/reading.h"

static const char *const rules[RULES] = {
#define RULE(name, id) [RULE_##name] = (id),
#include "register/rules.def"
#undef RULE
};

const char *const word_activities[ACTIVITIES] = {
	[ACT_ANSWERING] = "answering",       [ACT_RECORDING] = "recording",
	[ACT_STORING] = "storing",           [ACT_LISTENING] = "listening",
	[ACT_TRANSPORTING] = "transporting",
};

const char *const word_roles[ORG_ROLES] = {
	[ORG_NONE] = "none",
	[ORG_CONTROLLER] = "controller",
	[ORG_JOINT] = "joint",
	[ORG_PROCESSOR] = "processor",
	[ORG_SUBPROCESSOR] = "sub-processor",
};

const char *const word_kinds[KINDS] = {
	[KIND_REGION] = "region",       [KIND_PROVIDER] = "provider",
	[KIND_SUPPLIER] = "supplier",   [KIND_NATIONAL] = "national",
	[KIND_AUTHORITY] = "authority",
};

const char *const word_duties[DUTIES] = {
	[DUTY_HEALTH_CARE] = "health-care",
	[DUTY_SECRECY] = "secrecy",
};

const char *const word_agreements[AGREEMENT_KINDS] = {
	[AGREEMENT_CONTROLLER] = "controller",
	[AGREEMENT_PROCESSOR] = "processor",
	[AGREEMENT_JOINT] = "joint",
};

const char *const word_tells[TELLS] = {
	[TELL_CONTROLLER] = "controller",
	[TELL_PURPOSE] = "purpose",
	[TELL_RECORDING] = "recording",
	[TELL_RECIPIENTS] = "recipients",
	[TELL_THIRD_COUNTRY] = "third-country",
	[TELL_RIGHTS] = "rights",
	[TELL_MORE] = "more",
};

const char *const word_sign_in[] = {
	[SIGN_IN_NONE] = "none",
	[SIGN_IN_PASSWORD] = "password",
	[SIGN_IN_STRONG] = "strong",
	NULL,
};

const char *const word_parts[PARTS] = {
	[PART_SUBJECT] = "subject",
	[PART_DURATION] = "duration",
	[PART_NATURE] = "nature",
	[PART_PURPOSE] = "purpose",
	[PART_DATA] = "data",
	[PART_SUBJECTS] = "data-subjects",
	[PART_INSTRUCTIONS] = "instructions",
	[PART_CONFIDENTIALITY] = "confidentiality",
	[PART_SECURITY] = "security",
	[PART_SUBPROCESSORS] = "sub-processing",
	[PART_RIGHTS] = "rights",
	[PART_BREACHES] = "breaches",
	[PART_DELETION] = "deletion",
	[PART_AUDIT] = "audit",
	[PART_ARRANGEMENT] = "arrangement",
};

unsigned word_find(const char *const *words, unsigned n, struct text t)
{
	unsigned i = 0;

	while (i < n && !text_is(t, words[i]))
		i++;
	return i;
}

static const char *word(const char *const *words, unsigned n, unsigned i)
{
	return i < n ? words[i] : "unknown";
}

const char *register_rule_id(enum register_rule rule)
{
	return word(rules, RULES, rule);
}

int word_rule(struct text id, enum register_rule *ret)
{
	unsigned i = word_find(rules, RULES, id);

	if (i == RULES)
		return ENOENT;
	*ret = (enum register_rule)i;
	return 0;
}

const char *register_activity_name(enum register_activity activity)
{
	return word(word_activities, ACTIVITIES, activity);
}

const char *register_role_name(enum register_role role)
{
	return word(word_roles, ORG_ROLES, role);
}

const char *register_kind_name(enum register_kind kind)
{
	return word(word_kinds, KINDS, kind);
}

const char *register_part_name(enum register_part part)
{
	return word(word_parts, PARTS, part);
}

const char *register_tell_name(enum register_tell tell)
{
	return word(word_tells, TELLS, tell);
}
