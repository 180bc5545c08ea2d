/*
 * sip_bench -- what SIP itself costs, without a network in between
 *
 * First decode and answer of one INVITE, then whole calls (INVITE, 100, 180,
 * 200, ACK, BYE, 200) between two stacks of one process over UDP on loopback:
 * the CPU time of both ends together.
 *
 *   sip_bench [calls]
 */
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "sip/stack.h"

static const char invite[] =
	"INVITE sip:1177@192.0.2.1:5060 SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK-1-1-0;rport\r\n"
	"Max-Forwards: 70\r\n"
	"From: \"caller\" <sip:+4684650041@192.0.2.9:5060>;tag=1SIPp1\r\n"
	"To: <sip:1177@192.0.2.1:5060>\r\n"
	"Call-ID: 1-12345@192.0.2.9\r\n"
	"CSeq: 1 INVITE\r\n"
	"Contact: <sip:+4684650041@192.0.2.9:5060>\r\n"
	"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE\r\n"
	"Supported: 100rel, timer, replaces\r\n"
	"P-Asserted-Identity: <sip:+4684650041@192.0.2.9>\r\n"
	"User-Agent: bench\r\n"
	"Content-Type: application/sdp\r\n"
	"Content-Length: 125\r\n\r\n"
	"v=0\r\no=u 53655765 2353687637 IN IP4 192.0.2.9\r\ns=-\r\n"
	"c=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n"
	"a=rtpmap:8 PCMA/8000\r\n";

