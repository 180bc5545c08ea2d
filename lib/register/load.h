/*
 * load -- the register's file, and its faults as those of the configuration
 *
 * The only part of the register that opens a file.
 */
#ifndef VAXEL_REGISTER_LOAD_H
#define VAXEL_REGISTER_LOAD_H

#include "register/register.h"
#include "settings/settings.h"

/*
 * Read the file; faults of form are reported. EINVAL where there are any,
 * ENOENT and others where it cannot be read, which is reported too.
 */
int register_load(struct register_book **ret, const char *file,
		  settings_fault_h *fault, void *arg) CHECK_RESULT;

/* The same of a text that is here already; file is its name, for faults. */
int register_load_text(struct register_book **ret, const char *file,
		       struct text text, settings_fault_h *fault,
		       void *arg) CHECK_RESULT;

/* Tell a fault of that file's text to h (or nobody). */
void register_fault_pass(const struct register_fault *f, const char *file,
			 settings_fault_h *h, void *arg);

/*
 * Everything that the law says of it, at the minute that the text names, else
 * at `now`. That the text names one is reported as a weakness. How many.
 */
unsigned register_check(const struct register_book *b, const char *file,
			int64_t now_minute, settings_fault_h *fault, void *arg);

#endif
