/*
 * recording export, recording verify -- sealed bytes, out and held to account
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "command/recording.h"

/* ---- export */

struct exporter {
	const char *dir;
	int fd;
};

static int close_part(struct exporter *e)
{
	int err = 0;

	if (e->fd >= 0 && (fsync(e->fd) || close(e->fd)))
		err = errno;
	e->fd = -1;
	return err ? node_fail("cannot write: %s", strerror(err)) : EXIT_YES;
}

static int begin_part(void *arg, const json_t *o)
{
	const char *part = json_string_value(json_object_get(o, "part"));
	struct exporter *e = arg;
	char path[4096];
	int status = close_part(e);

	if (status != EXIT_YES)
		return status;
	/* the desk's word must not become a path of its choice */
	if (!part || (strcmp(part, "envelope") && strcmp(part, "body") &&
		      strcmp(part, "card")))
		return node_fail("the desk's answer makes no sense");
	(void)snprintf(path, sizeof(path), "%s/%s", e->dir, part);
	e->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return e->fd < 0
		       ? node_fail("cannot make %s: %s", path, strerror(errno))
		       : EXIT_YES;
}

static int write_part(void *arg, const void *p, size_t len)
{
	struct exporter *e = arg;
	int err = e->fd < 0 ? EPROTO : fd_write(e->fd, p, len);

	return err ? node_fail("cannot write: %s", strerror(err)) : EXIT_YES;
}

int recording_export(const struct settings *s, const struct node_args *a)
{
	static const struct node_handlers h = { .json = begin_part,
						.data = write_part };
	struct exporter e = { .fd = -1 };
	uint8_t id[ID_BYTES];
	int status = recording_id(a, id), closed;

	if (status != EXIT_YES)
		return status;
	if (a->count != 2)
		return node_usage(recording_usage, "say where to: ID DIR");
	e.dir = a->args[1];
	if (mkdir(e.dir, 0700) && errno != EEXIST)
		return node_fail("cannot make %s: %s", e.dir, strerror(errno));
	status = node_ask(
		s, json_pack("{s:s,s:s}", "ask", "export", "id", a->args[0]),
		&h, &e);
	closed = close_part(&e);
	return status != EXIT_YES ? status : closed;
}

/* ---- verify */

struct verifier {
	const struct settings *s;
	bool json;
	bool terminal;
	unsigned good, bad;
	EVP_MD_CTX *digest;
	char expected[65];
	uint64_t expected_bytes, bytes;
	char **ids;
	size_t id_count, id_max;
};

static int take_expected(void *arg, const json_t *o)
{
	const char *sha256 = json_string_value(json_object_get(o, "sha256"));
	struct verifier *v = arg;

	v->expected_bytes =
		(uint64_t)json_integer_value(json_object_get(o, "bytes"));
	(void)snprintf(v->expected, sizeof(v->expected), "%s",
		       sha256 ? sha256 : "");
	return EXIT_YES;
}

static int take_body(void *arg, const void *p, size_t len)
{
	struct verifier *v = arg;

	v->bytes += len;
	return EVP_DigestUpdate(v->digest, p, len) == 1
		       ? EXIT_YES
		       : node_fail("cannot compute a digest");
}

static void report(struct verifier *v, const char *id, const char *fault)
{
	if (fault)
		v->bad++;
	else
		v->good++;
	if (v->json)
		(void)printf("{\"id\":\"%s\",\"ok\":%s%s%s%s}\n", id,
			     fault ? "false" : "true",
			     fault ? ",\"fault\":\"" : "", fault ? fault : "",
			     fault ? "\"" : "");
	else if (fault)
		(void)printf("bad %s: %s\n", id, fault);
	else if (!v->terminal)
		(void)printf("ok %s\n", id);
	if (v->terminal && !v->json)
		(void)fprintf(stderr, "\r%u of %zu", v->good + v->bad,
			      v->id_count);
}

static void verify_one(struct verifier *v, const char *id)
{
	static const struct node_handlers h = { .json = take_expected,
						.data = take_body };
	uint8_t hash[EVP_MAX_MD_SIZE];
	char text[65] = { 0 };
	struct writer w = writer_on(text, sizeof(text) - 1);
	unsigned len = 0;
	int status;

	v->bytes = 0;
	v->expected[0] = '\0';
	if (EVP_DigestInit_ex(v->digest, EVP_sha256(), NULL) != 1) {
		report(v, id, "cannot compute a digest");
		return;
	}
	status = node_ask(v->s, json_pack("{s:s,s:s}", "ask", "body", "id", id),
			  &h, v);
	if (status != EXIT_YES ||
	    EVP_DigestFinal_ex(v->digest, hash, &len) != 1) {
		report(v, id, "the body cannot be read");
		return;
	}
	hex_write(&w, hash, len);
	if (v->bytes != v->expected_bytes)
		report(v, id, "another length than the ledger has");
	else
		report(v, id,
		       strcmp(text, v->expected)
			       ? "another digest than the ledger has"
			       : NULL);
}

static int collect(void *arg, const json_t *o)
{
	const char *state = json_string_value(json_object_get(o, "state"));
	const char *id = json_string_value(json_object_get(o, "id"));
	struct verifier *v = arg;
	char **more;

	if (!state || !id ||
	    (strcmp(state, "sealed") && strcmp(state, "recovered")))
		return EXIT_YES;
	if (v->id_count == v->id_max) {
		v->id_max = v->id_max ? v->id_max * 2 : 64;
		more = reallocarray(v->ids, v->id_max, sizeof(*more));
		if (!more)
			return node_fail("out of memory");
		v->ids = more;
	}
	v->ids[v->id_count] = strdup(id);
	return v->ids[v->id_count++] ? EXIT_YES : node_fail("out of memory");
}

static int verify_all(struct verifier *v)
{
	static const struct node_handlers h = { .json = collect };
	int status =
		node_ask(v->s, json_pack("{s:s}", "ask", "recordings"), &h, v);

	for (size_t i = 0; i < v->id_count; i++) {
		if (status == EXIT_YES)
			verify_one(v, v->ids[i]);
		free(v->ids[i]);
	}
	free(v->ids);
	return status;
}

int recording_verify(const struct settings *s, const struct node_args *a)
{
	struct verifier v = { .s = s,
			      .json = a->json,
			      .terminal = isatty(STDERR_FILENO),
			      .digest = EVP_MD_CTX_new() };
	uint8_t id[ID_BYTES];
	int status = EXIT_YES;

	if (!v.digest)
		return node_fail("out of memory");
	if (a->count) {
		status = recording_id(a, id);
		v.id_count = 1;
		if (status == EXIT_YES)
			verify_one(&v, a->args[0]);
	} else {
		status = verify_all(&v);
	}
	EVP_MD_CTX_free(v.digest);
	if (status != EXIT_YES)
		return status;
	if (v.terminal && !v.json)
		(void)fprintf(stderr, "\r");
	if (!v.json)
		(void)printf("%u verified, %u bad\n", v.good, v.bad);
	return v.bad ? EXIT_NO : EXIT_YES;
}
