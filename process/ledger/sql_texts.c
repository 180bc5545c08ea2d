/*
 * Every word of SQL: what lies where, and what is asked of it
 */
#include "process/ledger/sql.h"

/* its end and its entry are here: 3 sealed, 4 not-recorded, 5 alarm, 6
   recovered */
#define FEED_READY                                                             \
	"entry IS NOT NULL AND (state IN (4, 5)"                               \
	" OR (state IN (3, 6) AND body_sha256 IS NOT NULL))"
/* control_may_be_erased() */
#define ERASABLE                                                               \
	"'recording.started', 'recording.alarm', 'recording.not-recorded',"    \
	" 'recording.sealed', 'recording.recovering', 'recording.recovered'"

/* ended without an entry; or an entry that says sealed, no end */
#define UNPAIRED                                                               \
	"(state NOT IN (0, 1, 2) AND entry IS NULL)"                           \
	" OR (state IN (3, 6) AND body_sha256 IS NULL)"

#define OF_DISCLOSURE                                                          \
	"type IN ('disclosure.requested', 'disclosure.approved',"              \
	" 'disclosure.released', 'disclosure.refused')"

/* Of an age header's first stanza, "age-encryption.org/v1\n-> X25519 " before
 */
#define AUDIO_SHARE "substr(envelope, 33, 43)"
#define CARD_SHARE "substr(card_envelope, 33, 43)"

const char sql_schema[] =
	"CREATE TABLE IF NOT EXISTS entries ("
	" entry INTEGER PRIMARY KEY,"
	" event BLOB NOT NULL UNIQUE,"
	" type TEXT NOT NULL,"
	" at INTEGER NOT NULL,"
	" leaf TEXT NOT NULL,"
	" salt BLOB NOT NULL,"
	" details TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS entries_users ON entries (entry)"
	" WHERE type IN ('user.added', 'user.removed');"
	"CREATE INDEX IF NOT EXISTS entries_disclosures ON entries (entry)"
	" WHERE " OF_DISCLOSURE ";"
	/* in the order in which they came, which lists want; and not by id, or
	   each row would spill into a page of its own (past 1,002 bytes) */
	"CREATE TABLE IF NOT EXISTS recordings ("
	" id BLOB NOT NULL PRIMARY KEY,"
	" at INTEGER NOT NULL,"
	" controller TEXT NOT NULL,"
	" body BLOB NOT NULL,"
	" kc BLOB NOT NULL,"
	" pn BLOB NOT NULL,"
	" envelope BLOB NOT NULL,"
	" card_envelope BLOB NOT NULL,"
	" state INTEGER NOT NULL,"
	" reason INTEGER NOT NULL DEFAULT 0,"
	" length_ms INTEGER NOT NULL DEFAULT 0,"
	" body_bytes INTEGER NOT NULL DEFAULT 0,"
	" body_sha256 BLOB,"
	" card BLOB,"
	" entry INTEGER);"
	/* a list by any of these, and a count, reads no row that it does not
	   show: rows are a thousand bytes, and there may be millions */
	"CREATE INDEX IF NOT EXISTS recordings_at ON recordings (at, id);"
	"CREATE INDEX IF NOT EXISTS recordings_state"
	" ON recordings (state, at, id);"
	"CREATE INDEX IF NOT EXISTS recordings_controller"
	" ON recordings (controller, at, id);"
	"CREATE INDEX IF NOT EXISTS recordings_both"
	" ON recordings (controller, state, at, id);"
	"CREATE INDEX IF NOT EXISTS recordings_unpaired ON recordings (at)"
	" WHERE " UNPAIRED ";"
	"CREATE INDEX IF NOT EXISTS recordings_share ON"
	" recordings (" AUDIO_SHARE ");"
	"CREATE INDEX IF NOT EXISTS recordings_card_share ON"
	" recordings (" CARD_SHARE ");"
	"CREATE TABLE IF NOT EXISTS calls ("
	" call TEXT PRIMARY KEY,"
	" at INTEGER NOT NULL,"
	" organisation TEXT NOT NULL,"
	" recording TEXT NOT NULL DEFAULT '',"
	" closed INTEGER NOT NULL) WITHOUT ROWID;"
	/* in the order in which they go: nothing is ever moved to another page
	 */
	"CREATE TABLE IF NOT EXISTS kept ("
	" until INTEGER NOT NULL,"
	" id BLOB NOT NULL,"
	" region TEXT NOT NULL,"
	" sealed BLOB NOT NULL,"
	" PRIMARY KEY (until, id)) WITHOUT ROWID;"
	/* what other nodes may pull, in the order in which it was ready */
	"CREATE TABLE IF NOT EXISTS feed ("
	" seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	" recording BLOB NOT NULL,"
	" state INTEGER NOT NULL,"
	" controller TEXT NOT NULL,"
	" UNIQUE (recording, state));"
	/* a database from before there was a feed; joined so that no row is
	   read where there is one */
	"INSERT INTO feed (recording, state, controller)"
	" SELECT id, state, controller FROM"
	" (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM feed))"
	" CROSS JOIN recordings WHERE " FEED_READY " ORDER BY at;"
	"CREATE TABLE IF NOT EXISTS taken ("
	" controller TEXT PRIMARY KEY,"
	" seq INTEGER NOT NULL) WITHOUT ROWID;"
	/* and how far other nodes' feeds were pulled */
	"CREATE TABLE IF NOT EXISTS pulled ("
	" feed TEXT PRIMARY KEY,"
	" cursor TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS mark ("
	" one INTEGER PRIMARY KEY CHECK (one = 1),"
	" size INTEGER NOT NULL,"
	" root BLOB NOT NULL);"
	"CREATE INDEX IF NOT EXISTS entries_erased ON entries (entry)"
	" WHERE type = 'recording.erased';"
	/* what an officer has decided about a recording */
	"CREATE TABLE IF NOT EXISTS standing ("
	" recording BLOB PRIMARY KEY,"
	" acted INTEGER NOT NULL,"
	" held INTEGER NOT NULL) WITHOUT ROWID;"
	/* bodies of erased recordings that the store has not let go of yet */
	"CREATE TABLE IF NOT EXISTS bodies ("
	" name BLOB PRIMARY KEY) WITHOUT ROWID;";

