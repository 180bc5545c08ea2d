/*
 * web -- what a server of pages gives to somebody who asks for nothing special
 *
 * The first page, then links of it, folders of those; at most WEB_PAGES.
 */
#include "probe/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { WEB_PAGES = 32, WEB_LINKS = 6 };

struct walk {
	char paths[WEB_PAGES][TARGET_PATH_MAX];
	unsigned count, next;
};

/* Where recordings of calls have been found lying open. */
static const char *const usual[] = {
	"/medicall/", "/recordings/", "/monitor/",
	"/store/",    "/backup/",     "/records/"
};

static struct text page_request(const struct service *s, const char *path,
				const char *more, char *to, size_t max)
{
	struct writer w = writer_on(to, max);

	writer_printf(&w,
		      "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: vaxel-probe"
		      "\r\nConnection: close\r\n%s\r\n",
		      path, *s->t->host ? s->t->host : "probe.invalid", more);
	return (struct text){ to, w.len };
}

struct text web_first(const struct service *s, char *to, size_t max)
{
	return page_request(s, *s->t->path ? s->t->path : "/", "", to, max);
}

static void walk_add(struct walk *w, const char *path)
{
	if (w->count == WEB_PAGES)
		return;
	for (unsigned i = 0; i < w->count; i++)
		if (!strcmp(w->paths[i], path))
			return;
	(void)snprintf(w->paths[w->count++], TARGET_PATH_MAX, "%s", path);
}

/* Of this server, below or beside the page; nothing that climbs or asks. */
static bool resolve(const char *page, struct text link, char *to)
{
	const char *slash = strrchr(page, '/');
	int folder = slash ? (int)(slash - page) + 1 : 0;
	int n;

	if (!link.len || link.len >= TARGET_PATH_MAX ||
	    !text_is_printable(link) || memchr(link.p, ' ', link.len) ||
	    memchr(link.p, '?', link.len) || memchr(link.p, '#', link.len) ||
	    memchr(link.p, ':', link.len) || *link.p == '.' ||
	    (link.len > 1 && !memcmp(link.p, "//", 2)))
		return false;
	if (*link.p == '/')
		n = snprintf(to, TARGET_PATH_MAX, "%.*s", (int)link.len,
			     link.p);
	else
		n = snprintf(to, TARGET_PATH_MAX, "%.*s%.*s", folder, page,
			     (int)link.len, link.p);
	return n > 0 && n < TARGET_PATH_MAX;
}

/* Sound first: among a thousand files the few that we ask for should tell. */
static void add_links(struct walk *w, const char *page, struct text body)
{
	unsigned taken = 0;

	for (int round = 0; round < 2; round++) {
		struct text link;
		size_t at = 0;

		while (taken < WEB_LINKS && sniff_link(body, &at, &link)) {
			char path[TARGET_PATH_MAX];

			if (sniff_audio_name(link) == (round == 1) ||
			    !resolve(page, link, path))
				continue;
			walk_add(w, path);
			taken++;
		}
	}
}

static void judge_page(struct service *s, struct walk *w, const char *path)
{
	struct http_answer a;

	if (answer_http(service_answer(s), &a) || a.status < 200 ||
	    a.status > 299)
		return;
	service_sniff(s,
		      (struct bytes){ (const uint8_t *)a.body.p, a.body.len },
		      path);
	add_links(w, path, a.body);
}

/* ---- how it answers at all */

static bool only_sends_to_tls(const struct http_answer *a)
{
	struct text to = answer_header(a, "Location");

	return a->status >= 301 && a->status <= 308 && to.len > 8 &&
	       !strncasecmp(to.p, "https://", 8);
}

static void judge_way(struct service *s, const struct http_answer *a)
{
	if (!s->tls && s->t->exposed && !only_sends_to_tls(a)) {
		s->told[TOLD_CLEAR] = true;
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name,
			    "serve HTTPS alone, with a client certificate or "
			    "sign-in",
			    "it speaks HTTP without TLS");
	}
	if (s->tls && s->self_signed && s->t->exposed)
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name,
			    "have the certificate signed by an authority that "
			    "its users believe",
			    "its certificate is signed by nobody but itself");
	if (s->t->open_bind && a->status >= 200 && a->status < 300)
		probe_weakness(s->p, "GDPR-32-OPEN", s->t->name,
			       "bind it to an address inside, or ask for a "
			       "client certificate before the first page",
			       "on a public address or all of them it shows a "
			       "page to anybody");
}

static void try_defaults(struct service *s, const char *path)
{
	/* base64 of name:password, as RFC 7617 has it */
	static const struct {
		const char *name, *code;
	} secrets[] = { { "admin:admin", "YWRtaW46YWRtaW4=" },
			{ "admin:password", "YWRtaW46cGFzc3dvcmQ=" },
			{ "admin:1234", "YWRtaW46MTIzNA==" },
			{ "root:root", "cm9vdDpyb290" },
			{ "guest:guest", "Z3Vlc3Q6Z3Vlc3Q=" },
			{ "user:user", "dXNlcjp1c2Vy" } };
	char request[TARGET_PATH_MAX + TARGET_HOST_MAX + 256], more[96];
	struct http_answer a;

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		(void)snprintf(more, sizeof(more),
			       "Authorization: Basic %s\r\n", secrets[i].code);
		if (!service_ask(s, page_request(s, path, more, request,
						 sizeof(request))) ||
		    answer_http(service_answer(s), &a))
			return;
		if (a.status < 200 || a.status > 299)
			continue;
		probe_fault(s->p, "GDPR-32-OPEN", s->t->name,
			    "set a secret of its own",
			    "it lets in whoever says %s", secrets[i].name);
		return;
	}
}

static void judge_sign_in(struct service *s, const struct http_answer *a,
			  const char *path)
{
	struct text how = answer_header(a, "WWW-Authenticate");

	if (a->status == 401 && how.len >= 5 && !strncasecmp(how.p, "Basic", 5))
		try_defaults(s, path);
}

void web_judge(struct service *s)
{
	char request[TARGET_PATH_MAX + TARGET_HOST_MAX + 128];
	struct walk *w = calloc(1, sizeof(*w));
	struct http_answer a;

	if (!w || answer_http(service_answer(s), &a)) {
		free(w);
		return;
	}
	walk_add(w, *s->t->path ? s->t->path : "/");
	judge_way(s, &a);
	judge_page(s, w, w->paths[w->next++]);
	judge_sign_in(s, &a, w->paths[0]);
	for (size_t i = 0; !*s->t->path && i < sizeof(usual) / sizeof(usual[0]);
	     i++)
		walk_add(w, usual[i]);
	while (w->next < w->count) {
		const char *path = w->paths[w->next++];

		if (!service_ask(s, page_request(s, path,
						 "Range: bytes=0-65535\r\n",
						 request, sizeof(request))))
			break;
		judge_page(s, w, path);
	}
	free(w);
}
