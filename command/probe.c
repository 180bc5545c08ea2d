/*
 * probe -- look at this machine, or at another, as a stranger would
 *
 * With a configuration: every socket that listens here, the files, the
 * processes as they run, the machine. With an address: what it shows.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/node.h"
#include "probe/files.h"
#include "probe/machine.h"
#include "probe/processes.h"
#include "probe/scan.h"
#include "probe/service.h"
#include "probe/sockets.h"

static const char usage_text[] =
	"usage: vaxel probe [-c FILE] [--json]\n"
	"       vaxel probe URL|HOST:PORT|HOST [-c FILE] [--json]\n"
	"       vaxel probe --by-node [-c FILE]\n\n"
	"Looks as a stranger would, with no credentials. Without an address: "
	"at every\nsocket that listens on this machine, and from inside at the "
	"modes of state,\nkeys and store, at the processes' confinement as "
	"they run, and at the machine.\nRun it as root, or much stays unseen. "
	"With an address: at that service, or at\nevery port of the host.\n\n"
	"Each finding is a line:\n"
	"  RULE-ID TARGET: found; mend: TEXT\n"
	"and last: N faults. Weaknesses are named on stderr and not counted.\n"
	"  --json        {rule, target, found}, an object a line, faults "
	"alone\n"
	"  --by-node     the running node looks itself, as it does on its "
	"schedule: what it\n"
	"                finds is in its log and ledger (probe.passed, "
	"probe.failed)\n"
	"  --patience S  wait so many seconds for an answer: 1, up to 60\n\n"
	"Exit status: 0 no fault, 1 faults, 2 wrong use.\n";

enum { PATIENCE_MS = 2000, TOLD_EVERY_MS = 500 };

struct teller {
	bool json;
	uint64_t began_ms, told_ms;
	bool told;
};

static void clear_line(struct teller *t)
{
	if (t->told)
		(void)fputs("\r\033[K", stderr);
	t->told = false;
}

static void on_found(void *arg, const struct probe_finding *f)
{
	struct teller *t = arg;
	json_t *o;

	clear_line(t);
	if (f->weakness) {
		(void)fprintf(stderr, "weakness: %s %s: %s; mend: %s\n",
			      f->rule, f->target, f->found, f->mend);
		return;
	}
	if (!t->json) {
		(void)printf("%s %s: %s; mend: %s\n", f->rule, f->target,
			     f->found, f->mend);
		(void)fflush(stdout);
		return;
	}
	o = json_pack("{s:s,s:s,s:s}", "rule", f->rule, "target", f->target,
		      "found", f->found);
	if (o)
		node_print_json(o);
	json_decref(o);
	(void)fflush(stdout);
}

/* What takes longer than a moment says where it is. */
static int on_step(void *arg, const char *what)
{
	struct teller *t = arg;
	uint64_t now = clock_mono_ms();

	if (now - t->began_ms < PATIENCE_MS || now - t->told_ms < TOLD_EVERY_MS)
		return 0;
	t->told_ms = now;
	t->told = isatty(STDERR_FILENO) == 1;
	(void)fprintf(stderr,
		      t->told ? "\r\033[Kprobing: %.60s" : "probing: %.60s\n",
		      what);
	return 0;
}

static int at_address(struct probe *p, const char *text)
{
	struct target t;
	int err = probe_target_read(text, &t);

	if (err)
		return node_usage(usage_text,
				  err == ENOENT
					  ? "nobody knows the name in %s"
					  : "%s is no URL, HOST:PORT or HOST",
				  text);
	if (!probe_target_port(&t.at)) {
		if (probe_host(p, &t))
			return node_fail("out of memory");
		return EXIT_YES;
	}
	if (!probe_tcp(p, &t))
		(void)fprintf(stderr,
			      "vaxel: nothing answers at %s, so nothing "
			      "was looked at\n",
			      t.name);
	return EXIT_YES;
}

static int at_sockets(struct probe *p)
{
	static struct sockets s;
	unsigned next = 0;

	if (sockets_read(&s))
		return node_fail("the kernel's list of sockets cannot be read "
				 "(/proc/net)");
	while (probe_next_socket(p, &s, &next))
		;
	return EXIT_YES;
}

static int at_home(struct probe *p, const struct settings *s)
{
	int status = at_sockets(p);

	if (status != EXIT_YES)
		return status;
	probe_files_of(p, s);
	switch (probe_processes(p, s->runtime)) {
	case 0:
		break;
	case ENOENT:
		(void)fprintf(stderr, "vaxel: no node runs with this "
				      "configuration, so no process was "
				      "looked at\n");
		break;
	default:
		return node_fail("out of memory");
	}
	probe_machine(p, s->state);
	if (geteuid() != 0)
		(void)fprintf(stderr, "vaxel: not started by root: files of "
				      "other users were not looked at\n");
	return EXIT_YES;
}

static int look(const struct node_args *a, struct settings *s,
		uint64_t patience_s)
{
	struct teller t = { .json = a->json, .began_ms = clock_mono_ms() };
	struct probe p;
	int status;

	if (probe_init(&p, s ? s->tls_ca : NULL, on_found, on_step, &t))
		return node_fail("out of memory");
	p.patience_ms = (unsigned)patience_s * 1000;
	status = a->count ? at_address(&p, a->args[0]) : at_home(&p, s);
	clear_line(&t);
	if (status == EXIT_YES && !a->json)
		(void)printf("%u faults\n", p.faults);
	if (status == EXIT_YES && p.faults)
		status = EXIT_NO;
	probe_free(&p);
	return status;
}

/* It is not waited for: a look may take minutes. */
static int ask_node(const struct node_args *a)
{
	static const struct node_handlers nothing = { 0 };
	struct settings *s;
	int status;

	if (a->count)
		return node_usage(usage_text, "--by-node takes no address");
	s = node_settings_to_ask(a);
	if (!s)
		return EXIT_NO;
	status =
		node_ask(s, json_pack("{s:s}", "ask", "probe"), &nothing, NULL);
	if (status == EXIT_YES && !a->json)
		(void)puts("the node looks at itself; the next entry "
			   "probe.passed or probe.failed says what it found");
	settings_free(s);
	return status;
}

int command_probe(int argc, char **argv)
{
	const char *patience = "1";
	bool by_node = false;
	const struct node_option options[] = { { "--patience", &patience,
						 NULL },
					       { "--by-node", NULL, &by_node },
					       { NULL, NULL, NULL } };
	struct settings *s = NULL;
	struct node_args a;
	uint64_t patience_s;
	int status;

	if (node_args_read(argc, argv, options, &a))
		return node_usage(usage_text, "see the usage");
	if (a.help) {
		(void)fputs(usage_text, stdout);
		return EXIT_YES;
	}
	if (a.count > 1)
		return node_usage(usage_text, "one address at a time");
	if (text_u64(text_of(patience), 1, 60, &patience_s))
		return node_usage(usage_text, "--patience wants 1 to 60");
	if (by_node)
		return ask_node(&a);
	(void)signal(SIGPIPE, SIG_IGN);
	if (!a.count || a.config) {
		s = node_settings_as_read(&a);
		if (!s)
			return EXIT_USAGE;
	}
	status = look(&a, s, patience_s);
	settings_free(s);
	return status;
}
