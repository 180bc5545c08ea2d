/*
 * A log behind a URL: its files, fetched one by one over one connection.
 */
#include <curl/curl.h>
#include <stdlib.h>

#include "command/ledger.h"

enum { URL_BYTES = 1024, TIMEOUT_S = 60 };

struct url {
	CURL *curl;
	char base[URL_BYTES];
};

static size_t on_bytes(char *p, size_t size, size_t count, void *arg)
{
	struct writer *w = arg;

	writer_copy(w, p, size * count);
	return w->full ? 0 : size * count;
}

static int get(struct url *u, const char *path, void *buf, size_t max,
	       size_t *ret_len)
{
	struct writer w = writer_on(buf, max);
	char full[URL_BYTES + TILE_PATH_MAX];
	long status = 0;
	CURLcode is;

	(void)snprintf(full, sizeof(full), "%s/%s", u->base, path);
	(void)curl_easy_setopt(u->curl, CURLOPT_URL, full);
	(void)curl_easy_setopt(u->curl, CURLOPT_WRITEDATA, &w);
	is = curl_easy_perform(u->curl);
	if (w.full)
		return EMSGSIZE;
	if (is != CURLE_OK)
		return is == CURLE_OPERATION_TIMEDOUT ? ETIMEDOUT
						      : ECONNREFUSED;
	(void)curl_easy_getinfo(u->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 404 || status == 410)
		return ENOENT;
	if (status != 200)
		return EIO;
	*ret_len = w.len;
	return 0;
}

static int url_note(void *arg, char *buf, size_t max, size_t *ret_len)
{
	return get(arg, "checkpoint", buf, max, ret_len);
}

static int url_tile(void *arg, const struct tile_name *name, uint8_t *buf,
		    size_t max, size_t *ret_len)
{
	struct tile_name n = *name;
	char path[TILE_PATH_MAX];
	int err;

	tile_path(&n, path);
	err = get(arg, path, buf, max, ret_len);
	if (err == ENOENT && n.width < TILE_WIDTH) {
		n.width = TILE_WIDTH;
		tile_path(&n, path);
		err = get(arg, path, buf, max, ret_len);
	}
	return err;
}

int ledger_url_open(void **ret, const char *url, struct log_source *source)
{
	struct url *u = calloc(1, sizeof(*u));
	struct text base = text_of(url);

	while (base.len && base.p[base.len - 1] == '/')
		base.len--;
	if (!u)
		return ENOMEM;
	u->curl = curl_easy_init();
	if (!u->curl || text_copy(u->base, sizeof(u->base), base)) {
		ledger_url_close(u);
		return EINVAL;
	}
	(void)curl_easy_setopt(u->curl, CURLOPT_WRITEFUNCTION, on_bytes);
	(void)curl_easy_setopt(u->curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	(void)curl_easy_setopt(u->curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(u->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(u->curl, CURLOPT_USERAGENT,
			       "vaxel/" VAXEL_VERSION);
	*source = (struct log_source){ u, url_note, url_tile, NULL };
	*ret = u;
	return 0;
}

void ledger_url_close(void *url)
{
	struct url *u = url;

	if (!u)
		return;
	curl_easy_cleanup(u->curl);
	free(u);
}
