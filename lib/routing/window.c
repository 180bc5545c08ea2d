#include "routing/window.h"

enum { MINUTES_MAX = 24 * 60 };

/* ---- reading */

struct day_word {
	const char *word;
	unsigned kinds;
};

static const struct day_word day_words[] = {
	{ "mon", DAY_MON },
	{ "tue", DAY_TUE },
	{ "wed", DAY_WED },
	{ "thu", DAY_THU },
	{ "fri", DAY_FRI },
	{ "sat", DAY_SAT },
	{ "sun", DAY_SUN },
	{ "daily", DAY_ANY },
	{ "workday", DAY_WORKDAY },
	{ "holiday", DAY_HOLIDAY },
	{ "eve", DAY_EVE },
	{ "major", DAY_MAJOR },
	{ "before-major", DAY_BEFORE_MAJOR },
	{ "before-holiday", DAY_BEFORE_HOLIDAY },
};

enum { DAY_WORDS = sizeof(day_words) / sizeof(day_words[0]), WEEK = 7 };

static unsigned word_index(struct text t)
{
	unsigned i = 0;

	while (i < DAY_WORDS && !text_is(t, day_words[i].word))
		i++;
	return i;
}

/* "mon" to "sun" of one range, over the end of the week if need be. */
static unsigned range_kinds(unsigned first, unsigned last)
{
	unsigned kinds = 0;

	for (unsigned i = first;; i = (i + 1) % WEEK) {
		kinds |= day_words[i].kinds;
		if (i == last)
			return kinds;
	}
}

/* "mon", "mon-thu", "before-major"; 0: none of these. */
static unsigned part_kinds(struct text t)
{
	unsigned whole = word_index(t), first, last;
	const char *dash = memchr(t.p, '-', t.len);

	if (whole < DAY_WORDS)
		return day_words[whole].kinds;
	if (!dash)
		return 0;
	first = word_index((struct text){ t.p, (size_t)(dash - t.p) });
	last = word_index(
		(struct text){ dash + 1, t.len - (size_t)(dash - t.p) - 1 });
	return first < WEEK && last < WEEK ? range_kinds(first, last) : 0;
}

static unsigned list_kinds(struct text t)
{
	unsigned kinds = 0;

	while (t.len) {
		const char *comma = memchr(t.p, ',', t.len);
		size_t n = comma ? (size_t)(comma - t.p) : t.len;
		unsigned part = part_kinds((struct text){ t.p, n });

		if (!part || (comma && n + 1 == t.len))
			return 0;
		kinds |= part;
		n += comma != NULL;
		t = (struct text){ t.p + n, t.len - n };
	}
	return kinds;
}

/* "HH:MM" at the beginning of t. */
static int read_time(struct text *t, uint16_t *ret)
{
	uint64_t h, m;

	if (t->len < 5 || t->p[2] != ':' ||
	    text_u64((struct text){ t->p, 2 }, 0, 24, &h) ||
	    text_u64((struct text){ t->p + 3, 2 }, 0, 59, &m) ||
	    h * 60 + m > MINUTES_MAX)
		return EBADMSG;
	*ret = (uint16_t)(h * 60 + m);
	*t = (struct text){ t->p + 5, t->len - 5 };
	return 0;
}

/* "DAYS " at the beginning of t. */
static int read_days(struct text *t, uint16_t *ret)
{
	const char *space = memchr(t->p, ' ', t->len);
	size_t n = space ? (size_t)(space - t->p) : 0;
	unsigned kinds = list_kinds((struct text){ t->p, n });

	if (!kinds)
		return EBADMSG;
	*ret = (uint16_t)kinds;
	*t = (struct text){ t->p + n + 1, t->len - n - 1 };
	return 0;
}

int window_read(struct text t, struct window *ret, const char **ret_why)
{
	struct window w = { .to_days = DAY_ANY };

	*ret_why = "begin with the days, as in mon-thu 22:00-06:00";
	if (read_days(&t, &w.from_days))
		return EBADMSG;
	*ret_why = "write times as HH:MM, with a - between them";
	if (read_time(&t, &w.from) || !t.len || *t.p != '-' ||
	    w.from == MINUTES_MAX)
		return EBADMSG;
	t = (struct text){ t.p + 1, t.len - 1 };
	*ret_why = "close on a day of the week or a workday";
	if (t.len && (*t.p < '0' || *t.p > '9') &&
	    (read_days(&t, &w.to_days) ||
	     !(w.to_days & (DAY_ANY | DAY_WORKDAY))))
		return EBADMSG;
	*ret_why = "write times as HH:MM, and nothing after the last";
	if (read_time(&t, &w.to) || t.len)
		return EBADMSG;
	*ret = w;
	return 0;
}

/* ---- asking */

void window_look(int64_t minute, struct window_view *ret)
{
	ret->minute = minute;
	calendar_local(minute, &ret->local);
	calendar_kinds_back(ret->local.day, WINDOW_DAYS, ret->kinds);
}

/*
 * The last minute, not after the view's, that begins a time `at` of a day of
 * those kinds; INT64_MIN: none in these days. Compared in minutes that only go
 * forward, so a time that the clock shows twice opens or closes once.
 */
static int64_t last_time(unsigned days, unsigned at,
			 const struct window_view *v)
{
	for (int i = 0; i < WINDOW_DAYS; i++) {
		int64_t minute;

		if (!(v->kinds[i] & days))
			continue;
		minute = calendar_minute(v->local.day - i, at);
		if (minute <= v->minute)
			return minute;
	}
	return INT64_MIN;
}

/*
 * Open when the last time that it opened has no end behind it. It opens at the
 * first minute and is closed at the last: an end at the very minute of a
 * beginning was of the window before.
 */
bool window_open(const struct window *w, const struct window_view *v)
{
	int64_t opened = last_time(w->from_days, w->from, v);

	return opened != INT64_MIN && opened >= last_time(w->to_days, w->to, v);
}

bool window_any_open(const struct window *w, unsigned count,
		     const struct window_view *v)
{
	for (unsigned i = 0; i < count; i++)
		if (window_open(&w[i], v))
			return true;
	return false;
}

/* ---- what agreements usually say */

#define NIGHTS                                                                 \
	{                                                                      \
		DAY_MON | DAY_TUE | DAY_WED | DAY_THU, DAY_ANY, 22 * 60,       \
			6 * 60                                                 \
	}
#define WEEKENDS                                                               \
	{                                                                      \
		DAY_FRI, DAY_MON, 19 * 60, 7 * 60                              \
	}
#define EVES                                                                   \
	{                                                                      \
		DAY_BEFORE_HOLIDAY, DAY_WORKDAY, 16 * 60, 7 * 60               \
	}
#define MAJOR_HOLIDAYS                                                         \
	{                                                                      \
		DAY_BEFORE_MAJOR, DAY_WORKDAY, 18 * 60, 7 * 60                 \
	}

static const struct window_class usual[] = {
	{ "nights", 1, { NIGHTS } },
	{ "weekends", 1, { WEEKENDS } },
	{ "eves", 1, { EVES } },
	{ "major-holidays", 1, { MAJOR_HOLIDAYS } },
	{ "nights-and-weekends",
	  4,
	  { NIGHTS, WEEKENDS, EVES, MAJOR_HOLIDAYS } },
};

const struct window_class *window_usual_class(struct text name)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (text_is(name, usual[i].name))
			return &usual[i];
	return NULL;
}
