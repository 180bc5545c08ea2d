/*
 * settle -- one END per recording, whatever the desk lets through
 *
 * What is recovered passes the desk, which may be broken into and withhold
 * records. Two ENDs of one recording would be two last chunks under one key
 * and nonce. So a recording is recovered only while the log, as far as a
 * checkpoint confirms it, holds `recording.recovering` and no end of it. That
 * entry, which the recorder made, names START, and END where the spool held
 * one. The END that was made or met first is written down, durably, before
 * anything that follows from it goes out; no other is taken or made. A power
 * cut in between costs nothing: asked again, the same END is given again.
 */
#ifndef VAXEL_KEEPER_SETTLE_H
#define VAXEL_KEEPER_SETTLE_H

#include "process/keeper/used.h"
#include "process/keeper/view.h"

/*
 * May this recording be recovered?
 *
 * EAGAIN  the proven log does not hold that it is to be; perhaps it will
 * EEXIST  it was sealed or recovered
 * EPERM   it was erased
 */
int settle_allowed(const struct view *v, const uint8_t id[16]) CHECK_RESULT;

struct settle {
	const struct view *view;
	struct used *used;
	int dir_fd; /* where `used` lies */
	const uint8_t *recording;
};

/*
 * A recover_settle_h. EBADMSG: not what the log names, or not what was settled
 * before; what used_save() says: not settled.
 */
int settle_end(const struct settle *s, struct bytes start, struct bytes record,
	       struct spool_end *end) CHECK_RESULT;

#endif