static double cpu_us(void)
{
	struct rusage r;

	if (getrusage(RUSAGE_SELF, &r))
		return 0;
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static int codec(unsigned rounds)
{
	static uint8_t out[8192];
	double start = cpu_us(), decoded;
	struct message_fault f;
	struct sip_msg *msg = NULL;

	for (unsigned i = 0; i < rounds; i++) {
		message_drop(msg);
		if (message_decode(&msg, invite, sizeof(invite) - 1, false,
				   &f)) {
			(void)fprintf(stderr, "%s\n", f.reason);
			return 1;
		}
	}
	decoded = cpu_us();
	for (unsigned i = 0; i < rounds; i++) {
		struct writer w = writer_on(out, sizeof(out));

		message_response(&w, msg, 180, NULL, TEXT("tag"), NULL);
		message_end(&w, TEXT(""), TEXT(""));
		if (writer_finish(&w))
			return 1;
	}
	(void)printf("decode_us %.2f\nbuild_us %.2f\n",
		     (decoded - start) / rounds, (cpu_us() - decoded) / rounds);
	message_drop(msg);
	return 0;
}

/* ---- calls */

struct end {
	struct settings settings;
	struct stack *stack;
	uint16_t port;
	struct sa peer;
};

struct ring {
	struct end caller, callee;
	unsigned started, ended, failed, wanted;
	uv_loop_t *loop;
};

static struct ring ring;

static int ask(enum message_method m, unsigned call, struct text to,
	       stack_response_h *h)
{
	struct stack_client *c;
	char uri[64], headers[512];
	struct stack_target target = { .uri = { uri, 0 }, .trunk = -1 };
	struct stack_request r = { .method = m, .contact_user = TEXT("a") };
	int n;

	n = snprintf(uri, sizeof(uri), "sip:1177@127.0.0.1:%u",
		     ring.callee.port);
	target.uri.len = (size_t)n;
	n = snprintf(headers, sizeof(headers),
		     "From: <sip:a@127.0.0.1>;tag=f%u\r\nTo: %.*s\r\n"
		     "Call-ID: c%u@bench\r\nCSeq: %u %s\r\n",
		     call, (int)to.len, to.p, call, m == METHOD_BYE ? 2 : 1,
		     message_method_name(m));
	r.uri = target.uri;
	r.headers = (struct text){ headers, (size_t)n };
	if (m == METHOD_INVITE) {
		r.content_type = TEXT("application/sdp");
		r.body = text_of(strstr(invite, "v=0"));
	}
	return stack_request(ring.caller.stack, h ? &c : NULL, &target, &r, h,
			     (void *)(uintptr_t)call);
}

static void on_bye(void *arg, struct stack_client *c, unsigned code,
		   const struct sip_msg *msg, const struct flow *flow)
{
	(void)arg;
	(void)c;
	(void)msg;
	(void)flow;
	if (!code)
		ring.ended++;
	else if (code != 200)
		ring.failed++;
}

static void on_invite(void *arg, struct stack_client *c, unsigned code,
		      const struct sip_msg *msg, const struct flow *flow)
{
	unsigned call = (unsigned)(uintptr_t)arg;

	(void)c;
	(void)flow;
	if (code >= 300)
		ring.failed++;
	if (code != 200)
		return;
	if (ask(METHOD_ACK, call, message_text(msg->to.val), NULL) ||
	    ask(METHOD_BYE, call, message_text(msg->to.val), on_bye))
		ring.failed++;
}

static struct stack_server *waiting;

static void on_request(void *arg, struct stack_server *t,
		       const struct sip_msg *msg, const struct flow *flow)
{
	struct stack_reply ok = { .code = 200,
				  .contact_user = TEXT("1177"),
				  .content_type = TEXT("application/sdp"),
				  .body = text_of(strstr(invite, "v=0")) };

	(void)arg;
	(void)flow;
	if (!t) {
		if (waiting)
			stack_acked(waiting);
		waiting = NULL;
		return;
	}
	if (message_method_of(msg) == METHOD_INVITE) {
		waiting = t; /* one call at a time */
		if (stack_answer(t, 100) || stack_answer(t, 180) ||
		    stack_reply(t, &ok))
			ring.failed++;
	} else if (stack_answer(t, 200)) {
		ring.failed++;
	}
}

static int end_open(struct end *e)
{
	static const struct stack_options options = {
		.supported = "100rel, timer",
		.allow = "INVITE, ACK, BYE, CANCEL, OPTIONS",
		.agent = "vaxel",
	};
	static const struct stack_handlers handlers = { on_request, NULL };
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(sin);
	int fds[SETTINGS_LISTENERS] = { socket(AF_INET,
					       SOCK_DGRAM | SOCK_CLOEXEC, 0) };

	if (bind(fds[0], (struct sockaddr *)&sin, sizeof(sin)) ||
	    getsockname(fds[0], (struct sockaddr *)&sin, &len))
		return errno;
	e->port = ntohs(sin.sin_port);
	e->settings.listener_count = 1;
	e->settings.listeners[0].transport = SIP_UDP;
	memcpy(e->settings.listeners[0].address, "127.0.0.1", 10);
	if (stack_prepare(&e->stack, &e->settings, &options))
		return EINVAL;
	return stack_start(e->stack, ring.loop, fds, &handlers, e);
}

static int calls(unsigned wanted)
{
	double start, us;

	ring.loop = uv_default_loop();
	if (end_open(&ring.callee) || end_open(&ring.caller))
		return 1;
	start = cpu_us();
	while (ring.ended < wanted && !ring.failed) {
		if (ring.started == ring.ended &&
		    ask(METHOD_INVITE, ring.started++,
			TEXT("<sip:1177@127.0.0.1>"), on_invite))
			return 1;
		(void)uv_run(ring.loop, UV_RUN_ONCE);
	}
	us = cpu_us() - start;
	(void)printf("calls %u\nfailed %u\ncall_both_ends_us %.1f\n",
		     ring.ended, ring.failed, us / ring.ended);
	return ring.failed != 0;
}

int main(int argc, char **argv)
{
	uint64_t wanted = 20000;

	if (sodium_init() < 0 ||
	    (argc > 1 && text_u64(text_of(argv[1]), 1, 1000000, &wanted)))
		return 2;
	return codec(argc > 2 ? 2 : 200000) || calls((unsigned)wanted);
}
