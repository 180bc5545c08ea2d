/*
 * user -- who may ask to listen
 *
 * A user's key is made here and stays in a file of the user's; the log gets
 * the public half, signed by an officer. The first user of a log is an officer
 * who signs for himself: nobody else can, and everybody can see it.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "command/node.h"
#include "command/userkey.h"

static const char usage_text[] =
	"usage: vaxel user add NAME --role officer|reviewer|operator\n"
	"                  [--key-file FILE] [--public-key B64]\n"
	"                  [--by OFFICER] [--by-key FILE] [-c FILE] [--json]\n"
	"       vaxel user remove NAME [--by OFFICER] [--by-key FILE] "
	"[-c FILE]\n"
	"       vaxel user list [-c FILE] [--json]\n\n"
	"add      make NAME a key (~/.config/vaxel/NAME.key, or --key-file) "
	"and "
	"enrol it\n"
	"         in the log; or enrol a key that NAME made (--public-key). An "
	"officer\n"
	"         signs: --by, or whichever officer's key is there. The first "
	"user is\n"
	"         an officer and signs for itself.\n"
	"remove   from now on NAME opens nothing\n"
	"list     who is enrolled\n\n"
	"officer   enrols and removes users; opens for any purpose\n"
	"reviewer  opens for care, quality, complaint and incident\n"
	"operator  opens nothing\n";

enum { LIST_MAX = 4096 };

struct known {
	char name[REQUEST_TEXT_MAX];
	bool enrolled;
	enum user_role role;
	uint8_t key[REQUEST_KEY];
	uint64_t at_ms;
	json_int_t entry;
};

struct listed {
	struct known *list;
	unsigned count;
};

static struct known *find(const struct listed *p, const char *name)
{
	for (unsigned i = 0; p->list && i < p->count; i++)
		if (!strcmp(p->list[i].name, name))
			return &p->list[i];
	return NULL;
}

/* As the keeper has it, but for the signatures, which it checks itself. */
static int take_user(void *arg, const json_t *o)
{
	const char *type = json_string_value(json_object_get(o, "type"));
	const char *details = json_string_value(json_object_get(o, "details"));
	struct listed *p = arg;
	const struct control_user *u;
	struct known *k;
	struct control c;

	if (!type || !details ||
	    control_read(text_of(type), text_of(details), &c) ||
	    (c.kind != CONTROL_USER_ADDED && c.kind != CONTROL_USER_REMOVED))
		return EXIT_YES;
	u = &c.u.user;
	k = find(p, u->name);
	if (!k && p->count < LIST_MAX)
		k = &p->list[p->count++];
	if (!k)
		return EXIT_YES;
	*k = (struct known){ .enrolled = u->added,
			     .role = u->role,
			     .at_ms = u->at_ms,
			     .entry = json_integer_value(
				     json_object_get(o, "entry")) };
	memcpy(k->name, u->name, sizeof(k->name));
	memcpy(k->key, u->key, sizeof(k->key));
	return EXIT_YES;
}

static int load_people(const struct settings *s, struct listed *ret)
{
	static const struct node_handlers h = { .json = take_user };

	ret->list = calloc(LIST_MAX, sizeof(*ret->list));
	if (!ret->list)
		return node_fail("out of memory");
	return node_ask(s, json_pack("{s:s}", "ask", "users"), &h, ret);
}

/* ---- list */

static void print_user(const struct known *k, bool json)
{
	char key[64] = { 0 }, at[CLOCK_TEXT_MAX];
	struct writer w = writer_on(key, sizeof(key) - 1);

	base64_write(&w, BASE64_PADDED, k->key, sizeof(k->key));
	clock_text((int64_t)k->at_ms, at);
	if (json)
		(void)printf("{\"name\":\"%s\",\"role\":\"%s\",\"since\":"
			     "\"%s\",\"entry\":%lld,\"key\":\"%s\"}\n",
			     k->name, user_role_text(k->role), at,
			     (long long)k->entry, key);
	else
		(void)printf("%-20s %-10s %s\n", k->name,
			     user_role_text(k->role), at);
}

static int user_list(const struct settings *s, const struct node_args *a)
{
	struct listed p = { 0 };
	int status = load_people(s, &p);
	unsigned shown = 0;

	for (unsigned i = 0; status == EXIT_YES && i < p.count; i++)
		if (p.list[i].enrolled) {
			print_user(&p.list[i], a->json);
			shown++;
		}
	if (status == EXIT_YES && !shown && !a->json)
		(void)puts("nobody is enrolled; begin with: vaxel user add "
			   "NAME --role officer");
	free(p.list);
	return status;
}

