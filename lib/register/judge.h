/*
 * judge -- what the files that judge share
 *
 * A line of the law asks something of a concern: an organisation, an
 * agreement or a place, at a minute. The same requirements are put for a
 * single call (lawful.c) and for the whole map (map.c).
 */
#ifndef VAXEL_REGISTER_JUDGE_H
#define VAXEL_REGISTER_JUDGE_H

#include "register/law.h"

struct judging {
	const struct register_book *b;
	int64_t minute;
	unsigned activities; /* one, or for the map those of the line */
};

struct concern {
	uint16_t organisation, agreement, place; /* NONE: not of one */
	uint16_t region;         /* whose callers; NONE: anybody's */
	uint16_t root;           /* the controller's agreement above this one,
				    by which its giver is a processor */
	enum register_role role; /* of the organisation, or of the giver */
	bool connected;          /* agreements lead to who acts */
};

#define CONCERN_NONE                                                           \
	(struct concern)                                                       \
	{                                                                      \
		REGISTER_NONE, REGISTER_NONE, REGISTER_NONE, REGISTER_NONE,    \
			REGISTER_NONE, ORG_NONE, false                         \
	}

bool require_met(const struct judging *j, const struct law_line *l,
		 const struct concern *c);

/* Whether a line that asks of `whom` asks it of that agreement. */
bool require_concerns(enum law_whom whom, const struct register_agreement *a,
		      enum register_role giver);

/* ---- map_rules.c: requirements that look at the whole map */

bool map_answered(const struct judging *j, uint16_t region);
bool map_no_circle(const struct judging *j, uint16_t agreement);
bool map_stated_role(const struct judging *j, uint16_t organisation);
bool map_processes(const struct judging *j, uint16_t organisation,
		   unsigned activities);

/* ---- chain.c */

struct chain {
	uint16_t agreements[REGISTER_CHAIN]; /* from `whom` on */
	unsigned count;
};

/* false: no more chains, please */
typedef bool chain_h(void *arg, const struct chain *c);

/* Each chain of agreements in force from whom to by, the shortest first, at
 * most 32. */
void chain_each(const struct register_book *b,
		const struct register_question *q, bool ended_too, chain_h *h,
		void *arg);

/* What the first n agreements of the chain make of who took the last. */
struct register_responsible chain_role(const struct register_book *b,
				       const struct chain *c, unsigned n,
				       uint16_t whom);

#endif
