/*
 * checkpoint -- what a log's signed note says (C2SP tlog-checkpoint)
 *
 * Origin, size and root, one a line; lines after them are extensions. Pure.
 */
#ifndef VAXEL_TLOG_CHECKPOINT_H
#define VAXEL_TLOG_CHECKPOINT_H

#include "tlog/merkle.h"
#include "tlog/note.h"

struct checkpoint {
	struct text origin;
	uint64_t size;
	struct merkle_hash root;
	struct text extensions; /* whole lines, or empty */
};

/* From the text of a note. EBADMSG. */
int checkpoint_read(struct text text, struct checkpoint *ret) CHECK_RESULT;

void checkpoint_write(struct writer *w, const char *origin, uint64_t size,
		      const struct merkle_hash *root);

/* The whole signed note. */
int checkpoint_sign(struct writer *w, const char *origin, uint64_t size,
		    const struct merkle_hash *root,
		    const struct note_signer *s) CHECK_RESULT;

/*
 * A note of this log: read, origin compared, the log's key required. EBADMSG
 * malformed or badly signed, ENOKEY not signed by the key.
 *
 * origin NULL: any. witnesses may be NULL; ret_cosigned_s then too. See
 * note_verify().
 */
int checkpoint_open(struct text note, const char *origin,
		    const struct note_key *log_key,
		    const struct note_key *witnesses, unsigned witness_count,
		    struct checkpoint *ret,
		    uint64_t *ret_cosigned_s) CHECK_RESULT;

#endif
