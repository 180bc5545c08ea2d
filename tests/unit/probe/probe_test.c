/* What the probe makes of bytes: those of strangers and those of the kernel. */
#include "../unit.h"
#include "../scratch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/answer.h"
#include "probe/files.h"
#include "probe/probe.h"
#include "probe/processes.h"
#include "probe/sniff.h"
#include "probe/sockets.h"

#define RAW(s)                                                                 \
	{                                                                      \
		(const uint8_t *)(s), sizeof(s) - 1                            \
	}
#define BYTES(s) ((struct bytes)RAW(s))

static void begins(void **state)
{
	static const struct {
		struct bytes b;
		enum sniffed what;
		const char *name;
	} cases[] = {
		{ RAW("RIFF\x24\0\0\0WAVEfmt "), SNIFF_AUDIO, "WAV" },
		{ RAW("RIFF\x24\0\0\0AVI "), SNIFF_NOTHING, "" },
		{ RAW("RIFF\x24\0\0\0WAV"), SNIFF_NOTHING, "" },
		{ RAW("ID3\4\0"), SNIFF_AUDIO, "MP3" },
		{ RAW("OggS\0"), SNIFF_AUDIO, "Ogg" },
		{ RAW("\x1a\x45\xdf\xa3"), SNIFF_AUDIO, "Matroska" },
		{ RAW("\0\0\0\x20"
		      "ftypM4A "),
		  SNIFF_AUDIO, "MP4" },
		{ RAW("SQLite format 3\0"), SNIFF_DATABASE, "SQLite" },
		{ RAW("AGE-SECRET-KEY-1"), SNIFF_KEY, "age" },
		{ RAW("age-encryption.org/v1\n"), SNIFF_NOTHING, "" },
		{ RAW("\xff\xfb\x90\x00"), SNIFF_NOTHING, "" },
		{ RAW(""), SNIFF_NOTHING, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *name;

		assert_int_equal(sniff_bytes(cases[i].b, &name), cases[i].what);
		assert_string_equal(name, cases[i].name);
	}
}

/* Frames of 128 kbit/s at 44.1 kHz are 417 bytes; one alone may be chance. */
static void mp3_takes_three_frames(void **state)
{
	uint8_t b[3 * 417] = { 0 };
	const char *name;

	(void)state;
	for (int i = 0; i < 3; i++)
		memcpy(b + (size_t)i * 417, "\xff\xfb\x90\x00", 4);
	assert_int_equal(sniff_bytes((struct bytes){ b, sizeof(b) }, &name),
			 SNIFF_AUDIO);
	b[2 * 417] = 0;
	assert_int_equal(sniff_bytes((struct bytes){ b, sizeof(b) }, &name),
			 SNIFF_NOTHING);
}

static void ids(void **state)
{
	static const struct {
		const char *text;
		unsigned n;
	} cases[] = {
		{ "abcdefghijklmnopqrstuvwxya", 1 },
		{ "/store/abcdefghijklmnopqrstuvwxya.part", 1 },
		{ "\"abcdefghijklmnopqrstuvwxya\","
		  "\"22222222222222222222222224\"",
		  2 },
		{ "id=abcdefghijklmnopqrstuvwxya&", 1 },
		{ "abcdefghijklmnopqrstuvwxyaa", 0 },
		{ "Abcdefghijklmnopqrstuvwxya", 0 },
		{ "abcdefghijklmnopqrstuvwxy", 0 },
		{ "abcdefghijklmnopqrstuvwxyb", 0 }, /* no id ends so */
		{ "1bcdefghijklmnopqrstuvwxya", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(sniff_ids(text_of(cases[i].text)), cases[i].n);
}

static void listings(void **state)
{
	static const char *const yes[] = {
		"<html><title>Index of /medicall</title>",
		"<h1>Directory listing for /</h1>",
		"<?xml?><ListBucketResult xmlns=''>",
		"<a href=\"1.wav\">1</a>",
		"<A HREF=\"x/1.MP3\">",
	};
	static const char *const no[] = {
		"",
		"<html>hello <a href=\"style.css\">",
		"<a href=\".wav",
		"we play .wav files",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(sniff_listing(text_of(yes[i])));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(sniff_listing(text_of(no[i])));
}

static void protocols(void **state)
{
	static const struct {
		struct bytes b;
		enum spoken spoken;
	} cases[] = {
		{ RAW(""), SPOKEN_NOTHING },
		{ RAW("\x15\x03\x01\0\2\2\x28"), SPOKEN_TLS },
		{ RAW("HTTP/1.1 400 Bad"), SPOKEN_HTTP },
		{ RAW("SIP/2.0 200 OK"), SPOKEN_SIP },
		{ RAW("220 mail ESMTP\r\n"), SPOKEN_MAIL },
		{ RAW("220 ready\r\n"), SPOKEN_FTP },
		{ RAW("220 ready\r\nSMTP"), SPOKEN_FTP },
		{ RAW("\0\0\0\x40\xfeSMB"), SPOKEN_SMB },
		{ RAW("\x4a\0\0\0\x0a"
		      "8.0"),
		  SPOKEN_MYSQL },
		{ RAW("\xff\xfd\x18"), SPOKEN_TELNET },
		{ RAW("x"), SPOKEN_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(answer_protocol(cases[i].b), cases[i].spoken);
}

static void pages(void **state)
{
	struct http_answer a;

	(void)state;
	assert_int_equal(answer_http(BYTES("HTTP/1.0 200 OK\r\nA:  b \r\n"
					   "Location: https://x/\r\n\r\nhello"),
				     &a),
			 0);
	assert_int_equal(a.status, 200);
	assert_true(text_is(a.body, "hello"));
	assert_true(text_is(answer_header(&a, "a"), "b"));
	assert_true(text_is(answer_header(&a, "location"), "https://x/"));
	assert_true(text_is(answer_header(&a, "none"), ""));
	assert_int_equal(
		answer_http(BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: "
				  "chunked\r\n\r\n4\r\nRIFF"),
			    &a),
		0);
	assert_true(text_is(a.body, "RIFF"));
	/* a head that never ends has no body */
	assert_int_equal(answer_http(BYTES("HTTP/1.0 200 OK\r\nX: y"), &a), 0);
	assert_int_equal(a.body.len, 0);
	assert_int_equal(answer_http(BYTES("HTTP/1.0 20x OK\r\n"), &a),
			 EBADMSG);
	assert_int_equal(answer_http(BYTES("SIP/2.0 200 OK\r\n"), &a), EBADMSG);
}

static void kernel_sockets(void **state)
{
	static const char head[] = "  sl  local_address rem_address   st tx_q";
	static const char tcp[] =
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00";
	static const char all[] =
		"   1: 00000000000000000000000000000000:01BB "
		"00000000000000000000000000000000:0000 0A 00000000:00000000";
	static const char talking[] =
		"   2: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00";
	struct sockaddr_storage at;
	char text[INET_ADDRSTRLEN];

	(void)state;
	assert_false(sockets_line(text_of(head), false, false, &at));
	assert_false(sockets_line(text_of(talking), false, false, &at));
	assert_false(sockets_line(text_of(tcp), true, false, &at));
	assert_false(sockets_line(text_of(tcp), false, true, &at));
	assert_false(sockets_line(text_of(""), false, true, &at));
	assert_true(sockets_line(text_of(tcp), false, false, &at));
	assert_int_equal(probe_target_port(&at), 8080);
	assert_true(probe_target_is_loopback(&at));
	assert_string_equal(
		inet_ntop(AF_INET,
			  &((struct sockaddr_in *)(void *)&at)->sin_addr, text,
			  sizeof(text)),
		"127.0.0.1");
	assert_true(sockets_line(text_of(all), false, true, &at));
	assert_true(probe_target_is_wildcard(&at));
	assert_int_equal(probe_target_port(&at), 443);
}

static void targets(void **state)
{
	static const char *const bad[] = { "",       "http://",     "a/b",
					   "x:0",    "x:70000",     "[::1",
					   "[::1]x", "127.0.0.1:1x" };
	struct target t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(probe_target_read(bad[i], &t), 0);
	assert_int_equal(probe_target_read("127.0.0.1:443", &t), 0);
	assert_int_equal(probe_target_port(&t.at), 443);
	assert_string_equal(t.name, "127.0.0.1:443");
	assert_string_equal(t.host, "");
	assert_true(t.exposed);
	assert_int_equal(probe_target_read("http://[::1]:81/x/y", &t), 0);
	assert_int_equal(probe_target_port(&t.at), 81);
	assert_string_equal(t.path, "/x/y");
	assert_string_equal(t.name, "http://[::1]:81/x/y");
	assert_int_equal(probe_target_read("https://127.0.0.1", &t), 0);
	assert_int_equal(probe_target_port(&t.at), 443);
	assert_string_equal(t.path, "");
	assert_int_equal(probe_target_read("127.0.0.1", &t), 0);
	assert_int_equal(probe_target_port(&t.at), 0);
}

static bool is_public(const char *text)
{
	struct target t;

	assert_int_equal(probe_target_read(text, &t), 0);
	return probe_target_is_public(&t.at);
}

static void public_addresses(void **state)
{
	(void)state;
	assert_true(is_public("188.92.248.19"));
	assert_true(is_public("2001:db8::1"));
	assert_false(is_public("10.1.2.3"));
	assert_false(is_public("172.31.0.1"));
	assert_true(is_public("172.32.0.1"));
	assert_false(is_public("192.168.1.1"));
	assert_false(is_public("100.64.0.1"));
	assert_true(is_public("100.128.0.1"));
	assert_false(is_public("169.254.0.1"));
	assert_false(is_public("127.9.9.9"));
	assert_false(is_public("0.0.0.0"));
	assert_false(is_public("fd00::1"));
	assert_false(is_public("::ffff:10.0.0.1"));
}

static void confinement(void **state)
{
	static const char good[] =
		"Name:\tvaxel\nPPid:\t41\nUid:\t61702\t61702\t61702\t61702\n"
		"CapPrm:\t0000000000004000\nCapEff:\t0000000000000001\n"
		"NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";
	struct confinement c;
	char cut[sizeof(good)];

	(void)state;
	assert_int_equal(confinement_read(text_of(good), &c), 0);
	assert_int_equal(c.parent, 41);
	assert_int_equal(c.uid, 61702);
	assert_int_equal(c.seccomp, 2);
	assert_true(c.no_new_privs);
	assert_int_equal(c.capabilities, 0x4001);
	/* a field that is not there is not taken for good */
	memcpy(cut, good, sizeof(good));
	*strstr(cut, "Seccomp:") = 'X';
	assert_int_equal(confinement_read(text_of(cut), &c), EBADMSG);
}

static char seen[PROBE_TARGET_MAX + PROBE_FOUND_MAX + 2];

static void see(void *arg, const struct probe_finding *f)
{
	(void)arg;
	(void)snprintf(seen, sizeof(seen), "%s|%s", f->target, f->found);
}

/* What goes into the log bears nobody's number, and steers no terminal. */
static void findings_are_harmless(void **state)
{
	struct probe p = { .found = see };

	(void)state;
	probe_fault(&p, "GDPR-32-OPEN", "/a/46701740611-2019.wav", "", "%s",
		    "at 127.0.0.1:65535 \x1b[2J 701740611");
	assert_string_equal(seen, "/a/xxxxxxxxxxx-2019.wav|at 127.0.0.1:65535 "
				  "?[2J xxxxxxxxx");
	assert_int_equal(p.faults, 1);
	probe_weakness(&p, "GDPR-32-OPEN", "a", "", "123456");
	assert_string_equal(seen, "a|xxxxxx");
	assert_int_equal(p.faults, 1);
	assert_int_equal(p.weaknesses, 1);
}

/* A state folder is often a link to another disk. */
static void what_is_named_may_be_a_link(void **state)
{
	char dir[SCRATCH_MAX], at[SCRATCH_MAX + 8], link[SCRATCH_MAX + 8];
	struct probe p = { .found = see };

	(void)state;
	assert_int_equal(scratch_make(dir), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	(void)snprintf(at, sizeof(at), "%s/is", dir);
	(void)snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(mkdir(at, 0755), 0);
	assert_int_equal(symlink("is", link), 0);
	probe_files(&p, link);
	assert_int_equal(p.faults, 1);
	assert_non_null(strstr(seen, "every user of this machine may read it"));
	assert_int_equal(scratch_remove(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins),
		cmocka_unit_test(mp3_takes_three_frames),
		cmocka_unit_test(ids),
		cmocka_unit_test(listings),
		cmocka_unit_test(protocols),
		cmocka_unit_test(pages),
		cmocka_unit_test(kernel_sockets),
		cmocka_unit_test(targets),
		cmocka_unit_test(public_addresses),
		cmocka_unit_test(confinement),
		cmocka_unit_test(findings_are_harmless),
		cmocka_unit_test(what_is_named_may_be_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
