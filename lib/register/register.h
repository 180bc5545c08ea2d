/*
 * register -- who may do what for whom, where, since when, and by which law
 *
 * Organisations, places of processing, agreements, safeguards, notices and
 * retention, read from one plain text (register.conf(5)) into fixed arrays.
 * Things are known by their index; names are offsets into one block of
 * strings. A book never changes once it is read, and no question put to it
 * allocates. Pure: no file, no clock; the minute is passed in.
 *
 * Minutes are counted from 1970-01-01T00:00Z. A day in the text is a day in
 * Europe/Stockholm: `from` holds from its first minute, `until` to its last.
 *
 * ENOENT  no such thing     EMSGSIZE  over a limit     EINVAL  faults reported
 */
#ifndef VAXEL_REGISTER_REGISTER_H
#define VAXEL_REGISTER_REGISTER_H

#include <stdarg.h>

#include "base/bytes.h"

#define REGISTER_ORGANISATIONS 256
#define REGISTER_PLACES 256
#define REGISTER_AGREEMENTS 512
#define REGISTER_SAFEGUARDS 64
#define REGISTER_RETENTIONS 256
#define REGISTER_NOTICES 128
#define REGISTER_SUBS 16   /* sub-processors that an agreement allows */
#define REGISTER_STATED 8  /* roles that an organisation says it has */
#define REGISTER_DUTIES 4  /* of an organisation */
#define REGISTER_CHAIN 6   /* agreements between who acts and for whom */
#define REGISTER_BROKEN 24 /* rules that one answer can name */
#define REGISTER_DIGEST 32
#define REGISTER_TEXT_MAX (1024 * 1024)

#define REGISTER_NONE UINT16_MAX
#define REGISTER_ALWAYS INT64_MAX /* until: no end */
#define REGISTER_SINCE_EVER INT64_MIN

enum register_activity {
	ACT_ANSWERING,
	ACT_RECORDING,
	ACT_STORING,
	ACT_LISTENING,
	ACT_TRANSPORTING,
	ACTIVITIES
};

#define ACT_BIT(a) (1U << (a))
#define ACT_ALL (ACT_BIT(ACTIVITIES) - 1)

enum register_rule {
#define RULE(name, id) RULE_##name,
#include "register/rules.def"
#undef RULE
	RULES
};

enum register_kind {
	KIND_REGION,
	KIND_PROVIDER, /* of care */
	KIND_SUPPLIER,
	KIND_NATIONAL,
	KIND_AUTHORITY,
	KINDS
};

enum register_role {
	ORG_NONE,
	ORG_CONTROLLER,
	ORG_JOINT,
	ORG_PROCESSOR,
	ORG_SUBPROCESSOR,
	ORG_ROLES
};

enum register_duty { DUTY_HEALTH_CARE, DUTY_SECRECY, DUTIES };

/* What `to` becomes by an agreement that `from` gave it. */
enum register_agreement_kind {
	AGREEMENT_CONTROLLER, /* answers for what it does itself, as a care
				 provider does */
	AGREEMENT_PROCESSOR,
	AGREEMENT_JOINT,
	AGREEMENT_KINDS
};

/* What stands in an agreement, GDPR 28(3) and 26; each a bit of `parts`. */
enum register_part {
	PART_SUBJECT,
	PART_DURATION,
	PART_NATURE,
	PART_PURPOSE,
	PART_DATA,
	PART_SUBJECTS,
	PART_INSTRUCTIONS,    /* a */
	PART_CONFIDENTIALITY, /* b */
	PART_SECURITY,        /* c */
	PART_SUBPROCESSORS,   /* d */
	PART_RIGHTS,          /* e */
	PART_BREACHES,        /* f */
	PART_DELETION,        /* g */
	PART_AUDIT,           /* h */
	PART_ARRANGEMENT,     /* 26(1), 26(2) */
	PARTS
};

/* What a notice tells; each a bit of `tells`. GDPR 13(1), 13(2). */
enum register_tell {
	TELL_CONTROLLER,
	TELL_PURPOSE,
	TELL_RECORDING, /* that the call is recorded once a nurse answers */
	TELL_RECIPIENTS,
	TELL_THIRD_COUNTRY,
	TELL_RIGHTS,
	TELL_MORE, /* where to read more */
	TELLS
};

enum register_sign_in { SIGN_IN_NONE, SIGN_IN_PASSWORD, SIGN_IN_STRONG };

struct register_term { /* holds while from <= minute < until */
	int64_t from;
	int64_t until;
};

/* An offset into the book's strings; register_text(). 0 is "". */
typedef uint32_t register_str;

struct register_duty_held {
	enum register_duty duty;
	register_str ground; /* the act that makes it so */
	struct register_term term;
};

