/*
 * lex -- bytes to libre's struct sip_msg, in one pass
 *
 * libre's own sip_msg_decode() cost more than everything else in a call put
 * together: half of it in its regular expressions, a sixth in a random tag
 * that nobody reads, the rest in an allocation a header. This gives the same
 * struct, so that all of libre's functions on it work, from five allocations.
 * A test and a fuzz target hold it against libre's, field by field.
 *
 * It splits and checks what is needed to split; whether the message makes
 * sense is message_decode()'s business.
 */
#ifndef VAXEL_SIP_LEX_H
#define VAXEL_SIP_LEX_H

#include "sip/message.h"

/* EBADMSG malformed, EMSGSIZE too many headers or values, ENOMEM. */
int lex_message(struct sip_msg **ret, const char *p, size_t len) CHECK_RESULT;

/* As libre's uri_decode() and sip_addr_decode(): EBADMSG if it is none. */
int lex_uri(struct uri *ret, struct text t) CHECK_RESULT;
int lex_address(struct sip_addr *ret, struct text t) CHECK_RESULT;
int lex_via(struct sip_via *ret, struct text t) CHECK_RESULT;

#endif
