/*
 * location_ask -- a caller of whom nobody knows where, asked by keys
 *
 * Five digits of a postcode, where the node has a table of them; a star, or no
 * table, leads to the menu of the regions: the two digits of the county. Three
 * times wrong or silent, and the caller goes to the national queue: a caller
 * in need may have no hand free. Pure: keys and time in, prompts out.
 */
#ifndef VAXEL_ROUTING_LOCATION_ASK_H
#define VAXEL_ROUTING_LOCATION_ASK_H

#include "routing/location_table.h"

#define ASK_TRIES 3
#define ASK_FIRST_KEY_MS 8000 /* from the end of the prompt */
#define ASK_NEXT_KEY_MS 4000

enum ask_state {
	ASK_OVER, /* also before it began */
	ASK_POSTCODE,
	ASK_REGION,
};

enum ask_prompt {
	ASK_PLAY_NOTHING, /* go on listening */
	ASK_PLAY_POSTCODE,
	ASK_PLAY_REGIONS,
	ASK_PLAY_POSTCODE_AGAIN, /* "not understood", and the question */
	ASK_PLAY_REGIONS_AGAIN,
	ASK_PLAY_QUEUE,  /* over, place unknown: you come to the national queue
			  */
	ASK_PLAY_THANKS, /* over, place known */
};

struct ask {
	enum ask_state state;
	char digits[6];
	uint8_t count;
	uint8_t tries;
	uint64_t due_ms; /* ask_late() is wanted then; 0: not */
	const struct location_table *postcodes;
	struct location_place place; /* once over */
};

/* The first prompt. postcodes: NULL for none. */
enum ask_prompt ask_first(struct ask *a,
			  const struct location_table *postcodes);

/* The prompt has been played to its end: now the caller's time runs. */
void ask_played(struct ask *a, uint64_t now_ms);

/* A key: '0' to '9', '*', '#'. Any other is no key. A prompt other than
 * NOTHING is to be played at once, in place of what plays. */
enum ask_prompt ask_key(struct ask *a, char key, uint64_t now_ms);

/* due_ms has come. */
enum ask_prompt ask_late(struct ask *a, uint64_t now_ms);

#endif
