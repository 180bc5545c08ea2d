/*
 * must -- an assertion that stays, whatever the build
 */
#ifndef VAXEL_TESTS_MUST_H
#define VAXEL_TESTS_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define must(x)                                                                \
	do {                                                                   \
		if (!(x)) {                                                    \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,     \
				#x);                                           \
			abort();                                               \
		}                                                              \
	} while (0)

#endif
