/*
 * costs -- what single steps cost: CPU time each, and how long a sync takes
 *
 *   costs DIR      DIR is empty, and on the disk that matters
 *
 * One line a step: name, how often, CPU microseconds each, elapsed ones.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "process/ledger/book.h"
#include "seal/envelope.h"
#include "seal/key.h"
#include "seal/spool.h"

enum {
	RECIPIENTS = 2,
	TIMES = 2000,
	SYNCS = 200,
	BATCHES = 20,
	/* 300 calls/s, six events each, four commits a second */
	BATCH = 450,
	CHUNKS = 500,
};

struct span {
	double cpu_us, elapsed_us;
};

static double now_us(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct span begin(void)
{
	return (struct span){ now_us(CLOCK_PROCESS_CPUTIME_ID),
			      now_us(CLOCK_MONOTONIC) };
}

static void end(const char *name, unsigned times, struct span since)
{
	struct span is = begin();

	(void)printf("%s\t%u\t%.2f\t%.2f\n", name, times,
		     (is.cpu_us - since.cpu_us) / times,
		     (is.elapsed_us - since.elapsed_us) / times);
}

static void must(int err, const char *what)
{
	if (!err)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, strerror(err));
	exit(1);
}

static void make_recipients(struct age_recipient *r)
{
	for (int i = 0; i < RECIPIENTS; i++) {
		struct age_identity identity = { 0 };

		must(age_identity_new(&identity), "identity");
		r[i] = identity.recipient;
		age_identity_close(&identity);
	}
}

static void envelopes(void)
{
	struct age_recipient recipients[RECIPIENTS];
	struct envelope_maker *maker;
	uint8_t to[ENVELOPE_MAX];
	struct seal_keys keys;
	struct span s;

	make_recipients(recipients);
	s = begin();
	for (int i = 0; i < TIMES; i++)
		seal_keys_new(&keys);
	end("keys of a recording", TIMES, s);
	s = begin();
	for (int i = 0; i < TIMES; i++) {
		struct writer w = writer_on(to, sizeof(to));

		must(envelope_make(keys.fk, recipients, RECIPIENTS, &w),
		     "envelope");
	}
	end("envelope for two, X25519 of libsodium", TIMES, s);
	must(envelope_maker_new(&maker, recipients, RECIPIENTS), "maker");
	s = begin();
	for (int i = 0; i < TIMES; i++) {
		struct writer w = writer_on(to, sizeof(to));

		must(envelope_maker_make(maker, keys.fk, &w), "envelope");
	}
	end("envelope for two, with tables", TIMES, s);
	envelope_maker_free(maker);
}

/* Both sides of a G.711 call, for as long as a chunk lasts, and its spool. */
static void chunks(void)
{
	static uint8_t chunk[STREAM_SEALED_CHUNK_BYTES];
	static uint8_t record[SPOOL_RECORD_MAX];
	struct spool_seal seal = { .seq = 1 };
	struct spool_nonce nonce;
	struct stream *stream;
	struct seal_keys keys;
	struct span s;

	seal_keys_new(&keys);
	must(stream_new(&stream), "stream");
	s = begin();
	for (int i = 0; i < CHUNKS; i++)
		must(stream_seal_chunk(stream, keys.payload, (uint64_t)i, false,
				       chunk, STREAM_CHUNK_BYTES),
		     "chunk");
	end("chunk of 64 KiB sealed", CHUNKS, s);
	stream_free(stream);
	spool_nonce_init(&nonce);
	s = begin();
	for (int i = 0; i < TIMES; i++) {
		struct writer w = writer_on(record, sizeof(record));
		struct spool_data data = { .offset = (uint64_t)i,
					   .bytes = { chunk, 1800 } };

		must(spool_write_data(&w, &seal, &nonce, &data), "record");
	}
	end("spool record of 100 ms of a call sealed", TIMES, s);
}

static void enter(struct book *book)
{
	struct book_event e = {
		.type = EVENT_CALL_QUEUED,
		.at_ms = 1795295100000,
		.organisation = TEXT("Region Test"),
		.details = TEXT("{\"call\":\"abcdefghijklmnopqrstuvwxyz\","
				"\"at\":\"2026-11-21T21:45:00.000+00:00\","
				"\"line\":\"1177\",\"ahead\":3}"),
	};
	uint64_t entry;

	id_new(e.id);
	must(book_enter(book, &e, &entry), "entry");
}

static void ledger(const char *dir)
{
	char path[512], vkey[NOTE_KEY_TEXT_MAX];
	struct note_signer signer;
	struct book *book;
	bool rolled_back;
	struct span s;

	(void)snprintf(path, sizeof(path), "%s/ledger", dir);
	must(ledger_init(path, "example.org/log", vkey), "log");
	(void)snprintf(path, sizeof(path), "%s/ledger/log.key", dir);
	must(ledger_key_load(path, &signer), "key");
	(void)snprintf(path, sizeof(path), "%s/ledger", dir);
	must(book_open(&book, path, &signer, &rolled_back), "book");
	s = begin();
	for (int b = 0; b < BATCHES; b++) {
		for (int i = 0; i < BATCH; i++)
			enter(book);
		must(book_flush(book), "flush");
	}
	end("ledger entry, 450 a commit", BATCHES * BATCH, s);
	s = begin();
	for (int b = 0; b < BATCHES; b++) {
		enter(book);
		must(book_flush(book), "flush");
	}
	end("ledger entry, one a commit", BATCHES, s);
	book_close(book);
	note_signer_close(&signer);
}

static void signatures(void)
{
	uint8_t pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES];
	uint8_t sig[crypto_sign_BYTES], text[160] = { 0 };
	struct span s;

	(void)crypto_sign_keypair(pk, sk);
	s = begin();
	for (int i = 0; i < TIMES; i++)
		(void)crypto_sign_detached(sig, NULL, text, sizeof(text), sk);
	end("Ed25519 signature", TIMES, s);
	s = begin();
	for (int i = 0; i < TIMES; i++)
		if (crypto_sign_verify_detached(sig, text, sizeof(text), pk))
			must(EBADMSG, "signature");
	end("Ed25519 verified", TIMES, s);
}

/* 100 ms of 100 calls appended and made durable, as the spool does. */
static void syncs(const char *dir)
{
	static const uint8_t block[100 * 2048];
	char path[512];
	struct span s;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/spool", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd < 0 ? errno : 0, path);
	s = begin();
	for (int i = 0; i < SYNCS; i++)
		must(write(fd, block, sizeof(block)) != sizeof(block) ||
				     fdatasync(fd)
			     ? EIO
			     : 0,
		     "sync");
	end("spool sync of 200 kB", SYNCS, s);
	(void)close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	must(sodium_init() < 0 || secret_init(64 * 1024) ? ENOMEM : 0,
	     "sodium");
	envelopes();
	chunks();
	signatures();
	ledger(argv[1]);
	syncs(argv[1]);
	return 0;
}
