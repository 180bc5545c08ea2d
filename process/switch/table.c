#include "process/switch/table.h"

static const struct {
	enum call_state from;
	enum call_event event;
	enum call_state to;
} table[] = {
	{ CALL_NONE, CALL_EVENT_RECEIVED, CALL_RECEIVED },

	{ CALL_RECEIVED, CALL_EVENT_ANSWERED, CALL_NOTICE },
	{ CALL_RECEIVED, CALL_EVENT_ROUTED, CALL_RINGING },
	{ CALL_RECEIVED, CALL_EVENT_ENDED, CALL_ENDING },

	{ CALL_RECEIVED, CALL_EVENT_ASKED, CALL_ASKING },
	{ CALL_ASKING, CALL_EVENT_ROUTED, CALL_RINGING },
	{ CALL_ASKING, CALL_EVENT_ENDED, CALL_ENDING },

	{ CALL_NOTICE, CALL_EVENT_TOLD, CALL_QUEUED },
	{ CALL_NOTICE, CALL_EVENT_ENDED, CALL_ENDING },

	{ CALL_QUEUED, CALL_EVENT_OFFERED, CALL_RINGING },
	{ CALL_QUEUED, CALL_EVENT_ENDED, CALL_ENDING },

	{ CALL_RINGING, CALL_EVENT_UNANSWERED, CALL_QUEUED },
	/* national: the first route failed, the next one is tried */
	{ CALL_RINGING, CALL_EVENT_ROUTED, CALL_RINGING },
	{ CALL_RINGING, CALL_EVENT_CONNECTED, CALL_TALKING },
	{ CALL_RINGING, CALL_EVENT_ENDED, CALL_ENDING },

	{ CALL_TALKING, CALL_EVENT_HELD, CALL_HELD },
	{ CALL_TALKING, CALL_EVENT_REFERRED, CALL_TRANSFERRING },
	{ CALL_TALKING, CALL_EVENT_REQUEUED, CALL_QUEUED },
	{ CALL_TALKING, CALL_EVENT_ENDED, CALL_ENDING },

	/* the other side may hold too, and then one of them resume */
	{ CALL_HELD, CALL_EVENT_HELD, CALL_HELD },
	{ CALL_HELD, CALL_EVENT_RESUMED, CALL_TALKING },
	{ CALL_HELD, CALL_EVENT_REFERRED, CALL_TRANSFERRING },
	{ CALL_HELD, CALL_EVENT_REQUEUED, CALL_QUEUED },
	{ CALL_HELD, CALL_EVENT_ENDED, CALL_ENDING },

	{ CALL_TRANSFERRING, CALL_EVENT_TRANSFERRED, CALL_TALKING },
	{ CALL_TRANSFERRING, CALL_EVENT_NOT_TRANSFERRED, CALL_TALKING },
	{ CALL_TRANSFERRING, CALL_EVENT_REQUEUED, CALL_QUEUED },
	{ CALL_TRANSFERRING, CALL_EVENT_ENDED, CALL_ENDING },

	{ CALL_ENDING, CALL_EVENT_RELEASED, CALL_NONE },
};

int call_step(enum call_state *state, enum call_event event)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].from == *state && table[i].event == event) {
			*state = table[i].to;
			return 0;
		}
	return EPROTO;
}

const char *call_state_text(enum call_state state)
{
	static const char *const names[CALL_STATES] = {
		[CALL_NONE] = "none",
		[CALL_RECEIVED] = "received",
		[CALL_ASKING] = "asking",
		[CALL_NOTICE] = "notice",
		[CALL_QUEUED] = "queued",
		[CALL_RINGING] = "ringing",
		[CALL_TALKING] = "talking",
		[CALL_HELD] = "held",
		[CALL_TRANSFERRING] = "transferring",
		[CALL_ENDING] = "ending",
	};

	return (unsigned)state < CALL_STATES ? names[state] : "unknown";
}
