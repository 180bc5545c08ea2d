#include "tlog/cosign.h"

/* A log may grow while it asks; more often than that nobody is sincere. */
enum { ASKED_MAX = 3 };

int cosign_begin(struct cosign *c, const struct note_key *witness,
		 struct text note)
{
	struct checkpoint p;
	struct text text;

	if (note_text(note, &text) || checkpoint_read(text, &p))
		return EBADMSG;
	*c = (struct cosign){
		.witness = *witness, .note = note, .text = text, .size = p.size
	};
	return 0;
}

int cosign_request(struct cosign *c, merkle_read_h *read, void *arg,
		   struct writer *w)
{
	struct witness_request q = { .old_size = c->old_size, .note = c->note };
	int err = merkle_prove_consistency(read, arg, c->old_size, c->size,
					   &q.proof);

	c->asked++;
	return err ? err : witness_request_write(w, &q);
}

/* Of what it answered, the lines by its key that hold. */
static enum cosign_outcome take_lines(const struct cosign *c, struct text body,
				      struct writer *line, uint64_t *ret_s)
{
	char whole[NOTE_TEXT_MAX + 1 + COSIGN_ANSWER_MAX];
	struct writer w = writer_on(whole, sizeof(whole));
	uint64_t signed_s;
	struct note n;

	writer_text(&w, c->text);
	writer_u8(&w, '\n');
	writer_text(&w, body);
	if (writer_finish(&w) || note_read((struct text){ whole, w.len }, &n) ||
	    n.text.len != c->text.len ||
	    note_verify(&n, &c->witness, 1, &signed_s) || !signed_s)
		return COSIGN_REFUSED;
	for (unsigned i = 0; i < n.count; i++)
		if (n.signatures[i].id == c->witness.id &&
		    text_is(n.signatures[i].name, c->witness.name)) {
			note_signature_write(line, &n.signatures[i]);
			break;
		}
	*ret_s = signed_s;
	return writer_finish(line) ? COSIGN_REFUSED : COSIGN_DONE;
}

static enum cosign_outcome take_size(struct cosign *c, struct text body)
{
	uint64_t size;

	if (!body.len || body.p[body.len - 1] != '\n')
		return COSIGN_REFUSED;
	body.len--;
	if (merkle_size_read(body, &size) || size == c->old_size)
		return COSIGN_REFUSED;
	if (size > c->size)
		return COSIGN_BEHIND;
	if (c->asked >= ASKED_MAX)
		return COSIGN_REFUSED;
	c->old_size = size;
	return COSIGN_AGAIN;
}

enum cosign_outcome cosign_answer(struct cosign *c, unsigned status,
				  struct text body, struct writer *line,
				  uint64_t *ret_s)
{
	switch (status) {
	case WITNESS_OK:
		return take_lines(c, body, line, ret_s);
	case WITNESS_CONFLICT:
		return take_size(c, body);
	case WITNESS_INCONSISTENT:
		return COSIGN_FORKED;
	case WITNESS_MALFORMED:
	case WITNESS_NOT_SIGNED:
	case WITNESS_UNKNOWN_LOG:
		return COSIGN_REFUSED;
	default:
		return COSIGN_AWAY;
	}
}
