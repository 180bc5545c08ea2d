/*
 * fetch -- one request, from FETCH to its outcome
 *
 * The happy path: the target is found, its name looked up, the request made,
 * and what comes is passed on part by part as long as there is credit; without
 * it the connection is not read, so that the far end waits. Then FETCHED says
 * "done". The failures: each ends the fetch with an outcome of its own. Where
 * the asker's channel is full the fetch waits, and tries again a little later.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/metric.h"
#include "process/courier/self.h"

enum { RETRY_MS = 20, ADDRESS_MAX = 64, PORT_CHARS = 8 };

struct fetch {
	struct fetch *next;
	struct courier *courier;
	enum role asker;
	uint64_t about;
	CURL *easy;
	struct curl_slist *headers, *addresses;
	struct resolve_query *query;
	struct target target; /* as it was when this began */
	char url[COURIER_URL_MAX];
	uint8_t *body;
	uint64_t offset, max;
	int64_t credit;
	bool is_paused, is_too_long;
	bool is_ended; /* and only the outcome is to be told */
	enum fetch_outcome outcome;
};

/* ---- its end */

static void unlink_fetch(struct fetch *f)
{
	struct fetch **at = &f->courier->fetches;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	metric_set(METRIC_fetches_active, --f->courier->count);
}

static void let_go(struct fetch *f)
{
	resolve_cancel(f->query);
	f->query = NULL;
	if (!f->easy)
		return;
	(void)curl_multi_remove_handle(f->courier->loop.multi, f->easy);
	curl_easy_cleanup(f->easy);
	f->easy = NULL;
}

static void fetch_free(struct fetch *f)
{
	unlink_fetch(f);
	let_go(f);
	curl_slist_free_all(f->headers);
	curl_slist_free_all(f->addresses);
	free(f->body);
	free(f);
}

static void on_retry(uv_timer_t *timer);

static void retry_later(struct courier *c)
{
	if (!uv_is_active((uv_handle_t *)&c->retry))
		(void)uv_timer_start(&c->retry, on_retry, RETRY_MS, 0);
}

static int say(const struct fetch *f, enum fetch_outcome outcome,
	       struct bytes bytes)
{
	long status = 0;

	if (f->easy)
		(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE,
					&status);
	return IPC_SEND(f->courier->process->peers[f->asker], FETCHED, f->about,
			.outcome = (uint8_t)outcome, .status = (uint16_t)status,
			.offset = f->offset, .bytes = bytes);
}

static void finish(struct fetch *f, enum fetch_outcome outcome)
{
	int err = say(f, outcome, (struct bytes){ NULL, 0 });

	if (!f->is_ended && outcome != FETCH_DONE) {
		metric_add(METRIC_fetches_failed, 1);
		log_info("%s: %s", f->target.host, fetch_outcome_text(outcome));
	}
	if (err != ENOBUFS) {
		fetch_free(f);
		return;
	}
	f->is_ended = true;
	f->outcome = outcome;
	retry_later(f->courier);
}

static enum fetch_outcome outcome_of(const struct fetch *f, CURLcode code)
{
	if (f->is_too_long)
		return FETCH_TOO_LONG;
	switch (code) {
	case CURLE_OK:
		return FETCH_DONE;
	case CURLE_COULDNT_RESOLVE_HOST:
		return FETCH_NO_ADDRESS;
	case CURLE_COULDNT_CONNECT:
		return FETCH_NO_CONNECTION;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
		return FETCH_NO_TRUST;
	case CURLE_SSL_CERTPROBLEM:
		return FETCH_NO_KEY;
	case CURLE_OPERATION_TIMEDOUT:
		return FETCH_TIMED_OUT;
	default:
		return FETCH_BROKEN;
	}
}

static void on_retry(uv_timer_t *timer)
{
	struct courier *c = timer->data;
	struct fetch *next;

	for (struct fetch *f = c->fetches; f; f = next) {
		next = f->next;
		if (f->is_ended)
			finish(f, f->outcome);
		else if (f->is_paused && f->credit > 0) {
			CURLcode code;

			f->is_paused = false;
			code = curl_easy_pause(f->easy, CURLPAUSE_CONT);
			if (code)
				finish(f, outcome_of(f, code));
		}
	}
}

void fetch_ended(struct courier *c, CURL *easy, CURLcode code)
{
	struct fetch *f = NULL;

	(void)c;
	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&f);
	if (f)
		finish(f, outcome_of(f, code));
}

/* ---- what comes */

