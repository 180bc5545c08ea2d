/*
 * courier -- all outgoing HTTPS: witnesses, other nodes
 *
 * The one process that connects to other machines' web servers. It holds their
 * authorities' certificates and our client certificates, and sees what anybody
 * on the way might see of a witness's or a node's business: checkpoints,
 * proofs, sealed bytes. It is sent to a target of the configuration, by its
 * index, never to an address that somebody names. It opens no file once it
 * runs, keeps nothing, and judges nothing: whoever sent it does.
 *
 * The messages are FETCH, FETCH_CREDIT, FETCH_STOP and FETCHED (messages.def).
 * Each FETCH ends with exactly one FETCHED whose outcome is not "more", unless
 * it was stopped. An asker whose courier dies hears nothing: peer() tells it.
 */
#ifndef VAXEL_COURIER_COURIER_H
#define VAXEL_COURIER_COURIER_H

#include "ipc/process.h"

extern const struct process_ops courier_ops;

#endif
