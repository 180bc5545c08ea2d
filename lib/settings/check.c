/*
 * check -- what the file says must make sense before anything starts
 *
 * Rule ids are those of the closed list; CONFIG is a fault of form.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seal/key.h"
#include "settings/internal.h"

static bool records(const struct settings *s)
{
	for (unsigned i = 0; i < s->line_count; i++)
		if (s->lines[i].record)
			return true;
	return false;
}

bool loader_is_loopback(const char *address)
{
	return !strncmp(address, "127.", 4) || !strcmp(address, "::1") ||
	       !strcasecmp(address, "localhost");
}

void loader_check_file(struct loader *l, const char *path, unsigned line,
		       const char *what)
{
	if (*path && access(path, R_OK))
		loader_fault(l, line, "CONFIG",
			     "name a file that exists and can be read",
			     "%s cannot be read", what);
}

void loader_check_secret(struct loader *l, const char *path, unsigned line,
			 const char *what)
{
	if (!*path || !access(path, R_OK))
		return;
	if (errno == ENOENT || errno == ENOTDIR)
		loader_weakness(l, line, "CONFIG",
				"make it, or check on the machine that has it; "
				"vaxel run does not start without it",
				"the file of %s is not here", what);
	else
		loader_check_file(l, path, line, what);
}

/* Of which file this is, and when it was last written. */
static uint64_t stamp(const char *path)
{
	struct stat st;

	if (!*path || stat(path, &st))
		return 0;
	return (uint64_t)st.st_mtim.tv_sec * 1000000007u +
	       (uint64_t)st.st_mtim.tv_nsec + (uint64_t)st.st_size * 31 +
	       (uint64_t)st.st_ino * 1000003u;
}

static void check_listeners(struct loader *l)
{
	const struct settings *s = l->s;
	unsigned line = loader_line(l, "sip", NULL, "listen");

	for (unsigned i = 0; i < s->listener_count; i++) {
		const char *at = s->listeners[i].address;

		if ((!strcmp(at, "0.0.0.0") || !strcmp(at, "::")) &&
		    !s->listeners[i].public_host[0])
			loader_fault(l, line, "CONFIG",
				     "set public-host in sip, or listen on one "
				     "address",
				     "listens on every address and cannot say "
				     "which to answer to");
		if (s->listeners[i].transport != SIP_TLS)
			continue;
		if (!s->tls_certificate[0] || !s->tls_key[0])
			loader_fault(l, line, "CONFIG",
				     "set tls-certificate and tls-key in sip",
				     "listens for TLS without a certificate");
		loader_check_secret(l, s->tls_certificate, line,
				    "tls-certificate");
		loader_check_secret(l, s->tls_key, line, "tls-key");
		loader_check_secret(l, s->tls_ca, line, "tls-ca");
	}
	if (!s->listener_count && s->role != NODE_PROVIDER)
		loader_fault(l, line, "CONFIG", "set listen in sip",
			     "listens nowhere");
}

static void check_trunk(struct loader *l, const struct trunk *t)
{
	/* one that proves itself may call from anywhere */
	if (!t->host[0] && !t->from_count && !t->client_certificate)
		loader_fault(l, t->line, "CONFIG",
			     "set host, from, certificate-name, or several, "
			     "in the trunk",
			     "trunk %s has no address", t->name);
	if (t->client_certificate && !l->s->tls_ca[0])
		loader_fault(l, t->line, "CONFIG", "set tls-ca in sip",
			     "trunk %s demands a client certificate, but no "
			     "authority is set to judge it",
			     t->name);
	if (t->user[0])
		loader_check_secret(l, t->password_file, t->line,
				    "password-file");
	if (t->host[0] && !loader_is_loopback(t->host) &&
	    (t->transport != SIP_TLS || t->srtp == SRTP_OFF))
		loader_weakness(l, t->line, "GDPR-32-PLAIN",
				"set transport = tls and srtp = required",
				"trunk %s is not encrypted", t->name);
}

