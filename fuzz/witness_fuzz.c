/* Whatever is asked of a witness: it cosigns only what the log has signed. */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/secret.h"
#include "tlog/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct witness_log logs[POLICY_LOGS];
static unsigned count;
static struct note_signer signer;

static void set_up(void)
{
	static const char text[] =
		"log example.com/log/testdata+33d7b496+"
		"AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx\nquorum none\n";
	static struct policy p;
	unsigned line;

	if (sodium_init() < 0 || secret_init(4096) ||
	    policy_read(text_of(text), &p, &line) ||
	    witness_logs(&p, logs, &count) ||
	    note_signer_new(&signer, NOTE_COSIGNATURE, "w.example"))
		abort();
}

/* What is read is written again as it was. */
static void again(struct text body)
{
	char *to = malloc(body.len + 1);
	struct writer w = writer_on(to, body.len + 1);
	struct witness_request q;

	if (to && !witness_request_read(body, &q)) {
		assert(!witness_request_write(&w, &q));
		assert(w.len == body.len && !memcmp(to, body.p, w.len));
	}
	free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char note[WITNESS_NOTE_MAX], lines[1024];
	struct text body = { (const char *)data, size };
	struct writer n = writer_on(note, sizeof(note));
	struct writer l = writer_on(lines, sizeof(lines));
	struct witness_verdict v;
	struct witness_log before;

	if (!count)
		set_up();
	before = logs[0];
	before.size = 0;
	logs[0] = before;
	again(body);
	witness_judge(logs, count, body, &v);
	assert(!memcmp(&before, &logs[0], sizeof(before)));
	if (v.status != WITNESS_OK)
		return 0;
	assert(!witness_cosign(&v, &signer, 1, &n, &l));
	witness_advance(&v, 1);
	assert(!witness_resume(&before, &signer.key,
			       (struct text){ note, n.len }));
	assert(before.size == logs[0].size && before.cosigned_s == 1);
	return 0;
}
