/*
 * node -- the command line's way to a running node
 *
 * Options that all of these subcommands share, the configuration file, and one
 * request to the desk. What goes wrong is said on stderr, in words for the
 * person who typed.
 */
#ifndef VAXEL_COMMAND_NODE_H
#define VAXEL_COMMAND_NODE_H

#include <jansson.h>

#include "command/command.h"
#include "release/talk.h"
#include "settings/settings.h"

/*
 * Options of a subcommand: what is no option of its list stands, in order, in
 * args. An option that takes no value has its flag set.
 */
struct node_option {
	const char *name; /* "--to" */
	const char **value;
	bool *flag;
};

#define NODE_ARGS_MAX 8

struct node_args {
	const char *config; /* -c FILE; NULL: not given */
	bool json;
	bool help;
	const char *args[NODE_ARGS_MAX];
	unsigned count;
};

/* EINVAL, having said why. options end with a NULL name; may be NULL. */
int node_args_read(int argc, char **argv, const struct node_option *options,
		   struct node_args *ret) CHECK_RESULT;

/*
 * The configuration: -c FILE, else ./vaxel.conf, else /etc/vaxel/vaxel.conf.
 * NULL, having said why.
 */
struct settings *node_settings(const struct node_args *a);

/*
 * For a question to the running node alone: of a file with faults, which is
 * said, only where the node listens.
 */
struct settings *node_settings_to_ask(const struct node_args *a);

/* node_settings with whatever faults vaxel check finds in it. */
struct settings *node_settings_as_read(const struct node_args *a);

struct node_handlers {
	/* Not 0: stop, and exit with it. Each may be NULL. */
	int (*json)(void *arg, const json_t *o);
	int (*data)(void *arg, const void *p, size_t len);
	/* The keeper refused; NULL: said on stderr as "refused REASON". */
	void (*refused)(void *arg, const char *reason);
};

/* Takes the request over. The exit status. */
int node_ask(const struct settings *s, json_t *request,
	     const struct node_handlers *h, void *arg) CHECK_RESULT;

/* Print as one line of JSON. */
void node_print_json(const json_t *o);

/* "vaxel: ..." on stderr; gives EXIT_NO back, for return. */
int node_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The same, with a hint at --help: EXIT_USAGE. */
int node_usage(const char *usage, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Connect to a socket in the runtime folder. -1, having said why. */
int node_connect(const struct settings *s, const char *socket_name);

#endif