struct register_stated {
	enum register_activity activity;
	enum register_role role;
	uint16_t towards; /* NONE: anybody */
};

struct register_organisation {
	register_str id, name, number, hsa, board, contact, officer, notifier;
	register_str
		legal_basis; /* GDPR 6 and 9, as the controller states it */
	register_str purpose, data, subjects, recipients, security;
	register_str recipient; /* of a region: age1..., what is kept for it */
	char country[3];
	char county[3]; /* of a region; else "" */
	enum register_kind kind;
	struct register_duty_held duties[REGISTER_DUTIES];
	struct register_stated stated[REGISTER_STATED];
	uint8_t duty_count, stated_count;
	int64_t restore_tested;              /* minute; SINCE_EVER: never */
	uint16_t first_to, to_count;         /* in book->by_to */
	uint16_t first_from, from_count;     /* in book->by_from */
	uint16_t first_notice, notice_count; /* in book->notice_by */
	uint16_t first_retention, retention_count; /* in book->retention_by */
	unsigned line;
};

struct register_place {
	register_str id, name;
	char country[3];
	uint16_t organisation;
	unsigned activities; /* ACT_BITs */
	uint16_t safeguard;  /* NONE */
	bool storage;        /* it says something of storage */
	bool open;           /* reachable by whoever knows the address */
	bool plain;          /* stored or carried unencrypted */
	enum register_sign_in sign_in;
	bool keys;          /* that open recordings are kept here */
	register_str scope; /* of an adequacy decision that it is within */
	uint16_t country_row, country_rows; /* in law->countries */
	struct register_term term;
	unsigned line;
};

struct register_agreement {
	register_str id, part[PARTS];
	uint16_t from, to;
	enum register_agreement_kind kind;
	unsigned activities;
	unsigned parts; /* 1 << enum register_part, of those that say something
			 */
	uint16_t subs[REGISTER_SUBS];
	uint8_t sub_count;
	bool subs_any;      /* general written authorisation */
	int64_t next_audit; /* minute; SINCE_EVER: none set */
	struct register_term term;
	unsigned line;
};

struct register_safeguard { /* GDPR 46, 49 */
	register_str id, instrument;
	struct register_term term;
	unsigned line;
};

struct register_retention {
	register_str id, ground;
	uint16_t organisation;
	bool health_record;
	unsigned years, days;
	unsigned line;
};

struct register_notice {
	register_str id, version, language;
	uint16_t organisation; /* whose notice it is */
	uint16_t region;       /* for whose callers; NONE: all */
	unsigned tells;
	struct register_term term;
	unsigned line;
};

struct register_law; /* dated rules and countries; law.h */

struct register_book {
	struct register_organisation organisations[REGISTER_ORGANISATIONS];
	struct register_place places[REGISTER_PLACES];
	struct register_agreement agreements[REGISTER_AGREEMENTS];
	struct register_safeguard safeguards[REGISTER_SAFEGUARDS];
	struct register_retention retentions[REGISTER_RETENTIONS];
	struct register_notice notices[REGISTER_NOTICES];
	uint16_t organisation_count, place_count, agreement_count;
	uint16_t safeguard_count, retention_count, notice_count;
	uint16_t by_to[REGISTER_AGREEMENTS];   /* agreements, by `to` */
	uint16_t by_from[REGISTER_AGREEMENTS]; /* ... by `from` */
	uint16_t notice_by[REGISTER_NOTICES]; /* by organisation, as the next */
	uint16_t retention_by[REGISTER_RETENTIONS];
	uint16_t of_county[100];         /* region; NONE */
	uint8_t digest[REGISTER_DIGEST]; /* SHA-256 of the text */
	/* the minute at which the whole is judged, where the text says it, as
	 * examples and drafts do; SINCE_EVER: it does not */
	int64_t as_of;
	struct register_law *law;
	char *strings;
	uint32_t string_bytes;
};

/* ---- reading */

struct register_fault {
	unsigned line; /* in the text; 1 where it is of the whole */
	char rule[24]; /* an id of the rules, or "CONFIG" for a fault of form */
	char fault[256];
	char mend[256];
};

typedef void register_fault_h(void *arg, const struct register_fault *f);

/* Put words to f, cut where they are too long, and tell it to h (or nobody). */
void register_fault_tell(register_fault_h *h, void *arg,
			 struct register_fault f, const char *mend,
			 const char *fmt, va_list ap) PRINTF_LIKE(5, 0);

/*
 * Read the text; every fault of form is reported before EINVAL is returned.
 * What the law says of it is another question: register_faults().
 * EMSGSIZE longer than REGISTER_TEXT_MAX, ENOMEM.
 */
int register_read(struct register_book **ret, const char *text, size_t len,
		  register_fault_h *fault, void *arg) CHECK_RESULT;

