#include "process/ledger/ask.h"

#include "process/ledger/answer.h"

/*
 * Each ask with who answers it. needs_our_log: it helps a release or vouches
 * for the log, so nothing is said while the log is not the one that we wrote;
 * lists are harmless.
 */
static const struct {
	int (*answer)(struct answer *a);
	bool needs_our_log;
} asks[ASK_WHATS] = {
	[ASK_COUNT] = { answer_count, true },
	[ASK_RECORDINGS] = { answer_recordings, false },
	[ASK_RECORDING] = { answer_recording, false },
	[ASK_ENVELOPE] = { answer_recording, true },
	[ASK_APPEND] = { answer_append, true },
	[ASK_ENTRIES] = { answer_entries, true },
	[ASK_DETAILS] = { answer_details, true },
	[ASK_CHECKPOINT] = { answer_checkpoint, true },
	/* without witnesses; with them cosigner.h answers */
	[ASK_COSIGNED] = { answer_checkpoint, true },
	[ASK_PROOF] = { answer_proof, true },
	[ASK_CONSISTENCY] = { answer_consistency, true },
	[ASK_USERS] = { answer_users, true },
	[ASK_CALL] = { answer_call, true },
	[ASK_ACT] = { answer_act, true },
	[ASK_KEPT] = { answer_kept, false },
	[ASK_FEED] = { answer_feed, false },
	[ASK_TAKEN] = { answer_taken, true },
	[ASK_ENVELOPES] = { answer_envelopes, true },
	[ASK_ROTATE] = { answer_rotate, true },
	[ASK_ACCESSES] = { answer_accesses, true },
	[ASK_FIND] = { answer_find, true },
};

void ask_refuse(struct writer *ret, const char *word)
{
	ret->len = 0;
	writer_printf(ret, "{\"error\":\"%s\"}", word);
}

int ask_answer(struct book *b, const struct ask *ask, struct writer *ret)
{
	struct answer a = { .book = b, .ask = ask, .w = ret };
	int err = book_flush(b);

	if (err)
		return err;
	if (asks[ask->what].needs_our_log && book_check(b)) {
		ask_refuse(ret, "rolled-back");
		return 0;
	}
	if (book_folder(b))
		a.size = folder_published(book_folder(b));
	err = asks[ask->what].answer(&a);
	if (!err)
		err = writer_finish(ret);
	switch (err) {
	case 0:
		return 0;
	case ENOENT:
		ask_refuse(ret, "not-found");
		return 0;
	case EINVAL:
		ask_refuse(ret, "malformed");
		return 0;
	case EMSGSIZE:
		ret->full = false;
		ask_refuse(ret, "unavailable");
		return 0;
	default:
		return err;
	}
}
