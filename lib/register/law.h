/*
 * law -- the rules and the countries as dated data
 *
 * data/law.tsv says in each line what one provision requires of whom, since
 * when; data/countries.tsv where personal data may go. So a changed act is a
 * changed line. Both are built into the program; the tests read others.
 */
#ifndef VAXEL_REGISTER_LAW_H
#define VAXEL_REGISTER_LAW_H

#include "register/register.h"

#define LAW_LINES 128
#define LAW_COUNTRIES 320

/* Of whom a line of the law requires something. */
enum law_whom {
	WHOM_PERFORMER,     /* who acts */
	WHOM_CONTROLLER,    /* each on the way to who acts */
	WHOM_AGREEMENT,     /* each on the way */
	WHOM_PROCESSOR,     /* ... that makes a processor */
	WHOM_SUB_PROCESSOR, /* ... whose giver is a processor itself */
	WHOM_JOINT,
	WHOM_APPOINTMENT, /* ... that makes a controller or a joint one */
	WHOM_PLACE,       /* where it is done */
	WHOM_PROCESSING,  /* organisations that process for others */
	WHOM_REGION,
	WHOM_ORGANISATION,
	WHOMS
};

/* REQUIREMENT(name, word): what a line may require; require.c judges it. */
enum law_requirement {
#define REQUIREMENT(name, word) REQ_##name,
#include "register/requirements.def"
#undef REQUIREMENT
	REQUIREMENTS
};

struct law_line {
	enum register_rule rule;
	struct register_term term;
	bool call; /* asked for each call; else of the whole map alone */
	unsigned activities;
	enum law_whom whom;
	enum law_requirement requires;
	unsigned amount;
	struct text provision, fault, mend; /* {who} {from} {to} {agreement}
					       {place}: named when told */
};

enum law_standing { STANDING_THIRD, STANDING_EEA, STANDING_ADEQUATE };

struct law_country {
	char code[3];
	enum law_standing standing;
	struct register_term term;
	struct text scope; /* only who is within it; empty: all */
};

struct register_law {
	struct law_line lines[LAW_LINES];
	unsigned line_count;
	struct law_country countries[LAW_COUNTRIES];
	unsigned country_count;
};

/*
 * Texts must outlive the law. EBADMSG with the line that is wrong, EMSGSIZE
 * too many.
 */
int law_read(struct text law, struct register_law *ret,
	     unsigned *ret_line) CHECK_RESULT;
int law_read_countries(struct text countries, struct register_law *ret,
		       unsigned *ret_line) CHECK_RESULT;

/* Those that were built in. */
struct text law_text(void);
struct text law_countries_text(void);

/* register_read() with other law than what was built in; the texts must
 * outlive the book. */
int register_read_by(struct register_book **ret, const char *text, size_t len,
		     struct text law, struct text countries,
		     register_fault_h *fault, void *arg) CHECK_RESULT;

/* The rows of a code lie together; false: no such country. */
bool law_country_find(const struct register_law *law, const char code[3],
		      uint16_t *ret_row, uint16_t *ret_rows);

#endif
