/*
 * month -- keys that serve for a month
 *
 * A month is years since 0 times 12 and the month less 1, in UTC; 0: none.
 * Pure.
 */
#ifndef VAXEL_SEAL_MONTH_H
#define VAXEL_SEAL_MONTH_H

#include "seal/key.h"

#define KEY_MONTH_CHARS 7 /* 2027-01 */

struct key_month {
	uint16_t month;
	struct age_recipient key;
};

/* EBADMSG: not YYYY-MM between 2000 and 2999. */
int key_month_read(struct text t, uint16_t *ret) CHECK_RESULT;
void key_month_text(uint16_t month, char to[KEY_MONTH_CHARS + 1]);

/* The month of a time; 0 when it has none. */
uint16_t key_month_of(int64_t wall_ms);

/*
 * The next line of a list that was prepared ahead, one month and controller a
 * line; comments begin with # and blank lines are passed over:
 *
 *   2027-01 age1... Region Test
 *
 * EBADMSG: not such a line; ENOENT after the last.
 */
int key_month_line(struct reader *list, struct key_month *ret,
		   struct text *ret_controller) CHECK_RESULT;

#endif
