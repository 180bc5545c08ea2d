/*
 * quirks -- what peers get wrong and we put up with, all in one table
 *
 * Each with the peer, the reason and a test in which it shows. Nothing of the
 * kind stands anywhere else.
 */
#ifndef VAXEL_SIP_QUIRKS_H
#define VAXEL_SIP_QUIRKS_H

#include "sip/message.h"

enum quirk {
	/* Offer MD5 alone: a challenge for another algorithm, wherever it
	 * stands in the list, makes it give up (against RFC 8760 2.4). */
	QUIRK_MD5_ALONE,
};

/* Does the sender of this request have it? */
bool quirk_of(const struct sip_msg *request, enum quirk quirk);

#endif