/* ---- add, remove */

struct change {
	const struct settings *s;
	struct listed people;
	struct control_user user;
	const char *key_file; /* of the user; NULL: the usual place */
	const char *public_key;
	const char *by;
	const char *by_key;
	char key_path[USERKEY_PATH_MAX];
	struct userkey user_key;
	struct userkey signer;
};

static int path_of(const char *given, const char *name,
		   char to[USERKEY_PATH_MAX])
{
	if (!given)
		return userkey_path(name, to);
	return text_copy(to, USERKEY_PATH_MAX, text_of(given));
}

/* The officer who signs: the one named, else the first whose key is here. */
static const char *officer_of(const struct change *c)
{
	char path[USERKEY_PATH_MAX];

	if (c->by)
		return c->by;
	for (unsigned i = 0; i < c->people.count; i++) {
		const struct known *k = &c->people.list[i];

		if (k->enrolled && role_may_enrol(k->role) &&
		    (c->by_key ||
		     (!userkey_path(k->name, path) && !access(path, R_OK))))
			return k->name;
	}
	return NULL;
}

static int load_signer(struct change *c)
{
	const char *by = officer_of(c);
	char path[USERKEY_PATH_MAX];
	const struct known *k;
	int err;

	if (!by)
		return node_fail("no officer's key is in ~/.config/vaxel; say "
				 "whose: --by OFFICER --by-key FILE");
	k = find(&c->people, by);
	if (!k || !k->enrolled || !role_may_enrol(k->role))
		return node_fail("%s is no officer; see: vaxel user list", by);
	err = path_of(c->by_key, by, path);
	if (!err)
		err = userkey_load(path, &c->signer);
	if (err == EPERM)
		return node_fail("others may read %s: chmod 600 it", path);
	if (err)
		return node_fail("cannot use the key of %s: %s", by,
				 strerror(err));
	if (memcmp(c->signer.public_key, k->key, sizeof(k->key)))
		return node_fail("%s is not the key that %s was enrolled with",
				 path, by);
	return text_copy(c->user.by, sizeof(c->user.by), text_of(by))
		       ? EXIT_NO
		       : EXIT_YES;
}

static int user_sent(void *arg, const json_t *o)
{
	*(json_int_t *)arg = json_integer_value(json_object_get(o, "entry"));
	return EXIT_YES;
}

static int sign_and_send(struct change *c, const struct userkey *signer,
			 json_int_t *ret_entry)
{
	static const struct node_handlers h = { .json = user_sent };
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer w = writer_on(details, sizeof(details) - 1);
	struct known *before = find(&c->people, c->user.name);
	uint8_t d[32];

	c->user.at_ms = (uint64_t)clock_wall_ms();
	if (before && before->at_ms >= c->user.at_ms)
		c->user.at_ms = before->at_ms + 1;
	if (control_user_digest(&c->user, c->s->log_origin, d))
		return node_fail("the configuration's log-origin is too long");
	userkey_sign(signer, d, c->user.signature);
	if (control_user_write(&w, &c->user))
		return node_fail("the entry is too long");
	return node_ask(c->s,
			json_pack("{s:s,s:s,s:s}", "ask", "user", "type",
				  c->user.added ? "user.added" : "user.removed",
				  "details", details),
			&h, ret_entry);
}

static int take_public_key(struct change *c)
{
	size_t len;

	if (base64_read(text_of(c->public_key), BASE64_PADDED, c->user.key,
			sizeof(c->user.key), &len) ||
	    len != sizeof(c->user.key))
		return node_fail("--public-key: not 32 bytes in base64");
	return EXIT_YES;
}

static int make_user_key(struct change *c)
{
	int err = path_of(c->key_file, c->user.name, c->key_path);

	if (!err)
		err = userkey_new(c->key_path, c->user.name, &c->user_key);
	/* one made before, by the user or by a try that broke off */
	if (err == EEXIST)
		err = userkey_load(c->key_path, &c->user_key);
	if (err)
		return node_fail("cannot make or use the key file %s: %s",
				 c->key_path, strerror(err));
	memcpy(c->user.key, c->user_key.public_key, sizeof(c->user.key));
	return EXIT_YES;
}

static bool anybody(const struct listed *p)
{
	return p->count > 0;
}

