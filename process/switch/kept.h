/*
 * kept -- what outlives the switch: its calls
 *
 * Lies in MEMORY_SWITCH, which the parent keeps: a head, the queue, and one
 * struct call a slot. Plain, no pointer; restore.c takes it up again, and
 * believes none of it before it was looked at. A call's legs are most of what
 * it costs in the switch: about 8 kB, for each that the settings allow.
 */
#ifndef VAXEL_SWITCH_KEPT_H
#define VAXEL_SWITCH_KEPT_H

#include <assert.h>

#include "ipc/values.h"
#include "prompts/prompts.h"
#include "routing/decide.h"
#include "settings/place.h"
#include "sip/number.h"
#include "sip/registrar.h"
#include "sip/session.h"

#define SWITCH_MAGIC 0x7661786c73770007ull
#define CALL_ROUTES_MAX 4 /* that a call is given, one after the other */

enum side { SIDE_CALLER, SIDE_NURSE, SIDE_THIRD, SIDES };

/* One leg of a call: who it is with, and the port that media opened for it. */
struct leg {
	struct session_state state;
	uint8_t key[OFFER_KEY_BYTES]; /* that we send with */
	uint16_t port;                /* media's; 0: not (yet) open */
	uint8_t opening;              /* LEG_OPEN was sent */
	uint8_t closing; /* LEG_CLOSE was sent: LEG_OPENED may still come */
	uint8_t ipv6;
	uint8_t srtp;      /* enum srtp_use */
	uint8_t holds;     /* this side put the other on hold */
	uint8_t referring; /* its REFER is being carried out */
	uint8_t gone; /* the session is over, the call goes on without it */
	uint32_t agent;
	int16_t trunk;
};

/* What is being played to the caller. */
enum playing {
	PLAYING_NOTHING,
	PLAYING_NOTICE,
	PLAYING_MUSIC,
	PLAYING_POSITION,
	PLAYING_BUSY,
	PLAYING_ASK,
	PLAYING_LONG,
};

/*
 * A call that leaves the national node. There: its REFER is on its way. At the
 * provider: the notice waits for the call that will take this one's place.
 */
enum hands_over { HANDS_OVER_NOT, HANDS_OVER_WAITING, HANDS_OVER_DONE };

/* Did he object to being recorded, and is that followed or noted alone? */
enum objected { OBJECTED_NOT, OBJECTED, OBJECTED_NOTED };

/* Was he asked where he is, and does his sound still come here? */
enum asked { ASKED_NOT, ASKED_HERE, ASKED_PAST };

/* How a caller's keys reach us. */
enum key_way { KEY_NONE, KEY_EVENT, KEY_INFO };

#define TOLD_DIGEST 32 /* SHA-256 */
#define TOLD_MAX (2 * PROMPTS_NOTICES)
#define TOLD_HEX (2 * TOLD_DIGEST + 1)

/* Evidence of one notice: what was played, and how much of it. */
struct told {
	char language[8];
	char version[32];
	uint32_t samples; /* sent, at 8 kHz */
	uint32_t of;
	uint8_t complete;
	uint8_t text[TOLD_DIGEST];
	uint8_t sound[TOLD_DIGEST]; /* as rendered for the call's codec */
};

/* A call. */
struct call {
	uint32_t generation; /* never 0; one more each time the slot is used */
	uint8_t state;       /* enum call_state */
	uint8_t outcome;     /* enum outcome */
	uint8_t playing;     /* enum playing, to the caller */
	uint8_t notice;      /* which one is played */
	uint8_t notices;
	uint8_t national;
	uint8_t answered;    /* a nurse, or the far node, did */
	uint8_t ended_by;    /* enum record_end */
	uint8_t media_ended; /* CALL_CLOSED came, or the worker died */
	uint8_t captured;
	uint8_t with;      /* enum side: the nurse who talks */
	uint8_t recoding;  /* the caller is asked to take the nurse's codec */
	uint8_t requeue;   /* transferred to a line */
	uint8_t ask_again; /* a second recording waits for the first's end */
	uint8_t line_records;
	uint8_t tried_count; /* national: routes that it was given, with this */
	uint8_t hops;        /* national: behind the call, with ours */
	uint8_t hands_over;  /* enum hands_over */
	uint8_t asked;       /* enum asked: national; answered by us then */
	uint8_t prompt_line; /* of the notices: which line of their rendering */
	uint16_t rendering;  /* by which the notices are played, all of them */
	uint8_t id[ID_BYTES];
	uint32_t serial; /* of the last PLAY */
	uint32_t recording;
	uint8_t recording_id[ID_BYTES];
	uint64_t received_ms; /* monotonic */
	uint64_t queued_ms;
	uint64_t answered_ms;
	uint64_t waiting_since_ms; /* for the recorder; 0: not */
	int64_t answered_wall_ms;
	uint32_t line; /* index: of the settings, of the queue */
	uint32_t ring_timeout_ms;
	uint32_t position_every_ms;
	char number[32]; /* the line's */
	char controller[SETTINGS_NAME_MAX];
	char caller[NUMBER_MAX]; /* E.164; "": none, or withheld */
	uint8_t caller_restricted;
	uint8_t handed; /* a token goes, or came, with it: */
	uint8_t handover[ID_BYTES];
	uint8_t unrecorded;   /* the token forbids it */
	char municipality[8]; /* code; "": not known */
	struct location_place place;
	uint8_t place_method;     /* enum location_method */
	uint8_t place_confidence; /* enum location_confidence */
	uint8_t place_conflicts;
	uint16_t geolocation_error; /* RFC 6442 4.4; 0: none */
	struct decide_given given;  /* of a token: organisation, route */
	char tried[CALL_ROUTES_MAX][ROUTE_ID_MAX];
	uint8_t objected;     /* enum objected */
	uint8_t long_wanted;  /* bits: of which notices the long form */
	uint8_t long_played;  /* of which notice it is, or was */
	uint32_t long_serial; /* the PLAY of it; 0: none */
	/* of the notices, then of their long forms */
	struct told told[TOLD_MAX];
	struct leg legs[SIDES];
};

static_assert(sizeof(struct call) <= 9 * 1024, "promised to operators");

/* The head of MEMORY_SWITCH. */
struct switch_memory {
	uint64_t magic; /* written last */
	uint32_t max;
	uint32_t call_bytes; /* of another version: begin anew */
	struct registrar_table bindings;
	struct settings_places places;
};

#endif
