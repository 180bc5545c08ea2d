/*
 * settings -- what the configuration file says, as typed structs
 *
 * Filled once, checked once; nobody looks a string up later. The parent reads
 * the file and hands the text to each process in a sealed memfd, so all see
 * the same bytes. Text that may name files is resolved against the folder of
 * the configuration file.
 *
 * A fault carries file, line, rule id and what would mend it.
 */
#ifndef VAXEL_SETTINGS_SETTINGS_H
#define VAXEL_SETTINGS_SETTINGS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"

#define SETTINGS_NAME_MAX 64
#define SETTINGS_PATH_MAX 512
#define SETTINGS_RUNTIME "run" /* beside the file, unless it says so */
/* Places; of listeners, trunks and lines half as many may stand in a file,
   so that new ones find room while calls of removed ones end (place.h). */
#define SETTINGS_LISTENERS 16
#define SETTINGS_TRUNKS 32
#define SETTINGS_PEERS 8
#define SETTINGS_LINES 8
#define SETTINGS_AGENTS 1024
#define SETTINGS_RECIPIENTS 4
#define SETTINGS_ROUTES 32
#define SETTINGS_NATIONAL_KEYS 4
#define SETTINGS_TAKES 32
#define SETTINGS_KEY_MAX 256
#define SETTINGS_QUOTA_MAX 2000
#define SETTINGS_LOCK_AFTER_MAX_S (7 * 24 * 3600)
#define SETTINGS_KEEP_CALLS_MAX_S (30 * 86400)
#define SETTINGS_PROBE_EVERY_MAX_S (31 * 86400)
#define SETTINGS_NOTICE_TEXT 4096
#define SETTINGS_ASKS 2
#define SETTINGS_ASK_TEXT 512
#define SETTINGS_DESK_PEERS 16
#define SETTINGS_FEEDS 8
#define SETTINGS_URL_MAX 256
#define SETTINGS_REGISTERED 24 /* notices of the register that one says */

enum node_role {
	NODE_NATIONAL,
	NODE_SUPPLIER,
	NODE_PROVIDER,
	NODE_ONE_MACHINE
};

enum sip_transport { SIP_UDP, SIP_TCP, SIP_TLS };

enum codec { CODEC_PCMA, CODEC_PCMU, CODEC_G722, CODEC_OPUS, CODEC_NONE };

enum srtp_use { SRTP_OFF, SRTP_OFFERED, SRTP_REQUIRED };

enum municipality_place { /* where a trunk's calls carry the municipality */
			  PLACE_NONE,
			  PLACE_HEADER, /* municipality_key names the header */
			  PLACE_PARAMETER, /* ... the request-URI parameter */
			  PLACE_PREFIX,    /* the digits before the line in the
					      request-URI */
			  PLACE_DIGITS,    /* digits within it, place_from to
					      place_to, from 1 */
};

/*
 * Of listeners, trunks, lines and agents: the name comes first. `removed`: not
 * in the file (any more), an empty place or a name that calls still need; only
 * settings_place() makes such.
 */
enum hand_over { /* how a national node lets go of a trunk's calls */
		 HAND_OVER_STAY,
		 HAND_OVER_REFER,
		 HAND_OVER_REDIRECT
};

struct listener {
	char name[80]; /* "udp:127.0.0.1:5060", as in the file */
	bool removed;
	unsigned order; /* which one in the file, from 0 */
	enum sip_transport transport;
	char address[64]; /* numeric IPv4 or IPv6, no brackets */
	uint16_t port;    /* 0: any free one */
	char public_host[SETTINGS_NAME_MAX]; /* what Via and Contact say; "" :
						address */
};

