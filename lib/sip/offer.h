/*
 * offer -- what two ends say about media: SDP read, agreed, written
 *
 * One struct offer is one session description as its author stated it, ours
 * or theirs: a plain struct without pointers, which may be copied and kept in
 * memory that outlives the process. We carry one audio stream; every other
 * m-line is remembered just well enough to be declined with port 0
 * (RFC 3264 section 6), and keeps its place in later offers (section 8).
 *
 * Pure: bytes and structs in, bytes and structs out. Readers expect hostile
 * input; a line that we have no use for is skipped, a line that we use must
 * be right.
 */
#ifndef VAXEL_SIP_OFFER_H
#define VAXEL_SIP_OFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "settings/settings.h"

#define OFFER_CODECS 4
#define OFFER_LINES 8
#define OFFER_LINES_BYTES 208 /* of all their words */
#define OFFER_ADDRESS_MAX 46
#define OFFER_KEY_BYTES 30
#define OFFER_BYTES_MAX 2048 /* of any description that offer_write() makes */
#define OFFER_NO_TYPE 0xff

/* As the author of the description means it. */
enum offer_direction {
	OFFER_INACTIVE = 0,
	OFFER_SENDONLY = 1,
	OFFER_RECVONLY = 2,
	OFFER_SENDRECV = 3
};

struct offer_codec {
	uint8_t codec; /* enum codec */
	uint8_t payload_type;
};

struct offer {
	uint64_t session_id; /* o=: of its author */
	uint64_t version;
	uint16_t port;                   /* 0: audio is refused */
	char address[OFFER_ADDRESS_MAX]; /* numeric */
	uint8_t ipv6;
	uint8_t direction;   /* enum offer_direction; c=0.0.0.0 taken in */
	uint8_t codec_count; /* those that we know, in the author's order */
	uint8_t dtmf_type;   /* telephone-event/8000, or OFFER_NO_TYPE */
	uint8_t dtmf48_type; /* telephone-event/48000, beside Opus */
	uint8_t secure;      /* RTP/SAVP with a key that we can use */
	uint8_t line_count;  /* m-lines in all */
	uint8_t audio_line;  /* which of them is ours */
	struct offer_codec codecs[OFFER_CODECS];
	char crypto_tag[10];
	uint8_t key[OFFER_KEY_BYTES]; /* the author's sending key and salt */
	/* m-lines, without ports: "audio RTP/AVP 0\nvideo RTP/AVP 31\n" */
	char lines[OFFER_LINES_BYTES];
};

/* What our side is willing to do: the owner's word, from which offers and
 * answers are made. */
struct offer_media {
	char address[OFFER_ADDRESS_MAX];
	bool ipv6;
	uint16_t port;
	enum codec codecs[4]; /* best first */
	unsigned codec_count;
	bool dtmf;
	enum offer_direction direction;
	enum srtp_use srtp;
	uint8_t key[OFFER_KEY_BYTES]; /* ours to send with; random, per leg */
	/* Of a session that passes descriptions on: this one, byte for byte;
	 * nothing else of the struct counts then. Copied where it has to last.
	 */
	struct text as_is;
};

/* What came out of offer and answer: what the media part needs to know. */
struct offer_agreed {
	enum codec codec;
	uint8_t payload_type;    /* that we send */
	uint8_t payload_type_in; /* that we are sent */
	uint8_t dtmf_type;       /* that we send, or OFFER_NO_TYPE */
	uint8_t dtmf_type_in;
	bool send, receive; /* after both directions */
	char address[OFFER_ADDRESS_MAX];
	bool ipv6;
	uint16_t port; /* 0: no media */
	bool secure;
	uint8_t tx_key[OFFER_KEY_BYTES];
	uint8_t rx_key[OFFER_KEY_BYTES];
};

/*
 * Read a description.
 *
 * srtp   OFF: a plain audio line is taken, and no other; OFFERED: a secured
 *        one before a plain one; REQUIRED: a secured one alone
 *
 * 0         read; port 0 when no audio line will do
 * EBADMSG   not SDP, or a line that we need is wrong
 * EMSGSIZE  more m-lines than OFFER_LINES, or than we can remember
 */
int offer_read(struct offer *ret, struct text sdp,
	       enum srtp_use srtp) CHECK_RESULT;

/* The words of one m-line: media, transport and a format. */
struct text offer_line(const struct offer *o, unsigned i);

/* Say our audio with or without a key. */
void offer_secure(struct offer *o, bool secure);

/* Our first offer. */
void offer_make(struct offer *ret, const struct offer_media *m,
		uint64_t session_id);

/*
 * A later offer of ours: keeps m-lines and payload types of `last` (ours) and
 * `theirs`, raises the version only when something changed (RFC 3264
 * section 8).
 */
void offer_remake(struct offer *ret, const struct offer_media *m,
		  const struct offer *last, const struct offer *theirs);

/*
 * Our answer to their offer. `last`: our last description in this session, or
 * NULL for the first (session_id is then used).
 *
 * ENOENT  no common codec, or security that cannot be agreed: 488
 */
int offer_answer(struct offer *ret, const struct offer *theirs,
		 const struct offer_media *m, const struct offer *last,
		 uint64_t session_id) CHECK_RESULT;

/*
 * What the two descriptions amount to. The answer decides the codec, whoever
 * wrote it. ENOENT when they have nothing in common.
 */
int offer_agree(struct offer_agreed *ret, const struct offer *ours,
		const struct offer *theirs, bool we_offered) CHECK_RESULT;

/* Equal but for the version: nothing to tell. */
bool offer_same(const struct offer *a, const struct offer *b);

/* Does it put us on hold (sendonly, inactive, c=0.0.0.0)? */
bool offer_is_hold(const struct offer *theirs);

void offer_write(struct writer *w, const struct offer *o);

/* Fit for use after it lay in memory that somebody else could have written. */
bool offer_sane(const struct offer *o);

#endif
