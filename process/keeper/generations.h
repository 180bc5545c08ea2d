/*
 * generations -- to whom recordings were sealed, then and now
 *
 * An envelope must be made for exactly the recipients that were configured
 * when it was made. So each list that the configuration ever gave is kept, one
 * a line, in the keeper's own folder; only lists from there are believed.
 */
#ifndef VAXEL_KEEPER_GENERATIONS_H
#define VAXEL_KEEPER_GENERATIONS_H

#include "process/keeper/judge.h"
#include "settings/settings.h"

struct generations {
	struct judge_recipients list[JUDGE_GENERATIONS_MAX];
	unsigned count;
};

/* EBADMSG for a line that is not recipients; EMSGSIZE too many. */
int generations_read(struct text file, struct generations *ret) CHECK_RESULT;
int generations_write(struct writer *w,
		      const struct generations *g) CHECK_RESULT;

/*
 * Add what the configuration says now. ret_fresh: it was not known yet. The
 * oldest gives way when there are too many.
 */
int generations_add(struct generations *g, const struct settings *s,
		    bool *ret_fresh) CHECK_RESULT;

#endif
