#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "command/ledger.h"

enum { QUIET_MS = 2000, EVERY_MS = 500 };

static void show(void *arg, uint64_t done, uint64_t size)
{
	uint64_t now = clock_mono_ms();
	struct ledger_shown *s = arg;

	if (now - s->started_ms < QUIET_MS || now - s->last_ms < EVERY_MS)
		return;
	s->last_ms = now;
	(void)fprintf(stderr, "%llu of %llu entries\r",
		      (unsigned long long)done, (unsigned long long)size);
}

void ledger_show_progress(struct verify *v, struct ledger_shown *s)
{
	*s = (struct ledger_shown){ clock_mono_ms(), 0 };
	if (isatty(STDERR_FILENO))
		v->progress = show;
	v->progress_arg = s;
}

void ledger_say_ok(const struct verified *v, const struct policy *p, bool json)
{
	char root[64];
	struct writer w = writer_on(root, sizeof(root) - 1);
	unsigned of = p ? p->witness_count : 0;

	base64_write(&w, BASE64_PADDED, v->root.b, sizeof(v->root.b));
	root[w.len] = '\0';
	(void)printf(json ? "{\"ok\":true,\"size\":%llu,\"root\":\"%s\","
			    "\"cosigned\":%u,\"witnesses\":%u}\n"
			  : "ok size=%llu root=%s cosigned=%u/%u\n",
		     (unsigned long long)v->size, root, v->cosigned, of);
}

int ledger_verify(int argc, char **argv)
{
	static struct ledger_trust trust;
	struct ledger_shown shown;
	struct ledger_options o;
	struct ledger_log log;
	struct verified v;
	int is, err;

	is = ledger_options(argc, argv,
			    LEDGER_KEY | LEDGER_POLICY | LEDGER_ORIGIN |
				    LEDGER_JSON,
			    1, &o);
	if (!is)
		is = ledger_trust(&o, &trust);
	if (!is)
		is = ledger_log_open(&log, o.words[0]);
	if (is)
		return is;
	trust.verify.source = log.source;
	ledger_show_progress(&trust.verify, &shown);
	err = verify_log(&trust.verify, &v);
	if (!err) {
		ledger_say_ok(&v, trust.verify.policy, o.json);
	} else if (err == EBADMSG) {
		is = ledger_say_bad(&v, o.json);
	} else {
		(void)fprintf(stderr, "cannot read the log: %s\n",
			      strerror(err));
		is = EXIT_NO;
	}
	ledger_log_close(&log);
	return is;
}
