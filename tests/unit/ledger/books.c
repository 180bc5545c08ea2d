#include "tests/unit/ledger/books.h"

#include <stdio.h>

int books_make(char dir[SCRATCH_MAX], struct note_signer *signer)
{
	char vkey[NOTE_KEY_TEXT_MAX], path[SCRATCH_MAX + 16];

	if (scratch_make(dir) || ledger_init(dir, "example.org/log", vkey))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/log.key", dir);
	return ledger_key_load(path, signer);
}

int books_remove(const char *dir, struct note_signer *signer, struct book *book)
{
	book_close(book);
	note_signer_close(signer);
	return scratch_remove(dir);
}
