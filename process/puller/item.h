/*
 * item -- one line of another node's feed (docs/feed.md)
 *
 * Pure. The other side may be broken into: everything is bounded, and what it
 * says of a recording must be what the entry of its log says that it shows.
 */
#ifndef VAXEL_PULLER_ITEM_H
#define VAXEL_PULLER_ITEM_H

#include "base/encode.h"
#include "ipc/values.h"
#include "seal/card.h"

#define ITEM_CURSOR_MAX 64
#define ITEM_NAME_MAX 64
#define ITEM_BODY_MAX (UINT64_C(16) << 30) /* a call of more than a week */

struct item {
	char cursor[ITEM_CURSOR_MAX];
	char origin[ITEM_NAME_MAX]; /* the other log's name */
	uint64_t entry;             /* in it */
	char controller[ITEM_NAME_MAX];
	uint8_t id[ID_BYTES];
	int64_t at_ms; /* by the other's clock */
	enum record_state state;
	enum record_reason reason;
	uint64_t length_ms, body_bytes;
	/* of one that has a body (item_has_body()), else all zeroes */
	uint8_t body[ID_BYTES], kc[16], pn[16], body_sha256[32];
	uint8_t envelope[ENVELOPE_MAX], card_envelope[ENVELOPE_MAX];
	size_t envelope_len, card_envelope_len;
	uint8_t card[CARD_MAX];
	size_t card_len;
};

/* Sealed or recovered: there are a body, an envelope and a card. */
static inline bool item_has_body(const struct item *i)
{
	return i->state == RECORD_SEALED || i->state == RECORD_RECOVERED;
}

/*
 * EBADMSG   malformed, or not what the entry commits to
 * EPERM     of another controller
 * ENODATA   all of it holds, but its envelope was let go: with a body, and
 *           no longer to be had
 */
int item_read(struct text line, const char *controller,
	      struct item *ret) CHECK_RESULT;

#endif
