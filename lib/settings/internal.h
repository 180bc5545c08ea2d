/*
 * internal -- what the three files of settings share
 */
#ifndef VAXEL_SETTINGS_INTERNAL_H
#define VAXEL_SETTINGS_INTERNAL_H

#include <confuse.h>

#include "settings/settings.h"

struct loader {
	struct settings *s;
	settings_fault_h *fault;
	void *arg;
	const char *text;
	const struct settings *running; /* NULL: none */
	unsigned faults;
};

/* libconfuse's error function has no argument of ours. */
extern struct loader *loader_current;

void loader_fault(struct loader *l, unsigned line, const char *rule,
		  const char *mend, const char *fmt, ...) PRINTF_LIKE(5, 6);
void loader_weakness(struct loader *l, unsigned line, const char *rule,
		     const char *mend, const char *fmt, ...) PRINTF_LIKE(5, 6);
unsigned loader_line(const struct loader *l, const char *section,
		     const char *title, const char *option);
int loader_copy(struct loader *l, char *to, size_t max, const char *from,
		unsigned line, const char *what);
void loader_path(struct loader *l, char to[SETTINGS_PATH_MAX], const char *from,
		 unsigned line, const char *what);

cfg_t *loader_grammar(void);
void loader_fill(struct loader *l, cfg_t *cfg);
void loader_fill_ask(struct loader *l, struct line *line, cfg_t *cfg);
void loader_check(struct loader *l);
void loader_check_fixed(struct loader *l);

#endif
