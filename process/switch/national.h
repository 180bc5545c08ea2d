/*
 * national -- how a call gets to where it may go, and away from here
 *
 * Where the caller is, which route is lawful for him, the way through a
 * national node and out of it, and at the other end its token and receipt. How
 * long queues are goes with it: it decides where calls go.
 */
#ifndef VAXEL_SWITCH_NATIONAL_H
#define VAXEL_SWITCH_NATIONAL_H

#include "process/switch/self.h"

/* ---- route.c */

/*
 * Read register and routes anew (settings->companion_texts). Nothing has
 * changed where it fails.
 */
int route_take_law(struct switch_self *self) CHECK_RESULT;

/*
 * The next lawful route of a call into c->given, told to the ledger. ENOENT:
 * there is none, or it was given as many as it gets.
 */
int route_choose(struct switch_self *self, struct call *c,
		 unsigned *ret_trunk) CHECK_RESULT;

/* A name of register or routes, quoted; of one that is not plain nothing. */
void route_put_name(struct writer *w, const char *name);
/* Who answers for a call that was handed over, as the register here has it:
   nothing where neither the call nor its route tells of one region. */
void route_put_given(const struct switch_self *self, const struct call *c,
		     int64_t minute, struct writer *w);

/* ---- token.c */

/* Keys from the settings and their files. Nothing has changed where it fails.
 */
int token_take_keys(struct switch_self *self) CHECK_RESULT;
/* National: for the route that the call was given by this trunk. */
void token_issue(struct switch_self *self, struct call *c, unsigned trunk);
/* National: what the provider's 200 says. */
void token_receipt(struct switch_self *self, struct call *c,
		   const struct sip_msg *answer);
/* Hand-over, route, receipt: members of an event's details. */
void token_words(struct switch_self *self, const struct call *c,
		 struct writer *w);
/*
 * Is this call to be taken with the token that it brought, or without? The
 * token's result, or NULL where none is asked for.
 */
const char *token_judge(struct switch_self *self, struct call *c,
			struct text token, bool *ret_taken);
/* May a call by this trunk take this one's place, for its token? */
bool token_replaces(struct switch_self *self, const struct call *c,
		    unsigned trunk, struct text token);
/* A receipt for the call into the answer; and the ledger told. */
void token_sign(struct switch_self *self, struct call *c, struct session *s);
void token_taken(struct switch_self *self, const struct call *c);

/* ---- keep.c */

/* Of the regions, from the register in force. Nothing has changed where it
   fails. */
int keep_take_keys(struct switch_self *self) CHECK_RESULT;
/* A national call is over here: what is kept of it goes to the ledger. */
void keep_call(struct switch_self *self, const struct call *c);

/* ---- national.c */

unsigned national_judge(struct switch_self *self, const struct sip_msg *invite,
			const struct flow *flow, unsigned *ret_line);
void national_incoming(struct switch_self *self, struct call *c,
		       const struct sip_msg *invite);
/* To the first lawful route that can take it; else it is refused. */
void national_go(struct switch_self *self, struct call *c, unsigned otherwise);
void national_progress(struct switch_self *self, struct call *c, unsigned code,
		       bool early);
void national_answered(struct switch_self *self, struct call *c,
		       const struct sip_msg *answer);
/* Both have a description to go by: the call is let go of. */
void national_connected(struct switch_self *self, struct call *c);
void national_confirmed(struct switch_self *self, struct call *c);
void national_refused(struct switch_self *self, struct call *c, unsigned code);
void national_tick(struct switch_self *self, struct call *c);

/* ---- national_out.c */

/* Where a call goes by a trunk. */
struct national_way {
	char uri[192];
	char to[192];
	/* the header for the municipality, where it stands in one; "" */
	char place_header[SETTINGS_NAME_MAX];
};

/* EMSGSIZE */
int national_way(const struct switch_self *self, const struct call *c,
		 unsigned trunk, struct national_way *ret) CHECK_RESULT;
/* ENOENT: neither may speak in the clear, and the caller does. */
int national_call(struct switch_self *self, struct call *c, unsigned trunk,
		  const struct national_way *way) CHECK_RESULT;

/* ---- national_talk.c */

/* What a side said last, for the other. */
struct offer_media national_passed(const struct session *from);
void national_offered(struct switch_self *self, struct call *c, enum side side);
void national_offer_answered(struct switch_self *self, struct call *c,
			     enum side side, bool ok, unsigned code);

/* ---- asking.c */

/* Answer him, of whom nobody knows where he is, to ask him; false: he goes on
 * unasked. */
bool asking_begin(struct switch_self *self, struct call *c,
		  const struct sip_msg *invite);
void asking_port_ready(struct switch_self *self, struct call *c);
void asking_confirmed(struct switch_self *self, struct call *c);
void asking_played(struct switch_self *self, struct call *c);
void asking_key(struct switch_self *self, struct call *c, char key,
		enum key_way way);
void asking_tick(struct switch_self *self, struct call *c);
void asking_offered(struct switch_self *self, struct call *c, enum side side);
void asking_media_lost(struct switch_self *self, struct call *c);
/* The provider's offer to him who hears us still. */
int asking_join(struct switch_self *self, struct call *c) CHECK_RESULT;
/* The caller would not take it: our media stay between them. */
void asking_carry(struct switch_self *self, struct call *c);
void asking_carried(struct switch_self *self, struct call *c);
/* They have each other: our media are closed. */
void asking_leave(struct switch_self *self, struct call *c);

/* ---- handover.c */

/* What an INVITE shows for having been handed over; empty: nothing. */
struct text handover_token_of(const struct sip_msg *invite);
/* Of the caller's trunk. */
enum hand_over handover_way(const struct switch_self *self,
			    const struct call *c);
/* ";vaxel-handover=..." where the call has a token. */
void handover_parameter(struct switch_self *self, const struct call *c,
			struct writer *uri);
/* Lines for the INVITE to the provider. */
void handover_lines(struct switch_self *self, const struct call *c,
		    struct writer *headers);
/* 302; the call is over then. ENOENT, EMSGSIZE: it was not said. */
int handover_redirect(struct switch_self *self, struct call *c,
		      const struct national_way *way) CHECK_RESULT;
void handover_begin(struct switch_self *self, struct call *c);
void handover_progress(struct switch_self *self, struct call *c, unsigned code);
/* Is that what we asked for? */
bool handover_provider_left(const struct call *c);
void handover_tick(struct switch_self *self, struct call *c);

/* ---- waiting.c */

/* Of the line: how long the one who waits longest has waited. */
uint64_t waiting_longest_s(const struct switch_self *self, unsigned line,
			   uint64_t now_ms);
/* The header of an answer to OPTIONS, for a trusted trunk. */
void waiting_tell(const struct switch_self *self, const struct flow *flow,
		  struct writer *headers);
void waiting_heard(struct trunk_live *t, const struct sip_msg *answer);
void waiting_state(const struct trunk_live *t, struct text line,
		   struct decide_state *ret);
/* On all lines. */
unsigned waiting_callers(const struct trunk_live *t);

#endif
