#include "settings/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

struct pack {
	const struct settings *s;
	struct writer w;
	settings_fault_h *fault;
	void *arg;
	int err;
};

static void report(struct pack *k, unsigned line, const char *what,
		   const char *name, const char *why)
{
	struct settings_fault f = {
		.file = k->s->file,
		.line = line,
		.rule = "CONFIG",
		.mend = "name a file that can be read and is whole",
	};

	(void)snprintf(f.fault, sizeof(f.fault), "%s%s%s cannot be used: %s",
		       what, *name ? " of " : "", name, why);
	k->err = EINVAL;
	if (k->fault)
		k->fault(k->arg, &f);
}

/* The file to its end, straight to where it shall lie. */
static int read_into(const char *path, uint8_t *to, size_t max, size_t *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return errno;
	do {
		n = read(fd, to + len, max - len);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	(void)close(fd);
	*ret = len;
	return n < 0 ? EIO : len == max ? EMSGSIZE : 0;
}

/* What stands after the first line is nobody's business. */
static size_t first_line(uint8_t *p, size_t len)
{
	size_t n = 0;

	while (n < len && p[n] != '\n' && p[n] != '\r')
		n++;
	explicit_bzero(p + n, len - n);
	return n;
}

static bool is_one_line(enum file_kind kind)
{
	return kind == FILE_AGENT_PASSWORD || kind == FILE_TRUNK_PASSWORD ||
	       kind == FILE_HANDOVER_KEY;
}

/* Kind, name and content; EINVAL: no content. */
static int put(struct writer *w, enum file_kind kind, const char *name,
	       const char *path)
{
	struct writer length;
	size_t len = 0;
	int err;

	writer_u8(w, (uint8_t)kind);
	writer_u16(w, (uint16_t)strlen(name));
	writer_str(w, name);
	length = *w;
	writer_u32(w, 0);
	err = writer_finish(w);
	if (!err)
		err = read_into(path, w->buf + w->len, w->max - w->len, &len);
	if (err)
		return err;
	if (is_one_line(kind))
		len = first_line(w->buf + w->len, len);
	if (!len)
		return EINVAL;
	if (is_one_line(kind) && len > FILES_PASSWORD_MAX)
		return EMSGSIZE;
	writer_u32(&length, (uint32_t)len);
	w->len += len;
	return 0;
}

static void add(struct pack *k, enum file_kind kind, const char *what,
		const char *name, const char *path, unsigned line)
{
	struct writer before = k->w;
	int err = put(&k->w, kind, name, path);

	if (!err)
		return;
	explicit_bzero(before.buf + before.len, before.max - before.len);
	k->w = before;
	report(k, line, what, name,
	       err == EINVAL     ? "there is nothing in it"
	       : err == EMSGSIZE ? "it is too long"
				 : strerror(err));
}

static void add_tls(struct pack *k)
{
	const struct settings *s = k->s;
	bool used = s->tls_certificate[0] != '\0';

	for (unsigned i = 0; i < s->listener_count; i++)
		used |= s->listeners[i].transport == SIP_TLS;
	if (!used)
		return;
	if (s->tls_certificate[0])
		add(k, FILE_TLS_CERTIFICATE, "tls-certificate", "",
		    s->tls_certificate, s->sip_line);
	if (s->tls_key[0])
		add(k, FILE_TLS_KEY, "tls-key", "", s->tls_key, s->sip_line);
	if (s->tls_ca[0] || !access(SYSTEM_CA, R_OK))
		add(k, FILE_TLS_CA, "tls-ca", "",
		    s->tls_ca[0] ? s->tls_ca : SYSTEM_CA, s->sip_line);
}

/* Whoever uses it opens it by himself. */
static void look(struct pack *k, const char *what, const char *name,
		 const char *path, unsigned line)
{
	if (*path && access(path, R_OK))
		report(k, line, what, name, strerror(errno));
}

static void look_of_feed(struct pack *k, const struct feed *f)
{
	char name[SETTINGS_NAME_MAX + 8];

	(void)snprintf(name, sizeof(name), "feed %s", f->name);
	look(k, "certificate", name, f->certificate, f->line);
	look(k, "key", name, f->key, f->line);
	look(k, "ca", name, f->ca, f->line);
}

int files_pack(const struct settings *s, uint8_t *to, size_t max,
	       settings_fault_h *fault, void *arg)
{
	struct pack k = { s, writer_on(to, max), fault, arg, 0 };

	add_tls(&k);
	if (s->handover_key[0])
		add(&k, FILE_HANDOVER_KEY, "handover-key", "", s->handover_key,
		    1);
	for (unsigned i = 0; i < s->trunk_count; i++)
		if (s->trunks[i].user[0])
			add(&k, FILE_TRUNK_PASSWORD, "password-file",
			    s->trunks[i].name, s->trunks[i].password_file,
			    s->trunks[i].line);
	for (unsigned i = 0; i < s->agent_count; i++)
		add(&k, FILE_AGENT_PASSWORD, "password-file", s->agents[i].name,
		    s->agents[i].password_file, s->agents[i].line);
	look(&k, "identity", "", s->identity, s->keeper_line);
	look(&k, "passphrase-file", "", s->passphrase_file, s->keeper_line);
	look(&k, "certificate", "desk", s->https_certificate, s->desk_line);
	look(&k, "key", "desk", s->https_key, s->desk_line);
	look(&k, "client-ca", "desk", s->https_client_ca, s->desk_line);
	for (unsigned i = 0; i < s->feed_count; i++)
		look_of_feed(&k, &s->feeds[i]);
	return k.err;
}

int files_find(struct bytes files, enum file_kind kind, const char *name,
	       struct bytes *ret)
{
	struct reader r = reader_on(files.p, files.len);
	struct bytes content;
	struct text of;
	uint32_t len;
	uint16_t name_len;
	uint8_t seen;

	while (!reader_u8(&r, &seen) && seen != FILE_NONE) {
		if (reader_u16(&r, &name_len) ||
		    reader_text(&r, name_len, &of) || reader_u32(&r, &len) ||
		    reader_bytes(&r, len, &content))
			return ENOENT;
		if (seen == (uint8_t)kind && text_is(of, name)) {
			*ret = content;
			return 0;
		}
	}
	return ENOENT;
}
