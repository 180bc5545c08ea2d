#include "process/recorder/recipients.h"

#include <stdlib.h>

#include "base/log.h"
#include "seal/month.h"

/* Makers are some 30 kB a recipient, so only a few are kept made. */
enum { MONTHS_MAX = 1024, MAKERS_MAX = 8 };

struct month {
	struct key_month key;
	char controller[SETTINGS_NAME_MAX];
};

struct made {
	struct age_recipient month;
	struct envelope_maker *maker;
};

struct recipients {
	struct age_recipient list[SETTINGS_RECIPIENTS];
	unsigned count;
	struct envelope_maker *fixed;
	struct month *months;
	unsigned month_count;
	struct made made[MAKERS_MAX];
	unsigned made_next;
};

static void take_list(struct recipients *r, const struct settings *s)
{
	for (unsigned i = 0; i < s->recipient_count; i++) {
		if (age_recipient_read(text_of(s->recipients[i].key),
				       &r->list[r->count]))
			log_error("recipient %u is not valid", i + 1);
		else
			r->count++;
	}
}

static void take_months(struct recipients *r, struct text list)
{
	struct reader in = reader_on(list.p, list.len);
	struct text controller;
	int err = 0;

	while (r->month_count < MONTHS_MAX) {
		struct month *m = &r->months[r->month_count];

		err = key_month_line(&in, &m->key, &controller);
		if (!err)
			err = text_copy(m->controller, sizeof(m->controller),
					controller);
		if (err)
			break;
		r->month_count++;
	}
	if (err != ENOENT)
		log_error("month-keys: not all of it can be used, from key %u "
			  "on",
			  r->month_count + 1);
}

int recipients_new(struct recipients **ret, const struct settings *s)
{
	struct recipients *r = calloc(1, sizeof(*r));
	int err = 0;

	if (!r)
		return ENOMEM;
	r->months = calloc(MONTHS_MAX, sizeof(*r->months));
	if (!r->months) {
		free(r);
		return ENOMEM;
	}
	take_list(r, s);
	if (s->companions[COMPANION_MONTH_KEYS][0])
		take_months(r, s->companion_texts[COMPANION_MONTH_KEYS]);
	if (r->count)
		err = envelope_maker_new(&r->fixed, r->list, r->count);
	if (err)
		log_error("the recipients cannot be sealed to: %s",
			  strerror(err));
	*ret = r;
	return 0;
}

void recipients_free(struct recipients *r)
{
	if (!r)
		return;
	envelope_maker_free(r->fixed);
	for (unsigned i = 0; i < MAKERS_MAX; i++)
		envelope_maker_free(r->made[i].maker);
	free(r->months);
	free(r);
}

static const struct month *month_of(const struct recipients *r,
				    struct text controller, uint16_t month)
{
	for (unsigned i = 0; i < r->month_count; i++)
		if (r->months[i].key.month == month &&
		    text_is(controller, r->months[i].controller))
			return &r->months[i];
	return NULL;
}

static const struct envelope_maker *make(struct recipients *r,
					 const struct age_recipient *month)
{
	struct age_recipient list[SETTINGS_RECIPIENTS + 1];
	struct made *to = &r->made[r->made_next];
	struct envelope_maker *maker;
	int err;

	list[0] = *month;
	memcpy(list + 1, r->list, r->count * sizeof(r->list[0]));
	err = envelope_maker_new(&maker, list, r->count + 1);
	if (err) {
		log_error("a month's key cannot be sealed to: %s",
			  strerror(err));
		return NULL;
	}
	envelope_maker_free(to->maker);
	*to = (struct made){ *month, maker };
	r->made_next = (r->made_next + 1) % MAKERS_MAX;
	return maker;
}

const struct envelope_maker *
recipients_maker(struct recipients *r, struct text controller, int64_t now_ms)
{
	const struct month *m = month_of(r, controller, key_month_of(now_ms));
	const struct envelope_maker *maker;

	if (!m)
		return r->fixed;
	for (unsigned i = 0; i < MAKERS_MAX; i++)
		if (r->made[i].maker && !memcmp(r->made[i].month.key,
						m->key.key.key, AGE_KEY_BYTES))
			return r->made[i].maker;
	maker = make(r, &m->key.key);
	return maker ? maker : r->fixed;
}

bool recipients_run_out(const struct recipients *r, int64_t now_ms)
{
	uint16_t now = key_month_of(now_ms);
	uint16_t then = key_month_of(now_ms + RECIPIENTS_AHEAD_MS);

	for (unsigned i = 0; i < r->month_count; i++) {
		struct text controller = text_of(r->months[i].controller);

		if (!month_of(r, controller, now) ||
		    !month_of(r, controller, then))
			return true;
	}
	return false;
}