void register_free(struct register_book *b);

/* What the ledger notes of the loaded version: SHA-256 of the text. */
void register_digest(const struct register_book *b,
		     uint8_t ret[REGISTER_DIGEST]);

/*
 * "2026-11-21" or RFC 3339. A day that is an `end` is counted to its end.
 * Days are Europe/Stockholm's, with the clock's changes of today's rule.
 */
int register_date_read(struct text t, bool end,
		       int64_t *ret_minute) CHECK_RESULT;

#define REGISTER_DATE_TEXT 40

/* The day, where it is one, else the time in UTC; "-" for no bound. */
void register_date_text(int64_t minute, bool end, char to[REGISTER_DATE_TEXT]);

/* ---- looking up; REGISTER_NONE: no such */

uint16_t register_organisation_find(const struct register_book *b,
				    struct text id);
uint16_t register_place_find(const struct register_book *b, struct text id);
uint16_t register_agreement_find(const struct register_book *b, struct text id);
/* The region of a county code, two digits. */
uint16_t register_region_find(const struct register_book *b,
			      struct text county);
uint16_t register_notice_find(const struct register_book *b, struct text id);
/* The organisation's place for that activity at the minute. */
uint16_t register_place_of(const struct register_book *b, uint16_t organisation,
			   enum register_activity activity, int64_t minute);

const char *register_text(const struct register_book *b, register_str s);
const char *register_rule_id(enum register_rule rule);
const char *register_activity_name(enum register_activity activity);
const char *register_role_name(enum register_role role);
const char *register_kind_name(enum register_kind kind);
const char *register_part_name(enum register_part part);
const char *register_tell_name(enum register_tell tell);

static inline bool register_in_force(struct register_term t, int64_t minute)
{
	return t.from <= minute && minute < t.until;
}

/* ---- who is responsible */

struct register_responsible {
	enum register_role role;
	uint16_t controller; /* who answers by law; NONE with ORG_NONE */
	uint16_t agreement;  /* by which it has the role; NONE: its own */
};

/*
 * The role of `by` in that activity for `whom` at the minute, as the
 * agreements make it. ORG_NONE: nothing connects them.
 */
void register_responsible(const struct register_book *b,
			  enum register_activity activity, uint16_t by,
			  uint16_t whom, int64_t minute,
			  struct register_responsible *ret);

/* ---- notices */

/*
 * What the law in force at the minute wants told to who is recorded, and this
 * notice leaves out: each a bit 1 << enum register_tell.
 */
unsigned register_notice_untold(const struct register_book *b, uint16_t notice,
				int64_t minute);

/* ---- is this lawful */

struct register_broken {
	enum register_rule rule;
	uint8_t law; /* the line of the law, register_provision() */
	uint16_t organisation, agreement, place; /* NONE: not of one */
};

struct register_verdict {
	struct register_responsible who;
	uint16_t chain[REGISTER_CHAIN]; /* agreements, from `whom` on to `by` */
	unsigned chain_count;
	unsigned broken_count; /* 0: yes */
	struct register_broken broken[REGISTER_BROKEN];
};

struct register_question {
	enum register_activity activity;
	uint16_t by;    /* organisation that acts */
	uint16_t whom;  /* organisation whose service it is: the region */
	uint16_t place; /* where it acts; NONE: not known, which is a fault */
	int64_t minute;
};

/*
 * Yes, or no with every rule broken. Of several chains of agreements the one
 * that breaks least is judged. No allocation.
 */
bool register_lawful(const struct register_book *b,
		     const struct register_question *q,
		     struct register_verdict *ret);

/* "Act (2017:30)": what the broken rule says, and one line what is wrong and
 * what would mend it, with the names of those concerned. */
struct text register_provision(const struct register_book *b,
			       const struct register_broken *broken);
void register_explain(const struct register_book *b,
		      const struct register_broken *broken,
		      struct register_fault *ret);

/* ---- the whole map */

/*
 * The roles that the agreements in force give it in that activity, each a
 * bit 1 << enum register_role. towards NONE: towards anybody.
 */
unsigned register_roles(const struct register_book *b, uint16_t organisation,
			enum register_activity activity, uint16_t towards,
			int64_t minute);

/* A copy in which the agreement ends at the minute. ENOMEM. */
int register_what_if_end(struct register_book **ret,
			 const struct register_book *b, uint16_t agreement,
			 int64_t minute) CHECK_RESULT;

/*
 * Every fault of the whole at that minute: gaps, cycles, roles, what no call
 * asks about (audits, restores, records of processing). Returns how many.
 */
unsigned register_faults(const struct register_book *b, int64_t minute,
			 register_fault_h *fault, void *arg);

#endif
