/*
 * municipality -- Sweden's 290 municipalities, 21 regions and its area codes
 *
 * Compiled in from data/ (where from: data/SOURCES.md), so that no file has to
 * be there for a call to find its way. A region is its county: the first two
 * digits of a municipality's code. Pure.
 */
#ifndef VAXEL_ROUTING_MUNICIPALITY_H
#define VAXEL_ROUTING_MUNICIPALITY_H

#include "base/bytes.h"

#define MUNICIPALITIES 290
#define REGIONS 21

struct region {
	char county[3];
	char iso[3];             /* of ISO 3166-2, without "SE-": "D" */
	const char *county_name; /* "Södermanlands län" */
	const char *name;        /* "Region Sörmland" */
};

struct municipality {
	char code[5];
	uint8_t region; /* index in region_table */
	const char *name;
};

struct area_code {
	char digits[5]; /* with its 0: "0155" */
	int8_t region;  /* index in region_table; -1: in more counties than one
			 */
};

extern const struct region region_table[REGIONS];
extern const struct municipality municipality_table[MUNICIPALITIES];
extern const struct area_code area_code_table[];
extern const unsigned area_code_count;

/* Four digits exactly. NULL: no such municipality. */
const struct municipality *municipality_find(struct text code);

/* Where it stands in municipality_table. */
unsigned municipality_index(const struct municipality *m);

/* A county's two digits. NULL: no such county. */
const struct region *region_find(struct text county);
unsigned region_index(const struct region *r);

const struct region *municipality_region(const struct municipality *m);

/*
 * The area code that a national number ("0155...", digits) begins with. NULL:
 * none, as for a mobile number. It says where the number was once given out,
 * which is a hint at where the caller is, and never a proof.
 */
const struct area_code *area_code_of(struct text national);

#endif
