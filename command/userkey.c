#include "command/userkey.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/fd.h"
#include "command/node.h"

#define WORD "vaxel-user-key-1 "

enum { FILE_MAX = 512 };

int userkey_path(const char *name, char to[USERKEY_PATH_MAX])
{
	const char *home = getenv("HOME");
	int n;

	if (!home || !*home)
		return ENOENT;
	n = snprintf(to, USERKEY_PATH_MAX, "%s/.config/vaxel/%s.key", home,
		     name);
	return n < 0 || n >= USERKEY_PATH_MAX ? EMSGSIZE : 0;
}

/* Every folder above path that is missing, for its owner alone. */
static int make_folders(const char *path)
{
	char folder[USERKEY_PATH_MAX];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)(p - path),
			       path);
		if (mkdir(folder, 0700) && errno != EEXIST)
			return errno;
	}
	return 0;
}

int userkey_new(const char *path, const char *name, struct userkey *ret)
{
	struct userkey k = { .secret = secret_new(64) };
	struct secret *text = secret_new(FILE_MAX);
	struct writer w;
	int err = k.secret && text ? make_folders(path) : ENOMEM;

	if (!err) {
		(void)crypto_sign_keypair(k.public_key, k.secret->bytes);
		w = writer_on(text->bytes, text->len);
		writer_printf(&w, "# vaxel user key of %s\n" WORD, name);
		base64_write(&w, BASE64_PADDED, k.secret->bytes,
			     crypto_sign_SEEDBYTES);
		writer_u8(&w, '\n');
		err = writer_finish(&w);
	}
	if (!err)
		err = fd_write_new(path, w.buf, w.len);
	secret_free(text);
	if (err)
		userkey_close(&k);
	else
		*ret = k;
	return err;
}

static int read_file(const char *path, struct secret *to, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return errno;
	if (fstat(fd, &st))
		err = errno;
	else if (st.st_mode & 077)
		err = EPERM;
	n = err ? 0 : read(fd, to->bytes, to->len);
	if (n < 0)
		err = errno;
	(void)close(fd);
	if (!err)
		*ret_len = (size_t)n;
	return err;
}

static int read_seed(struct text file, uint8_t seed[crypto_sign_SEEDBYTES])
{
	struct reader r = reader_on(file.p, file.len);
	struct text line;
	size_t len, word = strlen(WORD);

	while (!reader_until(&r, '\n', &line)) {
		if (!line.len || line.p[0] == '#')
			continue;
		if (line.len < word || memcmp(line.p, WORD, word))
			return EBADMSG;
		line.p += word;
		line.len -= word;
		if (base64_read(line, BASE64_PADDED, seed,
				crypto_sign_SEEDBYTES, &len) ||
		    len != crypto_sign_SEEDBYTES)
			return EBADMSG;
		return 0;
	}
	return EBADMSG;
}

int userkey_load(const char *path, struct userkey *ret)
{
	struct userkey k = { .secret = secret_new(64) };
	struct secret *text = secret_new(FILE_MAX);
	struct secret *seed = secret_new(crypto_sign_SEEDBYTES);
	size_t len = 0;
	int err =
		k.secret && text && seed ? read_file(path, text, &len) : ENOMEM;

	if (!err)
		err = read_seed((struct text){ (char *)text->bytes, len },
				seed->bytes);
	if (!err)
		(void)crypto_sign_seed_keypair(k.public_key, k.secret->bytes,
					       seed->bytes);
	secret_free(text);
	secret_free(seed);
	if (err)
		userkey_close(&k);
	else
		*ret = k;
	return err;
}

int userkey_of(const char *as, const char *key_file, struct userkey *ret)
{
	char path[USERKEY_PATH_MAX];
	int err = key_file ? text_copy(path, sizeof(path), text_of(key_file))
			   : userkey_path(as, path);

	if (!err)
		err = userkey_load(path, ret);
	if (!err)
		return EXIT_YES;
	if (err == ENOENT)
		return node_fail("there is no key of %s; say where it is "
				 "(--key-file FILE), or let an officer enrol "
				 "%s: vaxel user add",
				 as, as);
	if (err == EPERM)
		return node_fail("others may read %s: chmod 600 it", path);
	return node_fail("cannot use the key of %s: %s", as, strerror(err));
}

void userkey_close(struct userkey *k)
{
	secret_free(k->secret);
	k->secret = NULL;
}

void userkey_sign(const struct userkey *k, const uint8_t d[REQUEST_DIGEST],
		  uint8_t ret_signature[REQUEST_SIGNATURE])
{
	(void)crypto_sign_detached(ret_signature, NULL, d, REQUEST_DIGEST,
				   k->secret->bytes);
}
