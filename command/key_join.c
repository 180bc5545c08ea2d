/*
 * key join -- the key again, from shares of it
 */
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "command/key_shares.h"
#include "command/node.h"
#include "command/secret_input.h"

/* What is wrong with one share, or with it beside the others. */
static int say_fault(enum share_fault f, unsigned number, unsigned word)
{
	static const char *const texts[] = {
		[SHARE_LENGTH] = "no share has so many words (33 for a key): "
				 "some are missing, or too many",
		[SHARE_CHECKSUM] = "its checksum is wrong: a word was taken "
				   "for another, or two changed places",
		[SHARE_MALFORMED] = "makes no sense, though its checksum is "
				    "right; it was not made by this format",
		[SHARE_OTHER_SET] = "is of another set than share 1; sets "
				    "cannot be mixed, even of one key",
		[SHARE_TWICE] = "was given before",
		[SHARE_CLASH] = "has the number of another share, but other "
				"words; one of them is forged",
		[SHARE_TOO_MANY] = "is more than can be taken",
	};

	if (f == SHARE_WORD)
		return node_fail("share %u: word %u is not of the list; it is "
				 "mistyped",
				 number, word);
	if (f == SHARE_NO_FIT)
		return node_fail("the shares do not fit together: one of them "
				 "was changed or forged, checksum and all");
	return node_fail("share %u: %s", number, texts[f]);
}

static enum share_fault take_share(struct sharing *j, struct text line)
{
	struct secret *room = secret_new(sizeof(struct share));
	struct share *s = room ? (void *)room->bytes : NULL;
	unsigned word = 0;
	enum share_fault f = s ? share_read(line, s, &word) : SHARE_TOO_MANY;

	if (!f)
		f = share_add(sharing_set(j), s);
	if (f)
		(void)say_fault(f, sharing_set(j)->count + 1, word);
	secret_free(room);
	return f;
}

/* Comments name the recipient; all must name the same. */
static int take_comment(struct text line, char named[AGE_RECIPIENT_CHARS + 1])
{
	const size_t mark = sizeof(SHARING_MARK) - 1;
	struct age_recipient r;
	struct text t;

	if (line.len < mark || memcmp(line.p, SHARING_MARK, mark) != 0)
		return EXIT_YES;
	t = (struct text){ line.p + mark, line.len - mark };
	while (t.len && (t.p[t.len - 1] == '\r' || t.p[t.len - 1] == ' '))
		t.len--;
	if (age_recipient_read(t, &r))
		return node_fail("the recipient beside a share is damaged");
	if (*named && !text_is(t, named))
		return node_fail("the shares name two recipients: they are of "
				 "two keys");
	return text_copy(named, AGE_RECIPIENT_CHARS + 1, t) ? EXIT_NO
							    : EXIT_YES;
}

static bool is_empty(struct text line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
			return false;
	return true;
}

static int take_lines(struct sharing *j, char *named)
{
	size_t len = 0;
	struct text all;
	int err = secret_all(j->input, &len);

	if (err == EMSGSIZE)
		return node_fail("that is too much for shares");
	all = (struct text){ (char *)j->input->bytes, len };
	while (all.len) {
		const char *nl = memchr(all.p, '\n', all.len);
		size_t n = nl ? (size_t)(nl - all.p) : all.len;
		struct text line = { all.p, n };

		all.p += nl ? n + 1 : n;
		all.len -= nl ? n + 1 : n;
		if (n && *line.p == '#') {
			int status = take_comment(line, named);

			if (status != EXIT_YES)
				return status;
		} else if (!is_empty(line) && take_share(j, line)) {
			return EXIT_NO;
		}
	}
	return EXIT_YES;
}

/* Shares that are still missing, of the group of the first: 0 is enough. */
static unsigned missing(const struct share_set *set)
{
	const struct share *first = &set->list[0];

	if (!set->count)
		return 1;
	/* groups are counted at the end alone: nobody here makes them */
	if (first->groups_needed > 1)
		return set->count < SHARE_SET_MAX;
	return set->count < first->needed ? first->needed - set->count : 0;
}

