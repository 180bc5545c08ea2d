/*
 * internal -- what the files of settings share
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

/* ---- one value: what is wrong is a fault, and the first or least is taken */

struct choice {
	const char *word;
	int value;
};

int loader_choose(struct loader *l, const struct choice *list, size_t n,
		  const char *word, unsigned line, const char *what);
#define CHOOSE(l, list, word, line, what)                                      \
	loader_choose((l), (list), sizeof(list) / sizeof((list)[0]), (word),   \
		      (line), (what))
enum sip_transport loader_transport(struct loader *l, const char *word,
				    unsigned line, const char *what);
enum srtp_use loader_srtp(struct loader *l, const char *word, unsigned line);
unsigned loader_number(struct loader *l, cfg_t *cfg, const char *option,
		       long min, long max, unsigned line);

/* "host:port", "[v6]:port", "host": port 0 where none is said. */
int loader_host_and_port(const char *from, char *host, size_t max,
			 uint16_t *ret_port) CHECK_RESULT;
bool loader_is_numeric(const char *address);
bool loader_is_loopback(const char *host);

/* A fault unless the file, where one is named, can be read. */
void loader_check_file(struct loader *l, const char *path, unsigned line,
		       const char *what);
/*
 * Keys, certificates and passwords: a configuration is also checked where these
 * are not, so that is a weakness. A node does not start without (files_pack()).
 */
void loader_check_secret(struct loader *l, const char *path, unsigned line,
			 const char *what);

/* ---- the whole, section by section */

cfg_t *loader_grammar(void);
void loader_fill(struct loader *l, cfg_t *cfg);
void loader_fill_sip(struct loader *l, cfg_t *cfg);
void loader_fill_media(struct loader *l, cfg_t *cfg);
void loader_fill_trunk(struct loader *l, cfg_t *cfg);
void loader_fill_line(struct loader *l, cfg_t *cfg);
void loader_fill_ask(struct loader *l, struct line *line, cfg_t *cfg);
void loader_fill_desk(struct loader *l, cfg_t *cfg);
void loader_fill_feed(struct loader *l, cfg_t *cfg);
void loader_each(struct loader *l, cfg_t *cfg, const char *section,
		 unsigned max, void (*fill)(struct loader *, cfg_t *));
void loader_check(struct loader *l);
void loader_check_desk(struct loader *l);
void loader_check_months(struct loader *l);
void loader_check_fixed(struct loader *l);

#endif
