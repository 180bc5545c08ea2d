#include "tests/power/disk.h"

#include "tests/power/must.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512
#define NAMES 4096

enum { ROOT, SPOOL, STORE, FOLDERS };
static const char *const folder_names[FOLDERS] = { "", "spool", "store" };

struct piece {
	struct piece *next;
	uint64_t offset;
	size_t len;
	bool poisoned; /* a sync failed on it: no later one makes it durable */
	uint8_t bytes[];
};

struct file {
	uint64_t inode;
	uint8_t *bytes;
	size_t len, room;
	struct piece *first, **last; /* not durable, in order */
	bool cut;                    /* to cut_at, once it is synced */
	uint64_t cut_at;
	char name[64]; /* the first one it had */
	bool store;
};

struct name {
	char name[64];
	struct file *file; /* NULL: gone */
};

struct change {
	struct change *next;
	char gone[64], set[64];
	struct file *file;
};

struct folder {
	uint64_t inode;
	struct name names[NAMES]; /* durable */
	size_t count;
	struct change *first, **last;
	struct name now[NAMES]; /* with all changes */
	size_t now_count;
};

struct disk {
	char root[256];
	disk_write_h *h;
	void *arg;
	struct folder folders[FOLDERS];
	struct file *files[NAMES * 2];
	size_t file_count;
	bool durable[FOLDERS]; /* is the folder's own name durable */
};

struct disk *disk_new(const char *root, disk_write_h *h, void *arg)
{
	struct disk *d = calloc(1, sizeof(*d));

	snprintf(d->root, sizeof(d->root), "%s", root);
	d->h = h;
	d->arg = arg;
	return d;
}

static void drop_all(struct disk *d)
{
	for (size_t i = 0; i < d->file_count; i++) {
		struct file *f = d->files[i];

		for (struct piece *p = f->first, *next; p; p = next) {
			next = p->next;
			free(p);
		}
		free(f->bytes);
		free(f);
	}
	d->file_count = 0;
	for (int i = 0; i < FOLDERS; i++) {
		struct folder *fo = &d->folders[i];

		for (struct change *c = fo->first, *next; c; c = next) {
			next = c->next;
			free(c);
		}
		memset(fo, 0, sizeof(*fo));
		fo->last = &fo->first;
	}
}

void disk_free(struct disk *d)
{
	drop_all(d);
	free(d);
}

static struct file *new_file(struct disk *d, uint64_t inode, const char *name,
			     bool store)
{
	struct file *f = calloc(1, sizeof(*f));

	must(d->file_count < NAMES * 2);
	f->inode = inode;
	f->last = &f->first;
	f->store = store;
	snprintf(f->name, sizeof(f->name), "%s", name);
	d->files[d->file_count++] = f;
	return f;
}

static void set_name(struct name *names, size_t *count, const char *name,
		     struct file *f)
{
	size_t i = 0;

	while (i < *count && strcmp(names[i].name, name) != 0)
		i++;
	if (i == *count) {
		must(*count < NAMES);
		(*count)++;
	}
	snprintf(names[i].name, sizeof(names[i].name), "%s", name);
	names[i].file = f;
}

static struct file *file_named(struct folder *fo, const char *name)
{
	for (size_t i = 0; i < fo->now_count; i++)
		if (!strcmp(fo->now[i].name, name))
			return fo->now[i].file;
	return NULL;
}

static void apply_bytes(struct file *f, uint64_t offset, const uint8_t *p,
			size_t len)
{
	if (offset + len > f->room) {
		size_t room = (offset + len) * 2;

		f->bytes = realloc(f->bytes, room);
		memset(f->bytes + f->room, 0, room - f->room);
		f->room = room;
	}
	memcpy(f->bytes + offset, p, len);
	if (offset + len > f->len)
		f->len = offset + len;
}

