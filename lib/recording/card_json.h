/*
 * card_json -- what the card says, from the facts of a call
 *
 * One JSON object; the recorder writes it when a recording ends, the keeper
 * when it recovers one, and both write the same bytes from the same facts, but
 * for seek points of what has left the spool before it was recovered:
 *
 *   {"recording":ID,"call":ID,"controller":TEXT,"started":TIME,
 *    "facts":[{"kind":TEXT,"at":TIME,"value":TEXT},...],
 *    "marks":[{"kind":TEXT,"ms":N},...],
 *    "seek":[[MS,OFFSET],...],
 *    "length_ms":N,"ended":TIME,"interrupted":BOOL}
 *
 * seek: at OFFSET of the decrypted body the Matroska cluster of MS begins.
 * Times are RFC 3339 in UTC. Pure. The bytes are personal: the buffers are the
 * caller's to wipe.
 */
#ifndef VAXEL_RECORDING_CARD_JSON_H
#define VAXEL_RECORDING_CARD_JSON_H

#include <stdbool.h>

#include "recording/seek.h"
#include "seal/spool.h"

/* A mark travels as a fact of kind FACT_MARK, whose value card_mark() makes. */
#define CARD_MARK_MAX 40

struct card_json {
	struct writer *w;
	bool first;
};

void card_json_begin(struct card_json *c, struct writer *w,
		     const struct spool_start *start);
void card_json_fact(struct card_json *c, const struct spool_fact *fact);

/* After all facts, all marks again: marks stand in a list of their own. */
void card_json_marks(struct card_json *c);
void card_json_mark(struct card_json *c, const struct spool_fact *fact);

/* After the marks. */
void card_json_seek(struct card_json *c, const struct seek *s);

/* EMSGSIZE when something did not fit. */
int card_json_end(struct card_json *c,
		  const struct spool_end *end) CHECK_RESULT;

/* "hold 61250": kind and milliseconds since the recording began. */
void card_mark(uint8_t mark_kind, uint64_t ms, char to[CARD_MARK_MAX]);

#endif
