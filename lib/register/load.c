#include "register/load.h"

#include <stdlib.h>

struct passing_on {
	const char *file;
	settings_fault_h *fault;
	void *arg;
};

void register_fault_pass(const struct register_fault *f, const char *file,
			 settings_fault_h *h, void *arg)
{
	struct settings_fault s = { .file = file, .line = f->line };

	_Static_assert(sizeof(s.rule) == sizeof(f->rule) &&
			       sizeof(s.fault) == sizeof(f->fault) &&
			       sizeof(s.mend) == sizeof(f->mend),
		       "the texts are copied whole");
	memcpy(s.rule, f->rule, sizeof(s.rule));
	memcpy(s.fault, f->fault, sizeof(s.fault));
	memcpy(s.mend, f->mend, sizeof(s.mend));
	if (h)
		h(arg, &s);
}

static void pass_on(void *arg, const struct register_fault *f)
{
	const struct passing_on *p = arg;

	register_fault_pass(f, p->file, p->fault, p->arg);
}

int register_load_text(struct register_book **ret, const char *file,
		       struct text text, settings_fault_h *fault, void *arg)
{
	struct passing_on p = { file, fault, arg };

	return register_read(ret, text.p, text.len, pass_on, &p);
}

int register_load(struct register_book **ret, const char *file,
		  settings_fault_h *fault, void *arg)
{
	struct passing_on p = { file, fault, arg };
	char *text = NULL;
	int err = settings_read_file(file, &text);

	if (err) {
		struct register_fault f = { .line = 1,
					    .rule = "CONFIG",
					    .mend = "name a readable file; "
						    "register.conf(5)" };

		(void)snprintf(f.fault, sizeof(f.fault),
			       "the register cannot be read: %s",
			       strerror(err));
		pass_on(&p, &f);
		return err;
	}
	err = register_load_text(ret, file, text_of(text), fault, arg);
	free(text);
	return err;
}

unsigned register_check(const struct register_book *b, const char *file,
			int64_t now_minute, settings_fault_h *fault, void *arg)
{
	struct passing_on p = { file, fault, arg };
	struct settings_fault s = { .file = file,
				    .line = 1,
				    .weakness = true,
				    .rule = "CONFIG",
				    .mend = "remove as-of where the register "
					    "is in use" };
	char day[REGISTER_DATE_TEXT];

	if (b->as_of == REGISTER_SINCE_EVER)
		return register_faults(b, now_minute, pass_on, &p);
	register_date_text(b->as_of, false, day);
	(void)snprintf(s.fault, sizeof(s.fault),
		       "judged as of %s, not of today", day);
	if (fault)
		fault(arg, &s);
	return register_faults(b, b->as_of, pass_on, &p);
}