static int add(struct change *c, bool json)
{
	bool first = !anybody(&c->people);
	const struct known *known = find(&c->people, c->user.name);
	json_int_t entry = 0;
	int status;

	if (known && known->enrolled)
		return node_fail("%s is enrolled already", c->user.name);
	if (first && (c->user.role != USER_OFFICER || c->public_key))
		return node_fail("the first user is an officer, who enrols the "
				 "others: vaxel user add NAME --role officer");
	status = first ? EXIT_YES : load_signer(c);
	if (status == EXIT_YES)
		status = c->public_key ? take_public_key(c) : make_user_key(c);
	if (status == EXIT_YES && first)
		memcpy(c->user.by, c->user.name, sizeof(c->user.by));
	if (status == EXIT_YES)
		status = sign_and_send(c, first ? &c->user_key : &c->signer,
				       &entry);
	if (status != EXIT_YES)
		return status;
	if (json)
		(void)printf("{\"name\":\"%s\",\"role\":\"%s\",\"entry\":%lld,"
			     "\"key_file\":\"%s\"}\n",
			     c->user.name, user_role_text(c->user.role),
			     (long long)entry, c->key_path);
	else
		(void)printf(
			"%s is enrolled as %s, entry %lld of the log%s%s\n",
			c->user.name, user_role_text(c->user.role),
			(long long)entry, *c->key_path ? "; key in " : "",
			c->key_path);
	return EXIT_YES;
}

static int remove_user(struct change *c, bool json)
{
	const struct known *k = find(&c->people, c->user.name);
	json_int_t entry = 0;
	int status;

	if (!k || !k->enrolled)
		return node_fail("%s is not enrolled; see: vaxel user list",
				 c->user.name);
	status = load_signer(c);
	if (status == EXIT_YES)
		status = sign_and_send(c, &c->signer, &entry);
	if (status == EXIT_YES && json)
		(void)printf("{\"name\":\"%s\",\"entry\":%lld}\n", c->user.name,
			     (long long)entry);
	else if (status == EXIT_YES)
		(void)printf("%s is removed, entry %lld of the log\n",
			     c->user.name, (long long)entry);
	return status;
}

static int change_user(struct change *c, const struct node_args *a,
		       const char *role)
{
	const char *name = a->count == 1 ? a->args[0] : "";
	int status;

	if (user_name_check(text_of(name)) ||
	    text_copy(c->user.name, sizeof(c->user.name), text_of(name)))
		return node_usage(usage_text,
				  "one NAME: small letters, digits, . _ -");
	if (c->user.added &&
	    (!role || user_role_read(text_of(role), &c->user.role)))
		return node_usage(usage_text,
				  "--role officer, reviewer or operator");
	if (c->public_key && c->key_file)
		return node_usage(usage_text,
				  "either --public-key or --key-file");
	status = load_people(c->s, &c->people);
	if (status == EXIT_YES)
		status = c->user.added ? add(c, a->json)
				       : remove_user(c, a->json);
	userkey_close(&c->user_key);
	userkey_close(&c->signer);
	free(c->people.list);
	return status;
}

int command_user(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "", *role = NULL;
	struct change c = { 0 };
	const struct node_option options[] = {
		{ "--role", &role, NULL },
		{ "--key-file", &c.key_file, NULL },
		{ "--public-key", &c.public_key, NULL },
		{ "--by", &c.by, NULL },
		{ "--by-key", &c.by_key, NULL },
		{ 0 }
	};
	struct settings *s;
	struct node_args a;
	int status;

	if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
		(void)fputs(usage_text, stdout);
		return EXIT_YES;
	}
	if (strcmp(word, "add") && strcmp(word, "remove") &&
	    strcmp(word, "list"))
		return node_usage(usage_text, "say add, remove or list");
	if (node_args_read(argc - 1, argv + 1, options, &a))
		return node_usage(usage_text, "see the usage");
	if (a.help) {
		(void)fputs(usage_text, stdout);
		return EXIT_YES;
	}
	if (sodium_init() < 0 || secret_init(64 * 1024))
		return node_fail("cannot lock memory for keys");
	s = node_settings(&a);
	if (!s)
		return EXIT_NO;
	c.s = s;
	c.user.added = !strcmp(word, "add");
	status = !strcmp(word, "list") ? user_list(s, &a)
				       : change_user(&c, &a, role);
	settings_free(s);
	return status;
}
