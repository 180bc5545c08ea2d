/*
 * The registrar, and our own client of other registrars, against each other:
 * RFC 3261 section 10. The stack between them is a few lines here.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/secret.h"
#include "settings/files.h"
#include "sip/digest.h"
#include "sip/register_client.h"
#include "sip/registrar.h"

struct stack_server {
	struct sip_msg *msg;
	char last[4096];
	unsigned code;
};

static struct stack_client {
	stack_response_h *h;
	void *arg;
	char text[4096];
	bool busy;
} client;

static struct registrar *registrar;
static struct registrar_table *table;
static struct settings *settings;
static uint8_t files[4096];
static struct stack_server server;
static char events[256];
static uint64_t now = 5000;
static uint64_t dead_connection;
static const char *peer_host = "192.0.2.1";

/* ---- what stands in for the stack */

int stack_reply(struct stack_server *t, const struct stack_reply *r)
{
	struct writer w = writer_on(t->last, sizeof(t->last) - 1);

	t->code = r->code;
	message_response(&w, t->msg, r->code, r->reason, TEXT("srv"), NULL);
	writer_text(&w, r->headers);
	message_end(&w, r->content_type, r->body);
	assert_int_equal(writer_finish(&w), 0);
	t->last[w.len] = '\0';
	return 0;
}

int stack_answer(struct stack_server *t, unsigned code)
{
	return stack_reply(t, &(struct stack_reply){ .code = code });
}

const struct sip_msg *stack_server_request(const struct stack_server *t)
{
	return t->msg;
}

bool stack_alive(const struct stack *s, const struct flow *flow)
{
	(void)s;
	return !flow->connection || flow->connection != dead_connection;
}

void stack_vouch(struct stack *s, const struct flow *flow)
{
	(void)s;
	(void)flow;
}

int stack_request(struct stack *s, struct stack_client **ret_client,
		  const struct stack_target *target,
		  const struct stack_request *r, stack_response_h *h, void *arg)
{
	struct writer w = writer_on(client.text, sizeof(client.text) - 1);

	(void)s;
	assert_int_equal(target->trunk, 2);
	assert_false(client.busy);
	writer_printf(&w,
		      "REGISTER %.*s SIP/2.0\r\n"
		      "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKc\r\n"
		      "Contact: <sip:%.*s@127.0.0.1:5061>\r\n",
		      (int)r->uri.len, r->uri.p, (int)r->contact_user.len,
		      r->contact_user.p);
	writer_text(&w, r->headers);
	message_end(&w, TEXT(""), TEXT(""));
	assert_int_equal(writer_finish(&w), 0);
	client.text[w.len] = '\0';
	client.h = h;
	client.arg = arg;
	client.busy = true;
	*ret_client = &client;
	return 0;
}

void stack_detach(struct stack_client *c)
{
	c->h = NULL;
}

/* ---- helpers */

static struct sip_msg *decoded(const char *text)
{
	struct message_fault fault;
	struct sip_msg *msg = NULL;

	assert_int_equal(
		message_decode(&msg, text, strlen(text), false, &fault), 0);
	return msg;
}

static void on_changed(void *arg, unsigned agent, bool here)
{
	char one[16];

	(void)arg;
	(void)snprintf(one, sizeof(one), "%c%u ", here ? '+' : '-', agent);
	(void)strncat(events, one, sizeof(events) - strlen(events) - 1);
}

static void expect_events(const char *want)
{
	assert_string_equal(events, want);
	events[0] = '\0';
}

/* Hand a request to the registrar; the code of its answer. */
static unsigned ask(const char *text, uint64_t connection)
{
	struct flow flow = { .connection = connection,
			     .transport = connection ? SIP_TCP : SIP_UDP,
			     .trunk = -1 };

	assert_int_equal(sa_set_str(&flow.peer, peer_host, 5060), 0);
	message_drop(server.msg);
	memset(&server, 0, sizeof(server));
	server.msg = decoded(text);
	registrar_request(registrar, &server, server.msg, &flow, now);
	return server.code;
}

/* The value of a header in the last answer that is a challenge with MD5 or
 * SHA-256. */
