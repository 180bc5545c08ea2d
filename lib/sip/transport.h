/*
 * transport -- UDP, TCP and TLS under SIP
 *
 * Listening sockets come from the parent, already bound. A message comes up
 * decoded, with the flow that it came by; bytes go down to a flow. What is
 * known of a peer stands in the flow and nowhere else.
 *
 * Who is a trunk. A trunk with `client_certificate` is recognised by the
 * certificate alone: a TLS peer whose chain leads to our CA and which carries
 * certificate_name. Any other trunk is recognised by the source address. A TLS
 * peer that calls from the address of a trunk with `client_certificate` but
 * does not show that certificate is `refused`: its requests get 403 and the
 * connection is closed. Everybody else is a stranger (trunk -1), who may
 * register with digest. A wrong certificate ends the handshake, whoever shows
 * it. UDP and TCP from such an address make a stranger, never the trunk.
 *
 * Whom we call. Outgoing TLS always verifies the chain and the name (the
 * trunk's certificate_name, else its host, else the host of the URI), and
 * sends that name as SNI.
 */
#ifndef VAXEL_SIP_TRANSPORT_H
#define VAXEL_SIP_TRANSPORT_H

#include <re.h>
#include <uv.h>

#include "base/bytes.h"
#include "settings/settings.h"

#define TRANSPORT_CONNECTIONS_MAX 4096
#define TRANSPORT_RESERVE 256 /* of these, for trunks and outgoing ones */
/* Incoming, from one host that is no trunk's: in all, and of those that have
 * not shown a password yet. */
#define TRANSPORT_PER_PEER 256
#define TRANSPORT_STRANGERS 32
#define TRANSPORT_OUTBOX_MAX (256 * 1024) /* unsent bytes of one connection */
#define TRANSPORT_IDLE_MS (600 * 1000)    /* nothing received for so long */
#define TRANSPORT_CONNECT_MS 4000         /* to connect and shake hands */

/* Where a message came from and where it can be answered. Plain, copyable. */
struct flow {
	uint64_t connection; /* never reused; 0 on UDP */
	struct sa peer;
	enum sip_transport transport;
	int16_t listener; /* of settings; on an outgoing connection the one
			     whose name stands in Via and Contact */
	int16_t trunk;    /* of settings, or -1: a stranger */
	bool verified;    /* TLS: the peer's certificate was checked */
	bool refused;     /* from the address of a trunk that must show one */
};

/* Fit for use after it lay in memory that somebody else could have written. */
bool flow_sane(const struct flow *flow);

struct transport;

struct transport_handlers {
	/* A message that passed message_decode(). */
	void (*message)(void *arg, const struct sip_msg *msg,
			const struct flow *flow);
	/* A connection is gone; with it what was not yet sent. */
	void (*closed)(void *arg, uint64_t connection, int err);
};

/* Certificates from settings->files; no socket yet. EINVAL: they do not fit. */
int transport_prepare(struct transport **ret,
		      const struct settings *settings) CHECK_RESULT;

/*
 * fds[i] belongs to settings->listeners[i] and stays the caller's until a
 * reload removes the listener: then it is closed here.
 */
int transport_start(struct transport *t, uv_loop_t *loop,
		    const int fds[SETTINGS_LISTENERS],
		    const struct transport_handlers *handlers,
		    void *arg) CHECK_RESULT;

/* Closes all; frees itself once libuv has let go. NULL is fine. */
void transport_close(struct transport *t);

/* Whether what settings->files has for TLS fits together. EINVAL. */
int transport_check(const struct settings *settings) CHECK_RESULT;

/*
 * New settings after a reload: listeners (with their descriptors, where they
 * are new), trunks, certificates. They are in force in any case. EINVAL: but
 * for the certificates, where the old ones stay.
 *
 * A listener that was removed takes no connection any more. Requests that come
 * by it are still handed up, for the dialogs there, until transport_leave().
 */
int transport_reload(struct transport *t, const struct settings *settings,
		     const int fds[SETTINGS_LISTENERS]) CHECK_RESULT;

/* Whether anything still comes or goes by this place in the settings. */
bool transport_listens(const struct transport *t, unsigned listener);

/* Whether this flow's listener was removed: nothing new begins there. */
bool transport_leaving(const struct transport *t, const struct flow *flow);

/* Nobody needs a listener that was removed: close what is left of it. */
void transport_leave(struct transport *t, unsigned listener);

/*
 * A flow towards an address. UDP: at once. TCP and TLS: a living connection to
 * that address, trunk and name is used again, else one is opened; what is sent
 * meanwhile waits in its outbox and `closed` tells if it came to nothing.
 *
 * name    TLS: what the certificate must carry; may be empty elsewhere
 * trunk   of settings or -1
 *
 * ENOENT no listener of that transport and family; ENOBUFS too many connections
 */
int transport_flow(struct transport *t, enum sip_transport transport,
		   const struct sa *peer, struct text name, int trunk,
		   struct flow *ret) CHECK_RESULT;

/*
 * Send. Never blocks: a datagram that the kernel does not take is lost, as in
 * the network; a stream keeps up to TRANSPORT_OUTBOX_MAX.
 *
 * ENOTCONN the connection is gone; ENOBUFS its reader is too slow (it is then
 * closed)
 */
int transport_send(struct transport *t, const struct flow *flow, const void *p,
		   size_t len) CHECK_RESULT;

/* Whoever is at the other end has shown a password. */
void transport_vouch(struct transport *t, const struct flow *flow);

/* Close this connection once what was sent to it is written. */
void transport_hang_up(struct transport *t, const struct flow *flow);

/* Whether there is a listener of this transport and family (AF_INET, ...). */
bool transport_has(struct transport *t, enum sip_transport transport,
		   int family);

/* Whether flow->connection lives; always so on UDP. */
bool transport_alive(const struct transport *t, const struct flow *flow);

/* "host:port" that Via and Contact say for this flow. */
void transport_sent_by(const struct transport *t, const struct flow *flow,
		       struct writer *w);

const char *transport_name(enum sip_transport transport);  /* "UDP" */
const char *transport_param(enum sip_transport transport); /* "udp" */

#endif
