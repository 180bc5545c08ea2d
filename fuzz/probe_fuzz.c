/* Whatever a stranger answers to the probe, and a listing of the kernel's. */
#include <assert.h>

#include "probe/answer.h"
#include "probe/processes.h"
#include "probe/sniff.h"
#include "probe/sockets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void page(struct text body)
{
	struct text link;
	size_t at = 0, before = 0;

	while (sniff_link(body, &at, &link)) {
		assert(at > before && at <= body.len);
		assert(link.p >= body.p && link.p + link.len <= body.p + at);
		(void)sniff_audio_name(link);
		before = at;
	}
	assert(sniff_ids(body) <= body.len / 26);
	(void)sniff_listing(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size };
	struct sockaddr_storage at;
	struct confinement c;
	struct http_answer a;
	const char *name;

	assert(answer_name(answer_protocol((struct bytes){ data, size })));
	(void)sniff_bytes((struct bytes){ data, size }, &name);
	assert(name);
	page(text);
	if (!answer_http((struct bytes){ data, size }, &a)) {
		assert(a.status >= 100 && a.status <= 999);
		assert(a.body.len + a.head.len <= size);
		(void)answer_header(&a, "Location");
		page(a.body);
	}
	if (sockets_line(text, size & 1, size & 2, &at))
		assert(probe_target_port(&at));
	(void)!confinement_read(text, &c);
	return 0;
}
