/*
 * feed -- entries of the log, as the ledger wrote and the desk carried them
 *
 *   {"from":N,"entries":[{"leaf":TEXT,"salt":B64,"details":TEXT}...],...}
 *
 * Salt and details stand with control entries alone. Hostile until the root
 * is proven.
 */
#ifndef VAXEL_KEEPER_FEED_H
#define VAXEL_KEEPER_FEED_H

#include "process/keeper/view.h"

/*
 * Take what the view lacks; entries that it has are passed over.
 *
 * EBADMSG  not such an object, or an entry that the view refuses
 * EPROTO   begins beyond the entry that the view wants
 * EMSGSIZE, ENOMEM
 */
int feed_take(struct view *v, struct bytes json) CHECK_RESULT;

#endif
