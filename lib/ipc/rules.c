/*
 * rules -- messages.def made into code, four times: what is permitted, how
 * long it may be, how it is written, how it is read
 */
#include "ipc/ipc.h"

enum {
	PARENT = 1 << ROLE_PARENT,
	SWITCH = 1 << ROLE_SWITCH,
	MEDIA = 1 << ROLE_MEDIA,
	RECORDER = 1 << ROLE_RECORDER,
	LEDGER = 1 << ROLE_LEDGER,
	KEEPER = 1 << ROLE_KEEPER,
	DESK = 1 << ROLE_DESK,
	RENDERER = 1 << ROLE_RENDERER,
	COURIER = 1 << ROLE_COURIER,
	PROBER = 1 << ROLE_PROBER,
	PULLER = 1 << ROLE_PULLER,
	ANY = SWITCH | MEDIA | RECORDER | LEDGER | KEEPER | DESK | RENDERER |
	      COURIER | PROBER | PULLER,
};

const char *role_name(enum role role)
{
	static const char *const names[ROLE_COUNT + 1] = {
		"parent",  "switch", "media",  "recorder",
		"ledger",  "keeper", "desk",   "renderer",
		"courier", "prober", "puller", "witness",
	};

	return (unsigned)role <= ROLE_COUNT ? names[role] : "nobody";
}

/* ---- the longest that each message's fields can be */
#define U8(name, min, max) +1
#define U16(name) +2
#define U32(name) +4
#define U64(name) +8
#define FIXED(name, size) +(size)
#define WORDS(name, max) +2 + (max)
#define BLOB(name, max) +4 + (max)
#define ON(state) IPC_##state
#define IPC(name, from, to, when, fds, fields)                                 \
	[IPC_##name] = { #name, (from), (to), (when), 0 fields, (fds) },

const struct ipc_rule ipc_rules[IPC_TYPE_COUNT] = {
	[IPC_NONE] = { "NONE", 0, 0, 0, 0, 0 },
#include "ipc/messages.def"
};

#undef IPC
#undef ON
#undef U8
#undef U16
#undef U32
#undef U64
#undef FIXED
#undef WORDS
#undef BLOB

static int take_words(struct reader *r, size_t max, struct text *ret)
{
	uint16_t len;
	int err = reader_u16(r, &len);

	if (!err && len > max)
		err = EBADMSG;
	if (!err)
		err = reader_text(r, len, ret);
	if (!err && !text_is_printable(*ret))
		err = EBADMSG;
	return err;
}

static int take_blob(struct reader *r, size_t max, struct bytes *ret)
{
	uint32_t len;
	int err = reader_u32(r, &len);

	if (!err && len > max)
		err = EBADMSG;
	return err ? err : reader_bytes(r, len, ret);
}

static int take_u8(struct reader *r, unsigned min, unsigned max, uint8_t *ret)
{
	int err = reader_u8(r, ret);

	return err ? err : *ret - min > max - min ? EBADMSG : 0;
}

/* ---- reading: one function a message, every field against its range */
#define U8(name, min, max)                                                     \
	if (take_u8(r, (min), (max), &m->name))                                \
		return EBADMSG;
#define U16(name)                                                              \
	if (reader_u16(r, &m->name))                                           \
		return EBADMSG;
#define U32(name)                                                              \
	if (reader_u32(r, &m->name))                                           \
		return EBADMSG;
#define U64(name)                                                              \
	if (reader_u64(r, &m->name))                                           \
		return EBADMSG;
#define FIXED(name, size)                                                      \
	if (reader_copy(r, m->name, (size)))                                   \
		return EBADMSG;
#define WORDS(name, max)                                                       \
	if (take_words(r, (max), &m->name))                                    \
		return EBADMSG;
#define BLOB(name, max)                                                        \
	if (take_blob(r, (max), &m->name))                                     \
		return EBADMSG;
#define IPC(name, from, to, when, fds, fields)                                 \
	static int read_##name(struct reader *r, struct ipc_message *whole)    \
	{                                                                      \
		struct ipc_##name *m = &whole->u.name;                         \
                                                                               \
		fields;                                                        \
		return reader_end(r);                                          \
	}
#include "ipc/messages.def"
#undef IPC
#undef U8
#undef U16
#undef U32
#undef U64
#undef FIXED
#undef WORDS
#undef BLOB

typedef int read_h(struct reader *r, struct ipc_message *whole);

static read_h *const reads[IPC_TYPE_COUNT] = {
#define IPC(name, from, to, when, fds, fields) [IPC_##name] = read_##name,
#include "ipc/messages.def"
#undef IPC
};

int ipc_decode(struct reader *r, enum ipc_type type, struct ipc_message *ret)
{
	struct ipc_message m = { .type = type, .fd = -1 };
	int err;

	if (type <= IPC_NONE || type >= IPC_TYPE_COUNT)
		return EBADMSG;
	err = reads[type](r, &m);
	if (!err)
		*ret = m;
	return err;
}

static int put_words(struct writer *w, size_t max, struct text t)
{
	if (t.len > max)
		return EMSGSIZE;
	if (!text_is_printable(t))
		return EINVAL;
	writer_u16(w, (uint16_t)t.len);
	writer_text(w, t);
	return 0;
}

static int put_blob(struct writer *w, size_t max, struct bytes b)
{
	if (b.len > max)
		return EMSGSIZE;
	writer_u32(w, (uint32_t)b.len);
	writer_copy(w, b.p, b.len);
	return 0;
}

static int put_u8(struct writer *w, unsigned min, unsigned max, uint8_t v)
{
	if (v - min > max - min)
		return EINVAL;
	writer_u8(w, v);
	return 0;
}

/* ---- writing: refuses what the reader would */
#define U8(name, min, max)                                                     \
	if (!err)                                                              \
		err = put_u8(w, (min), (max), m->name);
#define U16(name) writer_u16(w, m->name);
#define U32(name) writer_u32(w, m->name);
#define U64(name) writer_u64(w, m->name);
#define FIXED(name, size) writer_copy(w, m->name, (size));
#define WORDS(name, max)                                                       \
	if (!err)                                                              \
		err = put_words(w, (max), m->name);
#define BLOB(name, max)                                                        \
	if (!err)                                                              \
		err = put_blob(w, (max), m->name);
#define IPC(name, from, to, when, fds, fields)                                 \
	static int write_##name(struct writer *w,                              \
				const struct ipc_message *whole)               \
	{                                                                      \
		const struct ipc_##name *m = &whole->u.name;                   \
		int err = 0;                                                   \
                                                                               \
		fields;                                                        \
		return err ? err : writer_finish(w);                           \
	}
