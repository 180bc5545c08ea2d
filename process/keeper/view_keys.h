/*
 * view_keys -- what the log says about keys: view.c's half of it
 */
#ifndef VAXEL_KEEPER_VIEW_KEYS_H
#define VAXEL_KEEPER_VIEW_KEYS_H

#include "process/keeper/view.h"

/* Without effect unless two officers signed it. EMSGSIZE, ENOMEM. */
int view_apply_key(struct view *v, const struct key_entry *e) CHECK_RESULT;

/* Of recordings that were sealed before; others are passed over. */
void view_apply_rotated(struct view *v, const struct rotated *r);

#endif
