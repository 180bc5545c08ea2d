#include "routing/calendar.h"

enum {
	DAY_MINUTES = 24 * 60,
	WINTER_M = 60,
	SUMMER_M = 120,
	CHANGE_M = 60, /* the clock is changed at 01:00 UTC */
};

static int64_t floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;

	return q - (a % b < 0);
}

/* ---- dates, by the calendar's cycle of 400 years, counted from March */

int32_t calendar_day(struct calendar_date date)
{
	int64_t y = date.year - (date.month <= 2);
	int64_t cycle = floor_div(y, 400);
	int64_t of_cycle = y - cycle * 400;
	int64_t month = (date.month + 9) % 12; /* March is 0 */
	int64_t of_year = (153 * month + 2) / 5 + (int64_t)date.day - 1;
	int64_t days = of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year;

	return (int32_t)(cycle * 146097 + days - 719468);
}

struct calendar_date calendar_date(int32_t day)
{
	int64_t z = (int64_t)day + 719468;
	int64_t cycle = floor_div(z, 146097);
	int64_t of_cycle = z - cycle * 146097;
	int64_t year = (of_cycle - of_cycle / 1460 + of_cycle / 36524 -
			of_cycle / 146096) /
		       365;
	int64_t of_year = of_cycle - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	return (struct calendar_date){
		.year = (int)(year + cycle * 400 + (month >= 10)),
		.month = (unsigned)(month < 10 ? month + 3 : month - 9),
		.day = (unsigned)(of_year - (153 * month + 2) / 5 + 1),
	};
}

/* 0 is Monday; 1970-01-01 was a Thursday. */
static unsigned weekday(int32_t day)
{
	return (unsigned)((((int64_t)day + 3) % 7 + 7) % 7);
}

/* ---- the clock */

/* The minute of the change on the last Sunday of a month of 31 days. */
static int64_t change(int year, unsigned month)
{
	int32_t last = calendar_day((struct calendar_date){ year, month, 31 });
	int32_t sunday = last - (int32_t)((weekday(last) + 1) % 7);

	return (int64_t)sunday * DAY_MINUTES + CHANGE_M;
}

static unsigned offset_at(int64_t minute)
{
	int year = calendar_date((int32_t)floor_div(minute, DAY_MINUTES)).year;

	return minute >= change(year, 3) && minute < change(year, 10)
		       ? SUMMER_M
		       : WINTER_M;
}

void calendar_local(int64_t minute, struct calendar_local *ret)
{
	unsigned offset = offset_at(minute);
	int64_t local = minute + offset;
	int64_t day = floor_div(local, DAY_MINUTES);

	*ret = (struct calendar_local){ (int32_t)day,
					(unsigned)(local - day * DAY_MINUTES),
					offset };
}

int64_t calendar_minute(int32_t day, unsigned minute_of_day)
{
	int64_t local = (int64_t)day * DAY_MINUTES + minute_of_day;
	int64_t summer = local - SUMMER_M;
	int64_t winter = local - WINTER_M;

	if (offset_at(summer) == SUMMER_M)
		return summer;
	if (offset_at(winter) == WINTER_M)
		return winter;
	/* leapt over: neither reading is right */
	return change(calendar_date(day).year, 3);
}

/* ---- the year's holidays */

/* Easter Sunday, by the method of Meeus, Jones and Butcher. */
static int32_t easter(int year)
{
	int a = year % 19, b = year / 100, c = year % 100;
	int d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
	int h = (19 * a + b - d - g + 15) % 30;
	int i = c / 4, k = c % 4;
	int l = (32 + 2 * e + 2 * i - h - k) % 7;
	int m = (a + 11 * h + 22 * l) / 451;
	int n = h + l - 7 * m + 114;

	return calendar_day((struct calendar_date){ year, (unsigned)(n / 31),
						    (unsigned)(n % 31 + 1) });
}

struct feast {
	const char *name;
	unsigned kinds;
};

struct fixed_feast {
	unsigned month, day;
	struct feast feast;
};

struct moving_feast {
	int from_easter;
	struct feast feast;
};

static const struct fixed_feast fixed_feasts[] = {
	{ 1, 1, { "Nyårsdagen", DAY_HOLIDAY | DAY_MAJOR } },
	{ 1, 6, { "Trettondedag jul", DAY_HOLIDAY } },
	{ 5, 1, { "Första maj", DAY_HOLIDAY } },
	{ 6, 6, { "Nationaldagen", DAY_HOLIDAY } },
	{ 12, 24, { "Julafton", DAY_EVE | DAY_MAJOR } },
	{ 12, 25, { "Juldagen", DAY_HOLIDAY | DAY_MAJOR } },
	{ 12, 26, { "Annandag jul", DAY_HOLIDAY | DAY_MAJOR } },
	{ 12, 31, { "Nyårsafton", DAY_EVE | DAY_MAJOR } },
};

