/*
 * cosign -- ask the witnesses of a policy, one after the other
 *
 * What comes out is the log's checkpoint with the cosignatures that were had,
 * or nothing where a witness has seen another past: then the log is not to be
 * believed, whatever the others say.
 */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "command/ledger.h"
#include "tlog/cosign.h"

enum { TIMEOUT_S = 20, URL_BYTES = POLICY_URL_MAX + 32 };

struct asking {
	const struct ledger_options *options;
	struct ledger_trust trust;
	struct ledger_log log;
	struct tile_reader tiles;
	char note[NOTE_MAX];
	size_t note_len;
	char request[WITNESS_BODY_MAX];
	char answer[COSIGN_ANSWER_MAX];
	char lines[POLICY_WITNESSES * 1024];
	struct writer cosigned;
	uint64_t signed_s[POLICY_WITNESSES];
};

static size_t on_bytes(char *p, size_t size, size_t count, void *arg)
{
	struct writer *w = arg;

	writer_copy(w, p, size * count);
	return w->full ? 0 : size * count;
}

/* The status; 0: no answer that could be read. */
static unsigned post(struct asking *a, const char *url, const struct writer *q,
		     struct writer *answer)
{
	char full[URL_BYTES];
	CURL *curl = curl_easy_init();
	long status = 0;

	if (!curl)
		return 0;
	(void)snprintf(full, sizeof(full), "%s%sadd-checkpoint", url,
		       url[strlen(url) - 1] == '/' ? "" : "/");
	(void)curl_easy_setopt(curl, CURLOPT_URL, full);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, q->buf);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)q->len);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "vaxel/" VAXEL_VERSION);
	if (a->options->ca)
		(void)curl_easy_setopt(curl, CURLOPT_CAINFO, a->options->ca);
	if (curl_easy_perform(curl) == CURLE_OK)
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	return status > 0 ? (unsigned)status : 0;
}

static enum cosign_outcome ask(struct asking *a, unsigned i)
{
	const struct policy *p = &a->trust.policy;
	enum cosign_outcome is = COSIGN_REFUSED;
	struct cosign c;

	if (cosign_begin(&c, &p->witnesses[i],
			 (struct text){ a->note, a->note_len }))
		return COSIGN_REFUSED;
	do {
		struct writer q = writer_on(a->request, sizeof(a->request));
		struct writer in = writer_on(a->answer, sizeof(a->answer));
		unsigned status;

		/* a witness's size that our tiles do not bear out */
		if (cosign_request(&c, tile_reader_hash, &a->tiles, &q))
			return COSIGN_REFUSED;
		status = post(a, p->urls[i], &q, &in);
		is = cosign_answer(&c, status,
				   (struct text){ a->answer, in.len },
				   &a->cosigned, &a->signed_s[i]);
	} while (is == COSIGN_AGAIN);
	return is;
}

static int ask_all(struct asking *a)
{
	static const char *const words[] = {
		[COSIGN_DONE] = "cosigned",
		[COSIGN_REFUSED] = "refused",
		[COSIGN_AWAY] = "away",
		[COSIGN_BEHIND] = "has seen more: this log was put back",
		[COSIGN_FORKED] = "has seen another past: this log forked",
	};
	const struct policy *p = &a->trust.policy;
	bool believed = true;

	for (unsigned i = 0; i < p->witness_count; i++) {
		enum cosign_outcome is;

		if (!p->urls[i][0])
			continue;
		is = ask(a, i);
		(void)fprintf(stderr, "%s: %s\n", p->names[i], words[is]);
		believed &= is != COSIGN_BEHIND && is != COSIGN_FORKED;
	}
	if (!believed)
		return EXIT_NO;
	(void)fwrite(a->note, 1, a->note_len, stdout);
	(void)fwrite(a->cosigned.buf, 1, a->cosigned.len, stdout);
	if (policy_satisfied(p, a->signed_s))
		return EXIT_YES;
	(void)fprintf(stderr, "no quorum\n");
	return EXIT_NO;
}

/* The checkpoint as it stands, if it is the log's. */
static int read_note(struct asking *a)
{
	struct log_source *s = &a->log.source;
	struct checkpoint c;
	int err = s->note(s->arg, a->note, sizeof(a->note), &a->note_len);

	if (!err)
		err = checkpoint_open((struct text){ a->note, a->note_len },
				      a->trust.verify.origin, &a->trust.key,
				      NULL, 0, &c, NULL);
	if (err) {
		(void)fprintf(stderr, "no checkpoint of this log: %s\n",
			      strerror(err));
		return EXIT_NO;
	}
	tile_reader_init(&a->tiles, ledger_fetch, s, c.size);
	return EXIT_YES;
}

int ledger_cosign(int argc, char **argv)
{
	struct asking *a = calloc(1, sizeof(*a));
	struct ledger_options o;
	int is = ledger_options(
		argc, argv,
		LEDGER_KEY | LEDGER_POLICY | LEDGER_ORIGIN | LEDGER_CA, 1, &o);

	if (!a)
		return EXIT_NO;
	a->options = &o;
	a->cosigned = writer_on(a->lines, sizeof(a->lines));
	if (!is && !o.policy_file) {
		(void)fprintf(stderr, "--policy is missing\n");
		is = EXIT_USAGE;
	}
	if (!is)
		is = ledger_trust(&o, &a->trust);
	if (!is)
		is = ledger_log_open(&a->log, o.words[0]);
	if (!is) {
		is = read_note(a);
		if (!is)
			is = ask_all(a);
		ledger_log_close(&a->log);
	}
	free(a);
	return is;
}
