/*
 * main -- one program: the subcommands, and the processes of a node
 */
#include "command/command.h"

#include <string.h>

#include "process/courier/courier.h"
#include "process/desk/desk.h"
#include "process/keeper/keeper.h"
#include "process/ledger/commitments.h"
#include "process/ledger/ledger.h"
#include "process/media/media.h"
#include "process/parent/parent.h"
#include "process/prober/prober.h"
#include "process/puller/puller.h"
#include "process/recorder/recorder.h"
#include "process/renderer/renderer.h"
#include "process/switch/switch.h"
#include "process/witness/witness.h"

static const struct process_ops *const processes[ROLE_COUNT] = {
	[ROLE_SWITCH] = &switch_ops,     [ROLE_MEDIA] = &media_ops,
	[ROLE_RECORDER] = &recorder_ops, [ROLE_LEDGER] = &ledger_ops,
	[ROLE_KEEPER] = &keeper_ops,     [ROLE_DESK] = &desk_ops,
	[ROLE_RENDERER] = &renderer_ops, [ROLE_COURIER] = &courier_ops,
	[ROLE_PROBER] = &prober_ops,     [ROLE_PULLER] = &puller_ops,
};

const struct commitments *const command_commitments = &ledger_commitments;

static const struct command commands[] = {
	{ "init", "make a folder with a configuration and its keys",
	  command_init },
	{ "run", "run a node until it is told to end", command_run },
	{ "check", "say what is wrong with a configuration", command_check },
	{ "status", "how a running node is", command_status },
	{ "calls", "the calls in progress", command_calls },
	{ "queues", "who waits, and how many nurses there are",
	  command_queues },
	{ "trunks", "the trunks and whether they answer", command_trunks },
	{ "route", "where a call would go, and why", command_route },
	{ "recording", "list, show, open, verify, export, recover recordings",
	  command_recording },
	{ "ledger", "verify, append to, follow a log", command_ledger },
	{ "register", "who may do what for whom, and by which agreement",
	  command_register },
	{ "key", "make, share, unlock and lock the keeper's keys",
	  command_key },
	{ "user", "who may ask to listen", command_user },
	{ "disclosure", "show what was asked, and approve it",
	  command_disclosure },
	{ "access-request", "answer a patient who asks for their own data",
	  command_access_request },
	{ "probe", "look at this machine, or another, as a stranger would",
	  command_probe },
	{ "witness", "cosign the logs of others, over HTTPS", witness_main },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void usage(FILE *to)
{
	(void)fprintf(to, "vaxel " VAXEL_VERSION
			  ": a switchboard and sealed call recorder for "
			  "health advice lines\n\n"
			  "usage: vaxel COMMAND [...]\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		(void)fprintf(to, "  %-14s %s\n", commands[i].name,
			      commands[i].summary);
	(void)fprintf(to, "\nvaxel COMMAND --help says more; so do the man "
			  "pages, from vaxel(1) on.\n");
}

/* How the parent starts the others; not for people. */
int command_process(int argc, char **argv)
{
	for (int role = 0; argc == 2 && role < ROLE_COUNT; role++)
		if (processes[role] &&
		    !strcmp(argv[1], role_name((enum role)role)))
			return process_main(processes[role]);
	return EXIT_USAGE;
}

int command_run(int argc, char **argv)
{
	const char *file = NULL;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help")) {
			(void)puts("usage: vaxel run -c FILE\n\n"
				   "Runs the node that FILE describes. Prints "
				   "one line when it is ready:\n"
				   "  ready sip=HOST:PORT\n"
				   "SIGTERM: no new calls, running ones end; "
				   "twice: ends at once.\n"
				   "SIGHUP: loads FILE again.");
			return EXIT_YES;
		}
		if (!strcmp(argv[i], "-c") && i + 1 < argc) {
			file = argv[++i];
			continue;
		}
		file = NULL;
		break;
	}
	if (!file) {
		(void)fprintf(stderr, "usage: vaxel run -c FILE\n");
		return EXIT_USAGE;
	}
	return parent_run(file, processes);
}

/* age runs what is called so; the same program under another name. */
static bool is_plugin(const char *name)
{
	const char *slash = name ? strrchr(name, '/') : NULL;

	return name && !strcmp(slash ? slash + 1 : name, "age-plugin-vaxel");
}

int main(int argc, char **argv)
{
	if (argc && is_plugin(argv[0]))
		return command_age_plugin(argc, argv);
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return EXIT_YES;
	}
	if (!strcmp(argv[1], "--version")) {
		(void)puts("vaxel " VAXEL_VERSION);
		return EXIT_YES;
	}
	if (!strcmp(argv[1], "process"))
		return command_process(argc - 1, argv + 1);
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	(void)fprintf(stderr, "vaxel: there is no command %s\n\n", argv[1]);
	usage(stderr);
	return EXIT_USAGE;
}
