/*
 * self -- what the files of the courier share
 */
#ifndef VAXEL_PROCESS_COURIER_SELF_H
#define VAXEL_PROCESS_COURIER_SELF_H

#include <curl/curl.h>

#include "ipc/process.h"
#include "ipc/values.h"
#include "release/witnesses.h"
#include "sip/resolve.h"

enum {
	COURIER_FETCHES = 64, /* at once, of all askers */
	COURIER_PER_HOST = 8, /* connections */
	COURIER_CREDIT_MAX = 1024 * 1024,
	COURIER_CONNECT_MS = 5000,
	COURIER_SILENCE_S = 30, /* nothing comes, though it was let come */
	COURIER_URL_MAX = POLICY_URL_MAX + 512,
	COURIER_HOST_MAX = 256,
};

/* ---- targets.c: who may be fetched from */

/* PEM. Empty: none. */
struct pem {
	char *p;
	size_t len;
};

struct target {
	char url[POLICY_URL_MAX]; /* "https://host[:port][/prefix]" */
	char host[COURIER_HOST_MAX];
	uint16_t port;
	const struct pem *ca, *certificate, *key; /* or NULL */
};

struct targets {
	struct policy policy;
	struct target witnesses[POLICY_WITNESSES];
	struct pem witness_ca;
	struct target feeds[SETTINGS_FEEDS];
	struct pem feed_ca[SETTINGS_FEEDS], feed_certificate[SETTINGS_FEEDS],
		feed_key[SETTINGS_FEEDS];
	unsigned feed_count;
};

/* Loads the files, with the parent's rights. */
int targets_open(struct targets *t, const struct settings *s) CHECK_RESULT;

/* What of them can change while the node runs. */
void targets_reload(struct targets *t, const struct settings *s);
void targets_close(struct targets *t);

/* NULL: there is none, or it is not for that asker. */
const struct target *targets_find(const struct targets *t, enum role asker,
				  enum fetch_target kind, unsigned index);

/* ---- loop.c: libcurl on the loop */

struct courier;

struct loop {
	CURLM *multi;
	uv_loop_t *uv;
	uv_timer_t timer;
	struct courier *courier;
};

int loop_prepare(struct loop *l) CHECK_RESULT; /* before confinement */
int loop_start(struct loop *l, uv_loop_t *uv, struct courier *c) CHECK_RESULT;
void loop_close(struct loop *l);

/* ---- fetch.c */

struct fetch;

struct courier {
	struct process *process;
	struct targets targets;
	struct loop loop;
	struct resolve *resolve;
	struct fetch *fetches;
	unsigned count;
	uv_timer_t retry; /* an asker's channel was full */
};

int fetch_start(struct courier *c) CHECK_RESULT;
void fetch_begin(struct courier *c, enum role asker, uint64_t about,
		 const struct ipc_FETCH *m);
void fetch_credit(struct courier *c, enum role asker, uint64_t about,
		  uint32_t bytes);
void fetch_stop(struct courier *c, enum role asker, uint64_t about);

/* The asker is gone, and nobody wants it any more. */
void fetch_stop_all(struct courier *c, enum role asker);

/* libcurl has done with it. */
void fetch_ended(struct courier *c, CURL *easy, CURLcode code);

#endif
