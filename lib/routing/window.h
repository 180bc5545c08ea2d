/*
 * window -- hours that a contract names, such as nights and weekends
 *
 * No law says what nights and weekends are: each contract does. A window opens
 * on days of some kind at a time, and closes at the next time of its end, by
 * the clock on the wall in Sweden, both changes of clock included:
 *
 *   "mon-thu 22:00-06:00"            closes the next morning
 *   "fri 19:00-mon 07:00"            closes on the next Monday
 *   "before-major 18:00-workday 07:00"
 *   "sat,sun 00:00-24:00"            "daily 08:00-17:00"
 *
 * Days: mon tue wed thu fri sat sun, a range or a list of these, daily,
 * workday, holiday, eve, major, before-major, before-holiday; what they mean
 * stands with enum calendar_kind. A window closes on a day of the week or a
 * workday, so none is longer than ten days.
 *
 * A class is a name for several windows. Four are known without being set, the
 * usual ones of agreements: nights, weekends, eves, major-holidays; and
 * nights-and-weekends, which is all four. Pure.
 */
#ifndef VAXEL_ROUTING_WINDOW_H
#define VAXEL_ROUTING_WINDOW_H

#include "routing/calendar.h"

#define WINDOWS_MAX 12 /* of a class or a route */
#define WINDOW_NAME_MAX 32

struct window {
	uint16_t from_days, to_days; /* bits of enum calendar_kind */
	uint16_t from, to;           /* minute of the day; to: up to 1440 */
};

struct window_class {
	char name[WINDOW_NAME_MAX];
	unsigned count;
	struct window windows[WINDOWS_MAX];
};

#define WINDOW_DAYS 11

/* A minute, with what the days up to it are: made once, asked often. */
struct window_view {
	int64_t minute;
	struct calendar_local local;
	uint16_t kinds[WINDOW_DAYS]; /* of today, yesterday, ... */
};

/* EBADMSG: not of that form; *ret_why says what is wrong. */
int window_read(struct text t, struct window *ret,
		const char **ret_why) CHECK_RESULT;

void window_look(int64_t minute, struct window_view *ret);

bool window_open(const struct window *w, const struct window_view *v);
bool window_any_open(const struct window *w, unsigned count,
		     const struct window_view *v);

/* The classes that need not be set; NULL: no such name. */
const struct window_class *window_usual_class(struct text name);

#endif