static int take_typed(struct sharing *j)
{
	struct share_set *set = sharing_set(j);

	while (missing(set)) {
		char prompt[80];
		size_t len = 0;

		(void)snprintf(prompt, sizeof(prompt),
			       set->count ? "Share %u, %u to go: "
					  : "Share 1: ",
			       set->count + 1, missing(set));
		if (secret_line_seen(prompt, j->input, &len))
			break;
		sharing_clear_screen();
		(void)take_share(j,
				 (struct text){ (char *)j->input->bytes, len });
		sodium_memzero(j->input->bytes, len);
	}
	return EXIT_YES;
}

static int say_too_few(const struct share_set *set)
{
	const struct share *first = &set->list[0];

	if (!set->count)
		return node_fail("no share was given; they are read from "
				 "stdin, one a line, or a prompt");
	if (first->groups_needed > 1)
		return node_fail("too few shares: %u groups are needed, with "
				 "all that each needs",
				 first->groups_needed);
	return node_fail("too few shares: %u are needed, %u given",
			 first->needed, set->count);
}

/* The key that the shares give, of whomever. */
static int open_key(struct sharing *j, struct age_identity *ret)
{
	struct secret *scalar = secret_new(SHARE_SECRET_MAX);
	struct share_set *set = sharing_set(j);
	int status = EXIT_YES;
	enum share_fault f;
	size_t len = 0;

	if (!scalar)
		return node_fail("cannot lock memory for keys");
	f = share_join(set, sharing_words(j), scalar->bytes, &len);
	if (f == SHARE_TOO_FEW)
		status = say_too_few(set);
	else if (f)
		status = say_fault(f, set->count, 0);
	else if (len != AGE_KEY_BYTES)
		status = node_fail("these shares are of something else than a "
				   "key");
	else if (age_identity_make(scalar->bytes, ret))
		status = node_fail("cannot lock memory for keys");
	secret_free(scalar);
	return status;
}

static int join(struct sharing *j, const char *named)
{
	char recipient[AGE_RECIPIENT_CHARS + 1];
	struct age_identity key = { 0 };
	int status = open_key(j, &key);

	if (status != EXIT_YES)
		return status;
	age_recipient_text(&key.recipient, recipient);
	if (*named && strcmp(named, recipient) != 0)
		status =
			node_fail("the shares give another key than that of "
				  "%s: %s",
				  named,
				  j->passphrase ? "is the passphrase right?"
						: "were they made with a "
						  "passphrase? (--passphrase)");
	else if (j->check)
		(void)printf(j->json ? "{\"recipient\":\"%s\"}\n" : "%s\n",
			     recipient);
	else if ((status = key_ceremony(j, recipient)) == EXIT_YES)
		status = key_print_identity(&key, NULL, j->json);
	age_identity_close(&key);
	return status;
}

int key_join(int argc, char **argv)
{
	char named[AGE_RECIPIENT_CHARS + 1] = { 0 };
	struct age_recipient r;
	struct sharing j = { 0 };
	bool end;
	int status = sharing_open(&j, argc, argv, &end);

	if (!end && status == EXIT_YES) {
		if (j.need || j.of || j.out)
			status = node_usage(key_usage, "see the usage");
		else if (j.check + j.without_entry + (j.entry != NULL) != 1)
			status = node_usage(
				key_usage,
				"say --entry N, where two officers say that "
				"the key is brought out, or --check, which "
				"does not show it (or, with no node left to "
				"ask, --without-entry)");
		else if (j.recipient &&
			 (age_recipient_read(text_of(j.recipient), &r) ||
			  text_copy(named, sizeof(named),
				    text_of(j.recipient))))
			status = node_usage(key_usage, "--recipient: not an "
						       "age recipient");
		else
			status = sharing_passphrase(&j, false);
		if (status == EXIT_YES)
			status = isatty(STDIN_FILENO) ? take_typed(&j)
						      : take_lines(&j, named);
		if (status == EXIT_YES)
			status = join(&j, named);
	}
	sharing_close(&j);
	return status;
}
