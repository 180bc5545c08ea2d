/*
 * kept -- what a national node keeps of a call that it passed on
 *
 * Number, municipality, times and route as one JSON object, sealed to the key
 * of the caller's region: an age v1 file each, which stock age opens with the
 * region's identity, and nobody else. A file key serves the calls of a region
 * for a minute, each under a payload nonce of its own, so that a call costs no
 * multiplication of X25519.
 *
 * The keys stand in the register, `recipient` of each region. A region without
 * one is a fault where calls are kept, and nothing is kept of its callers.
 */
#ifndef VAXEL_HANDOVER_KEPT_H
#define VAXEL_HANDOVER_KEPT_H

#include "register/register.h"
#include "routing/municipality.h"
#include "seal/key.h"
#include "settings/settings.h"

#define KEPT_KEY_MS 60000
#define KEPT_JSON_MAX 640
#define KEPT_SEALED_MAX 896 /* header, nonce and tag are 200 and some */

struct kept_keys {
	struct {
		bool known;
		struct age_recipient to;
		char name[SETTINGS_NAME_MAX]; /* the region's, in the register
					       */
	} regions[REGIONS];                   /* as region_table */
};

/*
 * Every fault is reported before EINVAL. book NULL: there is no register, which
 * is a fault where calls are to be kept. fault may be NULL.
 */
int kept_keys_read(struct kept_keys *ret, const struct settings *s,
		   const struct register_book *book, settings_fault_h *fault,
		   void *arg) CHECK_RESULT;

struct kept_sealer;

/* Once secret_init() was called. ENOMEM. */
int kept_sealer_new(struct kept_sealer **ret) CHECK_RESULT;
void kept_sealer_free(struct kept_sealer *k);

/* Other keys from now on. */
void kept_sealer_take(struct kept_sealer *k, const struct kept_keys *keys);

/* The region's id in the register; NULL: nothing can be kept for it. */
const char *kept_region(const struct kept_sealer *k, unsigned region);

/*
 * A whole age file into w. now_ms is monotonic.
 * ENOKEY the region has no key; EMSGSIZE; ENOMEM.
 */
int kept_seal(struct kept_sealer *k, unsigned region, uint64_t now_ms,
	      struct bytes json, struct writer *w) CHECK_RESULT;

/* Wipe file keys that are older than their minute. */
void kept_tick(struct kept_sealer *k, uint64_t now_ms);

#endif
