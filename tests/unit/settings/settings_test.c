#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "release/rule.h"
#include "settings/settings.h"

#define KEY_A "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
#define KEY_B "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"

static const char whole[] =
	"role = one-machine\n"
	"log-origin = \"test.example/one\"\n"
	"sip { listen = { \"udp:127.0.0.1:0\", \"tcp:[::1]:5070\" } }\n"
	"trunk carrier {\n"
	"	from = { \"127.0.0.1\" }\n"
	"	trusted = true\n"
	"	municipality = \"header:X-Kommun\"\n"
	"}\n"
	"line 1177 {\n"
	"	controller = \"Region Test\"\n"
	"	notice sv { version = \"1\" text = \"Samtalet spelas in.\" }\n"
	"}\n"
	"recipient a { key = \"" KEY_A "\" }\n"
	"recipient b { key = \"" KEY_B "\" }\n";

struct seen {
	unsigned faults;
	unsigned weaknesses;
	unsigned line;
	char rule[24];
};

static void on_fault(void *arg, const struct settings_fault *f)
{
	struct seen *s = arg;

	if (f->weakness) {
		s->weaknesses++;
		return;
	}
	if (!s->faults++) {
		s->line = f->line;
		memcpy(s->rule, f->rule, sizeof(s->rule));
	}
	assert_true(f->mend[0]);
	assert_true(f->fault[0]);
}

/* What the file is to replace; NULL: nothing. */
static const struct settings *running;

#define NAME "/tmp/settings_test.XXXXXX"