static void answer_challenge(char *line, size_t max, const char *password,
			     const char *user, enum digest_algorithm algorithm)
{
	struct sip_msg *msg = decoded(server.last);
	struct writer w = writer_on(line, max - 1);
	struct secret *secret = secret_new(strlen(password));
	struct digest_challenge c;
	struct text value;

	assert_non_null(secret);
	memcpy(secret->bytes, password, strlen(password));
	for (unsigned i = 0;; i++) {
		assert_true(message_header_at(msg, SIP_HDR_WWW_AUTHENTICATE, i,
					      &value));
		assert_int_equal(digest_challenge_decode(value, &c), 0);
		if (c.algorithm == algorithm)
			break;
	}
	writer_str(&w, "Authorization: ");
	assert_int_equal(digest_answer_write(&w, &c, text_of(user), secret,
					     TEXT("REGISTER"),
					     TEXT("sip:example.org"), 1,
					     TEXT("cnonce")),
			 0);
	writer_str(&w, "\r\n");
	line[w.len] = '\0';
	secret_free(secret);
	message_drop(msg);
}

static const char *request(const char *user, const char *auth, unsigned cseq,
			   const char *rest)
{
	static char text[4096];

	(void)snprintf(text, sizeof(text),
		       "REGISTER sip:example.org SIP/2.0\r\n"
		       "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKr%u\r\n"
		       "From: <sip:%s@example.org>;tag=f\r\n"
		       "To: <sip:%s@example.org>\r\nCall-ID: one\r\n"
		       "CSeq: %u REGISTER\r\n%s%sContent-Length: 0\r\n\r\n",
		       cseq, user, user, cseq, auth, rest);
	return text;
}

/* With the right credentials. */
static unsigned enrol(unsigned cseq, const char *rest, uint64_t connection)
{
	char auth[1024];

	assert_int_equal(ask(request("nurse0", "", cseq, ""), 0), 401);
	answer_challenge(auth, sizeof(auth), "secret0", "nurse0",
			 cseq % 2 ? DIGEST_MD5 : DIGEST_SHA256);
	return ask(request("nurse0", auth, cseq, rest), connection);
}

static int set_up(void **state)
{
	char path[] = "/tmp/registrar_test_XXXXXX";
	int fd;

	(void)state;
	settings = calloc(1, sizeof(*settings));
	table = calloc(1, sizeof(*table));
	assert_non_null(settings);
	assert_non_null(table);
	memcpy(settings->domain, "example.org", 12);
	settings->agent_count = 2;
	for (unsigned i = 0; i < 2; i++) {
		struct agent *a = &settings->agents[i];

		memcpy(path + strlen(path) - 6, "XXXXXX", 6);
		fd = mkstemp(path);
		assert_true(fd >= 0);
		assert_int_equal(dprintf(fd, "secret%u\n", i), 8);
		assert_int_equal(close(fd), 0);
		(void)snprintf(a->name, sizeof(a->name), "nurse%u", i);
		memcpy(a->password_file, path, sizeof(path));
	}
	assert_int_equal(files_pack(settings, files, sizeof(files), NULL, NULL),
			 0);
	settings->files = (struct bytes){ files, sizeof(files) };
	assert_int_equal(registrar_prepare(&registrar, settings), 0);
	settings->files = (struct bytes){ NULL, 0 };
	for (unsigned i = 0; i < 2; i++)
		(void)unlink(settings->agents[i].password_file);
	assert_int_equal(registrar_start(registrar, (struct stack *)&client,
					 table, now, on_changed, NULL),
			 0);
	events[0] = '\0';
	dead_connection = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	registrar_free(registrar);
	message_drop(server.msg);
	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	free(settings);
	free(table);
	return 0;
}

/* ---- the registrar */

/* A REGISTER that somebody copied from the wire registers nothing. */
static void copies_from_elsewhere_fail(void **state)
{
	char auth[1024];
	const char *copy;

	(void)state;
	assert_int_equal(ask(request("nurse0", "", 1, ""), 0), 401);
	answer_challenge(auth, sizeof(auth), "secret0", "nurse0", DIGEST_MD5);
	copy = request("nurse0", auth, 2, "Contact: <sip:x@192.0.2.9>\r\n");
	peer_host = "192.0.2.2";
	assert_int_equal(ask(copy, 0), 401);
	assert_non_null(strstr(server.last, "stale=true"));
	expect_events("");
	assert_false(registrar_here(registrar, 0, now));
	peer_host = "192.0.2.1";
	assert_int_equal(ask(copy, 0), 200);
	expect_events("+0 ");
}