static void load(struct disk *d, int folder)
{
	char path[512];
	struct folder *fo = &d->folders[folder];
	struct dirent *e;
	struct stat st;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", d->root, folder_names[folder]);
	must(!stat(path, &st));
	fo->inode = (uint64_t)st.st_ino;
	if (folder == ROOT)
		return;
	dir = opendir(path);
	while ((e = readdir(dir))) {
		struct file *f;
		int fd;

		if (e->d_name[0] == '.')
			continue;
		fd = openat(dirfd(dir), e->d_name, O_RDONLY);
		must(fd >= 0 && !fstat(fd, &st));
		f = new_file(d, (uint64_t)st.st_ino, e->d_name,
			     folder == STORE);
		f->len = f->room = (size_t)st.st_size;
		f->bytes = calloc(1, f->room + 1);
		must(read(fd, f->bytes, f->len) == (ssize_t)f->len);
		close(fd);
		set_name(fo->names, &fo->count, e->d_name, f);
		set_name(fo->now, &fo->now_count, e->d_name, f);
	}
	closedir(dir);
}

void disk_begin(struct disk *d)
{
	bool was[FOLDERS];

	memcpy(was, d->durable, sizeof(was));
	drop_all(d);
	for (int i = 0; i < FOLDERS; i++)
		load(d, i);
	memcpy(d->durable, was, sizeof(was));
}

static struct file *file_of(struct disk *d, uint64_t inode)
{
	/* the youngest of that number: numbers may be used again */
	for (size_t i = d->file_count; i-- > 0;)
		if (d->files[i]->inode == inode)
			return d->files[i];
	return NULL;
}

static struct folder *folder_of(struct disk *d, uint64_t inode)
{
	for (int i = 0; i < FOLDERS; i++)
		if (d->folders[i].inode == inode)
			return &d->folders[i];
	return NULL;
}

static void sync_file(struct file *f)
{
	struct piece **at = &f->first;

	while (*at) {
		struct piece *p = *at;

		if (f->cut && p->offset >= f->cut_at) {
			*at = p->next;
			free(p);
			continue;
		}
		if (p->poisoned) {
			at = &p->next;
			continue;
		}
		apply_bytes(f, p->offset, p->bytes, p->len);
		*at = p->next;
		free(p);
	}
	f->last = at;
}

static void apply_change(struct folder *fo, const struct change *c)
{
	if (c->gone[0])
		set_name(fo->names, &fo->count, c->gone, NULL);
	if (c->set[0])
		set_name(fo->names, &fo->count, c->set, c->file);
}

static void sync_folder(struct folder *fo)
{
	for (struct change *c = fo->first, *next; c; c = next) {
		next = c->next;
		apply_change(fo, c);
		free(c);
	}
	fo->first = NULL;
	fo->last = &fo->first;
}

static void change(struct folder *fo, const char *gone, const char *set,
		   struct file *f)
{
	struct change *c = calloc(1, sizeof(*c));

	snprintf(c->gone, sizeof(c->gone), "%s", gone);
	snprintf(c->set, sizeof(c->set), "%s", set);
	c->file = f;
	*fo->last = c;
	fo->last = &c->next;
	if (gone[0])
		set_name(fo->now, &fo->now_count, gone, NULL);
	if (set[0])
		set_name(fo->now, &fo->now_count, set, f);
}

static void sync_one(struct disk *d, uint64_t inode)
{
	struct folder *fo = folder_of(d, inode);
	struct file *f = fo ? NULL : file_of(d, inode);

	if (fo == &d->folders[ROOT])
		d->durable[SPOOL] = d->durable[STORE] = true;
	else if (fo)
		sync_folder(fo);
	else if (f)
		sync_file(f);
}

static void write_one(struct disk *d, const struct tape_entry *e,
		      const uint8_t *bytes)
{
	struct file *f = file_of(d, e->file);
	struct piece *p = malloc(sizeof(*p) + e->len);

	must(f);
	*p = (struct piece){ .offset = e->offset, .len = e->len };
	memcpy(p->bytes, bytes, e->len);
	*f->last = p;
	f->last = &p->next;
	d->h(d->arg, f->store, f->name, e->offset, bytes, e->len);
}

/*
 * Segments leave one after the other, each durably: else an old START could
 * come back without the DONE that followed it.
 */
static void one_at_a_time(const struct folder *fo)
{
	for (const struct change *c = fo->first; c; c = c->next) {
		if (!c->gone[0])
			continue;
		fprintf(stderr, "two segments left without a sync between\n");
		_exit(1);
	}
}

/* The kernel gave these bytes up, and will not try again. */
static void poison(struct file *f)
{
	for (struct piece *p = f->first; p; p = p->next)
		p->poisoned = true;
}

