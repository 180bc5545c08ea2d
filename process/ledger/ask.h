/*
 * ask -- what the desk may ask of the ledger
 *
 * LEDGER_ASK carries one JSON object, LEDGER_REPLY one or more: `more` is 1 on
 * all but the last. Times are milliseconds since 1970 (UTC). Recording ids and
 * event ids are ids of 26 characters; kc, pn and digests hex; envelopes, cards,
 * salts and hashes padded base64. A reply that failed is {"error":WORD}:
 * malformed, not-found, rolled-back (the log is not the one we wrote: nothing
 * is disclosed), unavailable (disk), not-permitted.
 *
 *   {"ask":"count"}
 *     {"entries":N,"recordings":N}
 *   {"ask":"recordings","limit":100,"after":ID,"from":MS,"to":MS,"state":S,
 *    "org":S}                       all but "ask" optional; oldest first
 *     {"recordings":[R...],"after":ID|null}    null: that was all
 *        R = {"id","at","org","state","reason","ms","bytes","sha256","body"}
 *        (body: its name in the store; state "running" until it has ended;
 *        "alarm" interrupted until superseded)
 *   {"ask":"recording","id":ID}
 *     {"recording":R}
 *   {"ask":"envelope","id":ID}
 *     {"recording":R,"envelope","card_envelope","card","kc","pn"}
 *   {"ask":"append","type":"disclosure.requested","org":S,"at":MS,"id":EVENT,
 *    "details":TEXT}
 *     {"entry":N,"leaf":TEXT,"salt":B64,"details":TEXT,"checkpoint":NOTE}
 *     after it is durable. The same event id again gives the same entry.
 *     Types: disclosure.* user.* key.* register.* incident.* recording.held
 *     recording.erased probe.*
 *   {"ask":"entries","from":N,"to":M}     to: exclusive, optional
 *     {"from":N,"entries":[{"leaf":TEXT,"salt":B64,"details":TEXT}...],
 *      "next":N,"size":N}
 *     salt and details only of control entries (user.* key.* register.*
 *     disclosure.* recording.sealed|recovered|held|erased); as many as fit one
 *     reply, go on at "next" until it is "size", that of the last checkpoint.
 *     This object is what KEEPER_LOG carries, as it is.
 *   {"ask":"checkpoint"}
 *     {"checkpoint":NOTE,"size":N,"root":B64}
 *   {"ask":"proof","entry":N}
 *     {"entry":N,"size":N,"leaf":TEXT,"proof":[B64...],"checkpoint":NOTE}
 *   {"ask":"consistency","from":N}
 *     {"from":N,"size":N,"proof":[B64...],"checkpoint":NOTE}
 *   {"ask":"users"}
 *     {"users":[{"entry":N,"type":"user.added","details":TEXT}...]}
 */
#ifndef VAXEL_PROCESS_LEDGER_ASK_H
#define VAXEL_PROCESS_LEDGER_ASK_H

#endif
