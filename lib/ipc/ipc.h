/*
 * ipc -- typed messages between our own processes
 *
 * Two processes that may talk share one SOCK_SEQPACKET pair made by the
 * parent. What may be said, by whom, to whom and when is the table in
 * messages.def, and nothing else; the other side may be broken into, so every
 * message is held to the table before it is decoded and every field to its
 * range while it is.
 *
 * Sending never blocks: what the kernel does not take waits in a bounded
 * outbox; past that ipc_send() fails with ENOBUFS and the message is lost
 * (counted), so senders that may not lose a message keep it until it is
 * acknowledged by one of theirs.
 */
#ifndef VAXEL_IPC_IPC_H
#define VAXEL_IPC_IPC_H

#include <uv.h>

#include "base/bytes.h"
#include "ipc/role.h"

#define IPC_MESSAGE_MAX (64 * 1024)
#define IPC_HEADER_BYTES 16
#define IPC_OUTBOX_MAX (4 * 1024 * 1024)
#define IPC_UNHURRIED_MS 50

/* The state of a call, or of a process, as the receiver sees it. One bit. */
enum ipc_state {
	IPC_STARTING = 1 << 0,
	IPC_RUNNING = 1 << 1,
	IPC_DRAINING = 1 << 2,
	IPC_IDLE = 1 << 3,    /* no such call */
	IPC_OPEN = 1 << 4,    /* a call, not captured */
	IPC_TALKING = 1 << 5, /* captured, or being so */
	IPC_ENDING = 1 << 6,
};

enum ipc_type {
	IPC_NONE,
#define IPC(name, from, to, when, fds, fields) IPC_##name,
#include "ipc/messages.def"
#undef IPC
	IPC_TYPE_COUNT
};

/* struct ipc_LEG_OPEN and so on: texts and blobs point into the message. */
#define U8(name, min, max) uint8_t name;
#define U16(name) uint16_t name;
#define U32(name) uint32_t name;
#define U64(name) uint64_t name;
#define FIXED(name, size) uint8_t name[size];
#define WORDS(name, max) struct text name;
#define BLOB(name, max) struct bytes name;
#define IPC(name, from, to, when, fds, fields)                                 \
	struct ipc_##name {                                                    \
		fields                                                         \
	};
#include "ipc/messages.def"
#undef IPC

struct ipc_message {
	enum ipc_type type;
	uint64_t about;
	int fd; /* -1 for none; the handler that keeps it sets -1 here */
	union {
#define IPC(name, from, to, when, fds, fields) struct ipc_##name name;
#include "ipc/messages.def"
#undef IPC
	} u;
};
#undef U8
#undef U16
#undef U32
#undef U64
#undef FIXED
#undef WORDS
#undef BLOB

struct ipc_rule {
	const char *name;
	uint32_t from; /* bit set of roles */
	uint32_t to;
	uint32_t when;      /* bit set of enum ipc_state */
	uint32_t max_bytes; /* of the fields, at most */
	uint8_t fds;
};

/* The table. Index is enum ipc_type; entry 0 permits nothing. */
extern const struct ipc_rule ipc_rules[IPC_TYPE_COUNT];

/*
 * Fields to bytes and back: pure. ipc_encode() refuses what the receiver would
 * (EINVAL out of range, EMSGSIZE too long). ipc_decode() gives EBADMSG.
 */
int ipc_encode(struct writer *w, const struct ipc_message *m) CHECK_RESULT;
int ipc_decode(struct reader *r, enum ipc_type type,
	       struct ipc_message *ret) CHECK_RESULT;

/*
 * Header and table: is this a message that `from` may send `to`? Gives its
 * type and what it is about; EPERM if not permitted, EBADMSG if malformed.
 */
int ipc_check(const uint8_t *header, size_t total_len, unsigned fds,
	      enum role from, enum role to, enum ipc_type *ret_type,
	      uint64_t *ret_about) CHECK_RESULT;

struct ipc;

/* A message that passed everything. Pointers in it live until the return. */
typedef void ipc_message_h(void *arg, struct ipc *from, struct ipc_message *m);

/* The receiver's state of a call (about != 0) or of itself. */
typedef enum ipc_state ipc_state_h(void *arg, enum ipc_type type,
				   uint64_t about);

/* The other end is gone. The channel is still to be closed by its owner. */
typedef void ipc_gone_h(void *arg, struct ipc *channel);

struct ipc_handlers {
	ipc_message_h *message;
	ipc_state_h *state;
	ipc_gone_h *gone;
};

/* Takes fd over, also on failure. */
int ipc_open(struct ipc **ret, uv_loop_t *loop, int fd, enum role self,
	     enum role peer, unsigned peer_index, const struct ipc_handlers *h,
	     void *arg) CHECK_RESULT;

/* Safe inside a handler of the same channel. NULL is fine. */
void ipc_close(struct ipc *channel);

enum role ipc_peer(const struct ipc *channel);
unsigned ipc_peer_index(const struct ipc *channel);

/*
 * Send m->type with m->about and, where the table says so, m->fd (which stays
 * the caller's). ENOTCONN when channel is NULL or its peer is gone, so callers
 * need no test of their own; ENOBUFS when the outbox is full.
 */
int ipc_send(struct ipc *channel, const struct ipc_message *m) CHECK_RESULT;

/*
 * What was sent leaves with the end of the loop's turn. Now, where no other
 * turn may come. NULL is fine.
 */
void ipc_flush(struct ipc *channel);

/*
 * Nobody waits for what is said here: it leaves with the first turn that ends
 * IPC_UNHURRIED_MS later, many messages together. The owner's loop has to turn
 * now and then, and to keep what it may not lose until it is acknowledged.
 */
void ipc_unhurried(struct ipc *channel);

/*
 * Shorthand: IPC_SEND(channel, LEG_OPEN, call, .leg = 0, .ipv6 = 0)
 */
#define IPC_SEND(channel, name, what, ...)                                     \
	ipc_send((channel),                                                    \
		 &(struct ipc_message){ .type = IPC_##name,                    \
					.about = (what),                       \
					.fd = -1,                              \
					.u.name = { __VA_ARGS__ } })

/* Blocking receive, for the start of a process, before it has a loop. */
int ipc_receive(int fd, enum role self, enum role peer, enum ipc_state state,
		uint8_t buf[IPC_MESSAGE_MAX],
		struct ipc_message *ret) CHECK_RESULT;

#endif
