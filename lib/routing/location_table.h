/*
 * location_table -- from what others call a place to its municipality
 *
 * A text of two columns with a tab between: a key, and a municipality's code,
 * or one of the words unknown and nomadic (a number without a place). Lines
 * that begin with # are comments. Kommun-IDs, cells ("cgi-3gpp=24001...") and
 * postcodes each have a table of their own, from whoever answers for it: none
 * of them is the statistical code, and no law says how they lead to it.
 */
#ifndef VAXEL_ROUTING_LOCATION_TABLE_H
#define VAXEL_ROUTING_LOCATION_TABLE_H

#include "base/bytes.h"

#define LOCATION_ROWS_MAX 65536
#define LOCATION_KEY_MAX 48

enum { LOCATION_UNKNOWN = -1, LOCATION_NOMADIC = -2 };

struct location_place {
	int16_t municipality; /* index, or LOCATION_UNKNOWN */
	int16_t region;       /* index, or LOCATION_UNKNOWN */
};

struct location_table;

/*
 * Keys are compared without regard to the case of letters; each stands once.
 * EBADMSG with the line that is wrong, EMSGSIZE too many rows, ENOMEM.
 */
int location_table_read(struct location_table **ret, struct text tsv,
			unsigned *ret_line) CHECK_RESULT;
void location_table_free(struct location_table *t);

/*
 * What is said of this key, or of its longest beginning that is a key.
 * Municipality's index, LOCATION_UNKNOWN also where nothing is said, or
 * LOCATION_NOMADIC.
 */
int location_table_exact(const struct location_table *t, struct text key);
int location_table_prefix(const struct location_table *t, struct text key);

/* The place of a municipality's index; unknown of all else. */
struct location_place location_place_of(int municipality);

#endif