#include "ipc/messages.def"
#undef IPC
#undef U8
#undef U16
#undef U32
#undef U64
#undef FIXED
#undef WORDS
#undef BLOB

typedef int write_h(struct writer *w, const struct ipc_message *whole);

static write_h *const writes[IPC_TYPE_COUNT] = {
#define IPC(name, from, to, when, fds, fields) [IPC_##name] = write_##name,
#include "ipc/messages.def"
#undef IPC
};

int ipc_encode(struct writer *w, const struct ipc_message *m)
{
	if (m->type <= IPC_NONE || m->type >= IPC_TYPE_COUNT)
		return EINVAL;
	return writes[m->type](w, m);
}

int ipc_check(const uint8_t *header, size_t total_len, unsigned fds,
	      enum role from, enum role to, enum ipc_type *ret_type,
	      uint64_t *ret_about)
{
	struct reader r = reader_on(header, total_len);
	const struct ipc_rule *rule;
	uint16_t type, reserved;
	uint32_t len;
	uint64_t about;

	if (reader_u16(&r, &type) || reader_u16(&r, &reserved) ||
	    reader_u32(&r, &len) || reader_u64(&r, &about))
		return EBADMSG;
	if (type >= IPC_TYPE_COUNT || reserved || len != reader_left(&r))
		return EBADMSG;
	rule = &ipc_rules[type];
	if (!(rule->from & 1u << from) || !(rule->to & 1u << to))
		return EPERM;
	if (len > rule->max_bytes || fds != rule->fds)
		return EBADMSG;
	*ret_type = (enum ipc_type)type;
	*ret_about = about;
	return 0;
}
