/*
 * web -- the desk's HTTPS
 *
 * For now other nodes alone, known by their certificates: docs/feed.md says
 * what they may ask.
 */
#ifndef VAXEL_DESK_WEB_H
#define VAXEL_DESK_WEB_H

#include "https/server.h"
#include "process/desk/job.h"

/*
 * With the parent's rights: reads certificate and key. Nothing, where the
 * settings name no address.
 */
int web_open(struct desk *d) CHECK_RESULT;

/* ---- feed.c: a request of the node that this peer is */
void feed_request(struct desk *d, const struct desk_peer *peer,
		  struct https_request *r);

#endif
