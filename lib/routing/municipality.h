/*
 * municipality -- from a municipality's code to its county
 *
 * The table is data/municipalities.tsv (source: data/SOURCES.md), read whole
 * and checked whole: 4-digit codes in rising order, each once, the first two
 * digits being the county. Pure: text in, structs out.
 */
#ifndef VAXEL_ROUTING_MUNICIPALITY_H
#define VAXEL_ROUTING_MUNICIPALITY_H

#include "base/bytes.h"

#define MUNICIPALITIES_MAX 320

struct municipality {
	char code[5];
	char county[3];
	char name[48];
	char region[64]; /* "Region Sörmland" */
};

struct municipality_table {
	unsigned count;
	struct municipality rows[MUNICIPALITIES_MAX];
};

/* The file's text. EBADMSG with the line that is wrong, EMSGSIZE too many. */
int municipality_read(struct text tsv, struct municipality_table *ret,
		      unsigned *ret_line) CHECK_RESULT;

/* Four digits exactly. NULL: no such municipality. */
const struct municipality *municipality_find(const struct municipality_table *t,
					     struct text code);

#endif
