/*
 * transport_parts -- what the files of transport share among themselves
 *
 * transport.c        settings, flows, who is a trunk
 * transport_reload.c listeners that come and leave
 * transport_udp.c    datagrams
 * transport_stream.c connections: accept, connect, frame, send, close
 * transport_tls.c    OpenSSL over two memory BIOs
 */
#ifndef VAXEL_SIP_TRANSPORT_PARTS_H
#define VAXEL_SIP_TRANSPORT_PARTS_H

#include <openssl/ssl.h>

#include "base/metric.h"
#include "sip/message.h"
#include "sip/transport.h"

#define TRANSPORT_BUCKETS 1024
#define TRANSPORT_BATCH 16
#define TRANSPORT_PARTIAL_MS 32000 /* a message may trickle in for so long */

enum connection_state {
	CONNECTION_OPENING, /* connecting, or shaking hands */
	CONNECTION_OPEN,
	CONNECTION_LEAVING, /* to close once everything is written */
	CONNECTION_CLOSING  /* uv_close() was called */
};

struct connection {
	struct transport *t;
	struct connection *next_peer; /* of the same bucket; outgoing only */
	struct flow flow;
	uv_tcp_t tcp;
	uv_connect_t connect;
	SSL *ssl;
	enum connection_state state;
	bool outgoing;
	bool vouched;   /* has shown a password */
	bool connected; /* TCP stands */
	int error;      /* what `closed` will say */
	uint64_t heard_at;
	uint64_t partial_at; /* when the oldest byte in `in` came; 0: none */
	uint8_t *in;
	size_t in_len, in_max, scanned;
	uint8_t *early; /* to be sent once open */
	size_t early_len;
	size_t unsent; /* bytes that libuv holds */
	char name[SETTINGS_NAME_MAX];
};

struct endpoint { /* one of settings->listeners */
	struct transport *t;
	int fd;
	int16_t index;
	enum sip_transport transport;
	int family;
	bool open;    /* takes and sends */
	bool leaving; /* what is under way there ends; nothing new */
	bool closing; /* its handle is on its way out */
	union {
		uv_handle_t handle;
		uv_poll_t poll;
		uv_tcp_t tcp;
	} u;
	char sent_by[SETTINGS_NAME_MAX + 8];
};

struct peer_address {
	struct sa address;
	int16_t trunk;
};

struct transport {
	const struct settings *settings;
	uv_loop_t *loop;
	struct transport_handlers handlers;
	void *arg;
	SSL_CTX *server, *client;
	unsigned handles; /* open in libuv; the last one frees us */
	bool closing;
	uv_timer_t sweep;
	struct endpoint endpoints[SETTINGS_LISTENERS];
	struct peer_address from[SETTINGS_TRUNKS * SETTINGS_PEERS];
	unsigned from_count;
	struct connection *connections[TRANSPORT_CONNECTIONS_MAX];
	uint32_t generation;
	unsigned connection_count, connection_hint;
	struct connection *by_peer[TRANSPORT_BUCKETS];
	/* MESSAGE_MAX * TRANSPORT_BATCH: what was just read */
	uint8_t *scratch;
	uint8_t *plain; /* MESSAGE_MAX: what TLS made of it */
};

/* transport.c */
void transport_handle_closed(struct transport *t);
bool transport_uses_tls(const struct settings *s);
int transport_learn_trunks(struct transport *t,
			   const struct settings *s) CHECK_RESULT;
int endpoint_name(struct endpoint *e, const struct listener *l) CHECK_RESULT;
int endpoint_start(struct transport *t, unsigned i, int fd) CHECK_RESULT;
void endpoint_close(struct endpoint *e);
int16_t transport_trunk_from(const struct transport *t, const struct sa *peer,
			     bool *ret_must_show);
/* May a connection that came just now stay? It is already counted. */
bool transport_welcome(const struct connection *c);

/* Up to the stack, or the answer that bytes deserve. */
void transport_bytes(struct transport *t, const struct flow *flow,
		     const uint8_t *p, size_t len);

/* transport_udp.c */
int datagram_start(struct endpoint *e) CHECK_RESULT;
int datagram_send(struct endpoint *e, const struct flow *flow, const void *p,
		  size_t len) CHECK_RESULT;

/* transport_stream.c */
int stream_listen(struct endpoint *e) CHECK_RESULT;
int stream_connect(struct endpoint *e, const struct sa *peer, struct text name,
		   int trunk, struct flow *ret) CHECK_RESULT;
int stream_send(struct connection *c, const void *p, size_t len) CHECK_RESULT;
int stream_write(struct connection *c, const void *p, size_t len) CHECK_RESULT;
int stream_read(struct connection *c) CHECK_RESULT;
void stream_opened(struct connection *c);
void stream_input(struct connection *c, const uint8_t *p, size_t len);
void stream_leave(struct connection *c);
void stream_close(struct connection *c, int err);
struct connection *stream_find(const struct transport *t, uint64_t id);
void stream_sweep(struct transport *t);

/* transport_tls.c */
int secure_contexts(const struct settings *s, SSL_CTX **ret_server,
		    SSL_CTX **ret_client) CHECK_RESULT;
int secure_begin(struct connection *c) CHECK_RESULT;
void secure_identify(struct connection *c);
void secure_received(struct connection *c, const uint8_t *p, size_t len);
int secure_send(struct connection *c, const void *p, size_t len) CHECK_RESULT;
void secure_bye(struct connection *c);

#endif