static void check_keys(struct loader *l, const struct line *line)
{
	if (line->long_key && line->long_key == line->object_key)
		loader_fault(l, line->line, "CONFIG", "set another key",
			     "long-key and object-key of line %s are one",
			     line->number);
	for (unsigned i = 0; line->long_key && i < line->notice_count; i++)
		if (!line->notices[i].long_text[0])
			loader_fault(l, line->line, "CONFIG",
				     "write its text as long in the notice",
				     "the notice in %s has no long form for "
				     "long-key",
				     line->notices[i].language);
}

static void check_line(struct loader *l, struct line *line)
{
	bool silent = !line->notice_count;

	if (!line->controller[0])
		loader_fault(l, line->line, "GDPR-13",
			     "set controller in the line",
			     "line %s does not say who answers for it",
			     line->number);
	for (unsigned i = 0; i < line->notice_count; i++) {
		struct notice *n = &line->notices[i];

		silent |= !n->text[0];
		loader_check_file(l, n->audio, line->line, "audio");
		loader_check_file(l, n->long_audio, line->line, "long-audio");
		n->audio_stamp = stamp(n->audio);
		n->long_stamp = stamp(n->long_audio);
		if (strpbrk(n->version, "\"\\") || strpbrk(n->language, "\"\\"))
			loader_fault(l, line->line, "CONFIG",
				     "write letters, digits and dots",
				     "version and language of a notice hold no "
				     "quotes and backslashes");
		if (!n->version[0])
			loader_fault(l, line->line, "CONFIG",
				     "set version in the notice",
				     "the notice in %s has no version, which "
				     "is evidence",
				     n->language);
	}
	check_keys(l, line);
	if (line->record && silent)
		loader_fault(l, line->line, "GDPR-13",
			     "write a notice with its text in each language",
			     "line %s records, and the caller is not told",
			     line->number);
	loader_check_file(l, line->music, line->line, "music");
	line->music_stamp = stamp(line->music);
}

static bool looks_like_a_recipient(const char *key)
{
	return !strncmp(key, "age1", 4) && strlen(key) == 62 &&
	       strspn(key + 4, "qpzry9x8gf2tvdw0s3jn54khce6mua7l") == 58;
}

static void check_recipient(struct loader *l, const struct recipient *r)
{
	struct age_recipient key;

	if (!looks_like_a_recipient(r->key))
		loader_fault(l, r->line, "CONFIG",
			     "write the age1... line that vaxel key new prints",
			     "recipient %s has no public key", r->name);
	else if (age_recipient_read(text_of(r->key), &key))
		loader_fault(l, r->line, "CONFIG",
			     "copy the age1... line of vaxel key new, or of "
			     "age-keygen -y, once more",
			     "the key of recipient %s is not as it was made: "
			     "its checksum is wrong",
			     r->name);
}

static void check_recipients(struct loader *l)
{
	const struct settings *s = l->s;

	for (unsigned i = 0; i < s->recipient_count; i++) {
		const struct recipient *r = &s->recipients[i];

		check_recipient(l, r);
		for (unsigned k = 0; k < i; k++)
			if (!strcmp(s->recipients[k].key, r->key))
				loader_fault(l, r->line, "CONFIG",
					     "use a key of its own",
					     "recipient %s has the key of %s",
					     r->name, s->recipients[k].name);
	}
	if (records(s) &&
	    s->recipient_count + (*s->companions[COMPANION_MONTH_KEYS] != 0) <
		    2)
		loader_fault(l, loader_line(l, "recipient", NULL, NULL),
			     "CONFIG",
			     "add a recovery key that is kept offline: vaxel "
			     "key new --recovery",
			     "a recording needs two recipients at least, so "
			     "that one lost key does not lose it");
}

