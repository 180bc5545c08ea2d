/*
 * media -- one worker: the RTP of its calls, prompts, capture
 *
 * Start reading at worker.h.
 */
#ifndef VAXEL_MEDIA_MEDIA_H
#define VAXEL_MEDIA_MEDIA_H

#include "ipc/process.h"

extern const struct process_ops media_ops;

#endif
