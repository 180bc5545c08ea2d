/*
 * told -- the notice as evidence: which text, which sound, how much of it
 *
 * A notice that was not sent to its last sample was not told. What it said is
 * bound by two digests: SHA-256 of its text, and of the payloads of its sound
 * in the codec of the call, one after the other as they went out.
 */
#include "process/switch/self.h"

#include <sodium.h>
#include <stdio.h>

/* ---- digests, once for each rendering */

static void digest_sound(const struct prompts *p, uint16_t prompt,
			 enum codec codec, uint8_t to[TOLD_DIGEST])
{
	crypto_hash_sha256_state h;
	struct bytes payload;
	size_t at = 0;

	(void)crypto_hash_sha256_init(&h);
	while (prompts_next(p, prompt, codec, &at, &payload))
		(void)crypto_hash_sha256_update(&h, payload.p, payload.len);
	(void)crypto_hash_sha256_final(&h, to);
}

static const char *text_of_told(const struct line *line, unsigned which)
{
	return which < PROMPTS_NOTICES
		       ? line->notices[which].text
		       : line->notices[which - PROMPTS_NOTICES].long_text;
}

static uint16_t prompt_of_told(unsigned line, unsigned which)
{
	return which < PROMPTS_NOTICES
		       ? prompt_index(line, PROMPT_NOTICE, which)
		       : prompt_index(line, PROMPT_LONG,
				      which - PROMPTS_NOTICES);
}

static void digest_notice(struct switch_self *self, const struct line *line,
			  unsigned which)
{
	struct told_digests *d = &self->told[line->order][which];
	const char *text = text_of_told(line, which);

	(void)crypto_hash_sha256(d->text, (const uint8_t *)text, strlen(text));
	for (unsigned c = 0; c < PROMPTS_CODECS; c++)
		digest_sound(&self->prompts, prompt_of_told(line->order, which),
			     (enum codec)c, d->sound[c]);
}

void told_prepare(struct switch_self *self)
{
	const struct settings *s = self->p->settings;

	memset(self->told, 0, sizeof(self->told));
	for (unsigned i = 0; i < s->line_count; i++) {
		const struct line *line = &s->lines[i];

		for (unsigned n = 0; !line->removed && n < line->notice_count &&
				     n < PROMPTS_NOTICES;
		     n++) {
			digest_notice(self, line, n);
			digest_notice(self, line, PROMPTS_NOTICES + n);
		}
	}
}

/* ---- of a call */

bool told_settle_one(struct switch_self *self, struct call *c,
		     const struct line *line, unsigned which)
{
	const struct notice *n = &line->notices[which % PROMPTS_NOTICES];
	const struct told_digests *d = &self->told[line->order][which];
	enum codec codec = legs_codec(self, c, SIDE_CALLER);
	struct told *t = &c->told[which];

	*t = (struct told){ 0 };
	memcpy(t->language, n->language, sizeof(t->language));
	memcpy(t->version, n->version, sizeof(t->version));
	memcpy(t->text, d->text, sizeof(t->text));
	if (codec < PROMPTS_CODECS)
		memcpy(t->sound, d->sound[codec], sizeof(t->sound));
	t->of = prompts_samples(&self->prompts,
				prompt_of_told(line->order, which), codec);
	return t->of > 0;
}

void told_settle(struct switch_self *self, struct call *c)
{
	const struct line *line = &self->p->settings->lines[c->line];

	c->rendering = self->rendering;
	c->prompt_line = (uint8_t)line->order;
	c->line_records &= !line->removed && line->record;
	c->notices = line->removed ? 0
		     : line->notice_count < PROMPTS_NOTICES
			     ? (uint8_t)line->notice_count
			     : PROMPTS_NOTICES;
	for (unsigned i = 0; i < c->notices; i++)
		(void)told_settle_one(self, c, line, i);
	for (unsigned i = 0; i < c->notices; i++)
		(void)told_settle_one(self, c, line, PROMPTS_NOTICES + i);
}

static void digests(const struct told *t, char text[TOLD_HEX],
		    char sound[TOLD_HEX])
{
	(void)sodium_bin2hex(text, TOLD_HEX, t->text, sizeof(t->text));
	(void)sodium_bin2hex(sound, TOLD_HEX, t->sound, sizeof(t->sound));
}

/* Of a long form that was not heard nothing is said. */
static void fact(struct switch_self *self, const struct call *c, unsigned which)
{
	const struct told *t = &c->told[which];
	char text[TOLD_HEX], sound[TOLD_HEX], value[320];

	digests(t, text, sound);
	(void)snprintf(value, sizeof(value),
		       "version=%s language=%s%s samples=%u of=%u "
		       "text-sha256=%s audio-sha256=%s",
		       t->version, t->language,
		       which < PROMPTS_NOTICES ? "" : " form=long", t->samples,
		       t->of, text, sound);
	fate_fact(self, c, FACT_NOTICE, value);
}

void told_played(struct switch_self *self, struct call *c, unsigned which,
		 bool complete, uint32_t samples)
{
	struct told *t = &c->told[which];
	char text[TOLD_HEX], sound[TOLD_HEX], extra[384];

	t->samples = samples;
	/* the evidence is what was sent, not what we believe */
	t->complete = complete && t->of && samples >= t->of;
	digests(t, text, sound);
	(void)snprintf(extra, sizeof(extra),
		       ",\"version\":\"%s\",\"language\":\"%s\","
		       "\"samples\":%u,\"of\":%u,\"complete\":%s,"
		       "\"hung_up\":%s,\"text_sha256\":\"%s\","
		       "\"audio_sha256\":\"%s\"%s",
		       t->version, t->language, t->samples, t->of,
		       t->complete ? "true" : "false",
		       c->state == CALL_ENDING ? "true" : "false", text, sound,
		       which < PROMPTS_NOTICES ? "" : ",\"form\":\"long\"");
	say_call(self, c, EVENT_CALL_NOTICE_PLAYED, extra);
	/* cut short by the nurse's answer: the card has begun */
	if (c->outcome != OUTCOME_NONE &&
	    !outcome_final((enum outcome)c->outcome))
		fact(self, c, which);
}

void told_facts(struct switch_self *self, const struct call *c)
{
	for (unsigned i = 0; i < c->notices && i < PROMPTS_NOTICES; i++)
		fact(self, c, i);
	for (unsigned i = PROMPTS_NOTICES; i < TOLD_MAX; i++)
		if (c->told[i].samples)
			fact(self, c, i);
	if (c->objected)
		fate_fact(self, c, FACT_OBJECTED, "rule=recorded");
}

bool told_all(const struct call *c)
{
	if (!c->notices)
		return false;
	for (unsigned i = 0; i < c->notices; i++)
		if (!c->told[i].complete)
			return false;
	return true;
}
