/*
 * registrar_parts -- what the files of registrar share among themselves
 *
 * registrar.c        accounts, digest, REGISTER
 * registrar_table.c  bindings and their times
 */
#ifndef VAXEL_SIP_REGISTRAR_PARTS_H
#define VAXEL_SIP_REGISTRAR_PARTS_H

#include "base/secret.h"
#include "sip/digest.h"
#include "sip/registrar.h"

struct registrar {
	const struct settings *settings;
	struct stack *stack;
	struct registrar_table *table;
	registrar_h *changed;
	void *arg;
	/* by agent of the settings */
	struct secret *passwords[SETTINGS_AGENTS];
	char names[SETTINGS_AGENTS][SETTINGS_NAME_MAX]; /* whose they are */
	uint16_t account_of[SETTINGS_AGENTS];
	uint8_t nonce_key[DIGEST_NONCE_KEY_BYTES];
	struct digest_uses uses;
};

struct registrar_account *registrar_account(const struct registrar *r,
					    unsigned agent);
struct registrar_binding *registrar_binding(struct registrar_account *a,
					    struct text uri);
struct registrar_binding *registrar_place(struct registrar_account *a);
void registrar_tell(struct registrar *r, unsigned agent, bool before,
		    uint64_t now_ms);
void registrar_match(struct registrar *r, uint64_t now_ms);

#endif
