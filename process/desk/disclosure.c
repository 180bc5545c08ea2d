/* What was asked, for a second person to judge; and that person's word. */
#include "process/desk/job.h"
#include "tlog/leaf.h"

/*
 * Of all entries only requests and what officers signed about keys: what others
 * hold is not for this question.
 */
static bool is_request(const json_t *o)
{
	const json_t *v = json_object_get(o, "leaf");
	struct leaf leaf;

	return json_is_string(v) &&
	       !leaf_read((struct text){ json_string_value(v),
					 json_string_length(v) },
			  &leaf) &&
	       (!strcmp(leaf.type, "disclosure.requested") ||
		control_kind_of(text_of(leaf.type)) == CONTROL_KEY);
}

static void show(struct job *j, const struct ipc_message *m)
{
	json_t *o = job_ledger_reply(j, m);
	json_t *out;
	bool sent;

	if (!o)
		return;
	if (!is_request(o)) {
		json_decref(o);
		job_fail(j, "that entry is no request to open a recording");
		return;
	}
	out = json_pack("{s:O,s:O?}", "entry", json_object_get(o, "entry"),
			"details", json_object_get(o, "details"));
	sent = out && job_send_json(j, out);
	json_decref(out);
	json_decref(o);
	if (sent)
		job_end(j, 0, NULL, NULL);
}

static void approved(struct job *j, const struct ipc_message *m)
{
	if (job_tell_entry(j, m))
		job_end(j, 0, NULL, NULL);
}

void disclosure_begin(struct job *j)
{
	const struct talk_request *q = &j->request;

	if (q->ask == TALK_APPROVE)
		desk_append(j, "disclosure.approved",
			    j->desk->process->settings->organisation,
			    q->details, approved);
	else
		job_ask_ledger(j,
			       json_pack("{s:s,s:I}", "ask", "details", "entry",
					 (json_int_t)q->number),
			       show);
}
