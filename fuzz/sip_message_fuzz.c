/* Any bytes as a datagram: decode, look at everything, answer. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "sip/message.h"
#include "sip/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t out[4 * MESSAGE_MAX];

static void look(const struct sip_msg *msg)
{
	struct writer w = writer_on(out, sizeof(out));
	struct number_caller caller;
	struct text t;
	struct sa source;

	assert(msg->via.sentby.l || !msg->req);
	assert(msg->callid.l && msg->from.auri.l && msg->to.auri.l);
	assert(message_body(msg).len <= MESSAGE_MAX);
	for (unsigned i = 0; i < 3; i++)
		(void)message_header_at(msg, SIP_HDR_ROUTE, i, &t);
	(void)message_number(msg, SIP_HDR_EXPIRES, 0);
	(void)message_param(message_text(msg->uri.params), "transport", &t);
	number_caller(msg, true, &caller);
	assert(memchr(caller.number.digits, 0, NUMBER_MAX));
	if (!msg->req || sa_set_str(&source, "192.0.2.1", 5060))
		return;
	message_response(&w, msg, 180, NULL, TEXT("tag"), &source);
	message_end(&w, TEXT(""), TEXT(""));
	assert(!writer_finish(&w));
}

/*
 * Where both take it, libre and we must agree on what routes and matches. Its
 * expressions are not anchored, so what stands before a value it may skip;
 * hence the fields alone that neither can read in two ways.
 */
static void compare(const struct sip_msg *msg, const uint8_t *data, size_t size)
{
	struct sip_msg *theirs = NULL;
	struct mbuf *mb = mbuf_alloc(size);

	while (size && (*data == '\r' || *data == '\n')) {
		data++;
		size--;
	}
	assert(mb && !mbuf_write_mem(mb, data, size));
	mb->pos = 0;
	if (!sip_msg_decode(&theirs, mb)) {
		assert(theirs->req == msg->req);
		assert(theirs->scode == msg->scode);
		assert(!pl_cmp(&theirs->met, &msg->met));
		assert(!pl_cmp(&theirs->callid, &msg->callid));
		assert(!pl_cmp(&theirs->clen, &msg->clen));
		assert(theirs->mb->pos == msg->mb->pos);
	}
	mem_deref(theirs);
	mem_deref(mb);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int stream = 0; stream < 2; stream++) {
		struct writer w = writer_on(out, sizeof(out));
		struct message_fault fault;
		struct sip_msg *msg = NULL;

		if (!message_decode(&msg, data, size, stream, &fault)) {
			look(msg);
			compare(msg, data, size);
			message_drop(msg);
		} else if (!message_refuse(&w, data, size, &fault)) {
			assert(w.len < sizeof(out));
		}
	}
	return 0;
}
