#include "tests/power/check.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container/mkv_read.h"
#include "seal/spool.h"
#include "tests/power/must.h"

#define BODIES 256
#define NONCE_AT 36
#define NONCE_BYTES 24
#define NONCES (1 << 18)

/* ---- no key and nonce over two plaintexts */

struct body_seen {
	char name[ID_CHARS + 1];
	uint8_t *bytes, *there;
	size_t room;
};

struct nonce_seen {
	uint8_t nonce[NONCE_BYTES];
	uint8_t digest[32];
	bool used;
};

struct witness {
	struct body_seen bodies[BODIES];
	unsigned body_count;
	struct nonce_seen *nonces;
	bool content;
};

struct witness *witness_new(void)
{
	struct witness *w = calloc(1, sizeof(*w));

	w->nonces = calloc(NONCES, sizeof(*w->nonces));
	w->content = true;
	return w;
}

void witness_free(struct witness *w)
{
	for (unsigned i = 0; i < w->body_count; i++) {
		free(w->bodies[i].bytes);
		free(w->bodies[i].there);
	}
	free(w->nonces);
	free(w);
}

bool witness_content(const struct witness *w)
{
	return w->content;
}

static void complain(struct witness *w, const char *what)
{
	if (w->content)
		fprintf(stderr, "two plaintexts under one nonce: %s\n", what);
	w->content = false;
}

static void see_body(struct witness *w, const char *name, uint64_t offset,
		     const uint8_t *p, size_t len)
{
	struct body_seen *b = w->bodies;

	while (b < w->bodies + w->body_count &&
	       memcmp(b->name, name, ID_CHARS) != 0)
		b++;
	if (b == w->bodies + w->body_count) {
		must(w->body_count < BODIES);
		w->body_count++;
		memcpy(b->name, name, ID_CHARS);
	}
	if (offset + len > b->room) {
		size_t room = (offset + len) * 2;

		b->bytes = realloc(b->bytes, room);
		b->there = realloc(b->there, room);
		memset(b->there + b->room, 0, room - b->room);
		b->room = room;
	}
	for (size_t i = 0; i < len; i++) {
		if (b->there[offset + i] && b->bytes[offset + i] != p[i]) {
			complain(w, "a chunk of a body");
			fprintf(stderr, "  %.4s: %zu bytes at %llu, from %zu\n",
				name, len, (unsigned long long)offset, i);
			return;
		}
		b->there[offset + i] = 1;
		b->bytes[offset + i] = p[i];
	}
}

static void see_record(struct witness *w, const struct spool_record *rec)
{
	const uint8_t *nonce = rec->raw.p + NONCE_AT;
	uint8_t digest[32];
	uint64_t hash;
	size_t i;

	if (rec->type == SPOOL_START || rec->type == SPOOL_EVENT ||
	    rec->type == SPOOL_DONE)
		return;
	crypto_hash_sha256(digest, rec->raw.p, rec->raw.len);
	crypto_shorthash((uint8_t *)&hash, nonce, NONCE_BYTES,
			 (const uint8_t *)"0123456789abcdef");
	for (i = hash % NONCES; w->nonces[i].used; i = (i + 1) % NONCES) {
		if (memcmp(w->nonces[i].nonce, nonce, NONCE_BYTES) != 0)
			continue;
		if (memcmp(w->nonces[i].digest, digest, 32) != 0)
			complain(w, "a record of the spool");
		return;
	}
	w->nonces[i].used = true;
	memcpy(w->nonces[i].nonce, nonce, NONCE_BYTES);
	memcpy(w->nonces[i].digest, digest, 32);
}

void witness_write(void *arg, bool store, const char *name, uint64_t offset,
		   const uint8_t *bytes, size_t len)
{
	struct witness *w = arg;
	struct reader r = reader_on(bytes, len);
	struct spool_record rec;

	if (store) {
		see_body(w, name, offset, bytes, len);
		return;
	}
	while (!spool_next(&r, &rec))
		see_record(w, &rec);
	if (reader_left(&r))
		complain(w, "(a write to the spool is not whole records)");
}

/* ---- recordings */

struct heard {
	const struct call *call;
	unsigned packets[CALL_TRACKS];
	uint64_t last_ms[CALL_TRACKS];
	bool wrong;
};

static void on_block(void *arg, const struct mkv_block *block)
{
	struct heard *heard = arg;
	uint8_t expected[RING_PAYLOAD_MAX];
	unsigned t = (unsigned)block->track - 1;
	size_t len;

	if (t >= CALL_TRACKS)
		return; /* marks */
	len = house_packet(heard->call, t, heard->packets[t], expected);
	if (len != block->payload.len ||
	    memcmp(expected, block->payload.p, len) != 0) {
		if (!heard->wrong)
			fprintf(stderr,
				"track %u: packet %u is not what was said\n", t,
				heard->packets[t]);
		heard->wrong = true;
	}
	heard->packets[t]++;
}

