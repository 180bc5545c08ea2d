/* Certificates are demanded, and then enforced; names are checked. */
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>

#include "tests/unit/sip/rig.h"

static struct rig_files files;

/* What the peer shows, whom b takes for a trunk, what comes of it. */
struct row {
	const char *name;
	const char *certificate, *key, *ca; /* of the caller */
	const char *host;                   /* whom it means to call */
	const char *expect;                 /* certificate_name of its trunk */
	bool demand;    /* b's trunk demands a certificate */
	bool from_here; /* b's trunk calls from 127.0.0.1 */
	unsigned code;
	int trunk;
	bool verified;
};

static void node_of(struct rig_node *n, const char *certificate,
		    const char *key, const char *ca)
{
	struct settings *s = &n->settings;

	memset(n, 0, sizeof(*n));
	(void)snprintf(s->tls_certificate, sizeof(s->tls_certificate), "%s",
		       certificate);
	(void)snprintf(s->tls_key, sizeof(s->tls_key), "%s", key);
	(void)snprintf(s->tls_ca, sizeof(s->tls_ca), "%s", ca);
	rig_listen(n, SIP_TLS, "127.0.0.1");
}

static void run(const struct row *r)
{
	struct rig_node a, b;
	struct trunk *k = &b.settings.trunks[0];
	char uri[128];

	node_of(&a, r->certificate, r->key, r->ca);
	node_of(&b, files.server, files.server_key, files.ca);
	b.settings.trunk_count = 1;
	k->transport = SIP_TLS;
	k->client_certificate = r->demand;
	(void)snprintf(k->certificate_name, sizeof(k->certificate_name),
		       "trunk.example");
	if (r->from_here)
		(void)snprintf(k->from[k->from_count++], 64, "127.0.0.1");
	if (r->expect) {
		a.settings.trunk_count = 1;
		(void)snprintf(a.settings.trunks[0].certificate_name,
			       SETTINGS_NAME_MAX, "%s", r->expect);
	}
	rig_open(&a);
	rig_open(&b);
	b.reply = 200;
	(void)snprintf(uri, sizeof(uri), "sip:1177@%s:%u;transport=tls",
		       r->host, b.ports[0]);
	assert_non_null(
		rig_request(&a, METHOD_INFO, uri, r->expect ? 0 : -1, ""));
	if (!rig_until(&a.code_count, 1, 3000))
		fail_msg("%s: nothing came", r->name);
	if (a.codes[0] != r->code)
		fail_msg("%s: %u, not %u", r->name, a.codes[0], r->code);
	assert_int_equal(b.requests, r->code == 200);
	if (r->code == 200) {
		assert_int_equal(b.flow.trunk, r->trunk);
		assert_int_equal(b.flow.verified, r->verified);
	}
	if (r->code == 403)
		assert_true(rig_until(&a.closed, 1, 1000));
	rig_close(&a);
	rig_close(&b);
}

static void certificates_are_enforced(void **state)
{
	const struct row rows[] = {
		{ "no certificate, none demanded", "", "", files.ca,
		  "127.0.0.1", NULL, false, false, 200, -1, false },
		{ "no certificate, a trunk by its address", "", "", files.ca,
		  "127.0.0.1", NULL, false, true, 200, 0, false },
		{ "the right certificate", files.client, files.client_key,
		  files.ca, "127.0.0.1", NULL, true, false, 200, 0, true },
		{ "the right certificate from the right address", files.client,
		  files.client_key, files.ca, "127.0.0.1", NULL, true, true,
		  200, 0, true },
		{ "another's certificate is a stranger's", files.wrong,
		  files.wrong_key, files.ca, "127.0.0.1", NULL, true, false,
		  200, -1, true },
		{ "another's from the trunk's address", files.wrong,
		  files.wrong_key, files.ca, "127.0.0.1", NULL, true, true, 403,
		  0, false },
		{ "none from the trunk's address", "", "", files.ca,
		  "127.0.0.1", NULL, true, true, 403, 0, false },
		{ "none from elsewhere is a stranger's", "", "", files.ca,
		  "127.0.0.1", NULL, true, false, 200, -1, false },
		{ "the right name by the wrong authority", files.strange,
		  files.strange_key, files.ca, "127.0.0.1", NULL, true, false,
		  503, 0, false },
		{ "a server by an authority that we do not know", "", "",
		  files.other_ca, "127.0.0.1", NULL, false, false, 503, 0,
		  false },
		{ "the server's name", "", "", files.ca, "localhost", NULL,
		  false, false, 200, -1, false },
		{ "the name that the trunk should have", "", "", files.ca,
		  "127.0.0.1", "localhost", false, false, 200, -1, false },
		{ "another name than the trunk should have", "", "", files.ca,
		  "127.0.0.1", "far.example", false, false, 503, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i]);
}

/* 200 kB in requests of 40 kB, so that records and reads do not coincide. */
static void large_messages_pass_through_tls(void **state)
{
	static char body[40000];
	struct rig_node a, b;
	struct stack_request r = { .method = METHOD_INFO };
	char uri[128];

	(void)state;
	memset(body, 'x', sizeof(body));
	node_of(&a, "", "", files.ca);
	node_of(&b, files.server, files.server_key, files.ca);
	rig_open(&a);
	rig_open(&b);
	b.reply = 200;
	(void)snprintf(uri, sizeof(uri), "sips:1177@127.0.0.1:%u", b.ports[0]);
	for (int i = 0; i < 5; i++) {
		struct stack_client *c;
		struct stack_target t = { .uri = text_of(uri), .trunk = -1 };
		char headers[256];

		(void)snprintf(headers, sizeof(headers),
			       "From: <sip:a@b>;tag=f\r\nTo: <%s>\r\n"
			       "Call-ID: big%d\r\nCSeq: 1 INFO\r\n",
			       uri, i);
		r.uri = text_of(uri);
		r.headers = text_of(headers);
		r.content_type = TEXT("text/plain");
		r.body = (struct text){ body, sizeof(body) };
		assert_int_equal(stack_request(a.stack, &c, &t, &r, NULL, NULL),
				 0);
	}
	assert_true(rig_until(&b.requests, 5, 3000));
	rig_close(&a);
	rig_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_are_enforced),
		cmocka_unit_test(large_messages_pass_through_tls),
	};
	int failed;

	rig_loop = uv_default_loop();
	if (sodium_init() < 0)
		return 1;
	rig_files_make(&files);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rig_files_remove(&files);
	return failed || uv_loop_close(rig_loop);
}
