/*
 * key split, key join -- a key on several papers, none of which is the key
 *
 * Meant for the recovery key, but any age identity is split the same way: its
 * 32 bytes are the secret. Words come by stdin or a prompt and go to stdout or
 * into files of mode 0600, never into an argument, and lie in locked memory.
 *
 * The format cannot say whether a passphrase was right. So each share is
 * written with the key's recipient in a line above it, and join compares what
 * comes out with that, or with --recipient.
 */
#include "command/key_shares.h"

#include <sodium.h>
#include <unistd.h>

#include "command/node.h"
#include "command/secret_input.h"

enum { PASSPHRASE_ROOM = 256, INPUT_MAX = 16 * 1024 };

struct share_set *sharing_set(const struct sharing *j)
{
	return (struct share_set *)(void *)j->set->bytes;
}

struct text sharing_words(const struct sharing *j)
{
	return (struct text){ j->passphrase ? (char *)j->passphrase->bytes : "",
			      j->passphrase_len };
}

void sharing_close(struct sharing *j)
{
	secret_free(j->passphrase);
	secret_free(j->input);
	secret_free(j->set);
}

void sharing_clear_screen(void)
{
	(void)fputs("\033[2J\033[3J\033[H", stderr);
}

/* A second time, where a person types: nothing else would tell of a slip. */
static int repeat_passphrase(struct sharing *j)
{
	struct secret *again = secret_new(PASSPHRASE_ROOM);
	size_t len = 0;
	bool same = again &&
		    !secret_line("Passphrase once more: ", again, &len) &&
		    len == j->passphrase_len &&
		    !sodium_memcmp(again->bytes, j->passphrase->bytes, len);

	secret_free(again);
	return same ? EXIT_YES : node_fail("these are two passphrases");
}

int sharing_passphrase(struct sharing *j, bool repeat)
{
	int err;

	if (!j->passphrase_asked)
		return EXIT_YES;
	j->passphrase = secret_new(PASSPHRASE_ROOM);
	err = j->passphrase
		      ? secret_line("Passphrase of the shares: ", j->passphrase,
				    &j->passphrase_len)
		      : ENOMEM;
	if (err)
		return node_fail("no passphrase was given");
	if (!share_passphrase_ok(sharing_words(j)))
		return node_fail("a passphrase of shares is made of letters "
				 "a-z, digits and signs of ASCII alone");
	return repeat && isatty(STDIN_FILENO) ? repeat_passphrase(j) : EXIT_YES;
}

int sharing_open(struct sharing *j, int argc, char **argv, bool *ret_end)
{
	const struct node_option options[] = {
		{ "--need", &j->need, NULL },
		{ "--of", &j->of, NULL },
		{ "--out", &j->out, NULL },
		{ "--recipient", &j->recipient, NULL },
		{ "--passphrase", NULL, &j->passphrase_asked },
		{ "--entry", &j->entry, NULL },
		{ "--check", NULL, &j->check },
		{ "--without-entry", NULL, &j->without_entry },
		{ 0 }
	};
	struct node_args a;

	*ret_end = true;
	if (node_args_read(argc, argv, options, &a) || a.count)
		return node_usage(key_usage, "see the usage");
	*ret_end = false;
	j->json = a.json;
	j->config = a.config;
	j->input = secret_new(INPUT_MAX);
	j->set = secret_new(sizeof(struct share_set));
	return j->input && j->set ? EXIT_YES
				  : node_fail("cannot lock memory for keys");
}
