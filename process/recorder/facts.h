/*
 * facts -- what the card of a recording will say, until it is sealed
 *
 * While a recording runs, its facts lie in its slot as they were said, beside
 * the keys that would open them anyway, and each with the nonce and the number
 * of its spool record. From these the record comes out the same, byte for byte,
 * however often it is written; its padding is made on the way and kept nowhere.
 * Once the recording is over they are wiped with the keys.
 *
 * Plain, no pointer: it lies in memory that survives the process. Who dies
 * while a fact is being added leaves it out.
 */
#ifndef VAXEL_RECORDER_FACTS_H
#define VAXEL_RECORDER_FACTS_H

#include "seal/spool.h"

#define FACTS_MOST 24
/* all that a switch says of a call, and marks and transfers up to FACTS_MOST */
#define FACTS_MAX 3072
/* their records together: each value is at most 512 bytes */
#define FACTS_RECORDS_MAX (FACTS_MOST * 2 * SPOOL_ALIGN)

struct facts {
	uint16_t len;
	uint16_t count;
	uint8_t at[FACTS_MAX];
};

/*
 * What may be said twice leaves room for what is said at the end. Takes the
 * next nonce and number.
 *
 * EEXIST    it stands there already: a switch or a recorder that was restarted
 *           says it again
 * EMSGSIZE  no room for one more
 */
int facts_add(struct facts *f, struct spool_seal *seal,
	      struct spool_nonce *nonce,
	      const struct spool_fact *fact) CHECK_RESULT;

/* The fact at *at, which then is the place of the next; ENOENT: none there. */
int facts_read(const struct facts *f, uint16_t *at,
	       struct spool_fact *ret) CHECK_RESULT;

/* The same as the record that it is in the spool. EMSGSIZE. */
int facts_record(const struct facts *f, uint16_t *at,
		 const struct spool_seal *seal, struct writer *w) CHECK_RESULT;

#endif