struct trunk {
	char name[SETTINGS_NAME_MAX];
	bool removed;
	enum sip_transport transport;
	char host[SETTINGS_NAME_MAX]; /* where calls and OPTIONS go; name or
					 address */
	uint16_t port;                /* 0: SRV, else 5060/5061 */
	char from[SETTINGS_PEERS]
		 [64]; /* addresses that it calls from, numeric */
	unsigned from_count;
	bool trusted; /* P-Asserted-Identity and municipality believed */
	bool client_certificate; /* TLS: demand one, with certificate_name in it
				  */
	char certificate_name[SETTINGS_NAME_MAX];
	enum srtp_use srtp;
	unsigned options_s; /* keep-alive; 0: none */
	/* outbound REGISTER; user "" : none */
	char user[SETTINGS_NAME_MAX];
	char password_file[SETTINGS_PATH_MAX];
	enum municipality_place place;
	char municipality_key[SETTINGS_NAME_MAX];
	uint8_t place_from, place_to;
	bool refuse_geolocation;  /* 424 to one that is of no use */
	enum hand_over hand_over; /* national node: of calls that come by it */
	bool require_token; /* its calls are taken with a good token only */
	char provider_key[SETTINGS_KEY_MAX]; /* verifies its receipts; "": none
					      */
	char provider_recipient[80]; /* age1...: facts are sealed to it */
	unsigned line;               /* in the file */
};

struct notice {
	char language[8]; /* "sv", "en" */
	char version[32];
	char text[SETTINGS_NOTICE_TEXT];
	char audio[SETTINGS_PATH_MAX]; /* WAV; "": rendered from the text */
	uint64_t audio_stamp; /* another when the file is; 0 once confined */
	/* the long form, for who wishes to hear it; "": none */
	char long_text[SETTINGS_NOTICE_TEXT];
	char long_audio[SETTINGS_PATH_MAX];
	uint64_t long_stamp;
	/* what it says, by the register: of each region, of the provider */
	char registered[SETTINGS_REGISTERED][SETTINGS_NAME_MAX];
	unsigned registered_count;
};

struct ask_words { /* national node: where a caller is, asked by keys */
	char language[8];
	char postcode[SETTINGS_ASK_TEXT];
	char regions[SETTINGS_ASK_TEXT]; /* %r: each region and its digits */
	char again[SETTINGS_ASK_TEXT];
	char thanks[SETTINGS_ASK_TEXT];
	char queue[SETTINGS_ASK_TEXT];
};

struct line {
	char number[32]; /* "1177": the user part of the request-URI */
	bool removed;
	unsigned order; /* which one in the file, from 0 */
	char controller[SETTINGS_NAME_MAX];
	bool record;
	char long_key;          /* to hear the long form; 0: none */
	char object_key;        /* to object to the recording; 0: none */
	bool objected_recorded; /* who objected is recorded all the same */
	struct notice notices[2];
	unsigned notice_count;
	struct ask_words asks[SETTINGS_ASKS];
	unsigned ask_count;
	char busy_text[512];           /* nobody there */
	char position_text[256];       /* "You are number %u in the queue." : %u
					  replaced */
	char music[SETTINGS_PATH_MAX]; /* WAV; "": a built-in tone pattern */
	uint64_t music_stamp;
	unsigned ring_timeout_s;
	unsigned position_every_s;
	unsigned queue_max;
	unsigned line; /* in the file */
};

struct agent {                        /* a nurse's phone */
	char name[SETTINGS_NAME_MAX]; /* the account: user part, never a
					 person's name */
	bool removed;
	char password_file[SETTINGS_PATH_MAX];
	enum srtp_use srtp;
	unsigned line;
};

struct recipient {
	char name[SETTINGS_NAME_MAX];
	char key[80]; /* age1... */
	unsigned line;
};

struct region_route { /* national node: county code to a trunk */
	char county[4];
	char trunk[SETTINGS_NAME_MAX];
	char organisation[SETTINGS_NAME_MAX];
	unsigned line;
};

struct taken_route { /* whose calls are taken when handed over */
	char organisation[SETTINGS_NAME_MAX];
	char route[SETTINGS_NAME_MAX];
};

