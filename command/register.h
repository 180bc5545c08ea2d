/*
 * register -- what the files of `vaxel register` share
 */
#ifndef VAXEL_COMMAND_REGISTER_H
#define VAXEL_COMMAND_REGISTER_H

#include "command/node.h"
#include "register/register.h"

struct register_view {
	const struct register_book *b;
	const char *file;
	int64_t minute; /* at which it is looked at */
	bool only_in_force;
	bool json;
};

/* Each gives the exit status. */
int register_show(const struct register_view *v);
int register_picture(const struct register_view *v, bool dot_only);
int register_article30(const struct register_view *v, const char *id);
/* Who was responsible for a call, or a hand-over; at NULL: at the end. */
int register_call(const struct settings *s, const char *id, const char *at,
		  bool json);
int register_what_if(const struct register_view *v, const char *text);

/* ---- words for people */

#define REGISTER_WORDS 400

/* "answering, recording" */
void register_activities_text(unsigned activities, char to[REGISTER_WORDS]);

/* "controller: answering; processor: storing" at the view's minute */
void register_roles_text(const struct register_view *v, uint16_t organisation,
			 char to[REGISTER_WORDS]);

const char *register_organisation_id(const struct register_view *v,
				     uint16_t organisation);
const char *register_organisation_name(const struct register_view *v,
				       uint16_t organisation);

#endif
