/*
 * Notes and keys: whatever comes, and a note that passes is one of those that
 * can be written.
 */
#include <assert.h>
#include <sodium.h>

#include "tlog/checkpoint.h"

static const char vkey[] = "example.com/log/testdata+33d7b496+"
			   "AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { (const char *)data, size };
	static struct note_key known;
	struct checkpoint c;
	struct note_key key;
	uint64_t signed_s;
	struct note n;

	if (!known.id) {
		assert(sodium_init() >= 0);
		assert(!note_key_read(text_of(vkey), &known));
	}
	if (!note_key_read(t, &key)) {
		char again[NOTE_KEY_TEXT_MAX];

		note_key_text(&key, again);
		assert(strlen(again) == size);
	}
	if (!note_read(t, &n)) {
		assert(n.count && n.count <= NOTE_SIGNATURES);
		assert(n.text.p == t.p && n.text.len < size);
		(void)!note_verify(&n, &known, 1, &signed_s);
	}
	(void)!checkpoint_open(t, NULL, &known, NULL, 0, &c, NULL);
	return 0;
}