static void who_may(void **state)
{
	char auth[1024];

	(void)state;
	assert_int_equal(ask(request("nurse0", "", 1, ""), 0), 401);
	/* 10.3 step 4: nobody registers in another's name */
	answer_challenge(auth, sizeof(auth), "secret0", "nurse0", DIGEST_MD5);
	assert_int_equal(ask(request("nurse1", auth, 2,
				     "Contact: <sip:x@127.0.0.1>\r\n"),
			     0),
			 403);
	assert_int_equal(ask(request("nurse0", "", 3, ""), 0), 401);
	answer_challenge(auth, sizeof(auth), "wrong", "nurse0", DIGEST_SHA256);
	assert_int_equal(ask(request("nurse0", auth, 4, ""), 0), 403);
	/* an account that is none is not to be told from a wrong password */
	assert_int_equal(ask(request("nobody", "", 5, ""), 0), 401);
	answer_challenge(auth, sizeof(auth), "secret0", "nobody", DIGEST_MD5);
	assert_int_equal(ask(request("nobody", auth, 6, ""), 0), 403);
	assert_int_equal(registrar_count(registrar, now), 0);
	expect_events("");
}

static void a_stale_nonce(void **state)
{
	char auth[1024];

	(void)state;
	assert_int_equal(ask(request("nurse0", "", 1, ""), 0), 401);
	answer_challenge(auth, sizeof(auth), "secret0", "nurse0",
			 DIGEST_SHA256);
	now += DIGEST_NONCE_LIFE_MS + 1000;
	assert_int_equal(ask(request("nurse0", auth, 2, ""), 0), 401);
	assert_non_null(strstr(server.last, "stale=true"));
}

/* The same host's own request, sent again by somebody beside it. */
static void a_replay_registers_nothing(void **state)
{
	char auth[1024];
	const char *copy;

	(void)state;
	assert_int_equal(ask(request("nurse0", "", 1, ""), 0), 401);
	answer_challenge(auth, sizeof(auth), "secret0", "nurse0",
			 DIGEST_SHA256);
	copy = request("nurse0", auth, 2, "Contact: <sip:n@127.0.0.1>\r\n");
	assert_int_equal(ask(copy, 0), 200);
	expect_events("+0 ");
	copy = request("nurse0", auth, 3, "Contact: <sip:x@192.0.2.9>\r\n");
	assert_int_equal(ask(copy, 0), 401);
	assert_non_null(strstr(server.last, "stale=true"));
	copy = request("nurse0", auth, 4, "Expires: 0\r\nContact: *\r\n");
	assert_int_equal(ask(copy, 0), 401);
	expect_events("");
	assert_true(registrar_here(registrar, 0, now));
}

static void comes_and_goes(void **state)
{
	const struct registrar_binding *b[REGISTRAR_CONTACTS];

	(void)state;
	assert_int_equal(enrol(1, "Contact: <sip:n@127.0.0.1:6000>\r\n", 0),
			 200);
	expect_events("+0 ");
	assert_non_null(strstr(server.last, "Contact: <sip:n@127.0.0.1:6000>;"
					    "expires=3600\r\n"));
	assert_int_equal(registrar_find(registrar, 0, now, b), 1);
	assert_string_equal(b[0]->uri, "sip:n@127.0.0.1:6000");
	assert_false(registrar_here(registrar, 1, now));
	/* refreshed, then gone by the clock */
	assert_int_equal(enrol(2,
			       "Expires: 60\r\n"
			       "Contact: <sip:n@127.0.0.1:6000>\r\n",
			       0),
			 200);
	expect_events("");
	assert_int_equal(registrar_tick(registrar, now), now + 60000);
	assert_true(registrar_here(registrar, 0, now + 59999));
	assert_false(registrar_here(registrar, 0, now + 60000));
	now += 60000;
	assert_int_equal(registrar_tick(registrar, now), 0);
	expect_events("-0 ");
}

