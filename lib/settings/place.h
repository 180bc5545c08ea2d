/*
 * place -- keep each section where it stood before a reload
 *
 * Running calls, registrations and dialogs know listeners, trunks, lines and
 * agents by their index in the settings. A file that was read again may name
 * them in another order, without some, with others. settings_place() moves them
 * back to the places that they had by their names; new ones get free places.
 * One that is no longer in the file, but that a call still needs, keeps its
 * place and its name and is `removed`: it is offered to nobody and its calls
 * end as they would have. A place that nobody needs is `removed` and has no
 * name.
 *
 * Pure. The names are a plain struct, so that they can outlive a process.
 */
#ifndef VAXEL_SETTINGS_PLACE_H
#define VAXEL_SETTINGS_PLACE_H

#include "settings/settings.h"

#define SETTINGS_PLACE_NAME 88

/* Zeroes: nothing has a place yet. */
struct settings_places {
	char listeners[SETTINGS_LISTENERS][SETTINGS_PLACE_NAME];
	char trunks[SETTINGS_TRUNKS][SETTINGS_PLACE_NAME];
	char lines[SETTINGS_LINES][SETTINGS_PLACE_NAME];
	char agents[SETTINGS_AGENTS][SETTINGS_PLACE_NAME];
};

/* What running calls refer to, by place. */
struct settings_used {
	bool listeners[SETTINGS_LISTENERS];
	bool trunks[SETTINGS_TRUNKS];
	bool lines[SETTINGS_LINES];
	bool agents[SETTINGS_AGENTS];
};

/*
 * Give the sections of s their places, and write into `places` what stands
 * where now. `before` (NULL: none) has the sections that may be needed on.
 *
 * ENOMEM   nothing was changed
 * ENOBUFS  done, but for sections that found no place: they are left out
 */
int settings_place(struct settings *s, const struct settings *before,
		   struct settings_places *places,
		   const struct settings_used *used) CHECK_RESULT;

#endif
