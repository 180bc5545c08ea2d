#include "prompts/prompts.h"

static const char magic[8] = "vaxelpr1";

uint16_t prompt_index(unsigned line, enum prompt_kind kind, unsigned which)
{
	unsigned first = line * PROMPTS_PER_LINE;

	if (line >= SETTINGS_LINES)
		return PROMPT_NONE;
	switch (kind) {
	case PROMPT_NOTICE:
		if (which < PROMPTS_NOTICES)
			return (uint16_t)(first + which);
		break;
	case PROMPT_BUSY:
		return (uint16_t)(first + PROMPTS_NOTICES);
	case PROMPT_MUSIC:
		return (uint16_t)(first + PROMPTS_NOTICES + 1);
	case PROMPT_POSITION:
		if (which >= 1 && which <= PROMPTS_POSITIONS)
			return (uint16_t)(first + PROMPTS_NOTICES + 1 + which);
		break;
	case PROMPT_LONG:
		if (which < PROMPTS_NOTICES)
			return (uint16_t)(first + PROMPTS_NOTICES + 2 +
					  PROMPTS_POSITIONS + PROMPTS_ASKS +
					  which);
		break;
	case PROMPT_ASK:
		if (which < PROMPTS_ASKS)
			return (uint16_t)(first + PROMPTS_NOTICES + 2 +
					  PROMPTS_POSITIONS + which);
		break;
	}
	return PROMPT_NONE;
}

static bool same_notice(const struct notice *a, const struct notice *b)
{
	return !strcmp(a->language, b->language) && !strcmp(a->text, b->text) &&
	       !strcmp(a->audio, b->audio) &&
	       a->audio_stamp == b->audio_stamp &&
	       !strcmp(a->long_text, b->long_text) &&
	       !strcmp(a->long_audio, b->long_audio) &&
	       a->long_stamp == b->long_stamp;
}

static bool same_ask(const struct ask_words *a, const struct ask_words *b)
{
	return !strcmp(a->language, b->language) &&
	       !strcmp(a->postcode, b->postcode) &&
	       !strcmp(a->regions, b->regions) && !strcmp(a->again, b->again) &&
	       !strcmp(a->thanks, b->thanks) && !strcmp(a->queue, b->queue);
}

static bool same_line(const struct line *a, const struct line *b)
{
	bool same = a->notice_count == b->notice_count &&
		    a->ask_count == b->ask_count &&
		    a->music_stamp == b->music_stamp &&
		    !strcmp(a->busy_text, b->busy_text) &&
		    !strcmp(a->position_text, b->position_text) &&
		    !strcmp(a->music, b->music);

	for (unsigned i = 0; same && i < a->notice_count; i++)
		same = same_notice(&a->notices[i], &b->notices[i]);
	for (unsigned i = 0; same && i < a->ask_count; i++)
		same = same_ask(&a->asks[i], &b->asks[i]);
	return same;
}

bool prompts_same(const struct settings *a, const struct settings *b)
{
	bool same = a->line_count == b->line_count &&
		    a->codec_count == b->codec_count &&
		    !memcmp(a->codecs, b->codecs, sizeof(a->codecs));

	for (unsigned i = 0; same && i < a->line_count; i++)
		same = same_line(&a->lines[i], &b->lines[i]);
	return same;
}

static int read_row(struct reader *r, struct prompt_row *ret)
{
	uint8_t codec, zero;

	if (reader_u16(r, &ret->prompt) || reader_u8(r, &codec) ||
	    reader_u8(r, &zero) || reader_u32(r, &ret->packets) ||
	    reader_u64(r, &ret->offset) || reader_u64(r, &ret->bytes))
		return EBADMSG;
	if (ret->prompt >= PROMPTS_MAX || codec >= PROMPTS_CODECS || zero)
		return EBADMSG;
	ret->codec = (enum codec)codec;
	return 0;
}

/* Exactly so many packets, each of a length that may be sent. */
static int walk(struct bytes data, uint32_t packets)
{
	struct reader r = reader_on(data.p, data.len);
	struct bytes payload;
	uint16_t len;

	for (uint32_t i = 0; i < packets; i++) {
		if (reader_u16(&r, &len) || !len || len > PROMPT_PACKET_MAX ||
		    reader_bytes(&r, len, &payload))
			return EBADMSG;
	}
	return reader_end(&r);
}

int prompts_read(struct prompts *ret, const void *memory, size_t len)
{
	struct reader r = reader_on(memory, len);
	struct prompts p = { 0 };
	char seen[sizeof(magic)];
	uint32_t count;

	if (reader_copy(&r, seen, sizeof(seen)) ||
	    memcmp(seen, magic, sizeof(magic)) || reader_u32(&r, &count) ||
	    count > PROMPTS_MAX * PROMPTS_CODECS)
		return EBADMSG;
	for (uint32_t i = 0; i < count; i++) {
		struct prompt_row row;
		struct bytes data;

		if (read_row(&r, &row) || row.offset > len ||
		    row.bytes > len - row.offset || !row.packets ||
		    p.rows[row.prompt][row.codec].packets)
			return EBADMSG;
		data.p = (const uint8_t *)memory + row.offset;
		data.len = row.bytes;
		if (walk(data, row.packets))
			return EBADMSG;
		p.rows[row.prompt][row.codec].data = data;
		p.rows[row.prompt][row.codec].packets = row.packets;
	}
	*ret = p;
	return 0;
}

uint32_t prompts_samples(const struct prompts *p, uint16_t prompt,
			 enum codec codec)
{
	if (prompt >= PROMPTS_MAX || codec >= PROMPTS_CODECS)
		return 0;
	return p->rows[prompt][codec].packets * PROMPT_PACKET_SAMPLES;
}

bool prompts_next(const struct prompts *p, uint16_t prompt, enum codec codec,
		  size_t *at, struct bytes *ret)
{
	struct bytes data;
	struct reader r;
	uint16_t len;

	if (prompt >= PROMPTS_MAX || codec >= PROMPTS_CODECS)
		return false;
	data = p->rows[prompt][codec].data;
	if (*at >= data.len)
		return false;
	r = reader_on(data.p + *at, data.len - *at);
	if (reader_u16(&r, &len) || reader_bytes(&r, len, ret))
		return false;
	*at += 2u + len;
	return true;
}

void prompts_write_head(struct writer *w, const struct prompt_row *rows,
			uint32_t count)
{
	writer_copy(w, magic, sizeof(magic));
	writer_u32(w, count);
	for (uint32_t i = 0; i < count; i++) {
		writer_u16(w, rows[i].prompt);
		writer_u8(w, (uint8_t)rows[i].codec);
		writer_u8(w, 0);
		writer_u32(w, rows[i].packets);
		writer_u64(w, rows[i].offset);
		writer_u64(w, rows[i].bytes);
	}
}
