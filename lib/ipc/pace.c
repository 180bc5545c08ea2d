#include "ipc/pace.h"

#include <time.h>

#include "base/clock.h"

enum {
	WINDOW_NS = 10 * 1000 * 1000,
	BEGIN_TURNS = 15, /* in a window */
	GO_ON_TURNS = 5,  /* while waiting there cannot be more than ten */
};

bool pace_turn(struct pace *p, uint64_t now_ns)
{
	uint64_t past = now_ns - p->since_ns;

	p->turns++;
	if (past >= WINDOW_NS) {
		/* a turn that took long itself is no reason to wait */
		p->waiting =
			past < 2 * WINDOW_NS &&
			p->turns >= (p->waiting ? GO_ON_TURNS : BEGIN_TURNS);
		p->since_ns = now_ns;
		p->turns = 0;
	}
	return p->waiting;
}

static void on_turn(uv_prepare_t *prepare)
{
	static const struct timespec wait = { 0, PACE_WAIT_NS };

	if (pace_turn(prepare->data, clock_mono_ns()))
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
}

int pace_start(struct pace *p, uv_loop_t *loop)
{
	*p = (struct pace){ .since_ns = clock_mono_ns() };
	if (uv_prepare_init(loop, &p->prepare) ||
	    uv_prepare_start(&p->prepare, on_turn))
		return ENOMEM;
	p->prepare.data = p;
	uv_unref((uv_handle_t *)&p->prepare);
	return 0;
}
