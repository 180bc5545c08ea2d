#include "process/renderer/speak.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define PROGRAM "/usr/bin/espeak-ng"

static bool sane(const char *language)
{
	size_t n = strlen(language);

	/* it becomes an argument: letters, and then perhaps "-se" */
	return n >= 2 && n < 8 &&
	       strspn(language, "abcdefghijklmnopqrstuvwxyz-") == n &&
	       language[0] != '-';
}

static int start(const char *language, int in, int out, pid_t *ret)
{
	const char *argv[] = { "espeak-ng", "-v",      language,   "-s",
			       "150",       "--stdin", "--stdout", NULL };
	char *const env[] = { NULL };
	posix_spawn_file_actions_t fa;
	int err = posix_spawn_file_actions_init(&fa);

	if (err)
		return err;
	err = posix_spawn_file_actions_adddup2(&fa, in, STDIN_FILENO);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO);
	if (!err)
		err = posix_spawn_file_actions_addopen(
			&fa, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (!err)
		err = posix_spawn(ret, PROGRAM, &fa, NULL,
				  (char *const *)(uintptr_t)argv, env);
	(void)posix_spawn_file_actions_destroy(&fa);
	return err;
}

static int read_all(int fd, uint8_t **ret, size_t *ret_len)
{
	uint64_t end = clock_mono_ms() + SPEAK_TIMEOUT_MS;
	size_t len = 0, max = 256 * 1024;
	uint8_t *p = malloc(max), *grown;
	int err = p ? 0 : ENOMEM;

	while (!err) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		uint64_t now = clock_mono_ms();
		ssize_t n;

		if (now >= end || poll(&wait, 1, (int)(end - now)) == 0) {
			err = ETIMEDOUT;
			break;
		}
		n = read(fd, p + len, max - len);
		if (n < 0 && errno != EINTR)
			err = errno;
		if (n == 0)
			break;
		len += n > 0 ? (size_t)n : 0;
		if (len < max)
			continue;
		max *= 2;
		grown = max > SPEAK_BYTES_MAX ? NULL : realloc(p, max);
		if (!grown)
			err = EMSGSIZE;
		else
			p = grown;
	}
	if (err) {
		free(p);
		return err;
	}
	*ret = p;
	*ret_len = len;
	return 0;
}

static int finish(pid_t pid, bool hurry)
{
	int status;

	if (hurry)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : EBADMSG;
}

static int run(const char *language, struct text text, int in[2], int out[2],
	       uint8_t **ret, size_t *ret_len)
{
	pid_t pid;
	int err, ended;

	/* a text is far shorter than a pipe is deep, so this does not block */
	if (text.len > 60000 ||
	    write(in[1], text.p, text.len) != (ssize_t)text.len)
		return EMSGSIZE;
	err = start(language, in[0], out[1], &pid);
	if (err)
		return err;
	(void)close(in[1]);
	(void)close(out[1]);
	in[1] = -1;
	out[1] = -1;
	err = read_all(out[0], ret, ret_len);
	ended = finish(pid, err != 0);
	if (!err && ended) {
		free(*ret);
		return ended;
	}
	return err;
}

static void close_both(const int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

int speak(const char *language, struct text text, uint8_t **ret,
	  size_t *ret_len)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	int err;

	if (!language || !language[0])
		language = "sv";
	if (!sane(language))
		return EINVAL;
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		err = errno;
	else
		err = run(language, text, in, out, ret, ret_len);
	close_both(in);
	close_both(out);
	return err;
}
