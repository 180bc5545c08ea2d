#include "probe/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/sniff.h"

enum {
	DEPTH_MAX = 6,
	SNIFFED_MAX = 20000, /* files whose beginning is read */
	BEGINNING = 4096,
	TOLD_MAX = 8, /* of one kind; the rest is counted */
	PASSWORD_MIN = 8,
};

struct look {
	struct probe *p;
	unsigned sniffed, open_count, clear_count;
	bool is_key;
};

static void judge_mode(struct look *l, const char *path, const struct stat *st)
{
	/* a folder that only lets through shows nothing by itself */
	bool others = st->st_mode & (S_IROTH | S_IWOTH);
	bool write = st->st_mode & (S_IWOTH | (l->is_key ? S_IWGRP : 0));

	if (!others && !(l->is_key && (st->st_mode & (S_IRGRP | S_IWGRP))))
		return;
	if (l->open_count++ >= TOLD_MAX)
		return;
	probe_fault(l->p, l->is_key ? "GDPR-32-KEY" : "GDPR-32-OPEN", path,
		    "chmod o-rwx it, and ask who has read it meanwhile",
		    "%s may %s it (mode %04o)",
		    others ? "every user of this machine" : "its whole group",
		    write ? "write" : "read", (unsigned)st->st_mode & 07777);
}

/* Sealed bodies, envelopes in the database: nothing of that is audio. */
static void judge_content(struct look *l, int folder, const char *name,
			  const char *path)
{
	uint8_t head[BEGINNING];
	const char *kind;
	enum sniffed what;
	ssize_t n;
	int fd;

	if (l->sniffed++ >= SNIFFED_MAX)
		return;
	fd = openat(folder, name,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return;
	n = read(fd, head, sizeof(head));
	(void)close(fd);
	if (n <= 0)
		return;
	what = sniff_bytes((struct bytes){ head, (size_t)n }, &kind);
	if ((what != SNIFF_AUDIO && what != SNIFF_CAPTURE) ||
	    l->clear_count++ >= TOLD_MAX)
		return;
	probe_fault(l->p, "GDPR-32-PLAIN", path,
		    "find out who put it there; seal it, or erase it",
		    "sound lies here in clear (%s)", kind);
}

static void look_at(struct look *l, int folder, const char *name,
		    const char *path, unsigned depth, bool reached);

static void look_below(struct look *l, int folder, const char *name,
		       const char *path, unsigned depth, bool reached)
{
	int fd = openat(folder, name,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		char below[PROBE_TARGET_MAX];

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    snprintf(below, sizeof(below), "%s/%s", path, e->d_name) >=
			    (int)sizeof(below))
			continue;
		look_at(l, dirfd(d), e->d_name, below, depth + 1, reached);
	}
	(void)closedir(d);
}

/*
 * depth bounds what it and the one above call of each other.
 *
 * reached   others get as far as its folder
 */
static void look_at(struct look *l, int folder, const char *name,
		    const char *path, unsigned depth, bool reached)
{
	struct stat st;

	if (l->p->stopped || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    S_ISLNK(st.st_mode))
		return;
	if (reached)
		judge_mode(l, path, &st);
	if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
		look_below(l, folder, name, path, depth,
			   reached && (st.st_mode & S_IXOTH));
	else if (S_ISREG(st.st_mode))
		judge_content(l, folder, name, path);
}

/* Do all folders on the way there let everybody through? */
static bool others_reach(const char *path)
{
	char at[PATH_MAX];
	struct stat st;

	if (text_copy(at, sizeof(at), text_of(path)))
		return true;
	for (char *slash = strchr(at + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (!stat(at, &st) && !(st.st_mode & S_IXOTH))
			return false;
		*slash = '/';
	}
	return true;
}

static void look_all(struct probe *p, const char *named, bool is_key)
{
	struct look l = { .p = p, .is_key = is_key };
	char path[PATH_MAX];

	/* it may be a link to where it lies; nothing below it is followed */
	if (!*named || !probe_step(p, named) || !realpath(named, path))
		return;
	/* of a key its own mode has to do: folders are opened in passing */
	look_at(&l, AT_FDCWD, path, path, 0, is_key || others_reach(path));
	if (l.open_count > TOLD_MAX)
		probe_fault(p, "GDPR-32-OPEN", path,
			    "chmod -R o-rwx it, and ask who has read it",
			    "%u more files below it are open to every user",
			    l.open_count - TOLD_MAX);
	if (l.clear_count > TOLD_MAX)
		probe_fault(p, "GDPR-32-PLAIN", path,
			    "find out who put them there",
			    "%u more files below it hold sound in clear",
			    l.clear_count - TOLD_MAX);
}

void probe_files(struct probe *p, const char *path)
{
	look_all(p, path, false);
}

/* ---- what the settings name */

static void judge_password(struct probe *p, const char *file, const char *name)
{
	char text[256];
	FILE *f = fopen(file, "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		(void)fclose(f);
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	text[n] = '\0';
	if (n && (n < PASSWORD_MIN || !strcmp(text, name)))
		probe_fault(p, "GDPR-32-OPEN", file,
			    "draw a new one of 16 characters or more",
			    "the password is short, or the account's name");
	explicit_bzero(text, sizeof(text));
}

static void secret_of(struct probe *p, const char *file, const char *name)
{
	if (!*file)
		return;
	look_all(p, file, true);
	judge_password(p, file, name);
}

void probe_files_of(struct probe *p, const struct settings *s)
{
	const char *const keys[] = { s->identity, s->passphrase_file,
				     s->tls_key, s->handover_key };

	probe_files(p, s->state);
	probe_files(p, s->runtime);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		look_all(p, keys[i], true);
	for (unsigned i = 0; i < s->agent_count; i++)
		secret_of(p, s->agents[i].password_file, s->agents[i].name);
	for (unsigned i = 0; i < s->trunk_count; i++)
		secret_of(p, s->trunks[i].password_file, s->trunks[i].user);
}
