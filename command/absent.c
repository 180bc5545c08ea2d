/* Parts that have not landed yet; to be removed line by line. */
#include "command/command.h"
#include "ipc/process.h"
#define ABSENT(name)                                                           \
	__attribute__((weak)) int command_##name(int argc, char **argv)        \
	{                                                                      \
		(void)argc;                                                    \
		(void)argv;                                                    \
		fprintf(stderr, "not built yet\n");                            \
		return 2;                                                      \
	}

ABSENT(status)
ABSENT(calls)
ABSENT(queues) ABSENT(trunks) ABSENT(recording) ABSENT(key)
	ABSENT(user)
