#include "process/witness/self.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/log.h"
#include "ipc/confine.h"
#include "tlog/folder_file.h"

enum { PATH_BYTES = WITNESS_HASH_CHARS + 16 };

void state_hash(const char *origin, char to[WITNESS_HASH_CHARS + 1])
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	struct writer w = writer_on(to, WITNESS_HASH_CHARS);

	(void)crypto_hash_sha256(digest, (const uint8_t *)origin,
				 strlen(origin));
	hex_write(&w, digest, sizeof(digest));
	to[w.len] = '\0';
}

static void path_of(const struct witness_log *l, const char *name,
		    char to[PATH_BYTES])
{
	char hash[WITNESS_HASH_CHARS + 1];

	state_hash(l->origin, hash);
	(void)snprintf(to, PATH_BYTES, "%s%s%s", hash, name ? "/" : "",
		       name ? name : "");
}

int state_read(struct witness *w, const struct witness_log *l, char *buf,
	       size_t max, size_t *ret_len)
{
	char path[PATH_BYTES];

	path_of(l, "checkpoint", path);
	return file_read(w->state_fd, path, buf, max, ret_len);
}

int state_keep(struct witness *w, const struct witness_log *l, struct text note)
{
	char path[PATH_BYTES];

	path_of(l, "checkpoint", path);
	return file_write(w->state_fd, path, note.p, note.len, 0644);
}

bool state_has_fork(const struct witness *w, const struct witness_log *l)
{
	char path[PATH_BYTES];

	path_of(l, "fork", path);
	return !faccessat(w->state_fd, path, F_OK, 0);
}

void state_keep_fork(struct witness *w, const struct witness_log *l,
		     struct text body)
{
	char path[PATH_BYTES];
	int err;

	path_of(l, "fork", path);
	if (state_has_fork(w, l))
		return;
	log_alarm("%s has signed two checkpoints of size %llu that contradict "
		  "each other; the second one is kept in %s",
		  l->origin, (unsigned long long)l->size, path);
	err = file_write(w->state_fd, path, body.p, body.len, 0644);
	if (err)
		log_error("cannot write %s: %s", path, strerror(err));
}

/* What root, or another user, left there. */
static void adopt(struct witness *w, const struct witness_log *l)
{
	static const char *const names[] = { NULL, "checkpoint", "fork" };
	char path[PATH_BYTES];
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return;
	confine_user(ROLE_WITNESS, &uid, &gid);
	(void)!fchown(w->state_fd, uid, gid);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(l, names[i], path);
		(void)!fchownat(w->state_fd, path, uid, gid,
				AT_SYMLINK_NOFOLLOW);
	}
}

static int take_up(struct witness *w, struct witness_log *l)
{
	static char note[WITNESS_NOTE_MAX];
	size_t len = 0;
	int err = state_read(w, l, note, sizeof(note), &len);

	adopt(w, l);
	if (err == ENOENT) {
		log_notice("%s: nothing was cosigned yet", l->origin);
		return 0;
	}
	if (!err)
		err = witness_resume(l, &w->signer.key,
				     (struct text){ note, len });
	if (err)
		log_error("what is kept of %s is not a checkpoint that it "
			  "signed: %s",
			  l->origin, strerror(err));
	return err;
}

int state_open(struct witness *w, const char *dir)
{
	int err = 0;

	w->state_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->state_fd < 0) {
		err = errno;
		log_error("%s: %s", dir, strerror(err));
		return err;
	}
	if (flock(w->state_fd, LOCK_EX | LOCK_NB)) {
		log_error("%s: another witness works there", dir);
		return EAGAIN;
	}
	for (unsigned i = 0; !err && i < w->log_count; i++)
		err = take_up(w, &w->logs[i]);
	return err;
}
