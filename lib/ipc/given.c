#include "ipc/given.h"

#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metric.h"

enum { CONFIG_MAX = (1 + COMPANIONS) * 1024 * 1024 };

struct memory *process_memory(struct process *p, enum memory_kind kind,
			      unsigned index)
{
	for (unsigned i = 0; i < p->memory_count; i++)
		if (p->memories[i].kind == kind &&
		    p->memories[i].index == index)
			return &p->memories[i];
	return NULL;
}

void process_give_back(struct process *p, enum memory_kind kind, unsigned index)
{
	struct memory *m = process_memory(p, kind, index);

	if (!m)
		return;
	if (m->at)
		(void)munmap(m->at, m->len);
	(void)close(m->fd);
	*m = p->memories[--p->memory_count];
}

int process_socket(struct process *p, enum socket_kind kind, unsigned index)
{
	for (unsigned i = 0; i < p->socket_count; i++)
		if (p->sockets[i].kind == kind && p->sockets[i].index == index)
			return p->sockets[i].fd;
	return -1;
}

int given_memory(struct process *p, struct ipc_message *m)
{
	struct memory *mem = &p->memories[p->memory_count];
	struct stat st;

	if (p->memory_count == PROCESS_MEMORIES ||
	    m->u.GIVE_MEMORY.kind >= MEMORY_KINDS)
		return EBADMSG;
	*mem = (struct memory){ .kind = (enum memory_kind)m->u.GIVE_MEMORY.kind,
				.index = m->u.GIVE_MEMORY.index,
				.fd = m->fd };
	if (fstat(m->fd, &st))
		return errno;
	/* an empty prompts file has nothing to map yet */
	mem->len = (size_t)st.st_size;
	if (mem->len) {
		mem->at = mmap(NULL, mem->len,
			       mem->kind == MEMORY_PROMPTS
				       ? PROT_READ
				       : PROT_READ | PROT_WRITE,
			       MAP_SHARED, m->fd, 0);
		if (mem->at == MAP_FAILED)
			return errno;
		if (mlock(mem->at, mem->len) && geteuid() == 0)
			return errno;
		(void)madvise(mem->at, mem->len, MADV_DONTDUMP);
	}
	if (mem->kind == MEMORY_METRICS) {
		if (mem->len < sizeof(struct metric_page))
			return EBADMSG;
		metric_attach(mem->at);
	}
	p->memory_count++;
	m->fd = -1;
	return 0;
}

/*
 * Passwords and keys are there while somebody takes them over, and are then
 * wiped for all: the parent has kept no other copy.
 */
void given_show_files(struct process *p)
{
	const struct memory *m = process_memory(p, MEMORY_FILES, 0);

	if (m)
		p->settings->files = (struct bytes){ m->at, m->len };
}

void given_wipe_files(struct process *p)
{
	struct memory *m = process_memory(p, MEMORY_FILES, 0);

	p->settings->files = (struct bytes){ NULL, 0 };
	if (m && m->at)
		sodium_memzero(m->at, m->len);
	process_give_back(p, MEMORY_FILES, 0);
}

/* While it runs a process is given no other memory than these two. */
int given_more_memory(struct process *p, struct ipc_message *m)
{
	unsigned index = m->u.GIVE_MEMORY.index;
	int err;

	switch (m->u.GIVE_MEMORY.kind) {
	case MEMORY_FILES:
		given_wipe_files(p); /* of a reload that came to nothing */
		return given_memory(p, m);
	case MEMORY_PROMPTS:
		if (process_memory(p, MEMORY_PROMPTS, index))
			return EPROTO;
		err = given_memory(p, m);
		if (!err && p->ops->prompts)
			p->ops->prompts(p, p->self, index);
		return err;
	default:
		return EPROTO;
	}
}

/* A second one of that index takes its place: the first has long been used. */
int given_socket(struct process *p, struct ipc_message *m)
{
	unsigned i = 0;

	while (i < p->socket_count &&
	       (p->sockets[i].kind != m->u.GIVE_SOCKET.kind ||
		p->sockets[i].index != m->u.GIVE_SOCKET.index))
		i++;
	if (i == PROCESS_SOCKETS || m->u.GIVE_SOCKET.kind >= SOCKET_KINDS)
		return EBADMSG;
	p->sockets[i].kind = (enum socket_kind)m->u.GIVE_SOCKET.kind;
	p->sockets[i].index = m->u.GIVE_SOCKET.index;
	p->sockets[i].fd = m->fd;
	if (i == p->socket_count)
		p->socket_count++;
	m->fd = -1;
	return 0;
}

static void log_fault(void *arg, const struct settings_fault *f)
{
	(void)arg;
	log_error("line %u: %s: %s", f->line, f->rule, f->fault);
}

/* Behind the configuration, each after a zero, in their order. */
static void find_companions(struct settings *s, const char *p, const char *end)
{
	for (int i = 0; i < COMPANIONS; i++) {
		p += strlen(p);
		if (p < end)
			p++;
		s->companion_texts[i] = text_of(p);
	}
}

void given_forget_companions(struct settings *s, char *text)
{
	for (int i = 0; i < COMPANIONS; i++)
		s->companion_texts[i] = TEXT("");
	free(text);
}

/*
 * The parent has checked these bytes: a fault here is a fault of ours. *ret's
 * companion texts lie in *ret_text.
 */
int given_config(int fd, struct settings **ret, char **ret_text)
{
	struct stat st;
	char *text, *nl;
	void *mapped;
	int err;

	if (fd < 0 || fstat(fd, &st) || st.st_size <= 0 ||
	    st.st_size > CONFIG_MAX)
		return EBADMSG;
	/* mapped, not read: all hold the same descriptor, so none may move its
	   offset, and once confined not every process has pread() */
	mapped = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (mapped == MAP_FAILED)
		return errno;
	text = calloc(1, (size_t)st.st_size + 1);
	if (text)
		memcpy(text, mapped, (size_t)st.st_size);
	(void)munmap(mapped, (size_t)st.st_size);
	if (!text)
		return ENOMEM;
	/* the first line is the file's name, the rest its text */
	nl = strchr(text, '\n');
	if (nl)
		*nl = '\0';
	err = nl ? settings_parse(ret, text, nl + 1, log_fault, NULL) : EBADMSG;
	if (err) {
		free(text);
		return err;
	}
	find_companions(*ret, nl + 1, text + st.st_size);
	*ret_text = text;
	return 0;
}