static void replay_one(struct disk *d, const struct tape_entry *e,
		       const char *name, const uint8_t *bytes)
{
	struct folder *fo = e->folder ? folder_of(d, e->folder) : NULL;
	struct file *f;
	char other[64];

	switch ((enum tape_kind)e->kind) {
	case TAPE_WRITE:
		write_one(d, e, bytes);
		return;
	case TAPE_SYNC:
		sync_one(d, e->file);
		return;
	case TAPE_FAILED:
		f = file_of(d, e->file);
		if (f)
			poison(f);
		return;
	case TAPE_TRUNCATE:
		f = file_of(d, e->file);
		must(f && f->len <= e->offset);
		f->cut = true;
		f->cut_at = e->offset;
		return;
	case TAPE_SYNCFS_FAILED:
		for (size_t i = 0; i < d->file_count; i++)
			poison(d->files[i]);
		return;
	case TAPE_SYNCFS:
		d->durable[SPOOL] = d->durable[STORE] = true;
		for (size_t i = 0; i < d->file_count; i++)
			sync_file(d->files[i]);
		for (int i = SPOOL; i < FOLDERS; i++)
			sync_folder(&d->folders[i]);
		return;
	case TAPE_CREATE:
		must(fo && fo != &d->folders[ROOT]);
		f = new_file(d, e->file, name, fo == &d->folders[STORE]);
		change(fo, "", name, f);
		return;
	case TAPE_RENAME:
		snprintf(other, sizeof(other), "%.*s", (int)e->len,
			 (const char *)bytes);
		change(fo, name, other, file_named(fo, name));
		return;
	case TAPE_UNLINK:
		if (fo == &d->folders[SPOOL])
			one_at_a_time(fo);
		change(fo, name, "", NULL);
		return;
	}
}

void disk_replay(struct disk *d, const struct tape *t)
{
	must(!t->full);
	for (uint64_t at = 0; at < t->used;) {
		struct tape_entry e;
		char name[64];

		memcpy(&e, t->entries + at, sizeof(e));
		snprintf(name, sizeof(name), "%.*s", (int)e.name_len,
			 (const char *)t->entries + at + sizeof(e));
		replay_one(d, &e, name,
			   t->entries + at + sizeof(e) + e.name_len);
		at += e.total;
	}
}

/* Of each write that was not synced, any of its sectors. */
static void tear(struct file *f, unsigned percent,
		 uint64_t (*draw)(uint64_t below))
{
	for (struct piece *p = f->first; p; p = p->next) {
		size_t at = 0;

		while (at < p->len) {
			size_t n = SECTOR - (p->offset + at) % SECTOR;

			if (n > p->len - at)
				n = p->len - at;
			if (draw(100) < percent)
				apply_bytes(f, p->offset + at, p->bytes + at,
					    n);
			at += n;
		}
	}
}

static void write_out(const char *path, const struct file *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	size_t at = 0;

	must(fd >= 0 && !fchmod(fd, 0666));
	while (at < f->len) {
		ssize_t n = write(fd, f->bytes + at, f->len - at);

		must(n > 0);
		at += (size_t)n;
	}
	close(fd);
}

static void empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	must(dir);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
}

void disk_cut(struct disk *d, uint64_t (*draw)(uint64_t below))
{
	static const unsigned odds[] = { 0, 30, 70, 100 };
	unsigned percent = odds[draw(4)], names = odds[draw(4)];

	for (size_t i = 0; i < d->file_count; i++)
		tear(d->files[i], percent, draw);
	for (int i = SPOOL; i < FOLDERS; i++) {
		struct folder *fo = &d->folders[i];
		bool lost = !d->durable[i] && draw(100) >= names;
		char path[512];

		for (const struct change *c = fo->first; c; c = c->next)
			if (draw(100) < names)
				apply_change(fo, c);
		snprintf(path, sizeof(path), "%s/%s", d->root, folder_names[i]);
		empty_folder(path);
		for (size_t n = 0; n < fo->count && !lost; n++) {
			if (!fo->names[n].file)
				continue;
			snprintf(path, sizeof(path), "%s/%s/%s", d->root,
				 folder_names[i], fo->names[n].name);
			write_out(path, fo->names[n].file);
		}
	}
	disk_begin(d);
}