struct desk_peer { /* who may pull what was recorded for its controller */
	char name[SETTINGS_NAME_MAX]; /* in its client certificate */
	char controller[SETTINGS_NAME_MAX];
	bool let_go; /* envelopes and cards leave once it says it has them */
	unsigned line;
};

struct feed { /* a supplier's node, from which recordings are pulled */
	char name[SETTINGS_NAME_MAX]; /* stays: its place in it hangs on that */
	char url[SETTINGS_URL_MAX];   /* https://HOST[:PORT] */
	char controller[SETTINGS_NAME_MAX]; /* whose recordings are taken */
	char certificate[SETTINGS_PATH_MAX];
	char key[SETTINGS_PATH_MAX];
	char ca[SETTINGS_PATH_MAX]; /* judges the supplier's certificate */
	unsigned every_s;
	unsigned line;
};

/* Texts that stand in files of their own and belong to the configuration. */
enum companion {
	COMPANION_REGISTER, /* organisations, agreements: register.conf(5) */
	COMPANION_ROUTES, /* who answers whose callers; none: sections region */
	COMPANION_KOMMUN_IDS, /* the carriers' codes to municipalities, as the
				 next two: routing/location_table.h */
	COMPANION_CELLS,
	COMPANION_POSTCODES,
	COMPANION_MONTH_KEYS, /* keys by the month: seal/month.h */
	COMPANION_WITNESSES,  /* whose cosignatures make the log believable, and
				 where they are asked: C2SP tlog-policy */
	COMPANIONS
};

struct settings {
	char file[SETTINGS_PATH_MAX];
	struct bytes files; /* files.h; while a process takes them over */
	enum node_role role;
	char organisation[SETTINGS_NAME_MAX];
	char state[SETTINGS_PATH_MAX];   /* recordings, spool, ledger */
	char runtime[SETTINGS_PATH_MAX]; /* local sockets */
	char data[SETTINGS_PATH_MAX];    /* Swedish tables */
	char companions[COMPANIONS][SETTINGS_PATH_MAX]; /* "": none */
	/* their texts, while a process takes them over, as `files` */
	struct text companion_texts[COMPANIONS];
	char log_origin[SETTINGS_NAME_MAX];
	char witness_ca[SETTINGS_PATH_MAX]; /* of their certificates; "": who
					       the system trusts */
	unsigned witness_wait_s; /* so long a release waits for their quorum */
	unsigned log_level;      /* enum log_level */

	struct listener listeners[SETTINGS_LISTENERS];
	unsigned listener_count;
	unsigned sip_line; /* in the file: of listen, or of the section */
	char tls_certificate[SETTINGS_PATH_MAX];
	char tls_key[SETTINGS_PATH_MAX];
	char tls_ca[SETTINGS_PATH_MAX];
	char domain[SETTINGS_NAME_MAX];     /* realm of the digest */
	char nameserver[SETTINGS_NAME_MAX]; /* numeric, of trunks' names; "":
					       as the system has it */
	uint16_t nameserver_port;           /* 0: 53 */
	unsigned session_expires_s;         /* RFC 4028; 0: none */
	unsigned calls_max;

	char media_address[64];
	char media_address6[64]; /* "" : no IPv6 media */
	uint16_t rtp_port_low, rtp_port_high;
	unsigned media_workers; /* 0: one a core */
	unsigned silence_s; /* no packet for so long ends the call; 0: never */
	enum codec codecs[4]; /* of the line, best first */
	unsigned codec_count;
	size_t ring_bytes; /* of each worker */

	struct trunk trunks[SETTINGS_TRUNKS];
	unsigned trunk_count;
	struct line lines[SETTINGS_LINES];
	unsigned line_count;
	struct agent agents[SETTINGS_AGENTS];
	unsigned agent_count;
	struct recipient recipients[SETTINGS_RECIPIENTS];
	unsigned recipient_count;
	struct region_route routes[SETTINGS_ROUTES];
	unsigned route_count;
	char national_trunk[SETTINGS_NAME_MAX]; /* county unknown */

