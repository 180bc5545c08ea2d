/*
 * key split -- shares of a key, on paper or in files
 */
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "command/key_shares.h"
#include "command/node.h"
#include "command/secret_input.h"

enum { PATH_ROOM = 4096, PAPER_MAX = 256 + SHARE_TEXT_MAX };

/* ---- what goes out */

static size_t write_paper(const struct sharing *j, unsigned i,
			  const char *recipient, struct secret *to)
{
	const struct share *s = &sharing_set(j)->list[i];
	struct writer w = writer_on(to->bytes, to->len);

	if (j->json)
		writer_printf(&w,
			      "{\"share\":%u,\"of\":%u,\"need\":%u,"
			      "\"recipient\":\"%s\",\"words\":\"",
			      i + 1, sharing_set(j)->count, s->needed,
			      recipient);
	else
		writer_printf(&w,
			      "# share %u of %u (SLIP-39); any %u together "
			      "give the key\n%s%s\n",
			      i + 1, sharing_set(j)->count, s->needed,
			      SHARING_MARK, recipient);
	share_write(s, &w);
	writer_str(&w, j->json ? "\"}\n" : "\n");
	return writer_finish(&w) ? 0 : w.len;
}

static int file_of(const struct sharing *j, unsigned i, char path[PATH_ROOM])
{
	int n = snprintf(path, PATH_ROOM, "%s/share-%u", j->out, i + 1);

	return n > 0 && n < PATH_ROOM ? 0 : ENAMETOOLONG;
}

/* On a terminal each share is for somebody's eyes alone: one at a time. */
static int show(const struct secret *paper, size_t len)
{
	bool person = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	char c = 0;

	if (fd_write(STDOUT_FILENO, paper->bytes, len))
		return node_fail("cannot write: %s", strerror(errno));
	if (!person)
		return EXIT_YES;
	(void)fputs("\nWritten down? Enter clears the screen. ", stderr);
	while (c != '\n' && read(STDIN_FILENO, &c, 1) == 1)
		;
	sharing_clear_screen();
	return EXIT_YES;
}

static int give_one(const struct sharing *j, unsigned i, const char *recipient,
		    struct secret *paper)
{
	size_t len = write_paper(j, i, recipient, paper);
	char path[PATH_ROOM];
	int err;

	if (!len)
		return node_fail("a share is too long");
	if (!j->out)
		return show(paper, len);
	err = file_of(j, i, path);
	if (!err)
		err = fd_write_new(path, paper->bytes, len);
	return err ? node_fail("cannot make %s/share-%u: %s", j->out, i + 1,
			       strerror(err))
		   : EXIT_YES;
}

/* All of them, or none stays. */
static int give(const struct sharing *j, const char *recipient)
{
	struct secret *paper = secret_new(PAPER_MAX);
	int status = paper ? EXIT_YES : node_fail("cannot lock memory");
	unsigned done = 0;
	char path[PATH_ROOM];

	if (status == EXIT_YES && j->out && mkdir(j->out, 0700) &&
	    errno != EEXIST)
		status = node_fail("cannot make %s: %s", j->out,
				   strerror(errno));
	while (status == EXIT_YES && done < sharing_set(j)->count) {
		status = give_one(j, done, recipient, paper);
		done += status == EXIT_YES;
	}
	for (unsigned i = 0; j->out && status != EXIT_YES && i < done; i++)
		if (!file_of(j, i, path))
			(void)unlink(path);
	secret_free(paper);
	return status;
}

/* ---- what comes in */

static int take_identity(struct sharing *j, struct age_identity *ret)
{
	size_t len = 0;
	int err = isatty(STDIN_FILENO)
			  ? secret_line("Key (AGE-SECRET-KEY-1...): ", j->input,
					&len)
			  : secret_all(j->input, &len);

	if (!err)
		err = age_identity_file_read(
			(struct text){ (char *)j->input->bytes, len }, ret);
	if (err == ENOENT || err == ENOKEY)
		return node_fail("no key was given; it is read from stdin or a "
				 "prompt");
	return err ? node_fail("this is no key (AGE-SECRET-KEY-1...), or a "
			       "mistyped one")
		   : EXIT_YES;
}

/* Before anybody relies on them: do the last ones give the key back? */
static bool gives_back(const struct sharing *j, const struct secret *scalar)
{
	const struct share_set *all = sharing_set(j);
	struct secret *some = secret_new(sizeof(struct share_set));
	struct secret *text = secret_new(PAPER_MAX);
	struct secret *out = secret_new(SHARE_SECRET_MAX);
	struct share_set *set = some ? (void *)some->bytes : NULL;
	unsigned needed = all->list[0].needed;
	bool good = some && text && out;
	size_t len = 0;

	for (unsigned i = all->count - needed; good && i < all->count; i++) {
		struct writer w = writer_on(text->bytes, text->len);
		unsigned word;

		share_write(&all->list[i], &w);
		good = set->count < SHARE_SET_MAX &&
		       !share_read((struct text){ (char *)text->bytes, w.len },
				   &set->list[set->count], &word);
		set->count += good;
	}
	good = good && !share_join(set, sharing_words(j), out->bytes, &len) &&
	       len == scalar->len &&
	       !sodium_memcmp(out->bytes, scalar->bytes, len);
	secret_free(some);
	secret_free(text);
	secret_free(out);
	return good;
}

static int split(struct sharing *j, unsigned need, unsigned of)
{
	char recipient[AGE_RECIPIENT_CHARS + 1];
	struct age_identity key = { 0 };
	int status = sharing_passphrase(j, true);

	if (status == EXIT_YES)
		status = take_identity(j, &key);
	if (status != EXIT_YES)
		return status;
	age_recipient_text(&key.recipient, recipient);
	if (share_split((struct bytes){ key.scalar->bytes, key.scalar->len },
			sharing_words(j), need, of,
			j->passphrase ? SHARE_EXPONENT : 0, sharing_set(j)) ||
	    !gives_back(j, key.scalar))
		status = node_fail("the key cannot be split");
	age_identity_close(&key);
	return status == EXIT_YES ? give(j, recipient) : status;
}

int key_split(int argc, char **argv)
{
	uint64_t need = 0, of = 0;
	struct sharing j = { 0 };
	bool end;
	int status = sharing_open(&j, argc, argv, &end);

	if (!end && (j.entry || j.check || j.without_entry))
		status = node_usage(key_usage, "see the usage");
	if (!end && status == EXIT_YES) {
		if (j.recipient || !j.need || !j.of ||
		    text_u64(text_of(j.of), 2, SHARE_MEMBERS_MAX, &of) ||
		    text_u64(text_of(j.need), 2, of, &need))
			status = node_usage(
				key_usage,
				"say --need K --of N: two or more, of at most "
				"16");
		else
			status = split(&j, (unsigned)need, (unsigned)of);
	}
	sharing_close(&j);
	return status;
}