static void rules(void **state)
{
	static const struct {
		unsigned cseq;
		const char *rest;
		unsigned code;
		unsigned bindings;
		const char *events;
	} rows[] = {
		{ 1, "Contact: <sip:a@127.0.0.1>;expires=59\r\n", 423, 0, "" },
		{ 2, "Contact: <tel:112>\r\n", 400, 0, "" },
		{ 3, "Contact: <sip:a@127.0.0.1>, <sip:b@127.0.0.1>\r\n", 200,
		  2, "+0 " },
		/* an older one, and the same again, must not undo it */
		{ 3, "Contact: <sip:a@127.0.0.1>;expires=0\r\n", 500, 2, "" },
		{ 2, "Contact: *\r\nExpires: 0\r\n", 500, 2, "" },
		{ 4, "Contact: <sip:a@127.0.0.1>;expires=0\r\n", 200, 1, "" },
		/* all of it or none of it */
		{ 5,
		  "Contact: <sip:c@127.0.0.1>, <sip:d@127.0.0.1>;expires=1"
		  "\r\n",
		  423, 1, "" },
		{ 6, "Contact: *\r\n", 400, 1, "" },
		{ 7, "Contact: *, <sip:x@y>\r\nExpires: 0\r\n", 400, 1, "" },
		{ 8, "", 200, 1, "" },
		{ 9, "Contact: *\r\nExpires: 0\r\n", 200, 0, "-0 " },
		/* bounded: what would go first makes room */
		{ 10,
		  "Contact: <sip:1@h>,<sip:2@h>,<sip:3@h>,<sip:4@h>,"
		  "<sip:5@h>\r\n",
		  503, 0, "" },
		{ 11,
		  "Contact: <sip:1@h>;expires=100,<sip:2@h>,<sip:3@h>,"
		  "<sip:4@h>\r\n",
		  200, 4, "+0 " },
		{ 12, "Contact: <sip:5@h>\r\n", 200, 4, "" },
		{ 13, "Contact: <sip:5@h>;expires=99999999999\r\n", 200, 4,
		  "" },
	};
	const struct registrar_binding *b[REGISTRAR_CONTACTS];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned code = enrol(rows[i].cseq, rows[i].rest, 0);

		if (code != rows[i].code)
			print_error("row %zu\n", i);
		assert_int_equal(code, rows[i].code);
		assert_int_equal(registrar_find(registrar, 0, now, b),
				 rows[i].bindings);
		expect_events(rows[i].events);
		now += 10;
	}
	assert_string_equal(b[0]->uri, "sip:5@h");
	for (unsigned i = 0; i < 4; i++)
		assert_string_not_equal(b[i]->uri, "sip:1@h");
}

/* The settings again, with another password for nurse0. */
static void reload_with(const char *password)
{
	struct writer w = writer_on(files, sizeof(files));

	memset(files, 0, sizeof(files));
	writer_u8(&w, FILE_AGENT_PASSWORD);
	writer_u16(&w, 6);
	writer_str(&w, "nurse0");
	writer_u32(&w, (uint32_t)strlen(password));
	writer_str(&w, password);
	settings->files = (struct bytes){ files, w.len };
	registrar_reload(registrar, settings, now);
	settings->files = (struct bytes){ NULL, 0 };
}

static void a_new_password_takes_effect(void **state)
{
	char auth[1024];

	(void)state;
	assert_int_equal(enrol(1, "Contact: <sip:1@h>\r\n", 0), 200);
	reload_with("secret0");
	assert_true(registrar_here(registrar, 0, now));
	assert_int_equal(enrol(2, "Contact: <sip:1@h>\r\n", 0), 200);
	reload_with("changed");
	/* who came by the old one has to come by the new one */
	assert_false(registrar_here(registrar, 0, now));
	assert_int_equal(enrol(3, "Contact: <sip:1@h>\r\n", 0), 403);
	assert_int_equal(ask(request("nurse0", "", 4, ""), 0), 401);
	answer_challenge(auth, sizeof(auth), "changed", "nurse0",
			 DIGEST_SHA256);
	assert_int_equal(
		ask(request("nurse0", auth, 4, "Contact: <sip:1@h>\r\n"), 0),
		200);
	assert_true(registrar_here(registrar, 0, now));
	/* nothing is handed over: what is known stays */
	registrar_reload(registrar, settings, now);
	assert_true(registrar_here(registrar, 0, now));
}

/* A phone behind a connection is gone with it. */
static void connections(void **state)
{
	const struct registrar_binding *b[REGISTRAR_CONTACTS];

	(void)state;
	assert_int_equal(enrol(1, "Contact: <sip:n@x.invalid>\r\n", 77), 200);
	assert_int_equal(registrar_find(registrar, 0, now, b), 1);
	assert_int_equal(b[0]->flow.connection, 77);
	expect_events("+0 ");
	dead_connection = 77;
	assert_false(registrar_here(registrar, 0, now));
	registrar_closed(registrar, 76, now);
	expect_events("");
	registrar_closed(registrar, 77, now);
	expect_events("-0 ");
}

/* The process dies; the table does not, but for connections and accounts that
 * are agents no more. */
