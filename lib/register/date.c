/*
 * date -- days of Europe/Stockholm as minutes
 *
 * Summer time from the last Sunday of March to the last of October, at 01:00
 * UTC (Directive 2000/84/EC), taken for all years.
 */
#include <time.h>

#include "base/clock.h"
#include "register/register.h"

enum { MINUTE_MS = 60000, DAY_MINUTES = 1440 };

/* Days since 1970 from the text of one; EBADMSG where there is no such day. */
static int day_of(const char *ymd, int64_t *ret_day)
{
	char whole[21];
	int64_t ms;

	memcpy(whole, ymd, 10);
	memcpy(whole + 10, "T00:00:00Z", 11);
	if (clock_read((struct text){ whole, 20 }, &ms))
		return EBADMSG;
	*ret_day = ms / MINUTE_MS / DAY_MINUTES;
	return 0;
}

/* A day of the month that the month does not have runs into the next one. */
static bool exists(const char *ymd, int64_t day)
{
	char next[10];
	int64_t first;

	memcpy(next, ymd, 10);
	memcpy(next + 8, "01", 2);
	if (day_of(next, &first))
		return false;
	/* the 29th of February is the only one that clock_read lets pass */
	if (memcmp(ymd + 5, "02-29", 5) != 0)
		return true;
	memcpy(next + 5, "03-01", 5);
	return !day_of(next, &first) && first == day + 1;
}

/* The last Sunday of a month with 31 days, 01:00 UTC. */
static int64_t change(const char *ymd, const char *last_day)
{
	char last[10];
	int64_t day = 0;

	memcpy(last, ymd, 4);
	memcpy(last + 4, last_day, 6);
	if (day_of(last, &day))
		return 0;
	/* 1970-01-01 was a Thursday */
	day -= (day + 4) % 7;
	return day * DAY_MINUTES + 60;
}

static int64_t midnight(const char *ymd, int64_t day)
{
	int64_t standard = day * DAY_MINUTES - 60;
	bool summer = standard >= change(ymd, "-03-31") &&
		      standard < change(ymd, "-10-31");

	return summer ? standard - 60 : standard;
}

int register_date_read(struct text t, bool end, int64_t *ret_minute)
{
	int64_t day, ms;

	if (t.len == 10) {
		if (day_of(t.p, &day) || !exists(t.p, day))
			return EBADMSG;
		/* the next day has this year's changes of clock, or none */
		*ret_minute = midnight(t.p, end ? day + 1 : day);
		return 0;
	}
	if (clock_read(t, &ms))
		return EBADMSG;
	*ret_minute = ms / MINUTE_MS;
	return 0;
}

static void time_text(int64_t minute, char to[REGISTER_DATE_TEXT])
{
	time_t seconds = (time_t)(minute * 60);
	struct tm tm;

	if (minute == REGISTER_SINCE_EVER || minute == REGISTER_ALWAYS ||
	    !gmtime_r(&seconds, &tm) ||
	    !strftime(to, REGISTER_DATE_TEXT, "%Y-%m-%dT%H:%MZ", &tm))
		memcpy(to, "-", 2);
}

void register_date_text(int64_t minute, bool end, char to[REGISTER_DATE_TEXT])
{
	for (int64_t offset = 60; offset <= 120; offset += 60) {
		int64_t local = minute + offset;
		int64_t day = local / DAY_MINUTES - end;
		time_t seconds = (time_t)(day * DAY_MINUTES * 60);
		struct tm tm;
		int64_t back;

		if (local % DAY_MINUTES || !gmtime_r(&seconds, &tm) ||
		    !strftime(to, REGISTER_DATE_TEXT, "%Y-%m-%d", &tm))
			continue;
		if (!register_date_read(text_of(to), end, &back) &&
		    back == minute)
			return;
	}
	time_text(minute, to);
}
