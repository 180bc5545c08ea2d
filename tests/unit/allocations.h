/*
 * allocations -- how many there were, where the sanitizers can tell
 *
 * The tests run under them in `make check`; elsewhere nothing is counted, and
 * allocations_counted() is false.
 */
#ifndef VAXEL_TESTS_ALLOCATIONS_H
#define VAXEL_TESTS_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

extern int __sanitizer_install_malloc_and_free_hooks(
	void (*on_malloc)(const volatile void *p, size_t size),
	void (*on_free)(const volatile void *p)) __attribute__((weak));

static unsigned long allocations;

static void allocations_on_malloc(const volatile void *p, size_t size)
{
	(void)p;
	(void)size;
	allocations++;
}

static void allocations_on_free(const volatile void *p)
{
	(void)p;
}

/* From here on; once a program. */
static bool allocations_counted(void)
{
	return __sanitizer_install_malloc_and_free_hooks &&
	       __sanitizer_install_malloc_and_free_hooks(allocations_on_malloc,
							 allocations_on_free);
}

#endif
