/*
 * node -- the life of this node, in its log
 *
 *   node.started, node.stopped   {"started":MS}
 *
 * Said once each for a life of the parent, of which the wall clock at its
 * start is the name: a ledger that alone was restarted says nothing new. A
 * node.started that no node.stopped follows was a power cut, or a kill.
 */
#ifndef VAXEL_LEDGER_NODE_H
#define VAXEL_LEDGER_NODE_H

#include "process/ledger/book.h"

/* What book_enter() says. */
int node_say(struct book *b, enum event_type type, const char *organisation,
	     uint64_t started_ms, int64_t now_ms) CHECK_RESULT;

#endif
