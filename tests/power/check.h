/*
 * check -- was the promise kept?
 */
#ifndef VAXEL_TESTS_CHECK_H
#define VAXEL_TESTS_CHECK_H

#include "tests/power/house.h"

struct witness;

/*
 * Sees every write of every life: no key and nonce may cover two plaintexts.
 * So two spool records with one nonce must be the same bytes, and so must two
 * writes to one place of a body.
 */
struct witness *witness_new(void);
void witness_free(struct witness *w);
void witness_write(void *arg, bool store, const char *name, uint64_t offset,
		   const uint8_t *bytes, size_t len);
bool witness_content(const struct witness *w);

/* Everything that was begun has come to its end in the ledger. */
bool check_settled(struct house *h);

/* Every recording opens, and holds what was promised. False: says why. */
bool check_recordings(struct house *h);

/* What the switch was told is kept has reached the ledger. */
bool check_kept(struct house *h);

#endif
