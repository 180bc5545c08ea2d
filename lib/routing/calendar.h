/*
 * calendar -- what day and hour it is in Sweden
 *
 * Europe/Stockholm and the Swedish holidays, computed: no table to run out and
 * no system call. The clock follows the rule of the European Union since 1996
 * (directive 2000/84/EC): one hour on from the last Sunday of March to the last
 * Sunday of October, changed at 01:00 UTC. Public holidays are those of the
 * act (1989:253). Times are minutes since 1970-01-01 UTC, days are counted from
 * 1970-01-01 in Sweden. Pure. Right from 1996 on; later years may get other
 * rules by law, and then this file changes.
 */
#ifndef VAXEL_ROUTING_CALENDAR_H
#define VAXEL_ROUTING_CALENDAR_H

#include "base/bytes.h"

/* What a day is; a day is several of these. */
enum calendar_kind {
	DAY_MON = 1 << 0,
	DAY_TUE = 1 << 1,
	DAY_WED = 1 << 2,
	DAY_THU = 1 << 3,
	DAY_FRI = 1 << 4,
	DAY_SAT = 1 << 5,
	DAY_SUN = 1 << 6,
	DAY_ANY = 0x7f,

	DAY_HOLIDAY = 1 << 7, /* a public holiday in law */
	DAY_EVE = 1 << 8,     /* an eve, free in agreements, not in law: of
				 Easter, Whitsun, midsummer, Christmas, New
				 Year */
	/* of a major holiday: Good Friday to Easter Monday, Whitsun with its
	   eve, midsummer with its eve, 24 to 26 December, 31 December and
	   1 January */
	DAY_MAJOR = 1 << 9,
	DAY_BEFORE_MAJOR = 1 << 10, /* the last day before one */
	/* the last day before a public holiday that is not a major one */
	DAY_BEFORE_HOLIDAY = 1 << 11,
	DAY_WORKDAY = 1 << 12, /* Monday to Friday, no holiday and no eve */
};

struct calendar_date {
	int year;
	unsigned month; /* 1 to 12 */
	unsigned day;   /* 1 to 31 */
};

struct calendar_local {
	int32_t day;       /* since 1970-01-01, in Sweden */
	unsigned minute;   /* of that day by the clock on the wall, 0 to 1439 */
	unsigned offset_m; /* 60 or 120 */
};

int32_t calendar_day(struct calendar_date date);
struct calendar_date calendar_date(int32_t day);

void calendar_local(int64_t minute, struct calendar_local *ret);

/*
 * The minute at which a clock in Sweden first shows that time of that day,
 * 0 to 1440. A time that the clock leaps over in March is the moment of the
 * leap; of a time that it shows twice in October it is the first.
 */
int64_t calendar_minute(int32_t day, unsigned minute_of_day);

/* Bits of enum calendar_kind; and those of a day, the day before, ... */
unsigned calendar_kinds(int32_t day);
void calendar_kinds_back(int32_t day, unsigned count, uint16_t *ret);

/* "Julafton"; NULL: neither a holiday nor an eve. */
const char *calendar_name(int32_t day);

/* RFC 3339 to the minute, in Sweden: "2026-11-22T02:05+01:00" */
#define CALENDAR_TEXT_MAX 32
void calendar_text(int64_t minute, char to[CALENDAR_TEXT_MAX]);

#endif
