/*
 * ask -- what the desk may ask of the ledger
 *
 * LEDGER_ASK carries one JSON object, LEDGER_REPLY one (`more` is 0: what does
 * not fit comes in pages). Times are milliseconds since 1970 (UTC). Recording
 * ids, body names and event ids are ids of 26 characters; kc, pn and digests
 * hex; envelopes, cards, salts and hashes padded base64. A reply that failed is
 * {"error":WORD}: malformed, not-found, rolled-back (the log is not the one
 * that we wrote: nothing is disclosed), unavailable, not-permitted.
 *
 *   {"ask":"count"}
 *     {"entries":N,"recordings":N,"unpaired":N}
 *        unpaired: recordings that ended without an entry that says so, or
 *        whose entry says so but of which nothing else was heard
 *   {"ask":"recordings","limit":100,"after":ID,"from":MS,"to":MS,"state":S,
 *    "org":S}                     all but "ask" optional; limit at most 100
 *     {"recordings":[R...],"after":ID|null}    oldest first; null: that was all
 *        R = {"id","at","org","state","reason","ms","bytes","sha256","body",
 *             "entry"}
 *        (body: its name in the store; state "running" until it has ended;
 *        sha256 and entry null while not known)
 *   {"ask":"recording","id":ID}
 *     {"recording":R}
 *   {"ask":"envelope","id":ID}
 *     {"recording":R,"envelope","card_envelope","card","kc","pn"}
 *   {"ask":"append","type":"disclosure.requested","org":S,"at":MS,"id":EVENT,
 *    "details":TEXT}                id optional
 *     {"entry":N,"leaf":TEXT,"salt":B64,"details":TEXT,"checkpoint":NOTE}
 *     after it is durable. The same event id again gives the same entry.
 *     Types: disclosure.* user.* key.* register.* incident.*
 *   {"ask":"entries","from":N,"to":M}     to: exclusive, optional
 *     {"from":N,"entries":[{"leaf":TEXT,"salt":B64,"details":TEXT}...],
 *      "next":N,"size":N}
 *     salt and details only of control entries (user.* key.* register.*
 *     disclosure.* recording.sealed|recovered|held|erased); as many as fit one
 *     reply, go on at "next" until it is "to" or "size" (that of the last
 *     checkpoint).
 *   {"ask":"details","entry":N}
 *     {"entry":N,"leaf":TEXT,"salt":B64,"details":TEXT,"at":MS}
 *   {"ask":"call","id":ID,"from":N}       from optional; ID of the call, or of
 *                                          its hand-over
 *     {"events":[{"entry":N,"type":S,"at":MS,"details":TEXT}...],
 *      "next":N|null}                      its call.* events
 *   {"ask":"checkpoint"}
 *     {"checkpoint":NOTE,"size":N,"root":B64}
 *   {"ask":"cosigned","from":N}           of N entries or more
 *     {"cosigned":K,"witnesses":N,"waiting":TEXT} with `more`, now and then,
 * and last {"checkpoint":NOTE,"size":N}: cosigned by a quorum within the last
 *     minute; or, when that took too long, the checkpoint as it is. Without
 *     witnesses it is as "checkpoint".
 *   {"ask":"proof","entry":N}
 *     {"entry":N,"size":N,"leaf":TEXT,"proof":[B64...],"checkpoint":NOTE}
 *   {"ask":"consistency","from":N}
 *     {"from":N,"size":N,"proof":[B64...],"checkpoint":NOTE}
 *   {"ask":"users","from":N}              from optional
 *     {"users":[{"entry":N,"type":"user.added","details":TEXT}...],
 *      "next":N|null}
 *   {"ask":"accesses","id":ID,"from":N}   from optional; ID of the recording
 *     {"accesses":[{"entry":N,"type":S,"at":MS,"details":TEXT}...],
 *      "next":N|null}                      its disclosure.* entries
 *   {"ask":"envelopes","limit":N,"after":ID}   after optional
 *     {"envelopes":[{"id","envelope","card_envelope"}...]}
 *        of what is whole, oldest first, as many as fit
 *   {"ask":"find","share":TEXT}   the 43 characters of an envelope's first
 * stanza
 *     {"id":ID,"scope":"audio"|"card"}
 *   {"ask":"rotate","rows":[{"id","envelope","card_envelope"}...], and all of
 *    "append", of type key.rotated}
 *     as "append"; the envelopes are replaced with the entry, or neither is
 *   {"ask":"act","type":"recording.erased","details":TEXT}
 *     what an officer signed (act.h): {"entry","leaf","salt","details",
 *     "checkpoint"} once it is done and durable, or {"refused":WORD,
 *     "entry":N|null}, the entry that keeps the refusal (law.h)
 *   {"ask":"kept","from":MS,"id":ID}      optional: after which one
 *     {"kept":[{"id","region","until":MS,"sealed":B64}...]}
 *        what is kept of calls; from and id of the last to go on, until none is
 *        left
 *   {"ask":"feed","org":S,"cursor":C}     of that controller; without cursor
 *                                          from the beginning
 *     {"items":[{"cursor":C, all of R, "kc","pn","envelope","card_envelope",
 *       "card","leaf":TEXT,"salt":B64,"details":TEXT}...]}
 *        what ended, in the order in which all of it was here, and the entry
 *        that says so; null: not there, or let go, or (card_envelope) in the
 *        card. None: that was all. not-found: no place of this feed
 *   {"ask":"taken","org":S,"cursor":C,"let-go":BOOL}
 *     {}   up to there its own node has all of it; let-go: so envelopes and
 *          cards leave here
 */
