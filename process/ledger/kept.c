#include "process/ledger/kept.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

enum { SWEEP_MOST_S = 60 };

static void again(struct kept *k);

static int sweep(struct kept *k)
{
	unsigned count = 0;
	int err = book_forget(k->book, clock_wall_ms(), &count);

	metric_add(METRIC_calls_forgotten, count);
	return err;
}

/* What is durable is forgotten by the next one, at its start. */
static void on_timer(uv_timer_t *timer)
{
	struct kept *k = timer->data;
	int err = sweep(k);

	if (err) {
		log_error("cannot forget what was kept of calls: %s; starting "
			  "anew",
			  strerror(err));
		exit(EXIT_FAILURE);
	}
	again(k);
}

static void again(struct kept *k)
{
	unsigned s = k->process->settings->keep_calls_s / 10;

	if (!s)
		s = 1;
	if (s > SWEEP_MOST_S || !k->process->settings->keep_calls_s)
		s = SWEEP_MOST_S;
	(void)uv_timer_start(&k->timer, on_timer, (uint64_t)s * 1000, 0);
}

int kept_start(struct kept *k, struct process *p, struct book *book)
{
	int err;

	*k = (struct kept){ .process = p, .book = book };
	if (uv_timer_init(p->loop, &k->timer))
		return ENOMEM;
	k->timer.data = k;
	err = sweep(k);
	if (!err)
		again(k);
	return err;
}

int kept_put(struct kept *k, const struct ipc_KEEP_CALL *in)
{
	const int64_t now = clock_wall_ms();
	const int64_t most = now + (int64_t)SETTINGS_KEEP_CALLS_MAX_S * 1000;
	struct database_kept row = { .region = in->region,
				     .sealed = in->sealed };
	int err;

	row.until_ms =
		in->until_ms > (uint64_t)most ? most : (int64_t)in->until_ms;
	if (row.until_ms <= now)
		return 0;
	memcpy(row.id, in->id, ID_BYTES);
	err = book_keep(k->book, &row);
	if (!err)
		metric_add(METRIC_calls_kept, 1);
	return err;
}
