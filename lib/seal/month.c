#include "seal/month.h"

#include <stdio.h>
#include <time.h>

enum { YEAR_FIRST = 2000, YEAR_LAST = 2999 };

int key_month_read(struct text t, uint16_t *ret)
{
	uint64_t year, month;

	if (t.len != KEY_MONTH_CHARS || t.p[4] != '-' ||
	    text_u64((struct text){ t.p, 4 }, YEAR_FIRST, YEAR_LAST, &year) ||
	    text_u64((struct text){ t.p + 5, 2 }, 1, 12, &month))
		return EBADMSG;
	*ret = (uint16_t)(year * 12 + month - 1);
	return 0;
}

void key_month_text(uint16_t month, char to[KEY_MONTH_CHARS + 1])
{
	(void)snprintf(to, KEY_MONTH_CHARS + 1, "%04u-%02u",
		       month / 12u % 10000u, month % 12u + 1u);
}

uint16_t key_month_of(int64_t wall_ms)
{
	time_t s = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (wall_ms < 0 || !gmtime_r(&s, &tm))
		return 0;
	return (uint16_t)((tm.tm_year + 1900) * 12 + tm.tm_mon);
}

int key_month_line(struct reader *list, struct key_month *ret,
		   struct text *ret_controller)
{
	struct text line;

	do {
		size_t left = reader_left(list);

		if (!left)
			return ENOENT;
		/* the last may lack its end */
		if (reader_until(list, '\n', &line) &&
		    reader_text(list, left, &line))
			return EBADMSG;
	} while (!line.len || *line.p == '#');
	if (key_month_read(text_cut(&line, ' '), &ret->month) ||
	    age_recipient_read(text_cut(&line, ' '), &ret->key) || !line.len ||
	    !text_is_printable(line))
		return EBADMSG;
	*ret_controller = line;
	return 0;
}