	/* a file with the key that signs tokens, or receipts; "": none */
	char handover_key[SETTINGS_PATH_MAX];
	char national_keys[SETTINGS_NATIONAL_KEYS][SETTINGS_KEY_MAX];
	unsigned national_key_count;
	struct taken_route takes[SETTINGS_TAKES];
	unsigned take_count;
	/* national: what is kept of a call, for so long; 0: nothing is */
	unsigned keep_calls_s;
	/* it looks at itself as a stranger would; 0: when asked alone */
	unsigned probe_every_s;

	/* keeper: an age file under a passphrase; "": no keeper here */
	char identity[SETTINGS_PATH_MAX];
	unsigned keeper_line; /* where it stands in the file */
	/* a file with the passphrase, for unattended starts (checked as a
	 * weakness) */
	char passphrase_file[SETTINGS_PATH_MAX];
	/* a second person approves: for purposes (bits, as in purposes.def),
	 * and when one person opened so many within an hour; 0: no such rule */
	uint32_t approval_purposes;
	unsigned approval_over;
	unsigned quota;        /* most that one person opens in an hour */
	unsigned lock_after_s; /* it locks so long after it was unlocked; 0: no
				*/

	/* the desk's HTTPS; port and address as of a listener, "": none */
	char https_address[64];
	uint16_t https_port;
	char https_certificate[SETTINGS_PATH_MAX];
	char https_key[SETTINGS_PATH_MAX];
	char https_client_ca[SETTINGS_PATH_MAX];
	unsigned desk_line;
	struct desk_peer peers[SETTINGS_DESK_PEERS];
	unsigned peer_count;
	struct feed feeds[SETTINGS_FEEDS];
	unsigned feed_count;

	unsigned fsync_ms; /* group commit of the spool, 100 */
	uint64_t spool_max_bytes;
};

struct settings_fault {
	const char *file;
	unsigned line;
	bool weakness; /* reported, but not counted as a fault */
	char rule[24]; /* an id of the rules, or "CONFIG" */
	char fault[256];
	char mend[256];
};

typedef void settings_fault_h(void *arg, const struct settings_fault *f);

/* Put words to f, cut where they are too long, and tell it to h (or nobody). */
void settings_fault_tell(settings_fault_h *h, void *arg,
			 struct settings_fault f, const char *mend,
			 const char *fmt, va_list ap) PRINTF_LIKE(5, 0);

/* A national node that asks callers where they are, and so has media. */
bool settings_asks(const struct settings *s);

/* A node that asks other machines over HTTPS, and so has a courier. */
bool settings_reaches_out(const struct settings *s);

/* "register", "routes", ...: the setting's name. */
const char *settings_companion_name(enum companion c);

/*
 * Read and check. Every fault is reported before EINVAL is returned; so is
 * ENOENT with a fault for a file that cannot be read.
 *
 * running   what it shall replace in a node that runs: whatever cannot be
 *           changed there is a fault. NULL: nothing.
 */
int settings_load(struct settings **ret, const char *file,
		  const struct settings *running, settings_fault_h *fault,
		  void *arg) CHECK_RESULT;

/* Read and not judged: for questions that no fault elsewhere touches. */
int settings_read(struct settings **ret, const char *file,
		  settings_fault_h *fault, void *arg) CHECK_RESULT;

/*
 * Of a file with faults: its name and where its node listens (file, runtime),
 * nothing else. So one can still ask the node that runs.
 */
int settings_where(struct settings **ret, const char *file) CHECK_RESULT;

/* settings_read from text that was checked before; `file` is what it was
 * called. */
int settings_parse(struct settings **ret, const char *file, const char *text,
		   settings_fault_h *fault, void *arg) CHECK_RESULT;

/* The text alone, whole, at most 1 MiB. The caller frees it. */
int settings_read_file(const char *file, char **ret_text) CHECK_RESULT;

void settings_free(struct settings *s);

/* One line, "FILE:LINE: RULE: fault; mend: TEXT". */
void settings_fault_print(FILE *to, const struct settings_fault *f);

#endif
