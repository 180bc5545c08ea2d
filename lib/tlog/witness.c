#include "tlog/witness.h"

/* ---- which logs */

int witness_logs(const struct policy *p, struct witness_log ret[POLICY_LOGS],
		 unsigned *ret_count)
{
	unsigned count = 0;

	for (unsigned i = 0; i < p->log_count; i++) {
		struct text name = text_of(p->logs[i].name);
		struct witness_log *l = witness_find(ret, count, name);

		if (!l) {
			l = &ret[count++];
			memset(l, 0, sizeof(*l));
			if (text_copy(l->origin, sizeof(l->origin), name))
				return EMSGSIZE;
		}
		if (l->key_count == WITNESS_KEYS)
			return EMSGSIZE;
		l->keys[l->key_count++] = p->logs[i];
	}
	*ret_count = count;
	return 0;
}

struct witness_log *witness_find(struct witness_log *logs, unsigned count,
				 struct text origin)
{
	for (unsigned i = 0; i < count; i++)
		if (text_is(origin, logs[i].origin))
			return &logs[i];
	return NULL;
}

/* ---- the request */

static int read_old(struct text line, uint64_t *ret)
{
	static const char word[] = "old ";
	const size_t n = sizeof(word) - 1;

	if (line.len < n || memcmp(line.p, word, n) != 0)
		return EBADMSG;
	return merkle_size_read((struct text){ line.p + n, line.len - n }, ret);
}

int witness_request_read(struct text body, struct witness_request *ret)
{
	struct reader r = reader_on(body.p, body.len);
	struct witness_request q = { 0 };
	struct text line;

	if (reader_until(&r, '\n', &line) || read_old(line, &q.old_size) ||
	    merkle_proof_read(&r, WITNESS_PROOF_MAX, &q.proof))
		return EBADMSG;
	q.note = (struct text){ (const char *)r.at, reader_left(&r) };
	*ret = q;
	return 0;
}

int witness_request_write(struct writer *w, const struct witness_request *r)
{
	writer_printf(w, "old %llu\n", (unsigned long long)r->old_size);
	merkle_proof_write(w, &r->proof);
	writer_text(w, r->note);
	return writer_finish(w);
}

/* ---- the judgement, in the order of the specification */

static bool is_signed(const struct witness_log *l, const struct note *n)
{
	uint64_t signed_s[WITNESS_KEYS];

	/* one signature by a trusted key that does not hold spoils all */
	if (note_verify(n, l->keys, l->key_count, signed_s))
		return false;
	for (unsigned i = 0; i < l->key_count; i++)
		if (signed_s[i])
			return true;
	return false;
}

static bool is_consistent(const struct witness_request *q,
			  const struct witness_log *l,
			  const struct checkpoint *c)
{
	static const struct merkle_edge empty;
	struct merkle_hash root;

	if (!c->size) {
		merkle_edge_root(&empty, &root);
		if (!merkle_same(&root, &c->root))
			return false;
	}
	/* any tree continues the empty one, and nothing is left to prove */
	if (!q->old_size)
		return !q->proof.count;
	return !merkle_check_consistency(q->old_size, c->size, &l->root,
					 &q->proof, &c->root);
}

static enum witness_status say(struct witness_verdict *v,
			       enum witness_status status, const char *why)
{
	v->why = why;
	return status;
}

static enum witness_status judge(struct witness_log *logs, unsigned count,
				 struct text body, struct witness_verdict *v)
{
	struct witness_request q;
	struct text text;

	if (witness_request_read(body, &q))
		return say(v, WITNESS_MALFORMED, "malformed request");
	if (note_text(q.note, &text) || checkpoint_read(text, &v->checkpoint))
		return say(v, WITNESS_MALFORMED, "malformed checkpoint");
	v->log = witness_find(logs, count, v->checkpoint.origin);
	if (!v->log)
		return say(v, WITNESS_UNKNOWN_LOG, "unknown log");
	/* 403 is also for a note that its signatures make a malformed one */
	if (note_read(q.note, &v->note) || !is_signed(v->log, &v->note))
		return say(v, WITNESS_NOT_SIGNED,
			   "no signature, or an invalid signature, of the log");
	if (q.old_size > v->checkpoint.size)
		return say(v, WITNESS_MALFORMED,
			   "old size above that of the checkpoint");
	if (q.old_size != v->log->size)
		return say(v, WITNESS_CONFLICT, "another size was cosigned");
	if (!is_consistent(&q, v->log, &v->checkpoint))
		return say(v, WITNESS_INCONSISTENT,
			   "the consistency proof does not hold");
	return WITNESS_OK;
}

void witness_judge(struct witness_log *logs, unsigned count, struct text body,
		   struct witness_verdict *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->status = judge(logs, count, body, ret);
}

/* ---- cosigning */

static bool is_by(const struct note_signature *s, const struct note_key *keys,
		  unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (s->id == keys[i].id && text_is(s->name, keys[i].name))
			return true;
	return false;
}

int witness_cosign(const struct witness_verdict *v,
		   const struct note_signer *signer, uint64_t now_s,
		   struct writer *note, struct writer *lines)
{
	int err = note_sign(lines, v->note.text, signer, now_s);

	if (err)
		return err;
	writer_text(note, v->note.text);
	writer_u8(note, '\n');
	for (unsigned i = 0; i < v->note.count; i++)
		if (is_by(&v->note.signatures[i], v->log->keys,
			  v->log->key_count))
			note_signature_write(note, &v->note.signatures[i]);
	writer_copy(note, lines->buf, lines->len);
	return writer_finish(note);
}

void witness_advance(const struct witness_verdict *v, uint64_t now_s)
{
	v->log->size = v->checkpoint.size;
	v->log->root = v->checkpoint.root;
	v->log->cosigned_s = now_s;
}

int witness_resume(struct witness_log *l, const struct note_key *own,
		   struct text note)
{
	struct checkpoint c;
	uint64_t own_s;
	struct note n;

	if (note_read(note, &n) || checkpoint_read(n.text, &c) ||
	    !text_is(c.origin, l->origin) || !is_signed(l, &n) ||
	    note_verify(&n, own, 1, &own_s))
		return EBADMSG;
	l->size = c.size;
	l->root = c.root;
	l->cosigned_s = own_s;
	return 0;
}
