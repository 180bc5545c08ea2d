/*
 * plan -- which prompts the settings want, and where each comes from
 */
#ifndef VAXEL_RENDERER_PLAN_H
#define VAXEL_RENDERER_PLAN_H

#include "process/renderer/packets.h"
#include "prompts/prompts.h"

struct job {
	uint16_t prompt;
	bool loop;
	const char *file;     /* a WAVE, or NULL */
	const char *language; /* else a text to be spoken */
	char text[SETTINGS_NOTICE_TEXT];
	/* neither: the music of our own */
	uint8_t *wav; /* read or spoken */
	size_t wav_len;
};

struct plan {
	struct job *jobs;
	unsigned count;
	enum codec codecs[PROMPTS_CODECS];
	unsigned codec_count;
};

/* Pure. EMSGSIZE: a text too long once the number stands in it. */
int plan_new(struct plan **ret, const struct settings *s) CHECK_RESULT;
void plan_free(struct plan *p);

/*
 * Everything into the layout of prompts.h; the caller frees what pile holds.
 * The rows stand at its beginning. EBADMSG: a job's WAVE is none; *ret_job is
 * then the job.
 */
int plan_render(const struct plan *p, struct pile *ret,
		unsigned *ret_job) CHECK_RESULT;

#endif
