/* What a national node keeps of its calls, page by page. */
#include <stdlib.h>

#include "process/desk/job.h"

static void page(struct job *j, const struct ipc_message *m);

/* The last row of the page before; NULL: there was none. */
static void ask_page(struct job *j)
{
	json_t *last = j->own;

	job_ask_ledger(j,
		       json_pack("{s:s,s:O*,s:O*}", "ask", "kept", "from",
				 json_object_get(last, "until"), "id",
				 json_object_get(last, "id")),
		       page);
}

static void pump(struct job *j)
{
	if (client_waiting(j->client) > CLIENT_QUEUE_MAX / 2)
		return;
	j->pump = NULL;
	ask_page(j);
}

static void free_row(void *row)
{
	json_decref(row);
}

static void page(struct job *j, const struct ipc_message *m)
{
	json_t *o = job_ledger_reply(j, m);
	const json_t *list = json_object_get(o, "kept");
	size_t n = json_array_size(list);

	if (!o)
		return;
	for (size_t i = 0; i < n; i++)
		if (!job_send_json(j, json_array_get(list, i))) {
			json_decref(o);
			return;
		}
	if (n) {
		json_decref(j->own);
		j->own = json_incref(json_array_get(list, n - 1));
		j->free_own = free_row;
	}
	json_decref(o);
	if (!n) {
		job_end(j, 0, NULL, NULL);
		return;
	}
	/* the next page once this one is mostly taken */
	j->pump = pump;
	pump(j);
}

void kept_begin(struct job *j)
{
	ask_page(j);
}