static void survives(void **state)
{
	struct registrar_table *copy = malloc(sizeof(*copy));

	(void)state;
	assert_non_null(copy);
	assert_int_equal(enrol(1, "Contact: <sip:a@127.0.0.1>\r\n", 0), 200);
	assert_int_equal(enrol(2, "Contact: <sip:n@x.invalid>\r\n", 77), 200);
	dead_connection = 77;
	memcpy(copy, table, sizeof(*copy));
	assert_int_equal(registrar_start(registrar, (struct stack *)&client,
					 copy, now, on_changed, NULL),
			 0);
	assert_true(registrar_here(registrar, 0, now));
	assert_int_equal(copy->accounts[0].bindings[1].uri[0], 0);
	/* nurse0 leaves, nurse1 moves up in the settings */
	memcpy(settings->agents[0].name, "nurse1", 7);
	settings->agent_count = 1;
	registrar_reload(registrar, settings, now);
	assert_false(registrar_here(registrar, 0, now));
	assert_string_equal(copy->accounts[1].name, "nurse1");
	/* bytes that are no table */
	memset(copy, 0xff, sizeof(*copy));
	assert_int_equal(registrar_start(registrar, (struct stack *)&client,
					 copy, now, on_changed, NULL),
			 0);
	assert_int_equal(registrar_count(registrar, now), 0);
	free(copy);
}

/* ---- our client */

static char heard[128];

static void on_client(void *arg, bool registered, unsigned code)
{
	(void)arg;
	(void)snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard),
		       "%s%u ", registered ? "yes" : "no", code);
}

static void expect_heard(const char *want)
{
	assert_string_equal(heard, want);
	heard[0] = '\0';
}

/* What the client sent goes to the registrar, its answer back. */
static unsigned round_trip(void)
{
	struct flow flow = { 0 };
	stack_response_h *h = client.h;
	struct sip_msg *msg;
	unsigned code;

	assert_true(client.busy);
	client.busy = false;
	code = ask(client.text, 0);
	msg = decoded(server.last);
	if (h)
		h(client.arg, &client, code, msg, &flow);
	message_drop(msg);
	return code;
}

static void registers_itself(void **state)
{
	struct register_client_options o = { .trunk = 2,
					     .domain = TEXT("example.org"),
					     .user = TEXT("nurse1") };
	struct secret *password = secret_new(7);
	struct register_client *c;
	uint64_t next;

	(void)state;
	assert_non_null(password);
	memcpy(password->bytes, "secret1", 7);
	o.password = password;
	assert_int_equal(register_client_new(&c, NULL, &o, on_client, NULL), 0);
	(void)register_client_tick(c, now);
	assert_int_equal(round_trip(), 401);
	expect_heard("");
	assert_int_equal(round_trip(), 200);
	expect_heard("yes200 ");
	assert_true(registrar_here(registrar, 1, now));
	/* refreshed at four fifths, and nothing before */
	next = register_client_tick(c, now);
	assert_int_equal(next, now + REGISTER_EXPIRES_S * 800);
	assert_false(client.busy);
	now = next;
	(void)register_client_tick(c, now);
	assert_int_equal(round_trip(), 401);
	assert_int_equal(round_trip(), 200);
	expect_heard("");
	/* taken back */
	register_client_free(c);
	assert_true(client.busy);
	assert_non_null(strstr(client.text, "Expires: 0\r\n"));
	client.busy = false;
	secret_free(password);
}

static void backs_off(void **state)
{
	struct register_client_options o = { .trunk = 2,
					     .domain = TEXT("example.org"),
					     .user = TEXT("nurse1") };
	struct secret *password = secret_new(5);
	struct register_client *c;
	uint64_t pause = REGISTER_PAUSE_MIN_MS;

	(void)state;
	assert_non_null(password);
	memcpy(password->bytes, "wrong", 5);
	o.password = password;
	assert_int_equal(register_client_new(&c, NULL, &o, on_client, NULL), 0);
	for (int i = 0; i < 12; i++) {
		uint64_t next;

		(void)register_client_tick(c, now);
		assert_int_equal(round_trip(), 401);
		assert_int_equal(round_trip(), 403);
		expect_heard("no403 ");
		next = register_client_tick(c, now);
		assert_in_range(next - now, pause / 2, pause);
		now = next;
		pause = pause * 2 > REGISTER_PAUSE_MAX_MS
				? REGISTER_PAUSE_MAX_MS
				: pause * 2;
	}
	register_client_free(c);
	assert_false(client.busy);
	secret_free(password);
}

static int init_secrets(void **state)
{
	(void)state;
	return secret_init(16384);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(who_may),
		TEST(copies_from_elsewhere_fail),
		TEST(a_stale_nonce),
		TEST(a_replay_registers_nothing),
		TEST(comes_and_goes),
		TEST(rules),
		TEST(a_new_password_takes_effect),
		TEST(connections),
		TEST(survives),
		TEST(registers_itself),
		TEST(backs_off),
	};

	return cmocka_run_group_tests(tests, init_secrets, NULL);
}
