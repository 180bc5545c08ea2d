/*
 * Any text as a token, as a receipt, and as what is said of queues. The first
 * line is what was received, or, where it is "+" and a number, a good one with
 * that byte changed.
 */
#include <assert.h>
#include <stdlib.h>

#include "handover/receipt.h"
#include "handover/token.h"
#include "handover/waiting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct note_signer node;
static struct age_identity provider;
static struct handover_replay *replay;
static char good[HANDOVER_TOKEN_CHARS + 1];
static const struct handover_route route = { { "1177", 4 },
					     { "medcare", 7 },
					     { "days", 4 } };

static void prepare(void)
{
	const struct handover_facts facts = { .place = { 0, 0 } };
	static uint8_t memory[1 << 16];
	struct handover_sealer *sealer = NULL;
	uint8_t id[ID_BYTES] = { 1 };

	if (secret_init(1 << 16) ||
	    note_signer_new(&node, NOTE_ED25519, "n.example") ||
	    age_identity_new(&provider) ||
	    handover_replay_init(memory, sizeof(memory), 1024, &replay) ||
	    handover_sealer_new(&sealer, &provider.recipient) ||
	    handover_issue(&node, sealer, &route, true, &facts, id, 1000000000,
			   good))
		abort();
	handover_sealer_free(sealer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct handover_verifier v = { .nodes = &node.key,
				       .node_count = 1,
				       .routes = &route,
				       .route_count = 1 };
	char changed[HANDOVER_TOKEN_CHARS + 1];
	struct text t = { (const char *)data, size };
	struct handover_token token = { .route = 0 };
	struct waiting queues;
	int64_t minute;

	if (!replay)
		prepare();
	v.replay = replay;
	if (size >= 3 && data[0] == '+') {
		memcpy(changed, good, sizeof(good));
		changed[data[1] % HANDOVER_TOKEN_CHARS] = (char)data[2];
		t = text_of(changed);
		if (!strcmp(changed, good))
			return 0;
	}
	if (!waiting_read(t, &queues))
		assert(queues.count <= WAITING_LINES);
	assert(handover_verify(&v, t, 1000000000, &token) != HANDOVER_GOOD);
	assert(handover_receipt_verify(&node.key, 1, t, token.id, text_of(good),
				       0, &minute) != HANDOVER_RECEIPT_GOOD);
	return 0;
}
