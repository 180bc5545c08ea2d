/*
 * Read the files with the parent's rights, run espeak-ng as a user without
 * any, then give up running programs too: only then is a byte of either
 * looked at.
 */
#include "process/renderer/renderer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/renderer/plan.h"
#include "process/renderer/speak.h"

#define FILE_BYTES_MAX (256 * 1024 * 1024)
#define QUIET_MS 2000

static int read_file(const char *path, uint8_t **ret, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	uint8_t *p = NULL;
	size_t len = 0;
	int err = 0;

	if (fd < 0)
		return errno;
	if (fstat(fd, &st))
		err = errno;
	else if (!S_ISREG(st.st_mode) || !st.st_size)
		err = EBADMSG;
	else if (st.st_size > FILE_BYTES_MAX)
		err = EMSGSIZE;
	if (!err && !(p = malloc((size_t)st.st_size)))
		err = ENOMEM;
	while (!err && len < (size_t)st.st_size) {
		ssize_t n = read(fd, p + len, (size_t)st.st_size - len);

		if (n <= 0)
			err = n ? errno : EBADMSG;
		else
			len += (size_t)n;
	}
	(void)close(fd);
	if (err) {
		free(p);
		return err;
	}
	*ret = p;
	*ret_len = len;
	return 0;
}

static int renderer_prepare(struct process *p, void **ret_self)
{
	struct plan *plan;
	int err = plan_new(&plan, p->settings);

	for (unsigned i = 0; !err && i < plan->count; i++) {
		struct job *j = &plan->jobs[i];

		if (!j->file)
			continue;
		err = read_file(j->file, &j->wav, &j->wav_len);
		if (err)
			log_error("%s: %s; mend: give a WAV file that can be "
				  "read",
				  j->file, strerror(err));
	}
	if (!err)
		*ret_self = plan;
	return err;
}

static void renderer_confinement(struct process *p, void *self,
				 struct confine *c)
{
	(void)p;
	(void)self;
	c->run_program = true;
}

static int speak_all(struct plan *plan)
{
	uint64_t began = clock_mono_ms();
	bool told = false;

	for (unsigned i = 0; i < plan->count; i++) {
		struct job *j = &plan->jobs[i];
		int err;

		if (j->file || !j->text[0])
			continue;
		err = speak(j->language, text_of(j->text), &j->wav,
			    &j->wav_len);
		if (err) {
			log_error("espeak-ng: %s; mend: install espeak-ng or "
				  "give WAV files",
				  strerror(err));
			return err;
		}
		if (!told && clock_mono_ms() - began > QUIET_MS) {
			log_notice("rendering prompts: %u of %u", i + 1,
				   plan->count);
			told = true;
		}
	}
	return 0;
}

static int put(struct process *p, const struct pile *pile)
{
	struct memory *m = process_memory(p, MEMORY_PROMPTS, p->prompts);
	size_t done = 0;

	if (!m || m->fd < 0)
		return EPROTO;
	if (ftruncate(m->fd, (off_t)pile->len) || lseek(m->fd, 0, SEEK_SET))
		return errno;
	while (done < pile->len) {
		ssize_t n = write(m->fd, pile->p + done, pile->len - done);

		if (n < 0 && errno != EINTR)
			return errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int renderer_start(struct process *p, void *self)
{
	/* files without a path: ftruncate and no more */
	const struct confine nothing = { .role = ROLE_RENDERER, .files = true };
	struct plan *plan = self;
	struct pile pile;
	unsigned job = 0;
	int err = speak_all(plan);

	if (!err)
		err = confine_enter(&nothing);
	if (err)
		return err;
	err = plan_render(plan, &pile, &job);
	if (err == EBADMSG && job < plan->count && plan->jobs[job].file)
		log_error("%s: not a WAV file of 8 to 192 kHz PCM; mend: "
			  "convert it",
			  plan->jobs[job].file);
	if (err)
		return err;
	err = put(p, &pile);
	free(pile.p);
	plan_free(plan);
	p->self = NULL;
	if (!err)
		process_drained(p, true);
	return err;
}

static void renderer_message(struct process *p, void *self, struct ipc *from,
			     struct ipc_message *m)
{
	(void)p;
	(void)self;
	(void)from;
	(void)m;
}

static void renderer_drain(struct process *p, void *self, bool now)
{
	(void)self;
	(void)now;
	process_drained(p, true);
}

const struct process_ops renderer_ops = {
	.role = ROLE_RENDERER,
	.prepare = renderer_prepare,
	.confinement = renderer_confinement,
	.start = renderer_start,
	.message = renderer_message,
	.drain = renderer_drain,
};