static const struct moving_feast moving_feasts[] = {
	{ -2, { "Långfredagen", DAY_HOLIDAY | DAY_MAJOR } },
	{ -1, { "Påskafton", DAY_EVE | DAY_MAJOR } },
	{ 0, { "Påskdagen", DAY_HOLIDAY | DAY_MAJOR } },
	{ 1, { "Annandag påsk", DAY_HOLIDAY | DAY_MAJOR } },
	{ 39, { "Kristi himmelsfärdsdag", DAY_HOLIDAY } },
	{ 48, { "Pingstafton", DAY_EVE | DAY_MAJOR } },
	{ 49, { "Pingstdagen", DAY_HOLIDAY | DAY_MAJOR } },
};

/* The Saturday that falls on that date or in the six days after it. */
static bool saturday_from(int32_t day, int year, unsigned month, unsigned first)
{
	int32_t from =
		calendar_day((struct calendar_date){ year, month, first });

	return day >= from && day < from + 7 && weekday(day) == 5;
}

static struct feast feast_of(int32_t day)
{
	struct calendar_date date = calendar_date(day);
	struct feast found = { NULL, 0 };
	int from_easter = day - easter(date.year);

	for (size_t i = 0; i < sizeof(fixed_feasts) / sizeof(fixed_feasts[0]);
	     i++)
		if (fixed_feasts[i].month == date.month &&
		    fixed_feasts[i].day == date.day)
			found = fixed_feasts[i].feast;
	for (size_t i = 0; i < sizeof(moving_feasts) / sizeof(moving_feasts[0]);
	     i++)
		if (moving_feasts[i].from_easter == from_easter) {
			/* two feasts on one day: it is all that either is */
			found.name = moving_feasts[i].feast.name;
			found.kinds |= moving_feasts[i].feast.kinds;
		}
	if (saturday_from(day + 1, date.year, 6, 20))
		found = (struct feast){ "Midsommarafton", DAY_EVE | DAY_MAJOR };
	if (saturday_from(day, date.year, 6, 20))
		found = (struct feast){ "Midsommardagen",
					DAY_HOLIDAY | DAY_MAJOR };
	if (saturday_from(day, date.year, 10, 31))
		found = (struct feast){ "Alla helgons dag", DAY_HOLIDAY };
	return found;
}

static unsigned kinds_of(int32_t day, unsigned today, unsigned tomorrow)
{
	unsigned kinds = 1u << weekday(day) | today;

	if (tomorrow & DAY_MAJOR && !(today & DAY_MAJOR))
		kinds |= DAY_BEFORE_MAJOR;
	if (tomorrow & DAY_HOLIDAY && !(tomorrow & DAY_MAJOR) &&
	    !(today & DAY_HOLIDAY))
		kinds |= DAY_BEFORE_HOLIDAY;
	if (weekday(day) < 5 && !(today & (DAY_HOLIDAY | DAY_EVE)))
		kinds |= DAY_WORKDAY;
	return kinds;
}

void calendar_kinds_back(int32_t day, unsigned count, uint16_t *ret)
{
	unsigned tomorrow = feast_of(day + 1).kinds;

	for (unsigned i = 0; i < count; i++) {
		unsigned today = feast_of(day - (int32_t)i).kinds;

		ret[i] = (uint16_t)kinds_of(day - (int32_t)i, today, tomorrow);
		tomorrow = today;
	}
}

unsigned calendar_kinds(int32_t day)
{
	uint16_t kinds;

	calendar_kinds_back(day, 1, &kinds);
	return kinds;
}

const char *calendar_name(int32_t day)
{
	return feast_of(day).name;
}

/* ---- for people */

static void two_digits(struct writer *w, unsigned v)
{
	writer_u8(w, (uint8_t)('0' + v / 10 % 10));
	writer_u8(w, (uint8_t)('0' + v % 10));
}

void calendar_text(int64_t minute, char to[CALENDAR_TEXT_MAX])
{
	struct writer w = writer_on(to, CALENDAR_TEXT_MAX - 1);
	struct calendar_local l;
	struct calendar_date d;

	calendar_local(minute, &l);
	d = calendar_date(l.day);
	two_digits(&w, (unsigned)d.year / 100);
	two_digits(&w, (unsigned)d.year % 100);
	writer_u8(&w, '-');
	two_digits(&w, d.month);
	writer_u8(&w, '-');
	two_digits(&w, d.day);
	writer_u8(&w, 'T');
	two_digits(&w, l.minute / 60);
	writer_u8(&w, ':');
	two_digits(&w, l.minute % 60);
	writer_str(&w, l.offset_m == SUMMER_M ? "+02:00" : "+01:00");
	to[w.len] = '\0';
}
