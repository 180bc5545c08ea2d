#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tlog/folder.h"
#include "tlog/folder_file.h"

enum { KEY_FILE_MAX = 512 };

static int store_key(int dir_fd, const char *file, const struct note_signer *s)
{
	struct secret *line = secret_new(KEY_FILE_MAX);
	size_t len;
	int err;

	if (!line)
		return ENOMEM;
	err = note_signer_text(s, (char *)line->bytes, KEY_FILE_MAX - 1);
	if (!err) {
		len = strlen((char *)line->bytes);
		line->bytes[len++] = '\n';
		err = file_write(dir_fd, file, line->bytes, len, 0600);
	}
	secret_free(line);
	return err;
}

/* In a folder that is there, where no such file is. */
static int make_key(int dir_fd, const char *file, enum note_type type,
		    const char *name, char ret_vkey[NOTE_KEY_TEXT_MAX])
{
	struct note_signer s;
	int err = note_signer_new(&s, type, name);

	if (err)
		return err;
	err = store_key(dir_fd, file, &s);
	if (!err)
		note_key_text(&s.key, ret_vkey);
	note_signer_close(&s);
	return err;
}

int ledger_key_new(const char *file, enum note_type type, const char *name,
		   char ret_vkey[NOTE_KEY_TEXT_MAX])
{
	if (!faccessat(AT_FDCWD, file, F_OK, 0))
		return EEXIST;
	return make_key(AT_FDCWD, file, type, name, ret_vkey);
}

int ledger_init(const char *dir, const char *origin,
		char ret_vkey[NOTE_KEY_TEXT_MAX])
{
	int dir_fd, err;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return errno;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return errno;
	err = faccessat(dir_fd, "log.key", F_OK, 0) ? 0 : EEXIST;
	if (!err && mkdirat(dir_fd, "log", 0755) && errno != EEXIST)
		err = errno;
	if (!err)
		err = make_key(dir_fd, "log.key", NOTE_ED25519, origin,
			       ret_vkey);
	(void)close(dir_fd);
	return err;
}

int ledger_key_load(const char *file, struct note_signer *ret)
{
	struct secret *line = secret_new(KEY_FILE_MAX);
	size_t len = 0;
	int err;

	if (!line)
		return ENOMEM;
	err = file_read(AT_FDCWD, file, line->bytes, KEY_FILE_MAX, &len);
	/* the newline at the end is the editor's */
	if (!err && len && line->bytes[len - 1] == '\n')
		len--;
	if (!err)
		err = note_signer_read(
			(struct text){ (const char *)line->bytes, len }, ret);
	secret_free(line);
	return err == EMSGSIZE ? EBADMSG : err;
}
