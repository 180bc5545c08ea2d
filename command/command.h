/*
 * command -- the command line, one file a subcommand
 *
 * Exit status: 0 yes, 1 no, 2 wrong use. What a person or a script wants goes
 * to stdout, everything else to stderr; --json prints one object a line.
 */
#ifndef VAXEL_COMMAND_H
#define VAXEL_COMMAND_H

#include <stdio.h>

#include "tlog/commitments.h"

#define EXIT_YES 0
#define EXIT_NO 1
#define EXIT_USAGE 2

/* main.c alone names processes: how `vaxel ledger fsck` reads a database. */
extern const struct commitments *const command_commitments;

/* argv[0] is the subcommand's own name. */
typedef int command_run_h(int argc, char **argv);

struct command {
	const char *name;
	const char *summary;
	command_run_h *run;
};

#define COMMAND(name) int command_##name(int argc, char **argv)
COMMAND(init);
COMMAND(run);
COMMAND(check);
COMMAND(status);
COMMAND(calls);
COMMAND(calls_kept);
COMMAND(queues);
COMMAND(trunks);
COMMAND(route);
COMMAND(recording);
COMMAND(ledger);
COMMAND(register);
COMMAND(key);
COMMAND(user);
COMMAND(disclosure);
COMMAND(access_request);
COMMAND(probe);
COMMAND(process);
COMMAND(age_plugin);
#undef COMMAND

#endif
