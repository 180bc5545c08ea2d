/*
 * memory -- what outlives any one process
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/metric.h"
#include "handover/kept.h"
#include "handover/keys.h"
#include "ipc/ring.h"
#include "process/parent/house.h"
#include "release/witnesses.h"
#include "routing/lawbook.h"
#include "settings/files.h"
#include "sip/transport.h"

/* About two seconds of 100 packets a call and second, G.711 with its slot. */
enum { RING_BYTES_PER_CALL = 2 * 100 * 208 };

static int make(struct house *h, enum memory_kind kind, unsigned index,
		enum role role, unsigned role_index, size_t bytes)
{
	struct house_memory *m = &h->memories[h->memory_count];

	if (h->memory_count == HOUSE_MEMORIES)
		return EMSGSIZE;
	*m = (struct house_memory){ .kind = kind,
				    .index = index,
				    .for_role = role,
				    .for_index = role_index };
	m->fd = memfd_create("vaxel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (m->fd < 0 || ftruncate(m->fd, (off_t)bytes))
		return errno ? errno : EIO;
	/* one that shrinks would kill whoever else looks into it */
	if (bytes && fcntl(m->fd, F_ADD_SEALS,
			   F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return errno;
	h->memory_count++;
	return 0;
}

static int make_metrics(struct house *h, const struct child *c)
{
	struct house_memory *m = &h->memories[h->memory_count];
	void *at;
	int err = make(h, MEMORY_METRICS, c->index, c->role, c->index,
		       sizeof(struct metric_page));

	if (err)
		return err;
	at = mmap(NULL, sizeof(struct metric_page), PROT_READ, MAP_SHARED,
		  m->fd, 0);
	if (at == MAP_FAILED)
		return errno;
	m->metrics = at;
	return 0;
}

static int make_ring(struct house *h, unsigned worker)
{
	size_t calls = h->settings->calls_max / h->media_workers + 1;
	size_t bytes = ring_memory_bytes(h->settings->ring_bytes
						 ? h->settings->ring_bytes
						 : calls * RING_BYTES_PER_CALL);
	struct house_memory *m = &h->memories[h->memory_count];
	void *at;
	int err = make(h, MEMORY_RING, worker, ROLE_COUNT, worker, bytes);

	if (err)
		return err;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	if (at == MAP_FAILED)
		return errno;
	err = ring_format(at, bytes);
	(void)munmap(at, bytes);
	return err;
}

static int make_own(struct house *h, const struct child *c)
{
	static const enum memory_kind kinds[] = { MEMORY_SWITCH, MEMORY_MEDIA,
						  MEMORY_RECORDER,
						  MEMORY_EVENTS };
	const struct process_ops *ops = h->ops[c->role];
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t bytes =
			ops->memory_bytes
				? ops->memory_bytes(h->settings, kinds[i])
				: 0;

		if (bytes)
			err = make(h, kinds[i], c->index, c->role, c->index,
				   bytes);
	}
	return err;
}

int house_make_memory(struct house *h)
{
	bool rings = false;
	int err = 0;

	for (unsigned i = 0; !err && i < h->child_count; i++) {
		err = make_metrics(h, &h->children[i]);
		if (!err)
			err = make_own(h, &h->children[i]);
		rings |= h->children[i].role == ROLE_RECORDER;
	}
	for (unsigned i = 0; !err && rings && i < h->media_workers; i++)
		err = make_ring(h, i);
	if (!err && h->media_workers)
		err = house_add_prompts(h, h->prompts);
	if (err)
		log_error("cannot make shared memory: %s", strerror(err));
	return err;
}

int house_add_prompts(struct house *h, uint16_t rendering)
{
	return make(h, MEMORY_PROMPTS, rendering, ROLE_COUNT, 0, 0);
}

static struct house_memory *prompts_of(const struct house *h,
				       uint16_t rendering)
{
	for (unsigned i = 0; i < h->memory_count; i++)
		if (h->memories[i].kind == MEMORY_PROMPTS &&
		    h->memories[i].index == rendering)
			return (struct house_memory *)(uintptr_t)&h
				->memories[i];
	return NULL;
}

int house_prompts_fd(const struct house *h, uint16_t rendering)
{
	const struct house_memory *m = prompts_of(h, rendering);

	return m ? m->fd : -1;
}

int house_seal_prompts(struct house *h, uint16_t rendering)
{
	int fd = house_prompts_fd(h, rendering);

	return fd >= 0 && fcntl(fd, F_ADD_SEALS,
				F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW |
					F_SEAL_SEAL)
		       ? errno
		       : 0;
}

void house_drop_prompts(struct house *h, uint16_t rendering)
{
	struct house_memory *m = prompts_of(h, rendering);

	if (!m)
		return;
	(void)close(m->fd);
	*m = h->memories[--h->memory_count];
}

/* Read and judged; what OpenSSL cannot use the switch could not either. */
static int pack(struct settings *s, void *at, settings_fault_h *fault,
		void *arg)
{
	static const struct settings_fault misfit = {
		.rule = "CONFIG",
		.fault = "tls-certificate, tls-key and tls-ca do not fit",
		.mend = "give certificates and the certificate's own key, "
			"without a passphrase, as PEM",
	};
	struct settings_fault f = misfit;
	int err = files_pack(s, at, FILES_MAX, fault, arg);

	s->files = (struct bytes){ at, FILES_MAX };
	if (!err && transport_check(s)) {
		f.file = s->file;
		f.line = s->sip_line;
		fault(arg, &f);
		err = EINVAL;
	}
	s->files = (struct bytes){ NULL, 0 };
	return err;
}

int house_files_fd(struct settings *s, settings_fault_h *fault, void *arg,
		   int *ret_fd)
{
	int fd = memfd_create("vaxel-files", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *at = MAP_FAILED;
	int err = 0;

	if (fd < 0 || ftruncate(fd, FILES_MAX) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		err = errno;
	if (!err)
		at = mmap(NULL, FILES_MAX, PROT_READ | PROT_WRITE, MAP_SHARED,
			  fd, 0);
	/* as far as the limit goes: it is there for a moment */
	if (at == MAP_FAILED || (mlock(at, FILES_MAX) && geteuid() == 0))
		err = errno ? errno : ENOMEM;
	if (!err)
		err = pack(s, at, fault, arg);
	if (at != MAP_FAILED)
		(void)munmap(at, FILES_MAX);
	if (err && err != EINVAL) {
		if (fd >= 0)
			(void)close(fd);
		return err;
	}
	*ret_fd = fd;
	return err;
}

static int write_file(int fd, const char *file)
{
	char *text = NULL;
	int err = settings_read_file(file, &text);

	if (!err)
		err = fd_write(fd, text, strlen(text));
	free(text);
	return err;
}

/*
 * The name of the file, a line feed, its text, and each companion's behind a
 * zero: sealed, as all shall see it.
 */
int house_config_fd(const struct settings *s, int *ret_fd)
{
	int fd = memfd_create("vaxel-config", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err = fd < 0 || dprintf(fd, "%s\n", s->file) < 0 ? errno : 0;

	if (!err)
		err = write_file(fd, s->file);
	for (int i = 0; !err && i < COMPANIONS; i++) {
		err = fd_write(fd, "", 1);
		if (!err && s->companions[i][0])
			err = write_file(fd, s->companions[i]);
	}
	if (!err &&
	    fcntl(fd, F_ADD_SEALS,
		  F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		err = errno;
	if (!err)
		*ret_fd = fd;
	else if (fd >= 0)
		(void)close(fd);
	return err;
}

/*
 * What only time has brought must not keep a node from starting: an audit that
 * fell due, a contract that will end. It is said; no call goes there.
 */
static bool is_of_time(const char *rule)
{
	return !strcmp(rule, "GDPR-28-AUDIT") ||
	       !strcmp(rule, "GDPR-32-RESTORE") || !strcmp(rule, "ROUTE-GAP");
}

struct judging {
	settings_fault_h *fault;
	void *arg;
	unsigned faults;
};

static void judge(void *arg, const struct settings_fault *f)
{
	struct judging *j = arg;

	if (f->weakness)
		return;
	if (is_of_time(f->rule)) {
		log_alarm("%s: %s; mend: %s", f->rule, f->fault, f->mend);
		return;
	}
	j->faults++;
	j->fault(j->arg, f);
}

int house_judge(struct settings *s, settings_fault_h *fault, void *arg)
{
	struct judging j = { fault, arg, 0 };
	struct handover_keys keys;
	struct kept_keys kept;
	struct lawbook l;
	int err = handover_keys_read(&keys, s, fault, arg);

	if (!err && witnesses_check(s, fault, arg))
		err = EINVAL;
	if (!err)
		err = lawbook_load(&l, s, fault, arg);
	if (err)
		return err;
	/* each fault is counted as it is reported */
	(void)!kept_keys_read(&kept, s, l.book, judge, &j);
	err = lawbook_check(&l, s, clock_wall_ms() / 60000, judge, &j);
	lawbook_free(&l);
	return err ? err : j.faults ? EINVAL : 0;
}
