#include "routing/location_ask.h"

#include "routing/municipality.h"

enum { POSTCODE_DIGITS = 5, COUNTY_DIGITS = 2 };

static enum ask_prompt question(const struct ask *a, bool again)
{
	if (a->state == ASK_POSTCODE)
		return again ? ASK_PLAY_POSTCODE_AGAIN : ASK_PLAY_POSTCODE;
	return again ? ASK_PLAY_REGIONS_AGAIN : ASK_PLAY_REGIONS;
}

static void listen_anew(struct ask *a)
{
	a->count = 0;
	a->due_ms = 0; /* until the prompt has been played */
}

enum ask_prompt ask_first(struct ask *a, const struct location_table *postcodes)
{
	*a = (struct ask){
		.state = postcodes ? ASK_POSTCODE : ASK_REGION,
		.postcodes = postcodes,
		.place = location_place_of(LOCATION_UNKNOWN),
	};
	return question(a, false);
}

void ask_played(struct ask *a, uint64_t now_ms)
{
	if (a->state != ASK_OVER)
		a->due_ms = now_ms +
			    (a->count ? ASK_NEXT_KEY_MS : ASK_FIRST_KEY_MS);
}

static enum ask_prompt over(struct ask *a, enum ask_prompt last)
{
	listen_anew(a);
	a->state = ASK_OVER;
	return last;
}

static enum ask_prompt wrong(struct ask *a)
{
	if (++a->tries == ASK_TRIES)
		return over(a, ASK_PLAY_QUEUE);
	listen_anew(a);
	/* whoever does not know a postcode may know the region */
	a->state = a->tries == ASK_TRIES - 1 ? ASK_REGION : a->state;
	return question(a, true);
}

static enum ask_prompt judge(struct ask *a)
{
	struct text keyed = { a->digits, a->count };
	const struct region *r;

	if (a->state == ASK_POSTCODE) {
		a->place = location_place_of(
			location_table_prefix(a->postcodes, keyed));
	} else {
		r = region_find(keyed);
		if (r)
			a->place.region = (int16_t)region_index(r);
	}
	return a->place.region >= 0 ? over(a, ASK_PLAY_THANKS) : wrong(a);
}

enum ask_prompt ask_key(struct ask *a, char key, uint64_t now_ms)
{
	unsigned wanted =
		a->state == ASK_POSTCODE ? POSTCODE_DIGITS : COUNTY_DIGITS;

	if (a->state == ASK_OVER)
		return ASK_PLAY_NOTHING;
	if (key == '*' && a->state == ASK_REGION)
		return wrong(a); /* or a stuck key would ask for ever */
	if (key == '*') {
		listen_anew(a);
		a->state = ASK_REGION;
		return question(a, false);
	}
	if (key == '#')
		return a->count ? judge(a) : ASK_PLAY_NOTHING;
	if (key < '0' || key > '9')
		return ASK_PLAY_NOTHING;
	a->digits[a->count++] = key;
	a->due_ms = now_ms + ASK_NEXT_KEY_MS;
	return a->count == wanted ? judge(a) : ASK_PLAY_NOTHING;
}

enum ask_prompt ask_late(struct ask *a, uint64_t now_ms)
{
	if (a->state == ASK_OVER || !a->due_ms || now_ms < a->due_ms)
		return ASK_PLAY_NOTHING;
	return wrong(a);
}