static size_t on_bytes(char *p, size_t size, size_t count, void *arg)
{
	struct fetch *f = arg;
	size_t len = size * count;

	if (len > f->max - f->offset) {
		f->is_too_long = true;
		return 0;
	}
	if (f->credit <= 0) {
		f->is_paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	for (size_t at = 0; at < len;) {
		size_t n =
			len - at < FETCH_PART_MAX ? len - at : FETCH_PART_MAX;
		int err = say(f, FETCH_MORE,
			      (struct bytes){ (uint8_t *)p + at, n });

		if (err == ENOBUFS && !at) {
			f->is_paused = true;
			retry_later(f->courier);
			return CURL_WRITEFUNC_PAUSE;
		}
		if (err)
			return 0;
		at += n;
		f->offset += n;
		f->credit -= (int64_t)n;
		metric_add(METRIC_fetched_bytes, n);
	}
	return len;
}

/* ---- the request */

/* Below the target's address, and nothing that would lead out of it. */
static bool is_path(struct text t)
{
	if (!t.len || t.p[0] != '/')
		return false;
	for (size_t i = 0; i < t.len; i++)
		if (t.p[i] <= ' ' || t.p[i] >= 0x7f || t.p[i] == '#' ||
		    t.p[i] == '\\')
			return false;
	return !memmem(t.p, t.len, "/.", 2);
}

#define SET(option, value)                                                     \
	do {                                                                   \
		if (curl_easy_setopt(f->easy, CURLOPT_##option, (value)))      \
			return ENOMEM;                                         \
	} while (0)

/* Held by who holds the target: it outlives the fetch's connection. */
static struct curl_blob blob_of(const struct pem *p)
{
	return (struct curl_blob){ p->p, p->len, CURL_BLOB_COPY };
}

static int set_tls(struct fetch *f)
{
	const struct target *t = &f->target;

	SET(PROTOCOLS_STR, "https");
	SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(SSL_VERIFYPEER, 1L);
	SET(SSL_VERIFYHOST, 2L);
	SET(CAINFO, (char *)NULL);
	SET(CAPATH, (char *)NULL);
	if (t->ca) {
		struct curl_blob ca = blob_of(t->ca);

		SET(CAINFO_BLOB, &ca);
	}
	if (t->certificate && t->key) {
		struct curl_blob certificate = blob_of(t->certificate);
		struct curl_blob key = blob_of(t->key);

		SET(SSLCERTTYPE, "PEM");
		SET(SSLCERT_BLOB, &certificate);
		SET(SSLKEYTYPE, "PEM");
		SET(SSLKEY_BLOB, &key);
	}
	return 0;
}

static int set_request(struct fetch *f, const struct ipc_FETCH *m)
{
	char range[48];

	SET(URL, f->url);
	SET(PATH_AS_IS, 1L);
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(FOLLOWLOCATION, 0L);
	SET(PROXY, "");
	SET(NOSIGNAL, 1L);
	SET(USERAGENT, "vaxel/" VAXEL_VERSION);
	SET(PRIVATE, f);
	SET(WRITEFUNCTION, on_bytes);
	SET(WRITEDATA, f);
	SET(CONNECTTIMEOUT_MS, (long)COURIER_CONNECT_MS);
	SET(LOW_SPEED_LIMIT, 1L);
	SET(LOW_SPEED_TIME, (long)COURIER_SILENCE_S);
	SET(TIMEOUT_MS, (long)m->timeout_ms);
	if (m->length || m->from) {
		if (m->length)
			(void)snprintf(
				range, sizeof(range), "%llu-%llu",
				(unsigned long long)m->from,
				(unsigned long long)(m->from + m->length - 1));
		else
			(void)snprintf(range, sizeof(range), "%llu-",
				       (unsigned long long)m->from);
		SET(RANGE, range);
	}
	if (m->method != FETCH_POST)
		return 0;
	/* without waiting for leave to send it */
	f->headers = curl_slist_append(NULL, "Expect:");
	if (!f->headers)
		return ENOMEM;
	SET(HTTPHEADER, f->headers);
	SET(POSTFIELDS, (char *)f->body);
	SET(POSTFIELDSIZE, (long)m->body.len);
	return 0;
}

static void go(struct fetch *f)
{
	if (curl_multi_add_handle(f->courier->loop.multi, f->easy))
		finish(f, FETCH_BUSY);
}

/* libcurl looks nothing up: it takes what stands here. */
static void on_addresses(void *arg, int err, const struct sa *addresses,
			 unsigned count)
{
	char line[COURIER_HOST_MAX + PORT_CHARS +
		  RESOLVE_TARGETS * (ADDRESS_MAX + 1)];
	struct writer w = writer_on(line, sizeof(line) - 1);
	struct fetch *f = arg;

	f->query = NULL;
	writer_printf(&w, "%s:%u", f->target.host, f->target.port);
	for (unsigned i = 0; !err && i < count; i++) {
		char address[ADDRESS_MAX];

		err = sa_ntop(&addresses[i], address, sizeof(address));
		writer_printf(&w, "%c%s%s%s", i ? ',' : ':',
			      sa_af(&addresses[i]) == AF_INET6 ? "[" : "",
			      address,
			      sa_af(&addresses[i]) == AF_INET6 ? "]" : "");
	}
	if (err || w.full) {
		finish(f, FETCH_NO_ADDRESS);
		return;
	}
	line[w.len] = '\0';
	f->addresses = curl_slist_append(NULL, line);
	if (!f->addresses ||
	    curl_easy_setopt(f->easy, CURLOPT_RESOLVE, f->addresses))
		finish(f, FETCH_BUSY);
	else
		go(f);
}

static void look_up(struct fetch *f)
{
	struct sa number;
	int err;

	if (!sa_set_str(&number, f->target.host, f->target.port)) {
		go(f);
		return;
	}
	/* the transport matters where no port is said, and here one is */
	err = resolve_ask(f->courier->resolve, &f->query,
			  text_of(f->target.host), f->target.port, SIP_TCP,
			  true, true, on_addresses, f);

	if (err)
		finish(f, FETCH_NO_ADDRESS);
}

static int prepare(struct fetch *f, const struct ipc_FETCH *m)
{
	struct writer w = writer_on(f->url, sizeof(f->url) - 1);
	int err;

	writer_printf(&w, "%s%.*s", f->target.url, (int)m->path.len, m->path.p);
	if (w.full)
		return EMSGSIZE;
	f->body = malloc(m->body.len + 1);
	f->easy = curl_easy_init();
	if (!f->body || !f->easy)
		return ENOMEM;
	if (m->body.len)
		memcpy(f->body, m->body.p, m->body.len);
	err = set_request(f, m);
	return err ? err : set_tls(f);
}

static struct fetch *find(struct courier *c, enum role asker, uint64_t about)
{
	for (struct fetch *f = c->fetches; f; f = f->next)
		if (f->asker == asker && f->about == about)
			return f;
	return NULL;
}

static void refuse(struct courier *c, enum role asker, uint64_t about,
		   enum fetch_outcome outcome)
{
	metric_add(METRIC_fetches_failed, 1);
	/* who does not read his answers gives up by himself */
	(void)!IPC_SEND(c->process->peers[asker], FETCHED, about,
			.outcome = (uint8_t)outcome);
}

static void add_credit(struct fetch *f, uint32_t bytes)
{
	f->credit += bytes;
	if (f->credit > COURIER_CREDIT_MAX)
		f->credit = COURIER_CREDIT_MAX;
}

void fetch_begin(struct courier *c, enum role asker, uint64_t about,
		 const struct ipc_FETCH *m)
{
	const struct target *t = targets_find(
		&c->targets, asker, (enum fetch_target)m->target, m->index);
	struct fetch *f;

	metric_add(METRIC_fetches, 1);
	if (!t || !is_path(m->path) || find(c, asker, about)) {
		refuse(c, asker, about, FETCH_REFUSED);
		return;
	}
	f = c->count < COURIER_FETCHES ? calloc(1, sizeof(*f)) : NULL;
	if (!f) {
		refuse(c, asker, about, FETCH_BUSY);
		return;
	}
	f->courier = c;
	f->asker = asker;
	f->about = about;
	f->target = *t;
	f->max = m->max;
	add_credit(f, m->credit);
	f->next = c->fetches;
	c->fetches = f;
	metric_set(METRIC_fetches_active, ++c->count);
	if (prepare(f, m))
		finish(f, FETCH_BUSY);
	else
		look_up(f);
}

void fetch_credit(struct courier *c, enum role asker, uint64_t about,
		  uint32_t bytes)
{
	struct fetch *f = find(c, asker, about);

	if (!f || f->is_ended)
		return;
	add_credit(f, bytes);
	/* by the timer: what comes may end the fetch */
	if (f->is_paused && f->credit > 0)
		(void)uv_timer_start(&c->retry, on_retry, 0, 0);
}

void fetch_stop(struct courier *c, enum role asker, uint64_t about)
{
	struct fetch *f = find(c, asker, about);

	if (f)
		fetch_free(f);
}

void fetch_stop_all(struct courier *c, enum role asker)
{
	struct fetch *next;

	for (struct fetch *f = c->fetches; f; f = next) {
		next = f->next;
		if (f->asker == asker)
			fetch_free(f);
	}
}

int fetch_start(struct courier *c)
{
	c->retry.data = c;
	return uv_timer_init(c->process->loop, &c->retry) ? ENOMEM : 0;
}
