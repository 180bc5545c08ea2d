/*
 * reading -- what the files that read the register share
 */
#ifndef VAXEL_REGISTER_READING_H
#define VAXEL_REGISTER_READING_H

#include <confuse.h>

#include "register/law.h"

/* ---- words.c */

extern const char *const word_activities[ACTIVITIES];
extern const char *const word_roles[ORG_ROLES];
extern const char *const word_kinds[KINDS];
extern const char *const word_duties[DUTIES];
extern const char *const word_agreements[AGREEMENT_KINDS];
extern const char *const word_tells[TELLS];
extern const char *const word_sign_in[]; /* ends with NULL */
extern const char *const word_parts[PARTS];

/* n: not among them. */
unsigned word_find(const char *const *words, unsigned n, struct text t);
int word_rule(struct text id, enum register_rule *ret) CHECK_RESULT;

/* ---- where something stands in the text, for faults */

enum section_kind {
	SECTION_ORGANISATION,
	SECTION_PLACE,
	SECTION_AGREEMENT,
	SECTION_SAFEGUARD,
	SECTION_RETENTION,
	SECTION_NOTICE,
	SECTIONS
};

extern const char *const section_names[SECTIONS];

#define SECTION_MAX REGISTER_AGREEMENTS /* the most of one kind */
#define INTERN_SLOTS 16384

struct section_start {
	const char *at; /* at its opening brace */
	unsigned line;
};

struct reading {
	struct register_book *b;
	const char *text;
	register_fault_h *fault;
	void *arg;
	unsigned faults;
	uint32_t string_max;
	uint32_t slots[INTERN_SLOTS];
	struct section_start starts[SECTIONS][SECTION_MAX];
	/* the section that is being filled */
	enum section_kind kind;
	unsigned n;
};

/* libconfuse's error function has no argument of ours. */
extern struct reading *reading_current;

/* option NULL: the section itself. */
void reading_fault(struct reading *r, const char *option, const char *mend,
		   const char *fmt, ...) PRINTF_LIKE(4, 5);
unsigned reading_line(const struct reading *r, const char *option);

cfg_t *reading_grammar(void);

/* ---- doubled.c: the line where a section says an option again; 0: none does
 */

unsigned reading_doubled(const char *text, struct text *ret_name);

/* ---- strings.c */

register_str reading_intern(struct reading *r, struct text t);

/* The option's text, checked: UTF-8, no control characters, bounded. */
register_str reading_str(struct reading *r, cfg_t *cfg, const char *option);

/* One of `words`; 0 with a fault where it is none of them. */
unsigned reading_word(struct reading *r, const char *option, const char *value,
		      const char *const *words, unsigned n);

/* The set of words in a list; `words` at most 32. */
unsigned reading_set(struct reading *r, cfg_t *cfg, const char *option,
		     const char *const *words, unsigned n);

void reading_term(struct reading *r, cfg_t *cfg, struct register_term *ret);
/* REGISTER_SINCE_EVER where nothing is said. */
int64_t reading_day(struct reading *r, cfg_t *cfg, const char *option,
		    bool end);
void reading_country(struct reading *r, cfg_t *cfg, char to[3]);

/* The organisation that the option names; NONE where it names none. */
uint16_t reading_organisation(struct reading *r, const char *option,
			      const char *id);

/* ---- checks.c: numbers with check digits */

/* "232100-0016", the last digit by Luhn's rule. */
bool check_organisation_number(struct text t);
/* "SE" and an organisation number of 10 or 12 digits, "-", a suffix. */
bool check_hsa_id(struct text t);
/* [a-z0-9-], 1 to 63 of them. */
bool check_id(struct text t);

/* ---- fill.c, fill_agreement.c: each the section n of its kind */

void fill_organisation(struct reading *r, cfg_t *cfg, unsigned n);
void fill_place(struct reading *r, cfg_t *cfg, unsigned n);
void fill_agreement(struct reading *r, cfg_t *cfg, unsigned n);
void fill_safeguard(struct reading *r, cfg_t *cfg, unsigned n);
void fill_retention(struct reading *r, cfg_t *cfg, unsigned n);
void fill_notice(struct reading *r, cfg_t *cfg, unsigned n);

/* ---- index.c */

void index_build(struct register_book *b);

#endif
