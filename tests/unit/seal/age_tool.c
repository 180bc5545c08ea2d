/*
 * age_tool -- lib/seal as a small command, for tests against other programs
 *
 *   age_tool encrypt RECIPIENT...         standard input to standard output
 *   age_tool encrypt-passphrase WORK      the passphrase in AGE_PASSPHRASE
 *   age_tool decrypt [armored]            the identity in AGE_IDENTITY, or
 *                                         the passphrase in AGE_PASSPHRASE
 *   age_tool keygen                       identity, then recipient
 *
 * decrypt says on standard error at which stage it failed, in the words of
 * the published test vectors, and exits 1. It is not installed.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"
#include "seal/age.h"
#include "seal/envelope.h"
#include "seal/stream.h"

enum { ALL_MAX = 64 << 20, RECIPIENTS_MAX = 16 };

static struct bytes read_all(void)
{
	uint8_t *buf = malloc(ALL_MAX);
	size_t len;

	if (!buf)
		exit(2);
	len = fread(buf, 1, ALL_MAX, stdin);
	return (struct bytes){ buf, len };
}

static struct writer new_writer(void)
{
	uint8_t *buf = malloc(ALL_MAX);

	if (!buf)
		exit(2);
	return writer_on(buf, ALL_MAX);
}

static int fail(const char *stage)
{
	(void)fprintf(stderr, "%s\n", stage);
	return 1;
}

static int unwrap(const struct age_header *h, uint8_t *fk)
{
	const char *identity = getenv("AGE_IDENTITY");
	const char *passphrase = getenv("AGE_PASSPHRASE");
	struct age_identity id = { .scalar = NULL };
	int err;

	if (passphrase)
		return age_header_unwrap_passphrase(h, text_of(passphrase),
						    AGE_WORK_MAX, fk);
	if (age_identity_file_read(text_of(identity), &id))
		exit(2);
	err = age_header_unwrap(h, &id, 1, fk);
	age_identity_close(&id);
	return err;
}

static int decrypt(struct stream *s, bool armored)
{
	struct bytes in = read_all();
	struct writer binary = new_writer(), out = new_writer();
	uint8_t fk[AGE_FILE_KEY_BYTES];
	struct age_header h;
	int err;

	if (armored || age_is_armor(in)) {
		if (age_armor_read(in, &binary))
			return fail("armor failure");
		in = (struct bytes){ binary.buf, binary.len };
	}
	if (age_header_read(in, &h))
		return fail("header failure");
	err = unwrap(&h, fk);
	if (err)
		return fail(err == ENOKEY ? "no match" : "header failure");
	/* the vectors count the nonce as part of the header */
	if (in.len - h.len < AGE_NONCE_BYTES)
		return fail("header failure");
	err = stream_open(s, fk, (struct bytes){ in.p + h.len, in.len - h.len },
			  &out);
	(void)fwrite(out.buf, 1, out.len, stdout);
	return err ? fail("payload failure") : 0;
}

static int seal(struct stream *s, const struct seal_keys *keys,
		struct writer *out)
{
	if (stream_seal(s, keys->fk, keys->pn, read_all(), out))
		return fail("payload failure");
	return fwrite(out->buf, 1, out->len, stdout) == out->len ? 0 : 1;
}

static int encrypt(struct stream *s, char **names, int count)
{
	struct age_recipient to[RECIPIENTS_MAX];
	struct writer out = new_writer();
	struct seal_keys keys;

	if (count < 1 || count > RECIPIENTS_MAX)
		return 2;
	for (int i = 0; i < count; i++)
		if (age_recipient_read(text_of(names[i]), &to[i]))
			return fail("no recipient");
	seal_keys_new(&keys);
	if (envelope_make(keys.fk, to, (size_t)count, &out))
		return fail("header failure");
	return seal(s, &keys, &out);
}

static int encrypt_passphrase(struct stream *s, const char *work)
{
	struct writer out = new_writer();
	struct seal_keys keys;
	uint64_t n;

	if (text_u64(text_of(work), 1, AGE_WORK_MAX, &n))
		return 2;
	seal_keys_new(&keys);
	if (age_header_write_passphrase(keys.fk,
					text_of(getenv("AGE_PASSPHRASE")),
					(unsigned)n, &out))
		return fail("header failure");
	return seal(s, &keys, &out);
}

static int keygen(void)
{
	char identity[AGE_IDENTITY_CHARS], recipient[AGE_RECIPIENT_CHARS + 1];
	struct writer w = writer_on(identity, sizeof(identity));
	struct age_identity id;

	if (age_identity_new(&id))
		return 2;
	age_identity_write(&id, &w);
	age_recipient_text(&id.recipient, recipient);
	(void)printf("%.*s\n%s\n", (int)w.len, identity, recipient);
	age_identity_close(&id);
	return 0;
}

int main(int argc, char **argv)
{
	struct stream *s;

	if (argc < 2 || sodium_init() < 0 || secret_init(4096) ||
	    stream_new(&s))
		return 2;
	if (!strcmp(argv[1], "encrypt"))
		return encrypt(s, argv + 2, argc - 2);
	if (!strcmp(argv[1], "encrypt-passphrase") && argc == 3)
		return encrypt_passphrase(s, argv[2]);
	if (!strcmp(argv[1], "decrypt"))
		return decrypt(s, argc == 3 && !strcmp(argv[2], "armored"));
	if (!strcmp(argv[1], "keygen"))
		return keygen();
	return 2;
}
