#include "process/recorder/facts.h"

#include <sodium.h>
#include <stdatomic.h>

#include "ipc/values.h"

#define LEFT_FOR_THE_END 4 /* facts */
#define LEFT_BYTES 256

/* Before each value. */
struct head {
	struct spool_nonce nonce;
	uint64_t seq;
	uint64_t at_ms;
	uint16_t len;
	uint8_t kind;
};

static int look(const struct facts *f, uint16_t *at, struct head *ret,
		struct text *ret_value)
{
	size_t end = f->len < FACTS_MAX ? f->len : FACTS_MAX;
	size_t value = (size_t)*at + sizeof(*ret);

	if (value > end)
		return ENOENT;
	memcpy(ret, f->at + *at, sizeof(*ret));
	if (ret->len > end - value)
		return ENOENT;
	*ret_value = (struct text){ (const char *)f->at + value, ret->len };
	*at = (uint16_t)(value + ret->len);
	return 0;
}

static bool repeats(uint8_t kind)
{
	return kind == FACT_MARK || kind == FACT_TRANSFER;
}

static bool has(const struct facts *f, const struct spool_fact *fact)
{
	struct spool_fact other;
	uint16_t at = 0;

	while (!facts_read(f, &at, &other))
		if (other.kind == fact->kind &&
		    other.value.len == fact->value.len &&
		    !memcmp(other.value.p, fact->value.p, fact->value.len))
			return true;
	return false;
}

int facts_add(struct facts *f, struct spool_seal *seal,
	      struct spool_nonce *nonce, const struct spool_fact *fact)
{
	bool may_repeat = repeats(fact->kind);
	size_t most = FACTS_MAX - (may_repeat ? LEFT_BYTES : 0);
	size_t total = (size_t)f->len + sizeof(struct head) + fact->value.len;
	struct head head;

	if (!may_repeat && has(f, fact))
		return EEXIST;
	if (f->count >= FACTS_MOST - (may_repeat ? LEFT_FOR_THE_END : 0) ||
	    fact->value.len > SPOOL_FACT_MAX || total > most)
		return EMSGSIZE;
	memset(&head, 0, sizeof(head));
	head.nonce = *nonce;
	head.seq = seal->seq;
	head.at_ms = fact->at_ms;
	head.len = (uint16_t)fact->value.len;
	head.kind = fact->kind;
	nonce->next++;
	seal->seq++;
	memcpy(f->at + f->len, &head, sizeof(head));
	memcpy(f->at + f->len + sizeof(head), fact->value.p, fact->value.len);
	f->count++;
	/* last: who dies before it hears the fact again */
	atomic_signal_fence(memory_order_seq_cst);
	f->len = (uint16_t)total;
	return 0;
}

int facts_read(const struct facts *f, uint16_t *at, struct spool_fact *ret)
{
	struct head head;
	struct text value;
	int err = look(f, at, &head, &value);

	if (err)
		return err;
	*ret = (struct spool_fact){ head.kind, head.at_ms, value };
	return 0;
}

int facts_record(const struct facts *f, uint16_t *at,
		 const struct spool_seal *seal, struct writer *w)
{
	struct spool_seal own = *seal;
	struct spool_fact fact;
	struct head head;
	uint16_t next = *at;
	int err = look(f, &next, &head, &fact.value);

	if (err)
		return err;
	fact.kind = head.kind;
	fact.at_ms = head.at_ms;
	own.seq = head.seq;
	err = spool_write_fact(w, &own, &head.nonce, &fact);
	sodium_memzero(&own, sizeof(own));
	if (!err)
		*at = next;
	return err;
}
