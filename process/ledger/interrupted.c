/*
 * Calls that were answered and then cut off with everything else
 */
#include <stdlib.h>

#include "process/ledger/book.h"

enum { DETAILS_MAX = 256 };

struct interrupted {
	struct interrupted *next;
	char organisation[LEAF_ORGANISATION_MAX];
	char details[DETAILS_MAX];
};

/* The table must not change while it is walked: collect first. */
static int collect(void *arg, const struct database_call *c)
{
	struct interrupted **list = arg, *i = calloc(1, sizeof(*i));
	struct writer w;

	if (!i)
		return ENOMEM;
	w = writer_on(i->details, sizeof(i->details) - 1);
	writer_printf(&w, "{\"call\":\"%.*s\"", (int)c->call.len, c->call.p);
	if (c->recording.len)
		writer_printf(&w, ",\"recording\":\"%.*s\"",
			      (int)c->recording.len, c->recording.p);
	writer_str(&w, ",\"reason\":\"interrupted\"}");
	if (w.full || text_copy(i->organisation, sizeof(i->organisation),
				c->organisation)) {
		free(i);
		return 0;
	}
	i->next = *list;
	*list = i;
	return 0;
}

int book_interrupted(struct book *b, int64_t before_ms, int64_t now_ms,
		     unsigned *ret_count)
{
	struct interrupted *list = NULL;
	unsigned count = 0;
	int err = database_calls(book_database(b), before_ms, collect, &list);

	while (list) {
		struct interrupted *i = list;
		struct book_event e = { .type = EVENT_RECORDING_ALARM,
					.at_ms = now_ms,
					.organisation =
						text_of(i->organisation),
					.details = text_of(i->details) };
		uint64_t entry;

		id_new(e.id);
		if (!err)
			err = book_enter(b, &e, &entry);
		count++;
		list = i->next;
		free(i);
	}
	if (!err)
		*ret_count = count;
	return err;
}
