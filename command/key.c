/*
 * key -- make, unlock and lock the keeper's keys
 */
#include <sodium.h>
#include <string.h>

#include "base/fd.h"
#include "base/secret.h"
#include "command/key.h"
#include "command/node.h"
#include "release/identity.h"
#include "tlog/folder.h"

const char key_usage[] =
	"usage: vaxel key new --out FILE [--json]\n"
	"       vaxel key new --recovery\n"
	"       vaxel key new --months N --for CONTROLLER --out DIR [--from "
	"YYYY-MM]\n"
	"       vaxel key new --handover NAME --out FILE [--json]\n"
	"       vaxel key new --witness NAME --out FILE [--json]\n"
	"       vaxel key split --need K --of N [--out DIR] [--passphrase] "
	"[--json]\n"
	"       vaxel key join --entry N|--check|--without-entry\n"
	"                 [--recipient age1...] [--passphrase] [-c FILE] "
	"[--json]\n"
	"       vaxel key propose [age1...]... --as OFFICER --out DRAFT\n"
	"                 [--for CONTROLLER] [--months LIST] [--destroy]\n"
	"                 [--recovery --reason TEXT] [--key-file FILE] [-c "
	"FILE]\n"
	"       vaxel key approve DRAFT --as OFFICER [--key-file FILE] [-c "
	"FILE]\n"
	"       vaxel key rotate [-c FILE] [--json]\n"
	"       vaxel key unlock [IDENTITY] [-c FILE]\n"
	"       vaxel key lock [-c FILE]\n\n"
	"new       make an identity for the keeper in FILE, sealed under eight "
	"words that\n"
	"          are shown once. Its recipient (age1...) goes into the "
	"configuration.\n"
	"          With --recovery: a recovery key, printed to be kept on "
	"paper, and kept\n"
	"          nowhere else; recordings are sealed to it too.\n"
	"          With --months: an identity a month into DIR, each under "
	"words of its\n"
	"          own (the sheet on stdout), and DIR/months, the public list "
	"of them\n"
	"          With --handover: the key that signs hand-overs or receipts; "
	"NAME is\n"
	"          like vaxel.example/node. Its verifier key is printed, for "
	"the others.\n"
	"          With --witness: the key with which a witness cosigns "
	"logs.\n"
	"split     read a key from stdin or a prompt, and print it as N shares "
	"of words\n"
	"          (SLIP-39), any K of which give it back and fewer tell "
	"nothing; with\n"
	"          --out into files of that folder, one a share\n"
	"join      read shares from stdin, one a line, or a prompt, and print "
	"the key\n"
	"          that they give. --recipient: its public key, which is "
	"compared\n"
	"          --entry: the entry of the log in which two officers say "
	"that it is\n"
	"          brought out. --check: only try the shares, and print its "
	"public key.\n"
	"          --without-entry: no node is left to ask\n"
	"          With --passphrase, for both: it is asked for, or is the "
	"first line\n"
	"          of stdin\n"
	"propose   write down to whom a controller's recordings are sealed "
	"(those named,\n"
	"          or the configuration's recipients; with --months those "
	"after the\n"
	"          month's), sign it, and hand DRAFT to another officer. "
	"--destroy: that\n"
	"          these identities are no more. --recovery: that the recovery "
	"key is\n"
	"          brought out of its shares, and why\n"
	"approve   show DRAFT, sign it too, and enter it in the log: from then "
	"on it holds\n"
	"rotate    make all envelopes anew for whom two officers named last; "
	"bodies stay\n"
	"          as they are. It may be ended and begun again at any time\n"
	"unlock    give the running keeper its passphrase, read from stdin or "
	"a prompt;\n"
	"          with IDENTITY that of this file, a month's, which it takes "
	"along\n"
	"lock      let it forget all of them\n";

static int cannot_lock_memory(void)
{
	return node_fail("cannot lock memory for keys; raise the limit: "
			 "ulimit -l");
}

/* ---- new */

int key_print_identity(const struct age_identity *i, const char *title,
		       bool json)
{
	struct secret *text = secret_new(AGE_IDENTITY_CHARS + 1);
	char recipient[AGE_RECIPIENT_CHARS + 1];
	struct writer w;

	if (!text)
		return cannot_lock_memory();
	w = writer_on(text->bytes, AGE_IDENTITY_CHARS);
	age_identity_write(i, &w);
	age_recipient_text(&i->recipient, recipient);
	if (json)
		(void)printf("{\"recipient\":\"%s\",\"identity\":\"%s\"}\n",
			     recipient, (const char *)text->bytes);
	else
		(void)printf("%s# recipient: %s\n%s\n", title ? title : "",
			     recipient, (const char *)text->bytes);
	(void)fflush(stdout);
	secret_free(text);
	return EXIT_YES;
}

