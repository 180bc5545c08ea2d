#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

static const char *log_process = "vaxel";
static enum log_level log_most = LOG_NOTICE;

void log_open(const char *process, enum log_level most)
{
	log_process = process;
	log_most = most;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	static const char *const names[] = { "alarm", "error", "notice", "info",
					     "debug" };
	char line[1024], when[CLOCK_TEXT_MAX];
	size_t len;
	va_list ap;
	int n;

	if (level > log_most)
		return;
	clock_text(clock_wall_ms(), when);
	n = snprintf(line, sizeof(line) - 1, "%s %s %s: ", when, names[level],
		     log_process);
	len = n < 0 ? 0 : (size_t)n;
	va_start(ap, fmt);
	n = vsnprintf(line + len, sizeof(line) - 1 - len, fmt, ap);
	va_end(ap);
	if (n > 0)
		len += (size_t)n;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	/* one write a line, so that lines of several processes do not mix */
	(void)!write(STDERR_FILENO, line, len);
}
