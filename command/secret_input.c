#include "command/secret_input.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

static int read_line(struct secret *to, size_t *ret_len)
{
	size_t len = 0;

	for (;;) {
		uint8_t c;
		ssize_t n = read(STDIN_FILENO, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (!n || c == '\n')
			break;
		if (len == to->len)
			return EMSGSIZE;
		to->bytes[len++] = c;
	}
	if (len && to->bytes[len - 1] == '\r')
		len--;
	*ret_len = len;
	return len ? 0 : ENOENT;
}

int secret_line(const char *prompt, struct secret *to, size_t *ret_len)
{
	struct termios was, now;
	bool terminal = !tcgetattr(STDIN_FILENO, &was);
	int err;

	if (!terminal)
		return read_line(to, ret_len);
	(void)fprintf(stderr, "%s", prompt);
	now = was;
	now.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
	err = read_line(to, ret_len);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	(void)fprintf(stderr, "\n");
	return err;
}

int secret_line_seen(const char *prompt, struct secret *to, size_t *ret_len)
{
	if (isatty(STDIN_FILENO))
		(void)fprintf(stderr, "%s", prompt);
	return read_line(to, ret_len);
}

int secret_all(struct secret *to, size_t *ret_len)
{
	size_t len = 0;

	for (;;) {
		uint8_t beyond;
		bool full = len == to->len;
		ssize_t n = read(STDIN_FILENO, full ? &beyond : to->bytes + len,
				 full ? 1 : to->len - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (!n)
			break;
		if (full)
			return EMSGSIZE;
		len += (size_t)n;
	}
	*ret_len = len;
	return len ? 0 : ENOENT;
}