static int new_recovery(bool json)
{
	char recipient[AGE_RECIPIENT_CHARS + 1];
	struct age_identity i = { 0 };
	int err = age_identity_new(&i);
	int status;

	if (err)
		return node_fail("cannot make a key: %s", strerror(err));
	age_recipient_text(&i.recipient, recipient);
	status = key_print_identity(&i,
				    "# recovery key: keep on paper, in a safe "
				    "place of another house\n",
				    json);
	age_identity_close(&i);
	if (status == EXIT_YES && !json)
		(void)fprintf(
			stderr,
			"This key is shown once and kept nowhere; vaxel key "
			"split makes shares of\nit. Configure its recipient:\n"
			"  recipient recovery { key = \"%s\" }\n",
			recipient);
	return status;
}

static int new_identity(const char *path, bool json)
{
	char passphrase[PASSPHRASE_MAX], recipient[AGE_RECIPIENT_CHARS + 1];
	int err = key_make_identity(path, passphrase, recipient);

	if (err == EEXIST)
		return node_fail("%s exists; a key is never overwritten", path);
	if (err)
		return node_fail("cannot make %s: %s", path, strerror(err));
	if (json)
		(void)printf("{\"recipient\":\"%s\",\"passphrase\":\"%s\"}\n",
			     recipient, passphrase);
	else {
		(void)printf("%s\n", recipient);
		(void)fflush(stdout);
		(void)fprintf(
			stderr,
			"The passphrase, shown once and kept nowhere; "
			"without it and without the\nrecovery key "
			"nothing that is sealed to this key can be opened "
			"again:\n\n  %s\n\nWrite it down on paper, in two "
			"places.\n",
			passphrase);
	}
	sodium_memzero(passphrase, sizeof(passphrase));
	return EXIT_YES;
}

static int new_signer(const char *path, enum note_type type, const char *name,
		      bool json)
{
	char vkey[NOTE_KEY_TEXT_MAX];
	int err = ledger_key_new(path, type, name, vkey);

	if (err == EEXIST)
		return node_fail("%s exists; a key is never overwritten", path);
	if (err == EINVAL)
		return node_fail("%s is no name for a key", name);
	if (err)
		return node_fail("cannot make %s: %s", path, strerror(err));
	(void)printf(json ? "{\"verifier\":\"%s\"}\n" : "%s\n", vkey);
	return EXIT_YES;
}

static int key_new(int argc, char **argv)
{
	const char *out = NULL, *handover = NULL, *witness = NULL;
	const char *months = NULL, *from = NULL, *controller = NULL;
	bool recovery = false;
	const struct node_option options[] = {
		{ "--out", &out, NULL },
		{ "--handover", &handover, NULL },
		{ "--witness", &witness, NULL },
		{ "--months", &months, NULL },
		{ "--from", &from, NULL },
		{ "--for", &controller, NULL },
		{ "--recovery", NULL, &recovery },
		{ 0 }
	};
	struct node_args a;

	if (node_args_read(argc, argv, options, &a) || a.count)
		return node_usage(key_usage, "see the usage");
	if (recovery == (out != NULL))
		return node_usage(key_usage,
				  "say either --out FILE or --recovery");
	if (recovery + (handover != NULL) + (witness != NULL) +
		    (months != NULL) >
	    1)
		return node_usage(key_usage, "a key is of one kind");
	if (months)
		return key_new_months(out, months, from, controller);
	if (handover)
		return new_signer(out, NOTE_ED25519, handover, a.json);
	if (witness)
		return new_signer(out, NOTE_COSIGNATURE, witness, a.json);
	return recovery ? new_recovery(a.json) : new_identity(out, a.json);
}

int command_key(int argc, char **argv)
{
	static const struct {
		const char *word;
		int (*run)(int argc, char **argv);
	} words[] = {
		{ "new", key_new },         { "split", key_split },
		{ "join", key_join },       { "propose", key_propose },
		{ "approve", key_approve }, { "rotate", key_rotate },
		{ "unlock", key_unlock },   { "lock", key_lock },
	};
	const char *word = argc > 1 ? argv[1] : "";

	/* before any of them does what it is for */
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			(void)fputs(key_usage, stdout);
			return EXIT_YES;
		}
	if (sodium_init() < 0 || secret_init(64 * 1024))
		return cannot_lock_memory();
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i].word))
			return words[i].run(argc - 1, argv + 1);
	return node_usage(key_usage, "say new, split, join, propose, approve, "
				     "rotate, unlock or lock");
}
