#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "settings/files.h"

static uint8_t packed[8192];
static struct settings *s;
static char said[512];
static unsigned faults;

static void on_fault(void *arg, const struct settings_fault *f)
{
	(void)arg;
	faults++;
	(void)snprintf(said, sizeof(said), "%u %s", f->line, f->fault);
	assert_true(f->mend[0]);
}

static void file(char to[SETTINGS_PATH_MAX], const char *content, size_t len)
{
	int fd;

	(void)snprintf(to, SETTINGS_PATH_MAX, "/tmp/files_test.XXXXXX");
	fd = mkstemp(to);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, len), len);
	(void)close(fd);
}

static void agent(const char *name, const char *content)
{
	struct agent *a = &s->agents[s->agent_count++];

	(void)snprintf(a->name, sizeof(a->name), "%s", name);
	a->line = 10 * s->agent_count;
	file(a->password_file, content, strlen(content));
}

static int set_up(void **state)
{
	(void)state;
	s = calloc(1, sizeof(*s));
	assert_non_null(s);
	memset(packed, 0, sizeof(packed));
	faults = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < s->agent_count; i++)
		(void)unlink(s->agents[i].password_file);
	free(s);
	return 0;
}

static int pack(size_t max)
{
	return files_pack(s, packed, max, on_fault, NULL);
}

static void is(enum file_kind kind, const char *name, const char *want)
{
	struct bytes b;

	assert_int_equal(files_find((struct bytes){ packed, sizeof(packed) },
				    kind, name, &b),
			 want ? 0 : ENOENT);
	if (!want)
		return;
	assert_int_equal(b.len, strlen(want));
	assert_memory_equal(b.p, want, b.len);
}

static void each_is_found_by_kind_and_name(void **state)
{
	struct trunk *t = &s->trunks[0];

	(void)state;
	agent("anna", "first\n# a note\n");
	agent("bo", "second");
	(void)snprintf(t->name, sizeof(t->name), "anna");
	(void)snprintf(t->user, sizeof(t->user), "we");
	file(t->password_file, "third\r\n", 7);
	file(s->tls_certificate, "cert\nificate\n", 13);
	memcpy(s->tls_ca, s->tls_certificate, sizeof(s->tls_ca));
	s->trunk_count = 1;
	assert_int_equal(pack(sizeof(packed)), 0);
	(void)unlink(t->password_file);
	(void)unlink(s->tls_certificate);
	is(FILE_AGENT_PASSWORD, "anna", "first");
	is(FILE_AGENT_PASSWORD, "bo", "second");
	is(FILE_TRUNK_PASSWORD, "anna", "third");
	is(FILE_TLS_CERTIFICATE, "", "cert\nificate\n");
	is(FILE_TLS_KEY, "", NULL);
	is(FILE_AGENT_PASSWORD, "an", NULL);
	is(FILE_TRUNK_PASSWORD, "bo", NULL);
	/* what stands behind the first line is not handed over */
	assert_null(memmem(packed, sizeof(packed), "note", 4));
}

static void what_cannot_be_used_is_said_and_left_out(void **state)
{
	char lengthy[FILES_PASSWORD_MAX + 2];

	(void)state;
	memset(lengthy, 'x', sizeof(lengthy));
	lengthy[sizeof(lengthy) - 1] = '\0';
	agent("anna", "first");
	agent("bo", "\nsecond");
	agent("cia", lengthy);
	agent("dan", "fourth");
	(void)unlink(s->agents[0].password_file);
	assert_int_equal(pack(sizeof(packed)), EINVAL);
	assert_int_equal(faults, 3);
	assert_string_equal(said, "30 password-file of cia cannot be used: "
				  "it is too long");
	is(FILE_AGENT_PASSWORD, "anna", NULL);
	is(FILE_AGENT_PASSWORD, "bo", NULL);
	is(FILE_AGENT_PASSWORD, "cia", NULL);
	is(FILE_AGENT_PASSWORD, "dan", "fourth");
	assert_null(memmem(packed, sizeof(packed), "xxx", 3));
	assert_null(memmem(packed, sizeof(packed), "second", 6));
}

/* They are opened by whoever uses them, once the node runs: too late to say. */
static void what_others_open_is_looked_at(void **state)
{
	const char none[] = "/nonexistent/file";
	struct feed *f = &s->feeds[0];

	(void)state;
	s->desk_line = 7;
	memcpy(s->https_client_ca, none, sizeof(none));
	assert_int_equal(pack(sizeof(packed)), EINVAL);
	assert_int_equal(faults, 1);
	assert_string_equal(said, "7 client-ca of desk cannot be used: "
				  "No such file or directory");
	s->https_client_ca[0] = '\0';
	s->feed_count = 1;
	f->line = 9;
	memcpy(f->name, "supplier", sizeof("supplier"));
	memcpy(f->key, none, sizeof(none));
	assert_int_equal(pack(sizeof(packed)), EINVAL);
	assert_int_equal(faults, 2);
	assert_string_equal(said, "9 key of feed supplier cannot be used: "
				  "No such file or directory");
}

static void no_room_is_no_overflow(void **state)
{
	(void)state;
	agent("anna", "first");
	agent("bo", "second");
	for (size_t max = 0; max < 40; max++) {
		memset(packed, 0, sizeof(packed));
		(void)!pack(max);
		for (size_t i = max; i < sizeof(packed); i++)
			assert_int_equal(packed[i], 0);
	}
}

static void any_bytes_are_looked_through(void **state)
{
	(void)state;
	agent("anna", "first");
	assert_int_equal(pack(sizeof(packed)), 0);
	for (size_t len = 0; len < 17; len++) {
		uint8_t *exact = malloc(len ? len : 1);
		struct bytes b;

		assert_non_null(exact);
		memcpy(exact, packed, len);
		assert_int_equal(files_find((struct bytes){ exact, len },
					    FILE_AGENT_PASSWORD, "anna", &b),
				 len < 16 ? ENOENT : 0);
		free(exact);
	}
	memset(packed, 0xff, sizeof(packed));
	is(FILE_AGENT_PASSWORD, "anna", NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_is_found_by_kind_and_name),
		T(what_cannot_be_used_is_said_and_left_out),
		T(no_room_is_no_overflow),
		T(what_others_open_is_looked_at),
		T(any_bytes_are_looked_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
