#include "process/renderer/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "process/renderer/music.h"
#include "process/renderer/resample.h"
#include "routing/municipality.h"

#define LEAD_IN_MS 200 /* so that a waking jitter buffer costs no word */
#define SPEECH_PEAK 0.6f

static struct job *add(struct plan *p, unsigned line, enum prompt_kind kind,
		       unsigned which)
{
	struct job *j = &p->jobs[p->count++];

	j->prompt = prompt_index(line, kind, which);
	return j;
}

/* "%u" becomes the number; there is no other pattern. */
static int with_number(char *to, size_t max, const char *pattern, unsigned n)
{
	const char *at = strstr(pattern, "%u");
	struct writer w = writer_on(to, max - 1);

	if (at) {
		writer_copy(&w, pattern, (size_t)(at - pattern));
		writer_printf(&w, "%u", n);
		pattern = at + 2;
	}
	writer_str(&w, pattern);
	to[w.len] = '\0';
	return writer_finish(&w);
}

/* "%r" becomes each region with the digits of its county, apart, as in "0 4,
 * Region Sörmland"; there is no other pattern. */
static int with_regions(char *to, size_t max, const char *pattern)
{
	const char *at = strstr(pattern, "%r");
	struct writer w = writer_on(to, max - 1);

	if (at) {
		writer_copy(&w, pattern, (size_t)(at - pattern));
		for (unsigned i = 0; i < REGIONS; i++)
			writer_printf(&w, "%s%c %c, %s", i ? ". " : "",
				      region_table[i].county[0],
				      region_table[i].county[1],
				      region_table[i].name);
		pattern = at + 2;
	}
	writer_str(&w, pattern);
	to[w.len] = '\0';
	return writer_finish(&w);
}

static int plan_ask(struct plan *p, unsigned line, unsigned language,
		    const struct ask_words *a)
{
	const char *const texts[ASK_PIECES] = {
		[ASK_PIECE_POSTCODE] = a->postcode,
		[ASK_PIECE_REGIONS] = a->regions,
		[ASK_PIECE_AGAIN] = a->again,
		[ASK_PIECE_THANKS] = a->thanks,
		[ASK_PIECE_QUEUE] = a->queue,
	};
	int err = 0;

	for (unsigned i = 0; !err && i < ASK_PIECES; i++) {
		struct job *j =
			add(p, line, PROMPT_ASK, language * ASK_PIECES + i);

		j->language = a->language;
		err = with_regions(j->text, sizeof(j->text), texts[i]);
	}
	return err;
}

static void plan_music(struct plan *p, const struct line *l, unsigned line)
{
	struct job *j = add(p, line, PROMPT_MUSIC, 0);

	j->loop = true;
	j->file = l->music[0] ? l->music : NULL;
}

/* A national node has no notice and no queue. */
static int plan_asked_line(struct plan *p, const struct settings *s, unsigned i)
{
	const struct line *l = &s->lines[i];
	int err = 0;

	for (unsigned k = 0; !err && k < l->ask_count; k++)
		err = plan_ask(p, i, k, &l->asks[k]);
	if (!err)
		plan_music(p, l, i);
	return err;
}

static int plan_told(struct plan *p, const struct notice *n, uint16_t prompt,
		     const char *text, const char *audio)
{
	struct job *j = &p->jobs[p->count++];

	j->prompt = prompt;
	j->language = n->language;
	j->file = audio[0] ? audio : NULL;
	return j->file ? 0 : text_copy(j->text, sizeof(j->text), text_of(text));
}

static int plan_notice(struct plan *p, const struct notice *n, unsigned line,
		       unsigned which)
{
	int err = plan_told(p, n, prompt_index(line, PROMPT_NOTICE, which),
			    n->text, n->audio);

	if (!err && n->long_text[0])
		err = plan_told(p, n, prompt_index(line, PROMPT_LONG, which),
				n->long_text, n->long_audio);
	return err;
}

