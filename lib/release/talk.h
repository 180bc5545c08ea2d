/*
 * talk -- what the command line and the desk say to each other
 *
 * Over the local socket control.sock. A request is one frame: u32 length, then
 * a JSON object. The answer is frames: u32 length, one byte of type, then
 *
 *   J  one JSON object
 *   D  raw bytes
 *   E  the end: {"exit":N}, and where N is not 0 "error":TEXT for a person and,
 *      for a release that the keeper refused, "refused":REASON
 *
 * One request a connection. Requests:
 *
 *   {"ask":"status"}      J {"process","here",...} each
 *   {"ask":"calls"}, "queues", "trunks"
 *                         J as the switch has it, each
 *   {"ask":"recordings"}  J a recording each, as the ledger has it
 *   {"ask":"recording","id"}  J the recording
 *   {"ask":"body","id"}   J the recording, D the sealed body
 *   {"ask":"export","id"} J {"part":"envelope"} D, J {"part":"body"} D,
 *                         J {"part":"card"} D
 *   {"ask":"open","request":B64,"signature":B64,"entry":true|false}
 *                         J {"recording","entry","size","cosigned",
 *                         "witnesses"}, D a fresh header, D the sealed payload;
 *                         "entry":false asks without an entry in the log
 *                         Refused needs-approval: J {"requested":N}, the entry
 *                         that somebody else may approve; then the end
 *   {"ask":"disclosure","entry":N}
 *                         J {"entry","details":TEXT} of a request in the log
 *   {"ask":"approve","details":TEXT}  of disclosure.approved
 *                         J {"entry":N}
 *   {"ask":"users"}       J {"entry","type","details":TEXT} each
 *   {"ask":"user","type":"user.added"|"user.removed","details":TEXT}
 *                         J {"entry":N}
 *   {"ask":"call","id"}   J {"entry","type","at","details":TEXT} each event of
 *                         the call, or of the hand-over, with that id
 *   {"ask":"kept"}        J {"id","region","until","sealed":B64} each, what a
 *                         national node keeps of its calls
 *   {"ask":"act","type":"recording.held"|...,"details":TEXT}  as act.h has it
 *                         J {"entry","leaf","salt","details","checkpoint"}, or
 *                         J {"refused","entry"} and the end
 *   {"ask":"recover"}     J {"asked":true}
 *   {"ask":"key","type":"key.created"...,"details":TEXT}
 *                         J {"entry":N}
 *   {"ask":"find","share":TEXT}  of the first stanza of an envelope
 *                         J {"id","scope"}
 *   {"ask":"rotate"}      J {"rotated":N,"right":N,"refused":{REASON:N...}}
 *                         after each batch, all so far, and at the end
 *   {"ask":"accesses","id"}  J {"entry","type","at","details":TEXT} each
 *                         disclosure.* entry of the recording
 *   {"ask":"probe"}       J {"asked":true}: the node looks at itself
 */
#ifndef VAXEL_RELEASE_TALK_H
#define VAXEL_RELEASE_TALK_H

#include "release/act.h"

#define TALK_SOCKET "control.sock" /* in the runtime folder */
#define TALK_REQUEST_MAX 8192
#define TALK_FRAME_MAX (128 * 1024) /* of an answer, type included */

#define TALK_SHARE_CHARS 43 /* of an envelope's first stanza */

enum talk_type { TALK_JSON = 'J', TALK_DATA = 'D', TALK_END = 'E' };

enum talk_ask {
	TALK_STATUS,
	TALK_CALLS,
	TALK_QUEUES,
	TALK_TRUNKS,
	TALK_RECORDINGS,
	TALK_RECORDING,
	TALK_BODY,
	TALK_EXPORT,
	TALK_OPEN,
	TALK_DISCLOSURE,
	TALK_APPROVE,
	TALK_USERS,
	TALK_USER,
	TALK_RECOVER,
	TALK_CALL,
	TALK_KEPT,
	TALK_KEY,
	TALK_ROTATE,
	TALK_FIND,
	TALK_PROBE,
	TALK_ACT,
	TALK_ACCESSES,
	TALK_ASKS
};

struct talk_request {
	enum talk_ask ask;
	uint8_t id[16];
	/* TALK_OPEN */
	bool entry;
	uint8_t r[REQUEST_MAX];
	size_t r_len;
	uint8_t signature[REQUEST_SIGNATURE];
	uint64_t number; /* of an entry: TALK_DISCLOSURE */
	/* TALK_USER; details of TALK_APPROVE too */
	bool added;
	enum key_act act;                 /* TALK_KEY */
	enum act_kind kind;               /* TALK_ACT */
	char share[TALK_SHARE_CHARS + 1]; /* TALK_FIND */
	char details[CONTROL_DETAILS_MAX];
};

/*
 * EAGAIN  not whole yet
 * EMSGSIZE, EBADMSG  not such a frame, or something left over; not JSON, no
 *         such request, a field missing or of the wrong form
 */
int talk_request_read(struct bytes in, struct talk_request *ret) CHECK_RESULT;

/* The head of an answer's frame: length and type. */
#define TALK_HEAD 5
void talk_head_write(uint8_t to[TALK_HEAD], enum talk_type type, size_t len);

/* len: of what follows the type. EBADMSG, EMSGSIZE. */
int talk_head_read(const uint8_t in[TALK_HEAD], enum talk_type *ret_type,
		   size_t *ret_len) CHECK_RESULT;

#endif