static void check_keeper(struct loader *l)
{
	const struct settings *s = l->s;
	unsigned line = loader_line(l, "keeper", NULL, "identity");

	if (s->role == NODE_SUPPLIER && s->identity[0])
		loader_fault(l, line, "GDPR-32-KEY",
			     "move it to the controller's machine",
			     "a private key that opens recordings lies on the "
			     "machine that records");
	if (s->role == NODE_ONE_MACHINE)
		loader_weakness(l, line, "GDPR-32-KEY",
				"put the keeper on a machine of the "
				"controller's (roles supplier and provider)",
				"one machine holds the recordings and the key "
				"that opens them");
	if (s->passphrase_file[0])
		loader_weakness(
			l, loader_line(l, "keeper", NULL, "passphrase-file"),
			"GDPR-32-KEY",
			"remove it; unlock by hand with vaxel key "
			"unlock",
			"the passphrase lies beside the identity");
	loader_check_secret(l, s->identity, line, "identity");
	loader_check_secret(l, s->passphrase_file, line, "passphrase-file");
}

static bool trunk_known(const struct settings *s, const char *name)
{
	for (unsigned i = 0; i < s->trunk_count; i++)
		if (!strcmp(s->trunks[i].name, name))
			return true;
	return false;
}

static void check_national(struct loader *l)
{
	const struct settings *s = l->s;

	if (s->role != NODE_NATIONAL && s->keep_calls_s)
		loader_fault(l, loader_line(l, NULL, NULL, "keep-calls"),
			     "CONFIG", "remove it",
			     "keep-calls is for national nodes");
	if (s->role != NODE_NATIONAL)
		return;
	for (unsigned i = 0; i < s->route_count; i++)
		if (!trunk_known(s, s->routes[i].trunk))
			loader_fault(l, s->routes[i].line, "CONFIG",
				     "name a trunk of this file",
				     "region %s leads to an unknown trunk",
				     s->routes[i].county);
	if (!s->companions[COMPANION_ROUTES][0] &&
	    !trunk_known(s, s->national_trunk))
		loader_fault(l, loader_line(l, NULL, NULL, "national-trunk"),
			     "ROUTE-GAP",
			     "set national-trunk to the trunk of the national "
			     "queue",
			     "a caller from an unknown municipality reaches "
			     "nobody");
}

void loader_check(struct loader *l)
{
	const struct settings *s = l->s;
	bool answers = s->role == NODE_ONE_MACHINE || s->role == NODE_SUPPLIER;

	if (!s->log_origin[0])
		loader_fault(l, loader_line(l, NULL, NULL, "log-origin"),
			     "CONFIG",
			     "set log-origin, a name like vaxel.example/node",
			     "the log has no name");
	for (int i = 0; i < COMPANIONS; i++) {
		const char *name = settings_companion_name((enum companion)i);

		loader_check_file(l, s->companions[i],
				  loader_line(l, NULL, NULL, name), name);
	}
	loader_check_file(l, s->witness_ca,
			  loader_line(l, NULL, NULL, "witness-ca"),
			  "witness-ca");
	check_listeners(l);
	for (unsigned i = 0; i < s->trunk_count; i++)
		check_trunk(l, &s->trunks[i]);
	for (unsigned i = 0; i < s->line_count; i++)
		check_line(l, &l->s->lines[i]);
	if (!s->line_count && s->role != NODE_PROVIDER)
		loader_fault(l, 1, "CONFIG", "add line 1177 { ... }",
			     "no line to answer");
	for (unsigned i = 0; i < s->agent_count; i++)
		loader_check_secret(l, s->agents[i].password_file,
				    s->agents[i].line, "password-file");
	if (answers)
		check_recipients(l);
	loader_check_months(l);
	loader_check_secret(l, s->handover_key,
			    loader_line(l, NULL, NULL, "handover-key"),
			    "handover-key");
	check_keeper(l);
	check_national(l);
	loader_check_desk(l);
}