#ifndef VAXEL_PROCESS_LEDGER_ASK_H
#define VAXEL_PROCESS_LEDGER_ASK_H

#include "process/ledger/book.h"
#include "release/act.h"
#include "release/rotated.h"

#define ASK_RECORDINGS_MAX 100
#define ASK_DETAILS_MAX ROTATED_DETAILS_MAX
#define ASK_ENVELOPE_MAX 1024
#define ASK_ROWS_MAX 24
#define ASK_SHARE_CHARS 43
#define ASK_REPLY_MAX 60000
#define ASK_CURSOR_MAX 64

enum ask_what {
	ASK_COUNT,
	ASK_RECORDINGS,
	ASK_RECORDING,
	ASK_ENVELOPE,
	ASK_APPEND,
	ASK_ENTRIES,
	ASK_DETAILS,
	ASK_CHECKPOINT,
	ASK_COSIGNED,
	ASK_PROOF,
	ASK_CONSISTENCY,
	ASK_USERS,
	ASK_CALL,
	ASK_KEPT,
	ASK_FEED,
	ASK_TAKEN,
	ASK_ENVELOPES,
	ASK_ROTATE,
	ASK_ACT,
	ASK_ACCESSES,
	ASK_FIND,
	ASK_WHATS
};

/* An envelope that was made anew; card_len 0: there is no card. */
struct ask_row {
	uint8_t id[ID_BYTES];
	size_t envelope_len, card_len;
	uint8_t envelope[ASK_ENVELOPE_MAX];
	uint8_t card_envelope[ASK_ENVELOPE_MAX];
};

/* Every ask, with what it does not name at "any". */
struct ask {
	enum ask_what what;
	uint64_t entry, from, to, limit;
	int64_t at_ms, from_ms, to_ms;
	bool has_id;
	uint8_t id[ID_BYTES]; /* of a recording or an event; or "after" */
	enum record_state state;
	enum event_type type;
	char org[LEAF_ORGANISATION_MAX];
	char cursor[ASK_CURSOR_MAX]; /* "": the beginning */
	bool let_go;
	enum act_kind act; /* ASK_ACT */
	int64_t now_ms;    /* of the ledger's clock: set by who answers */
	size_t details_len;
	char details[ASK_DETAILS_MAX];
	char share[ASK_SHARE_CHARS + 1];
	unsigned row_count;
	struct ask_row rows[ASK_ROWS_MAX];
};

/* Pure. EBADMSG malformed, EPERM a type that may not be appended. */
int ask_read(struct text json, struct ask *ret) CHECK_RESULT;

/*
 * Answer, always with one object. What waits is made durable first. An error
 * is one of the book: leave and start anew.
 */
int ask_answer(struct book *b, const struct ask *a,
	       struct writer *ret) CHECK_RESULT;
void ask_refuse(struct writer *ret, const char *word);

#endif
