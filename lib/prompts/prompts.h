/*
 * prompts -- rendered prompts in memory: which is which, and where it lies
 *
 * What callers hear from us (notices, the busy text, their position, music)
 * is rendered once by the renderer, in every codec of the settings, into one
 * memfd. The parent seals that and hands it to switch and media: the switch
 * needs indices and lengths, media sends the packets as they lie there.
 *
 * The index of a prompt follows from line and kind alone, so no process has to
 * tell another. Lengths are in samples of 8 kHz whatever the codec: 160 a
 * packet, one packet every 20 ms.
 *
 * Layout, integers in network order:
 *
 *   "vaxelpr1"  u32 rows
 *   rows times  u16 prompt, u8 codec, u8 0, u32 packets, u64 offset, u64 bytes
 *   packets     u16 length, payload                (offset from the beginning)
 *
 * The writer parses files of other people and may be broken into, so
 * prompts_read() walks everything once; after that a packet is a pointer.
 *
 * Between parent and renderer: the memfd is given as MEMORY_PROMPTS with size
 * 0 and no seals. The renderer sizes and fills it and exits with 0; on any
 * other status its content is worth nothing. The parent then seals it against
 * writing, growing, shrinking and further seals.
 */
#ifndef VAXEL_PROMPTS_PROMPTS_H
#define VAXEL_PROMPTS_PROMPTS_H

#include "base/bytes.h"
#include "settings/settings.h"

/* What a caller hears who is asked where he is, in each language. */
enum ask_piece {
	ASK_PIECE_POSTCODE,
	ASK_PIECE_REGIONS,
	ASK_PIECE_AGAIN,
	ASK_PIECE_THANKS,
	ASK_PIECE_QUEUE,
	ASK_PIECES
};

#define PROMPTS_NOTICES 2
#define PROMPTS_POSITIONS 20
#define PROMPTS_ASKS (SETTINGS_ASKS * ASK_PIECES)
#define PROMPTS_PER_LINE                                                       \
	(2 * PROMPTS_NOTICES + 2 + PROMPTS_POSITIONS + PROMPTS_ASKS)
#define PROMPTS_MAX (SETTINGS_LINES * PROMPTS_PER_LINE)
#define PROMPTS_CODECS CODEC_NONE

#define PROMPT_NONE UINT16_MAX
#define PROMPT_PACKET_MS 20
#define PROMPT_PACKET_SAMPLES 160
#define PROMPT_PACKET_MAX 1275 /* the longest Opus packet */

#define PROMPTS_HEAD_BYTES 12
#define PROMPTS_ROW_BYTES 24

enum prompt_kind {
	PROMPT_NOTICE,   /* which: as in line.notices */
	PROMPT_BUSY,     /* nobody is there */
	PROMPT_MUSIC,    /* to be repeated */
	PROMPT_POSITION, /* which: place in the queue, 1 is next */
	PROMPT_LONG,     /* which: of that notice the long form */
	PROMPT_ASK,      /* which: language * ASK_PIECES + enum ask_piece */
};

/* PROMPT_NONE when there can be none, such as for a place past the last. */
uint16_t prompt_index(unsigned line, enum prompt_kind kind, unsigned which);

struct prompt_row {
	uint16_t prompt;
	enum codec codec;
	uint32_t packets;
	uint64_t offset;
	uint64_t bytes;
};

/*
 * Whether both settings make the same prompts: the same texts in the same
 * places, from files that nobody touched since, in the same codecs.
 */
bool prompts_same(const struct settings *a, const struct settings *b);

/* All found in one memory. Zeroes: no prompt at all, which is valid. */
struct prompts {
	struct {
		struct bytes data;
		uint32_t packets;
	} rows[PROMPTS_MAX][PROMPTS_CODECS];
};

/* The memory has to outlive ret. EBADMSG if anything in it is wrong. */
int prompts_read(struct prompts *ret, const void *memory,
		 size_t len) CHECK_RESULT;

/* Length in samples of 8 kHz; 0 when not rendered in that codec. */
uint32_t prompts_samples(const struct prompts *p, uint16_t prompt,
			 enum codec codec);

/*
 * The packet at *at (0 at first), which then moves on. False at the end, and
 * for a prompt that is not there.
 */
bool prompts_next(const struct prompts *p, uint16_t prompt, enum codec codec,
		  size_t *at, struct bytes *ret);

/* What stands before the packets. */
void prompts_write_head(struct writer *w, const struct prompt_row *rows,
			uint32_t count);

#endif
