/*
 * location -- where a caller is, and how sure that is
 *
 * From what a trunk's INVITE carries, in this order; the first that names a
 * place decides, the others are kept beside it:
 *
 *   1  Kommun-ID: the carrier's own code of the subscriber's municipality
 *   2  Geolocation: PIDF-LO in the body (RFC 6442, RFC 5139)
 *   3  P-Access-Network-Info that the network itself wrote (RFC 7315)
 *   4  the area code of P-Asserted-Identity, where it names one county only
 *   5  what the caller keyed when asked (location_ask.h)
 *   6  nothing: the national queue
 *
 * From a trunk that is not trusted nothing is read; what it sent is counted.
 * Ways that name different places are a conflict: counted, kept, and trusted
 * a step less. Pure but for libxml2's own memory.
 */
#ifndef VAXEL_ROUTING_LOCATION_H
#define VAXEL_ROUTING_LOCATION_H

#include "routing/location_table.h"
#include "routing/municipality.h"

enum location_method {
	LOCATION_KOMMUN_ID,
	LOCATION_GEOLOCATION,
	LOCATION_ACCESS_NETWORK,
	LOCATION_AREA_CODE,
	LOCATION_ASKED,
	LOCATION_METHODS,
	LOCATION_NOWHERE = LOCATION_METHODS /* nobody knows */
};

enum location_confidence {
	CONFIDENCE_NONE,
	CONFIDENCE_LOW,    /* a hint: an area code */
	CONFIDENCE_MEDIUM, /* a cell, the caller's own word */
	CONFIDENCE_HIGH,   /* an address that the carrier answers for */
};

/* What one way of looking came to. */
enum location_finding {
	FINDING_ABSENT,    /* the call carries no such thing */
	FINDING_PLACE,     /* a municipality, or a county at least */
	FINDING_UNTRUSTED, /* carried, and ignored: the trunk is not trusted */
	FINDING_MALFORMED,
	FINDING_UNKNOWN,   /* in no table */
	FINDING_NOMADIC,   /* the table says: a number without a place */
	FINDING_AMBIGUOUS, /* an area code of several counties */
	FINDING_FORBIDDEN, /* Geolocation-Routing does not allow it */
	FINDING_REFERENCE, /* to be fetched elsewhere, which is not done */
	FINDING_ABROAD,
	FINDINGS
};

struct location_claim {
	enum location_finding finding;
	struct location_place place;
};

/* What the switch found in an INVITE; texts point into it, empty: not there. */
struct location_signals {
	bool trusted;               /* the trunk that it came by */
	struct text kommun_id;      /* from the place set for the trunk */
	struct text asserted;       /* "+46155..." of P-Asserted-Identity */
	struct text access_network; /* P-Access-Network-Info, as it is */
	struct text geolocation;    /* Geolocation, as it is */
	struct text geolocation_routing; /* "yes" or "no" */
	struct text content_type;        /* of the body, with its parameters */
	struct text content_id;          /* of the body, "<...>" */
	struct text body;
};

/* NULL each: none is loaded. */
struct location_tables {
	/* Kommun-ID to municipality; NULL: it is the municipality's code */
	const struct location_table *kommun;
	/* "utran-cell-id-3gpp=24001" to municipality, by prefix */
	const struct location_table *cells;
	const struct location_table *postcodes; /* by prefix */
};

struct location {
	struct location_place place;
	enum location_method method;
	enum location_confidence confidence;
	struct location_claim claims[LOCATION_METHODS];
	uint8_t conflicts; /* claims of another place */
	uint8_t ignored;   /* claims of a trunk that is not trusted */
	/* RFC 6442 4.4: 0, or why its Geolocation was of no use: to be said
	   in the response, or by 424 where the trunk wants it refused */
	uint16_t geolocation_error;
};

void location_find(const struct location_signals *s,
		   const struct location_tables *t, struct location *ret);

/* The caller was asked, and keyed this. */
void location_answered(struct location *l, struct location_place place);

/* "kommun-id", "geolocation", ..., "none" */
const char *location_method_name(enum location_method method);
const char *location_confidence_name(enum location_confidence c);
const char *location_finding_name(enum location_finding f);

/* "100;code=\"Cannot Process Location\"": the value of Geolocation-Error. */
#define LOCATION_ERROR_MAX 64
int location_error_value(unsigned code,
			 char to[LOCATION_ERROR_MAX]) CHECK_RESULT;

/*
 * The Kommun-ID among the digits of a request-URI's user part, and the line
 * that is called.
 *
 * before   digits before the line: "04801177"
 * from, to where they stand among the digits, from 1; 0: they stand before
 * ENOENT   no line of these is called so
 */
int location_called(struct text user, bool before, unsigned from, unsigned to,
		    struct text line, struct text *ret_digits) CHECK_RESULT;

/* Once, before a process is confined: libxml2's own tables. */
void location_prepare(void);

#endif
