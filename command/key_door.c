/*
 * key unlock, key lock -- by the keeper's own local socket
 */
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "command/key.h"
#include "command/node.h"
#include "command/secret_input.h"
#include "release/door.h"

static int read_answer(int fd, struct door_answer *ret)
{
	uint8_t in[DOOR_ANSWER];
	size_t len = 0;

	while (len < sizeof(in)) {
		ssize_t n = read(fd, in + len, sizeof(in) - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return EPIPE;
		len += (size_t)n;
	}
	return door_answer_read(in, ret);
}

static int ask_door(const struct settings *s, const struct door_question *q,
		    struct door_answer *ret)
{
	struct secret *out = secret_new(DOOR_QUESTION_MAX);
	int fd = out ? node_connect(s, DOOR_SOCKET) : -1;
	struct writer w;
	int err;

	if (fd < 0) {
		secret_free(out);
		return ENOTCONN;
	}
	w = writer_on(out->bytes, out->len);
	err = door_ask_write(&w, q);
	if (!err)
		err = fd_write(fd, out->bytes, w.len);
	if (!err)
		err = read_answer(fd, ret);
	(void)close(fd);
	secret_free(out);
	if (err)
		(void)node_fail("the keeper broke off");
	return err;
}

static int say(const struct door_answer *a, enum door_word word)
{
	switch (a->error) {
	case 0:
		if (word == DOOR_UNLOCK_FILE) {
			(void)printf("unlocked %s\n", a->recipient);
			if (a->locked)
				(void)fputs("The keeper's own identity is "
					    "still locked: vaxel key unlock\n",
					    stderr);
			return EXIT_YES;
		}
		(void)printf("%s\n", a->locked ? "locked" : "unlocked");
		return a->locked == (word == DOOR_LOCK) ? EXIT_YES : EXIT_NO;
	case ENOKEY:
		return node_fail("this is not the passphrase; the next try is "
				 "heard in %u s",
				 a->wait_s);
	case EAGAIN:
		return node_fail("after wrong passphrases the keeper waits; "
				 "try again in %u s",
				 a->wait_s);
	case ENOENT:
		return node_fail("the keeper has no identity file; make one "
				 "with: vaxel key new --out FILE");
	case EBADMSG:
		return node_fail("the identity file is damaged, or no age "
				 "passphrase file");
	default:
		return node_fail("the keeper cannot: %s", strerror(a->error));
	}
}

/* EMSGSIZE for what is no sealed identity. */
static int read_identity(const char *path, uint8_t to[DOOR_FILE_MAX],
			 struct bytes *ret)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(to, 1, DOOR_FILE_MAX, f) : 0;
	bool all = f && !ferror(f) && fgetc(f) == EOF;

	if (f)
		(void)fclose(f);
	*ret = (struct bytes){ to, n };
	return all && n ? EXIT_YES
			: node_fail("cannot read %s, or it is no sealed "
				    "identity",
				    path);
}

static int ask_passphrase(struct door_question *q, struct secret *room)
{
	size_t len = 0;

	if (q->word != DOOR_UNLOCK && q->word != DOOR_UNLOCK_FILE)
		return EXIT_YES;
	if (!room || secret_line("Passphrase of the keeper: ", room, &len))
		return node_fail("no passphrase was given");
	q->passphrase = (struct text){ (char *)room->bytes, len };
	return EXIT_YES;
}

static int turn(int argc, char **argv, enum door_word word)
{
	struct secret *room = secret_new(DOOR_PASSPHRASE_MAX);
	struct door_question q = { .word = word };
	uint8_t file[DOOR_FILE_MAX];
	struct settings *s = NULL;
	struct door_answer answer;
	struct node_args a;
	int status = EXIT_YES;

	if (node_args_read(argc, argv, NULL, &a) ||
	    a.count > (word == DOOR_UNLOCK)) {
		secret_free(room);
		return node_usage(key_usage, "see the usage");
	}
	if (a.count) {
		q.word = DOOR_UNLOCK_FILE;
		status = read_identity(a.args[0], file, &q.file);
	}
	if (status == EXIT_YES)
		s = node_settings(&a);
	if (status == EXIT_YES)
		status = s ? ask_passphrase(&q, room) : EXIT_NO;
	if (status == EXIT_YES)
		status = ask_door(s, &q, &answer) ? EXIT_NO
						  : say(&answer, q.word);
	secret_free(room);
	settings_free(s);
	return status;
}

int key_unlock(int argc, char **argv)
{
	return turn(argc, argv, DOOR_UNLOCK);
}

int key_lock(int argc, char **argv)
{
	return turn(argc, argv, DOOR_LOCK);
}