static uint8_t *read_body(struct house *h, const struct known *k,
			  size_t *ret_len)
{
	char name[ID_CHARS + 1], path[400];
	struct stat st;
	uint8_t *p;
	int fd;

	id_text(k->body_name, name);
	snprintf(path, sizeof(path), "%s/store/%s", h->state, name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st)) {
		fprintf(stderr, "a body is missing\n");
		return NULL;
	}
	p = malloc((size_t)st.st_size + 1);
	must(read(fd, p, (size_t)st.st_size) == st.st_size);
	close(fd);
	*ret_len = (size_t)st.st_size;
	return p;
}

static bool open_body(struct house *h, const struct known *k,
		      const uint8_t *body, size_t len, struct writer *plain)
{
	uint8_t digest[32], fk[AGE_FILE_KEY_BYTES];
	struct stream *s;
	int err;

	crypto_hash_sha256(digest, body, len);
	if (memcmp(digest, k->sha256, 32) != 0) {
		fprintf(stderr, "a body is not the one that was logged\n");
		return false;
	}
	err = envelope_open(&h->identity,
			    (struct bytes){ k->envelope, k->envelope_len }, fk);
	must(!stream_new(&s));
	if (!err)
		err = stream_open(s, fk, (struct bytes){ body, len }, plain);
	stream_free(s);
	if (err)
		fprintf(stderr, "a body does not open: %d\n", err);
	return !err;
}

static bool check_packets(const struct call *c, const struct heard *heard)
{
	bool good = !heard->wrong;

	for (unsigned t = 0; t < CALL_TRACKS; t++) {
		unsigned owed = 0;

		while (owed < c->packets[t] &&
		       (c->whole || c->at_ns[t][owed] <= c->promised_ns))
			owed++;
		if (heard->packets[t] >= owed)
			continue;
		fprintf(stderr,
			"track %u: %u packets of %u owed, %u said; %s\n", t,
			heard->packets[t], owed, c->packets[t],
			c->whole ? "sealed" : "cut");
		good = false;
	}
	return good;
}

static bool check_card(struct house *h, const struct call *c,
		       const struct known *k)
{
	static uint8_t json[CARD_JSON_MAX];
	const char *caller;
	struct writer w = writer_on(json, sizeof(json) - 1);
	struct stream *s;
	int err;

	must(!stream_new(&s));
	err = card_open(s, &h->identity, (struct bytes){ k->card, k->card_len },
			&w);
	stream_free(s);
	json[err ? 0 : w.len] = 0;
	caller = strstr((const char *)json, "+46700123456");
	if (caller && strstr(caller + 1, "+46700123456")) {
		fprintf(stderr, "a card says the same twice\n");
		return false;
	}
	if (err || (c->whole && c->facts &&
		    !strstr((const char *)json, "+46700123456"))) {
		fprintf(stderr, "a card does not say what it should: %d\n",
			err);
		return false;
	}
	return true;
}

static bool check_one(struct house *h, const struct call *c)
{
	const struct known *k = house_known(h, c->recording_id);
	struct heard heard = { .call = c };
	struct mkv_reader *reader;
	size_t len;
	uint8_t *body, *plain;
	struct writer w;
	bool good;

	body = read_body(h, k, &len);
	if (!body)
		return false;
	plain = malloc(len + 1);
	w = writer_on(plain, len);
	good = open_body(h, k, body, len, &w);
	must(!mkv_reader_new(&reader, on_block, &heard));
	if (good && mkv_reader_feed(reader, (struct bytes){ plain, w.len })) {
		fprintf(stderr, "a recording is not Matroska\n");
		good = false;
	}
	mkv_reader_free(reader);
	free(body);
	free(plain);
	return good && check_packets(c, &heard) && check_card(h, c, k);
}

static bool was_begun(const struct call *c)
{
	/* capture began only once the switch had heard it */
	return c->packets[0] || c->packets[1];
}

bool check_settled(struct house *h)
{
	for (unsigned i = 0; i < h->call_count; i++) {
		const struct call *c = &h->calls[i];
		const struct known *k;

		if (!was_begun(c))
			continue;
		k = house_known(h, c->recording_id);
		if (!k->outcome || !k->card_len ||
		    (k->state != RECORD_SEALED && k->state != RECORD_RECOVERED))
			return false;
	}
	return true;
}

bool check_recordings(struct house *h)
{
	bool good = true;

	for (unsigned i = 0; i < h->call_count; i++)
		if (was_begun(&h->calls[i]) && !check_one(h, &h->calls[i])) {
			fprintf(stderr, "call %u of life %u\n", i,
				h->calls[i].life);
			good = false;
		}
	return good;
}

bool check_kept(struct house *h)
{
	for (unsigned i = 0; i < h->kept_asked; i++)
		if (h->kept_safe[i] && !h->kept_stored[i])
			return false;
	return true;
}
