#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t clock_mono_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t clock_mono_ms(void)
{
	return clock_mono_ns() / 1000000u;
}

int64_t clock_wall_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void clock_text(int64_t wall_ms, char to[CLOCK_TEXT_MAX])
{
	time_t s = (time_t)(wall_ms / 1000);
	long ms = (long)(wall_ms % 1000);
	struct tm tm;
	long off;

	if (ms < 0) {
		ms += 1000;
		s--;
	}
	if (!localtime_r(&s, &tm)) {
		to[0] = '\0';
		return;
	}
	off = tm.tm_gmtoff / 60;
	(void)snprintf(to, CLOCK_TEXT_MAX,
		       "%04d-%02d-%02dT%02d:%02d:%02d.%03ld%c%02ld:%02ld",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		       tm.tm_min, tm.tm_sec, ms, off < 0 ? '-' : '+',
		       labs(off) / 60, labs(off) % 60);
}

/* Exactly n digits. */
static int take_number(struct reader *r, size_t n, int min, int max, int *ret)
{
	struct text t;
	uint64_t v;
	int err = reader_text(r, n, &t);

	if (!err)
		err = text_u64(t, (uint64_t)min, (uint64_t)max, &v);
	if (!err)
		*ret = (int)v;
	return err ? EBADMSG : 0;
}

static int take_char(struct reader *r, const char *any_of, char *ret)
{
	uint8_t c;

	if (reader_u8(r, &c) || !c || !strchr(any_of, c))
		return EBADMSG;
	*ret = (char)c;
	return 0;
}

static int take_offset(struct reader *r, int *ret_minutes)
{
	int h = 0, m = 0;
	char sign, colon;

	if (take_char(r, "Zz+-", &sign))
		return EBADMSG;
	if (sign != '+' && sign != '-') {
		*ret_minutes = 0;
		return 0;
	}
	if (take_number(r, 2, 0, 23, &h) || take_char(r, ":", &colon) ||
	    take_number(r, 2, 0, 59, &m))
		return EBADMSG;
	*ret_minutes = (sign == '-' ? -1 : 1) * (h * 60 + m);
	return 0;
}

int clock_read(struct text t, int64_t *ret_wall_ms)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };
	struct reader r = reader_on(t.p, t.len);
	struct tm tm = { 0 };
	int year, month, ms = 0, off;
	char c;

	if (take_number(&r, 4, 1970, 9999, &year) || take_char(&r, "-", &c) ||
	    take_number(&r, 2, 1, 12, &month) || take_char(&r, "-", &c) ||
	    take_number(&r, 2, 1, days[month - 1], &tm.tm_mday) ||
	    take_char(&r, "Tt", &c) || take_number(&r, 2, 0, 23, &tm.tm_hour) ||
	    take_char(&r, ":", &c) || take_number(&r, 2, 0, 59, &tm.tm_min) ||
	    take_char(&r, ":", &c) || take_number(&r, 2, 0, 60, &tm.tm_sec))
		return EBADMSG;
	if (reader_left(&r) && *r.at == '.') {
		int scale = 100;

		r.at++;
		if (!reader_left(&r) || *r.at < '0' || *r.at > '9')
			return EBADMSG;
		for (; reader_left(&r) && *r.at >= '0' && *r.at <= '9';
		     r.at++) {
			ms += (*r.at - '0') * scale;
			scale /= 10;
		}
	}
	if (take_offset(&r, &off) || reader_end(&r))
		return EBADMSG;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	*ret_wall_ms = ((int64_t)timegm(&tm) - off * 60) * 1000 + ms;
	return 0;
}
