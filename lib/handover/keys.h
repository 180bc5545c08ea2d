/*
 * keys -- whose tokens and receipts are believed, and what we sign with
 *
 * Read from the settings, where they stand as text. A signing key comes from a
 * file, as files.h hands it over; it is one for either role, since a national
 * node signs tokens alone and who answers signs receipts alone.
 */
#ifndef VAXEL_HANDOVER_KEYS_H
#define VAXEL_HANDOVER_KEYS_H

#include "seal/key.h"
#include "settings/settings.h"
#include "tlog/note.h"

struct handover_provider {
	bool known;
	struct note_key key;
	struct age_recipient recipient;
};

struct handover_keys {
	struct note_key nodes[SETTINGS_NATIONAL_KEYS]; /* national nodes */
	unsigned node_count;
	struct handover_provider providers[SETTINGS_TRUNKS]; /* by trunk */
};

/*
 * Every fault is reported before EINVAL: a key that is none, and half of what
 * is needed. fault may be NULL.
 */
int handover_keys_read(struct handover_keys *ret, const struct settings *s,
		       settings_fault_h *fault, void *arg) CHECK_RESULT;

#endif
