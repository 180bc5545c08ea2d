/*
 * Asks about the log itself: its checkpoint, and proofs from its tiles
 */
#include <stdlib.h>

#include "process/ledger/answer.h"

struct tiles {
	struct tile_reader reader;
	struct folder_source source;
};

static json_t *proof_json(const struct merkle_proof *p)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < p->count; i++)
		if (json_array_append_new(
			    list,
			    answer_base64(p->hash[i].b, MERKLE_HASH_BYTES))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static int prove(struct answer *a, struct merkle_proof *ret)
{
	struct tiles *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return ENOMEM;
	t->source.dir_fd = folder_fd(book_folder(a->book));
	tile_reader_init(&t->reader, folder_fetch, &t->source, a->size);
	err = a->ask->what == ASK_PROOF
		      ? merkle_prove_inclusion(tile_reader_hash, &t->reader,
					       a->ask->entry, a->size, ret)
		      : merkle_prove_consistency(tile_reader_hash, &t->reader,
						 a->ask->from, a->size, ret);
	free(t);
	/* a tile that is not there is no question without an answer */
	return err == ENOENT ? EIO : err;
}

static int proof_entry(void *arg, const struct database_entry *e)
{
	struct merkle_proof proof;
	struct answer *a = arg;
	int err = prove(a, &proof);

	a->count++;
	return err ? err
		   : answer_put(a->w,
				json_pack("{s:o, s:o, s:o, s:o, s:o}", "entry",
					  answer_number(e->entry), "size",
					  answer_number(a->size), "leaf",
					  answer_text(e->leaf), "proof",
					  proof_json(&proof), "checkpoint",
					  answer_note(a->book)));
}

int answer_proof(struct answer *a)
{
	uint64_t entry = a->ask->entry;
	int err;

	if (entry >= a->size)
		return ENOENT;
	err = database_entries(book_database(a->book), entry, entry + 1,
			       proof_entry, a);
	return err || a->count ? err : ENOENT;
}

int answer_consistency(struct answer *a)
{
	struct merkle_proof proof;
	int err;

	if (a->ask->from > a->size)
		return ENOENT;
	err = prove(a, &proof);
	return err ? err
		   : answer_put(a->w,
				json_pack("{s:o, s:o, s:o, s:o}", "from",
					  answer_number(a->ask->from), "size",
					  answer_number(a->size), "proof",
					  proof_json(&proof), "checkpoint",
					  answer_note(a->book)));
}

int answer_checkpoint(struct answer *a)
{
	struct merkle_hash root;

	folder_root(book_folder(a->book), &root);
	return answer_put(a->w,
			  json_pack("{s:o, s:o, s:o}", "checkpoint",
				    answer_note(a->book), "size",
				    answer_number(a->size), "root",
				    answer_base64(root.b, sizeof(root.b))));
}
