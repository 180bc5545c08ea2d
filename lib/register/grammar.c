/*
 * grammar -- what may stand in a register
 */
#include "register/reading.h"

#define TITLED (CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)
#define TEXT_OPTION(name) CFG_STR(name, "", CFGF_NONE)

static char empty_list[] = "{}";

/* libconfuse writes into the tables that it is given, but copies sections */
static cfg_opt_t duty[] = { TEXT_OPTION("ground"), TEXT_OPTION("from"),
			    TEXT_OPTION("until"), CFG_END() };
static cfg_opt_t role[] = { TEXT_OPTION("is"), TEXT_OPTION("towards"),
			    CFG_END() };
static cfg_opt_t organisation[] = { TEXT_OPTION("name"),
				    TEXT_OPTION("number"),
				    TEXT_OPTION("country"),
				    TEXT_OPTION("kind"),
				    TEXT_OPTION("county"),
				    TEXT_OPTION("board"),
				    TEXT_OPTION("hsa-id"),
				    TEXT_OPTION("contact"),
				    TEXT_OPTION("data-protection-officer"),
				    TEXT_OPTION("notifier"),
				    TEXT_OPTION("legal-basis"),
				    TEXT_OPTION("purpose"),
				    TEXT_OPTION("data"),
				    TEXT_OPTION("data-subjects"),
				    TEXT_OPTION("recipients"),
				    TEXT_OPTION("security"),
				    TEXT_OPTION("recipient"),
				    TEXT_OPTION("restore-tested"),
				    CFG_SEC("duty", duty, TITLED),
				    CFG_SEC("role", role, TITLED),
				    CFG_END() };
static cfg_opt_t storage[] = { TEXT_OPTION("reachable"),
			       TEXT_OPTION("encrypted"), TEXT_OPTION("sign-in"),
			       TEXT_OPTION("keys"), CFG_END() };
static cfg_opt_t place[] = { TEXT_OPTION("name"),
			     TEXT_OPTION("organisation"),
			     TEXT_OPTION("country"),
			     TEXT_OPTION("adequacy-scope"),
			     TEXT_OPTION("safeguard"),
			     TEXT_OPTION("from"),
			     TEXT_OPTION("until"),
			     CFG_STR_LIST("activities", empty_list, CFGF_NONE),
			     CFG_SEC("storage", storage, CFGF_NODEFAULT),
			     CFG_END() };
static cfg_opt_t agreement[] = {
	TEXT_OPTION("for"),
	TEXT_OPTION("by"),
	TEXT_OPTION("makes"),
	TEXT_OPTION("from"),
	TEXT_OPTION("until"),
	TEXT_OPTION("next-audit"),
	CFG_STR_LIST("activities", empty_list, CFGF_NONE),
	CFG_STR_LIST("sub-processors", empty_list, CFGF_NONE),
	TEXT_OPTION("subject"),
	TEXT_OPTION("duration"),
	TEXT_OPTION("nature"),
	TEXT_OPTION("purpose"),
	TEXT_OPTION("data"),
	TEXT_OPTION("data-subjects"),
	TEXT_OPTION("instructions"),
	TEXT_OPTION("confidentiality"),
	TEXT_OPTION("security"),
	TEXT_OPTION("sub-processing"),
	TEXT_OPTION("rights"),
	TEXT_OPTION("breaches"),
	TEXT_OPTION("deletion"),
	TEXT_OPTION("audit"),
	TEXT_OPTION("arrangement"),
	CFG_END()
};
static cfg_opt_t safeguard[] = { TEXT_OPTION("instrument"), TEXT_OPTION("from"),
				 TEXT_OPTION("until"), CFG_END() };
static cfg_opt_t retention[] = {
	TEXT_OPTION("organisation"),   TEXT_OPTION("class"),
	TEXT_OPTION("ground"),         CFG_INT("years", 0, CFGF_NONE),
	CFG_INT("days", 0, CFGF_NONE), CFG_END()
};
static cfg_opt_t notice[] = { TEXT_OPTION("organisation"),
			      TEXT_OPTION("region"),
			      TEXT_OPTION("version"),
			      TEXT_OPTION("language"),
			      TEXT_OPTION("from"),
			      TEXT_OPTION("until"),
			      CFG_STR_LIST("tells", empty_list, CFGF_NONE),
			      CFG_END() };
static cfg_opt_t top[] = { TEXT_OPTION("as-of"),
			   CFG_SEC("organisation", organisation, TITLED),
			   CFG_SEC("place", place, TITLED),
			   CFG_SEC("agreement", agreement, TITLED),
			   CFG_SEC("safeguard", safeguard, TITLED),
			   CFG_SEC("retention", retention, TITLED),
			   CFG_SEC("notice", notice, TITLED),
			   CFG_END() };

cfg_t *reading_grammar(void)
{
	return cfg_init(top, CFGF_NONE);
}
