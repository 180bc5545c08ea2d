#include "routing/lawbook.h"

#include <stdio.h>
#include <stdlib.h>

#include "register/load.h"
#include "routing/load.h"
#include "routing/notices.h"

static void complain(const struct settings *s, enum companion c, unsigned line,
		     const char *why, settings_fault_h *fault, void *arg)
{
	struct settings_fault f = {
		.file = s->companions[c],
		.line = line,
		.rule = "CONFIG",
		.mend = "two columns with a tab between: a key, and a "
			"municipality's code, unknown or nomadic; each key "
			"once",
	};

	(void)snprintf(f.fault, sizeof(f.fault), "%s: %s",
		       settings_companion_name(c), why);
	if (fault)
		fault(arg, &f);
}

static int read_table(struct location_table **ret, const struct settings *s,
		      enum companion c, settings_fault_h *fault, void *arg)
{
	unsigned line = 1;
	int err;

	if (!s->companions[c][0])
		return 0;
	err = location_table_read(ret, s->companion_texts[c], &line);
	if (err)
		complain(s, c, line,
			 err == EMSGSIZE ? "there are too many rows"
			 : err == ENOMEM ? strerror(err)
					 : "this line cannot be read",
			 fault, arg);
	return err == EBADMSG ? EINVAL : err;
}

int lawbook_read(struct lawbook *ret, const struct settings *s,
		 settings_fault_h *fault, void *arg)
{
	const struct text *texts = s->companion_texts;
	struct lawbook l = { NULL, NULL, NULL, NULL, NULL };
	int err = 0;

	if (s->companions[COMPANION_REGISTER][0])
		err = register_load_text(&l.book,
					 s->companions[COMPANION_REGISTER],
					 texts[COMPANION_REGISTER], fault, arg);
	if (!err)
		err = routes_load_text(&l.routes, s, texts[COMPANION_ROUTES],
				       l.book, fault, arg);
	if (!err)
		err = read_table(&l.kommun_ids, s, COMPANION_KOMMUN_IDS, fault,
				 arg);
	if (!err)
		err = read_table(&l.cells, s, COMPANION_CELLS, fault, arg);
	if (!err)
		err = read_table(&l.postcodes, s, COMPANION_POSTCODES, fault,
				 arg);
	if (err)
		lawbook_free(&l);
	else
		*ret = l;
	return err;
}

static int read_files(struct settings *s, char *owned[COMPANIONS],
		      settings_fault_h *fault, void *arg)
{
	int err = 0;

	for (int i = 0; i < COMPANIONS; i++) {
		char why[128];
		int is;

		if (!s->companions[i][0])
			continue;
		is = settings_read_file(s->companions[i], &owned[i]);
		if (!is) {
			s->companion_texts[i] = text_of(owned[i]);
			continue;
		}
		(void)snprintf(why, sizeof(why), "cannot be read: %s",
			       strerror(is));
		complain(s, (enum companion)i, 1, why, fault, arg);
		err = is;
	}
	return err;
}

int lawbook_load(struct lawbook *ret, struct settings *s,
		 settings_fault_h *fault, void *arg)
{
	char *owned[COMPANIONS] = { NULL };
	int err = read_files(s, owned, fault, arg);

	if (!err)
		err = lawbook_read(ret, s, fault, arg);
	for (int i = 0; i < COMPANIONS; i++) {
		s->companion_texts[i] = TEXT("");
		free(owned[i]);
	}
	return err;
}

void lawbook_free(struct lawbook *l)
{
	location_table_free(l->kommun_ids);
	location_table_free(l->cells);
	location_table_free(l->postcodes);
	routes_free(l->routes);
	register_free(l->book);
	*l = (struct lawbook){ NULL, NULL, NULL, NULL, NULL };
}

int lawbook_check(const struct lawbook *l, const struct settings *s,
		  int64_t minute, settings_fault_h *fault, void *arg)
{
	unsigned faults;

	if (l->book) {
		(void)register_check(l->book, s->companions[COMPANION_REGISTER],
				     minute, fault, arg);
		notices_check(l->book, s, minute, fault, arg);
	}
	/* without a text of routes there is nothing that hours could miss */
	if (!s->companions[COMPANION_ROUTES][0])
		return 0;
	return routes_check(l->routes, s, l->book, minute, fault, arg, &faults);
}