static void write_file(char name[sizeof(NAME)], const char *text)
{
	int fd;

	memcpy(name, NAME, sizeof(NAME));
	fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static int load(const char *text, struct seen *seen, struct settings **ret)
{
	char name[sizeof(NAME)];
	int err;

	write_file(name, text);
	*seen = (struct seen){ 0 };
	err = settings_load(ret, name, running, on_fault, seen);
	(void)unlink(name);
	return err;
}

static void a_whole_file_is_read(void **state)
{
	struct settings *s = NULL;
	struct seen seen;

	(void)state;
	assert_int_equal(load(whole, &seen, &s), 0);
	assert_int_equal(seen.faults, 0);
	assert_int_equal(seen.weaknesses, 1); /* one machine */
	assert_int_equal(s->listener_count, 2);
	assert_int_equal(s->listeners[1].transport, SIP_TCP);
	assert_string_equal(s->listeners[1].address, "::1");
	assert_int_equal(s->listeners[1].port, 5070);
	assert_int_equal(s->trunks[0].place, PLACE_HEADER);
	assert_string_equal(s->trunks[0].municipality_key, "X-Kommun");
	assert_true(s->trunks[0].trusted);
	assert_string_equal(s->lines[0].number, "1177");
	assert_int_equal(s->lines[0].notice_count, 1);
	assert_true(s->lines[0].record);
	assert_int_equal(s->codec_count, 2);
	settings_free(s);
}

static void replace(char *to, size_t max, const char *what, const char *by)
{
	const char *at = strstr(whole, what);

	assert_non_null(at);
	(void)snprintf(to, max, "%.*s%s%s", (int)(at - whole), whole, by,
		       at + strlen(what));
}

static void each_fault_names_line_and_rule(void **state)
{
	static const struct {
		const char *what, *by, *rule;
		unsigned line;
	} rows[] = {
		{ "one-machine", "kiosk", "CONFIG", 1 },
		{ "log-origin = \"test.example/one\"", "", "CONFIG", 1 },
		/* no long form to hear, no key, one for two wishes, no rule */
		{ "	notice", "	long-key = \"1\"\n	notice",
		  "CONFIG", 9 },
		{ "	notice", "	object-key = \"12\"\n	notice",
		  "CONFIG", 9 },
		{ "	notice sv {",
		  "	long-key = \"1\"\n	object-key = \"1\"\n"
		  "	notice sv { long = \"More.\"",
		  "CONFIG", 9 },
		{ "	notice", "	objected = maybe\n	notice",
		  "CONFIG", 9 },
		{ "udp:127.0.0.1:0", "udp:localhost:0", "CONFIG", 3 },
		{ "udp:127.0.0.1:0", "tls:127.0.0.1:0", "CONFIG", 3 },
		{ "from = { \"127.0.0.1\" }", "", "CONFIG", 4 },
		{ "\"header:X-Kommun\"", "\"header\"", "CONFIG", 4 },
		{ "controller = \"Region Test\"", "", "GDPR-13", 9 },
		{ "text = \"Samtalet spelas in.\"", "", "GDPR-13", 9 },
		{ "version = \"1\"", "", "CONFIG", 9 },
		{ "recipient b { key = \"" KEY_B "\" }", "", "CONFIG", 13 },
		{ KEY_B, KEY_A, "CONFIG", 14 },
		{ KEY_B, "age1nothing", "CONFIG", 14 },
		/* one character is another */
		{ "age1lggyhqrw2", "age1lggyhqrw3", "CONFIG", 14 },
		{ "age1ql3z7hjy54", "age1ql3z7hjy45", "CONFIG", 13 },
		{ "trusted = true", "trustd = true", "CONFIG", 6 },
		{ "recipient b {", "recipient b ", "CONFIG", 14 },
		/* open to others, and asks nobody; nobody could be judged */
		{ "recipient b {",
		  "desk { https-listen = \"192.0.2.1:8443\" certificate = "
		  "\"/dev/null\" key = \"/dev/null\" }\nrecipient b {",
		  "GDPR-32-OPEN", 14 },
		{ "recipient b {",
		  "desk { https-listen = \"127.0.0.1:8443\" certificate = "
		  "\"/dev/null\" key = \"/dev/null\"\n	peer a { "
		  "controller = \"Region Test\" } }\nrecipient b {",
		  "GDPR-32-OPEN", 15 },
		{ "recipient b {",
		  "desk { https-listen = \"127.0.0.1:8443\" }\nrecipient b {",
		  "CONFIG", 14 },
		{ "recipient b {",
		  "desk { https-listen = \"127.0.0.1:8443\" certificate = "
		  "\"/dev/null\" key = \"/dev/null\" client-ca = "
		  "\"/dev/null\"\n	peer a { controller = \"No one\" } }\n"
		  "recipient b {",
		  "CONFIG", 15 },
		{ "recipient b {",
		  "feed a { url = \"http://a.example\" controller = a "
		  "certificate = \"/dev/null\" key = \"/dev/null\" ca = "
		  "\"/dev/null\" }\nrecipient b {",
		  "CONFIG", 14 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct settings *s = NULL;
		struct seen seen;
		char text[4096];

		replace(text, sizeof(text), rows[i].what, rows[i].by);
		assert_int_equal(load(text, &seen, &s), EINVAL);
		assert_null(s);
		assert_string_equal(seen.rule, rows[i].rule);
		assert_int_equal(seen.line, rows[i].line);
	}
}

/* What a running node cannot follow is refused, the rest is not. */
/* Where the node listens, of a text that may be no configuration at all. */
static void where(const char *text, const char *runtime)
{
	char name[sizeof(NAME)];
	struct settings *s;

	write_file(name, text);
	assert_int_equal(settings_where(&s, name), 0);
	(void)unlink(name);
	assert_string_equal(s->file, name);
	assert_string_equal(s->runtime, runtime);
	settings_free(s);
}

static void a_faulty_file_says_where_its_node_listens(void **state)
{
	char longer[SETTINGS_PATH_MAX + 32], name[sizeof(NAME)];
	struct settings *s;

	(void)state;
	where("", "/tmp/run");
	where("role = \nline 1177 { {{\n", "/tmp/run");
	where("line 1177 { \n runtime = \"/run/vaxel\"", "/run/vaxel");
	where("# runtime = no\nrole = runtime\nruntime = here }", "/tmp/here");
	where("runtime { }", "/tmp/run");
	where("runtime =", "/tmp/run");
	(void)snprintf(longer, sizeof(longer), "runtime = /%0*d\n",
		       SETTINGS_PATH_MAX, 1);
	write_file(name, longer);
	assert_int_equal(settings_where(&s, name), EMSGSIZE);
	(void)unlink(name);
	assert_int_equal(settings_where(&s, "/nonexistent/file"), ENOENT);
}

static void a_running_node_changes_some(void **state)
{
	static const struct {
		const char *what, *by;
		unsigned line; /* 0: no fault */
	} rows[] = {
		{ "trusted = true", "trusted = false", 0 },
		{ "udp:127.0.0.1:0", "udp:127.0.0.1:5090", 0 },
		{ "trunk carrier {", "trunk other {", 0 },
		{ "log-origin = \"test.example/one\"",
		  "log-origin = \"test.example/two\"", 2 },
		{ "trunk carrier {",
		  "media {\naddress = \"127.0.0.2\"\n}\ntrunk carrier {", 5 },
		{ "trunk carrier {",
		  "recorder {\n\nfsync-ms = 50\n}\ntrunk carrier {", 6 },
		{ "log-origin", "state = \"elsewhere\"\nlog-origin", 2 },
	};
	struct settings *first = NULL;
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct settings *next = NULL;
		char text[4096];

		assert_int_equal(load(whole, &seen, &first), 0);
		replace(text, sizeof(text), rows[i].what, rows[i].by);
		running = first;
		assert_int_equal(load(text, &seen, &next),
				 rows[i].line ? EINVAL : 0);
		running = NULL;
		assert_int_equal(seen.line, rows[i].line);
		settings_free(first);
		settings_free(next);
	}
}

static void a_supplier_holds_no_identity(void **state)
{
	struct settings *s = NULL;
	struct seen seen;
	char text[4096];

	(void)state;
	replace(text, sizeof(text), "one-machine",
		"supplier\nkeeper { identity = \"/etc/hostname\" }");
	assert_int_equal(load(text, &seen, &s), EINVAL);
	assert_string_equal(seen.rule, "GDPR-32-KEY");
}

/* Purposes as release/rule.h numbers them; a word that is none is a fault. */
static void a_keepers_rule(void **state)
{
	static const char *const wrong[] = {
		"approval = { \"curiosity\" }",
		"approval = { \"\" }",
		"approval-over = 2001",
		"approval-over = -1",
		"quota = 0",
		"quota = 2001",
		"lock-after = 604801",
	};
	struct settings *s = NULL;
	struct seen seen;
	char text[4096], by[256];

	(void)state;
	assert_int_equal(load(whole, &seen, &s), 0);
	assert_int_equal(s->approval_purposes, 0);
	assert_int_equal(s->approval_over, 0);
	assert_int_equal(s->quota, 200);
	assert_int_equal(s->lock_after_s, 0);
	settings_free(s);
	replace(text, sizeof(text), "recipient b {",
		"keeper { approval = { \"legal\", \"care\" } approval-over = 20"
		" quota = 50 lock-after = 28800 }\nrecipient b {");
	assert_int_equal(load(text, &seen, &s), 0);
	assert_int_equal(s->approval_purposes,
			 1u << PURPOSE_LEGAL | 1u << PURPOSE_CARE);
	assert_int_equal(s->approval_over, 20);
	assert_int_equal(s->quota, 50);
	assert_int_equal(s->lock_after_s, 28800);
	settings_free(s);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		(void)snprintf(by, sizeof(by), "keeper { %s }\nrecipient b {",
			       wrong[i]);
		replace(text, sizeof(text), "recipient b {", by);
		s = NULL;
		assert_int_equal(load(text, &seen, &s), EINVAL);
		assert_string_equal(seen.rule, "CONFIG");
		assert_int_equal(seen.line, 14);
	}
}