static int plan_line(struct plan *p, const struct settings *s, unsigned i)
{
	const struct line *l = &s->lines[i];
	const char *language = l->notice_count ? l->notices[0].language : "";
	int err = 0;

	for (unsigned n = 0; !err && n < l->notice_count && n < PROMPTS_NOTICES;
	     n++)
		err = plan_notice(p, &l->notices[n], i, n);
	if (err)
		return err;
	if (l->busy_text[0]) {
		struct job *j = add(p, i, PROMPT_BUSY, 0);

		j->language = language;
		err = text_copy(j->text, sizeof(j->text),
				text_of(l->busy_text));
	}
	for (unsigned n = 1;
	     !err && l->position_text[0] && n <= PROMPTS_POSITIONS; n++) {
		struct job *j = add(p, i, PROMPT_POSITION, n);

		j->language = language;
		err = with_number(j->text, sizeof(j->text), l->position_text,
				  n);
	}
	if (!err)
		plan_music(p, l, i);
	return err;
}

int plan_new(struct plan **ret, const struct settings *s)
{
	struct plan *p = calloc(1, sizeof(*p));
	int err = 0;

	if (!p)
		return ENOMEM;
	p->jobs = calloc(PROMPTS_MAX, sizeof(*p->jobs));
	if (!p->jobs)
		err = ENOMEM;
	for (unsigned i = 0; !err && i < s->line_count; i++)
		err = s->role == NODE_NATIONAL ? plan_asked_line(p, s, i)
					       : plan_line(p, s, i);
	for (unsigned i = 0; i < s->codec_count; i++)
		if (s->codecs[i] < CODEC_NONE)
			p->codecs[p->codec_count++] = s->codecs[i];
	if (err) {
		plan_free(p);
		return err;
	}
	*ret = p;
	return 0;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (unsigned i = 0; p->jobs && i < p->count; i++)
		free(p->jobs[i].wav);
	free(p->jobs);
	free(p);
}

/* Speech: a little silence before it, and a level of its own. */
static int prepare_speech(struct sound *s)
{
	size_t lead = s->rate * LEAD_IN_MS / 1000;
	float *grown = calloc(s->count + lead, sizeof(float));
	float most = 0;

	if (!grown)
		return ENOMEM;
	for (size_t i = 0; i < s->count; i++)
		most = fmaxf(most, fabsf(s->samples[i]));
	for (size_t i = 0; i < s->count && most > 0; i++)
		grown[lead + i] = s->samples[i] * SPEECH_PEAK / most;
	free(s->samples);
	s->samples = grown;
	s->count += lead;
	return 0;
}

static int sound_of(const struct job *j, unsigned rate, struct sound *ret)
{
	struct sound s, to;
	int err;

	if (!j->wav)
		return j->loop ? music_make(rate, ret) : EBADMSG;
	err = wav_read(&s, j->wav, j->wav_len);
	if (!err && !j->file)
		err = prepare_speech(&s);
	else if (err)
		return err;
	if (!err && s.rate == rate) {
		*ret = s;
		return 0;
	}
	if (!err)
		err = resample(&s, rate, &to);
	sound_free(&s);
	if (!err)
		*ret = to;
	return err;
}

static int render_job(const struct plan *p, const struct job *j,
		      struct pile *pile, struct prompt_row *rows)
{
	struct sound s = { 0 };
	int err = 0;

	for (unsigned c = 0; !err && c < p->codec_count; c++) {
		unsigned rate = packets_rate(p->codecs[c]);

		if (s.rate != rate) {
			sound_free(&s);
			err = sound_of(j, rate, &s);
		}
		rows[c] = (struct prompt_row){ .prompt = j->prompt,
					       .codec = p->codecs[c],
					       .offset = pile->len };
		if (!err)
			err = packets_make(pile, &s, p->codecs[c], j->loop,
					   &rows[c].packets);
		rows[c].bytes = pile->len - rows[c].offset;
	}
	sound_free(&s);
	return err;
}

int plan_render(const struct plan *p, struct pile *ret, unsigned *ret_job)
{
	uint32_t count = p->count * p->codec_count;
	size_t head = PROMPTS_HEAD_BYTES + (size_t)count * PROMPTS_ROW_BYTES;
	struct prompt_row *rows = calloc(count + 1, sizeof(*rows));
	struct pile pile = { malloc(head), head, head };
	struct writer w;
	int err = rows && pile.p ? 0 : ENOMEM;

	for (unsigned i = 0; !err && i < p->count; i++) {
		*ret_job = i;
		err = render_job(p, &p->jobs[i], &pile,
				 rows + (size_t)i * p->codec_count);
	}
	if (!err) {
		w = writer_on(pile.p, head);
		prompts_write_head(&w, rows, count);
		err = writer_finish(&w);
	}
	free(rows);
	if (err) {
		free(pile.p);
		return err;
	}
	*ret = pile;
	return 0;
}