/* Which entries an erasure takes the details of; of older databases too. */
const char sql_about[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE about ("
	" recording TEXT NOT NULL,"
	" entry INTEGER NOT NULL,"
	" PRIMARY KEY (recording, entry)) WITHOUT ROWID;"
	"INSERT INTO about SELECT json_extract(details, '$.recording'), entry"
	" FROM entries WHERE type IN (" ERASABLE ") AND json_valid(details) AND"
	" json_type(details, '$.recording') = 'text';"
	"PRAGMA user_version = 2;"
	"COMMIT;";

#define ENTRY_COLUMNS "entry, event, type, at, leaf, salt, details"
/* details are whatever another process sent */
#define CALL_NAMED                                                             \
	"CASE WHEN json_valid(details)"                                        \
	" THEN json_extract(details, '$.call') END"
#define HANDOVER_NAMED                                                         \
	"CASE WHEN json_valid(details)"                                        \
	" THEN json_extract(details, '$.handover') END"
#define RECORDING_COLUMNS                                                      \
	"id, body, at, controller, kc, pn, state, reason, length_ms, "         \
	"body_bytes, body_sha256, entry"

#define LIST_RECORDINGS(whose, index)                                          \
	"SELECT " RECORDING_COLUMNS " FROM recordings INDEXED BY " index       \
	" WHERE (at, id) > (?1, ?2) AND at < ?3 AND " whose                    \
	" ORDER BY at, id LIMIT ?6"

const char *const sql_texts[SQL_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_COUNT] = "SELECT coalesce(max(entry) + 1, 0) FROM entries",
	[SQL_ENTRY_PUT] = "INSERT INTO entries (" ENTRY_COLUMNS
			  ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_EVENT_FIND] = "SELECT entry FROM entries WHERE event = ?1",
	[SQL_ENTRIES] = "SELECT " ENTRY_COLUMNS " FROM entries"
			" WHERE entry >= ?1 AND entry < ?2 ORDER BY entry",
	[SQL_USERS] = "SELECT " ENTRY_COLUMNS " FROM entries"
		      " WHERE type IN ('user.added', 'user.removed')"
		      " AND entry >= ?1 ORDER BY entry",
	/* the oldest first; a walk, since nobody asks often */
	[SQL_CALL_ENTRIES] = "SELECT " ENTRY_COLUMNS " FROM entries"
			     " WHERE entry >= ?2 AND type LIKE 'call.%' AND"
			     " (" CALL_NAMED " = ?1 OR " CALL_NAMED " IN"
			     " (SELECT " CALL_NAMED " FROM entries WHERE type ="
			     " 'call.handed-over' AND " HANDOVER_NAMED " = ?1))"
			     " ORDER BY entry",
	[SQL_ACCESSES] = "SELECT " ENTRY_COLUMNS " FROM entries"
			 " WHERE entry >= ?2 AND " OF_DISCLOSURE " AND"
			 " CASE WHEN json_valid(details) THEN"
			 " json_extract(details, '$.recording') END = ?1"
			 " ORDER BY entry",
	[SQL_RECORDING_PUT] =
		"INSERT INTO recordings (id, body, at, controller, kc, pn,"
		" envelope, card_envelope, state)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
		" ON CONFLICT (id) DO UPDATE SET envelope = excluded.envelope,"
		" card_envelope = excluded.card_envelope, body = excluded.body,"
		" at = excluded.at, kc = excluded.kc, pn = excluded.pn"
		/* what is told again of what is whole: since then the envelope
		   was made anew perhaps */
		" WHERE state <> 7 AND (state NOT IN (3, 6) OR kc = x'')",
	/* an alarm takes nothing from what is whole, nor does a card under an
	   envelope of before */
	[SQL_RECORDING_END] =
		"UPDATE recordings SET state = ?2, reason = ?3, length_ms = ?4,"
		" body_bytes = ?5, body_sha256 = ?6, card = CASE WHEN"
		" state IN (3, 6) AND length(card) > 0 AND"
		" substr(?7, 1, length(card_envelope)) <> card_envelope"
		" THEN card ELSE ?7 END WHERE id = ?1"
		" AND (?2 <> 5 OR state NOT IN (3, 6)) AND state <> 7",
	/* recovered supersedes, in whatever order they come; one that never
	   began has this entry alone */
	[SQL_RECORDING_SAID] =
		"INSERT INTO recordings (id, body, at, controller, kc, pn,"
		" envelope, card_envelope, state, reason, entry)"
		" VALUES (?1, zeroblob(16), ?5, ?6, x'', x'', x'', x'',"
		" ?2, ?3, ?4)"
		" ON CONFLICT (id) DO UPDATE SET state = excluded.state,"
		" reason = excluded.reason, entry = excluded.entry"
		" WHERE state <> 7 AND (state <> 6 OR excluded.state = 6)"
		" AND (state <> 3 OR excluded.state <> 5)",
	[SQL_RECORDING_FORGET] =
		"DELETE FROM recordings WHERE id = ?1 AND kc = x''"
		" AND state = 5",
	[SQL_RECORDING] =
		"SELECT " RECORDING_COLUMNS ", envelope, card_envelope, card"
		" FROM recordings WHERE id = ?1",
	[SQL_RECORDING_AT] = "SELECT at FROM recordings WHERE id = ?1",
	/* one for each index: an OR would have all rows read */
	[SQL_RECORDINGS] =
		LIST_RECORDINGS("?4 = '' AND ?5 = 0", "recordings_at"),
	[SQL_RECORDINGS_STATE] =
		LIST_RECORDINGS("?4 = '' AND state = ?5", "recordings_state"),
	[SQL_RECORDINGS_CONTROLLER] = LIST_RECORDINGS(
		"controller = ?4 AND ?5 = 0", "recordings_controller"),
	[SQL_RECORDINGS_BOTH] = LIST_RECORDINGS(
		"controller = ?4 AND state = ?5", "recordings_both"),
	/* what is whole; the oldest first */
	[SQL_ENVELOPES] = "SELECT id, envelope, card_envelope FROM recordings"
			  " WHERE state IN (3, 6) AND length(envelope) > 0"
			  " AND (at, id) > (SELECT at, id FROM recordings"
			  " WHERE id = ?1 UNION ALL"
			  " SELECT -1, x'' WHERE ?1 IS NULL)"
			  " ORDER BY at, id LIMIT ?2",
	[SQL_FIND_AUDIO] =
		"SELECT id FROM recordings WHERE " AUDIO_SHARE " = ?1 LIMIT 1",
	[SQL_FIND_CARD] =
		"SELECT id FROM recordings WHERE " CARD_SHARE " = ?1 LIMIT 1",
	[SQL_ROTATE] = "UPDATE recordings SET envelope = ?2, card_envelope ="
		       " CASE length(?3) WHEN 0 THEN card_envelope ELSE ?3 END,"
		       " card = CASE length(?4) WHEN 0 THEN card ELSE ?4 END"
		       " WHERE id = ?1 AND state <> 7",
	[SQL_COUNTS] = "SELECT (SELECT count(*) FROM recordings INDEXED BY"
		       " recordings_at), (SELECT count(*) FROM recordings"
		       " INDEXED BY recordings_unpaired WHERE " UNPAIRED ")",
	/* closed: 0 answered, 1 ended before its answer came, 2 neither yet */
	[SQL_CALL_OPEN] =
		"INSERT INTO calls (call, at, organisation, recording, closed)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (call) DO UPDATE SET"
		" organisation = excluded.organisation,"
		" closed = min(closed, excluded.closed),"
		" recording = max(recording, excluded.recording)",
	[SQL_CALL_CLOSED] =
		"INSERT INTO calls (call, at, organisation, closed)"
		" VALUES (?1, ?2, '', 1) ON CONFLICT (call) DO UPDATE"
		" SET closed = 1",
	[SQL_CALL_FORGET] = "DELETE FROM calls WHERE call = ?1 AND closed = ?2",
	[SQL_CALLS] = "SELECT call, at, organisation, recording FROM calls"
		      " WHERE at < ?1 AND closed = 0 ORDER BY at",
	[SQL_KEPT_PUT] = "INSERT OR IGNORE INTO kept (until, id, region,"
			 " sealed) VALUES (?1, ?2, ?3, ?4)",
	[SQL_KEPT_LIST] = "SELECT until, id, region, sealed FROM kept"
			  " WHERE (until, id) > (?1, ?2)"
			  " ORDER BY until, id LIMIT ?3",
	[SQL_KEPT_FORGET] = "DELETE FROM kept WHERE until <= ?1",
	[SQL_FEED_PUT] =
		"INSERT OR IGNORE INTO feed (recording, state, controller)"
		" SELECT id, state, controller FROM recordings"
		" WHERE id = ?1 AND " FEED_READY,
	[SQL_FEED_HAS] = "SELECT 1 FROM feed WHERE seq = ?1 AND recording = ?2"
			 " AND controller = ?3",
	[SQL_FEED] = "SELECT " RECORDING_COLUMNS
		     ", envelope, card_envelope, card, seq"
		     " FROM (SELECT seq, recording AS ready FROM feed"
		     " WHERE seq > ?1 AND controller = ?2)"
		     " JOIN recordings ON id = ready"
		     /* what was erased is not spoken of any more */
		     " WHERE state BETWEEN 3 AND 6 ORDER BY seq",
	[SQL_TAKEN] = "SELECT seq FROM taken WHERE controller = ?1",
	[SQL_TAKEN_PUT] = "INSERT INTO taken (controller, seq) VALUES (?1, ?2)"
			  " ON CONFLICT (controller) DO UPDATE SET"
			  " seq = max(seq, excluded.seq)",
	[SQL_LET_GO] =
		"UPDATE recordings SET envelope = x'', card_envelope = x'',"
		" card = NULL WHERE state IN (3, 6) AND id IN (SELECT recording"
		" FROM feed WHERE seq > ?1 AND seq <= ?2 AND controller = ?3)",
	[SQL_PULLED] = "SELECT cursor FROM pulled WHERE feed = ?1",
	[SQL_PULLED_PUT] = "INSERT OR REPLACE INTO pulled (feed, cursor)"
			   " VALUES (?1, ?2)",
	[SQL_ABOUT_PUT] = "INSERT OR IGNORE INTO about (recording, entry)"
			  " VALUES (?1, ?2)",
	[SQL_ABOUT] = "SELECT entry FROM about WHERE recording = ?1"
		      " ORDER BY entry",
	[SQL_ABOUT_FORGET] = "DELETE FROM about WHERE recording = ?1",
	[SQL_DETAILS_FORGET] = "UPDATE entries SET salt = x'', details = ''"
			       " WHERE entry = ?1 AND type IN (" ERASABLE ")",
	[SQL_RECORDING_ERASE] =
		"UPDATE recordings SET body = zeroblob(16), kc = x'', pn = x'',"
		" envelope = x'', card_envelope = x'', card = NULL,"
		" body_sha256 = NULL, body_bytes = 0, length_ms = 0,"
		" reason = 0, state = 7, entry = ?2 WHERE id = ?1",
	[SQL_FEED_FORGET] = "DELETE FROM feed WHERE recording = ?1",
	[SQL_STANDING] =
		"SELECT acted, held FROM standing WHERE recording = ?1",
	[SQL_STANDING_PUT] = "INSERT OR REPLACE INTO standing"
			     " (recording, acted, held) VALUES (?1, ?2, ?3)",
	[SQL_BODY_PUT] = "INSERT OR IGNORE INTO bodies (name) VALUES (?1)",
	[SQL_BODIES] = "SELECT name FROM bodies LIMIT 100",
	[SQL_BODY_FORGET] = "DELETE FROM bodies WHERE name = ?1",
	[SQL_ERASURES] = "SELECT " ENTRY_COLUMNS " FROM entries"
			 " WHERE type = 'recording.erased' ORDER BY entry",
	[SQL_MARK_PUT] = "INSERT OR REPLACE INTO mark (one, size, root)"
			 " VALUES (1, ?1, ?2)",
	[SQL_MARK] = "SELECT size, root FROM mark",
};