static void a_missing_file_is_said(void **state)
{
	struct settings *s = NULL;
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(settings_load(&s, "/nonexistent/vaxel.conf", NULL,
				       on_fault, &seen),
			 ENOENT);
	assert_int_equal(seen.faults, 1);
}

/* As an editor leaves it that died, or a disk that was full. */
static void a_file_that_was_cut_off_is_not_whole(void **state)
{
	static const char tricky[] =
		"# a { in a comment\n"
		"line 1178 { controller = \"a } and \\\" {\" // }\n";
	char text[sizeof(whole) + sizeof(tricky)];
	struct settings *s = NULL;
	struct seen seen;

	(void)state;
	for (size_t cut = 1; whole[cut + 1]; cut++) {
		unsigned depth = 0;

		memcpy(text, whole, cut);
		text[cut] = '\0';
		for (size_t i = 0; i < cut; i++)
			depth +=
				(unsigned)((text[i] == '{') - (text[i] == '}'));
		if (!depth)
			continue;
		assert_int_equal(load(text, &seen, &s), EINVAL);
		assert_true(seen.faults > 0);
	}
	(void)snprintf(text, sizeof(text), "%s%s", whole, tricky);
	assert_int_equal(load(text, &seen, &s), EINVAL);
	assert_int_equal(seen.line, 16);
	assert_string_equal(seen.rule, "CONFIG");
}

static void who_asks_has_words(void **state)
{
	static const char national[] =
		"role = national\nlog-origin = \"test.example/n\"\n"
		"national-trunk = queue\n"
		"trunk queue { host = \"127.0.0.1:5080\" }\n"
		"line 1177 { controller = \"R\" record = no %s }\n";
	static const struct {
		const char *ask;
		int err;
	} rows[] = {
		{ "ask sv { } ask en { thanks = \"Ta.\" }", 0 },
		{ "ask fi { }", EINVAL },
		{ "ask sv { regions = \"Vilken?\" }", EINVAL },
		{ "ask sv { } ask en { } ask nb { }", EINVAL },
		{ "ask abcdefgh { }", EINVAL },
	};
	struct settings *s = NULL;
	struct seen seen;
	char text[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), national, rows[i].ask);
		assert_int_equal(load(text, &seen, &s), rows[i].err);
		if (rows[i].err)
			continue;
		assert_true(settings_asks(s));
		assert_int_equal(s->lines[0].ask_count, 2);
		assert_non_null(strstr(s->lines[0].asks[0].regions, "%r"));
		assert_string_equal(s->lines[0].asks[1].thanks, "Ta.");
		/* its media come with it, and so at a start alone */
		running = s;
		(void)snprintf(text, sizeof(text), national, "");
		assert_int_equal(load(text, &seen, &s), EINVAL);
		running = NULL;
		settings_free(s);
	}
	/* of who answers himself nobody asks where he is */
	replace(text, sizeof(text), "	notice sv",
		"	ask sv { }\n	notice sv");
	assert_int_equal(load(text, &seen, &s), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_file_is_read),
		cmocka_unit_test(each_fault_names_line_and_rule),
		cmocka_unit_test(a_faulty_file_says_where_its_node_listens),
		cmocka_unit_test(a_running_node_changes_some),
		cmocka_unit_test(a_supplier_holds_no_identity),
		cmocka_unit_test(a_keepers_rule),
		cmocka_unit_test(a_missing_file_is_said),
		cmocka_unit_test(a_file_that_was_cut_off_is_not_whole),
		cmocka_unit_test(who_asks_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
