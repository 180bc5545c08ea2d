/*
 * settings -- libconfuse reads, this fills the structs, check.c judges
 */
#include "settings/settings.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "settings/internal.h"
#include "settings/scan.h"

enum { FILE_MAX = 1024 * 1024 - SETTINGS_PATH_MAX - 2 };

void settings_fault_print(FILE *to, const struct settings_fault *f)
{
	(void)fprintf(to, "%s:%u: %s: %s%s; mend: %s\n", f->file, f->line,
		      f->rule, f->weakness ? "weakness: " : "", f->fault,
		      f->mend);
}

void settings_fault_tell(settings_fault_h *h, void *arg,
			 struct settings_fault f, const char *mend,
			 const char *fmt, va_list ap)
{
	(void)snprintf(f.mend, sizeof(f.mend), "%s", mend);
	(void)vsnprintf(f.fault, sizeof(f.fault), fmt, ap);
	if (h)
		h(arg, &f);
}

static void PRINTF_LIKE(6, 0)
	report(struct loader *l, bool weakness, unsigned line, const char *rule,
	       const char *mend, const char *fmt, va_list ap)
{
	struct settings_fault f = { .file = l->s->file,
				    .line = line,
				    .weakness = weakness };

	(void)snprintf(f.rule, sizeof(f.rule), "%s", rule);
	if (!weakness)
		l->faults++;
	settings_fault_tell(l->fault, l->arg, f, mend, fmt, ap);
}

void loader_fault(struct loader *l, unsigned line, const char *rule,
		  const char *mend, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(l, false, line, rule, mend, fmt, ap);
	va_end(ap);
}

void loader_weakness(struct loader *l, unsigned line, const char *rule,
		     const char *mend, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(l, true, line, rule, mend, fmt, ap);
	va_end(ap);
}

static void PRINTF_LIKE(2, 0)
	confuse_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	struct loader *l = loader_current;
	char text[200];

	/* the text may repeat a value of the file, which may be a secret's
	   place but never a secret: passwords stand in files of their own */
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	loader_fault(l, cfg ? (unsigned)cfg->line : 0, "CONFIG",
		     "see vaxel.conf(5)", "%s", text);
}

struct loader *loader_current;

/* What follows the kind of a section: its title, bare or in quotes. */
static bool is_title(const char *p, const char *title)
{
	size_t n = strlen(title);

	p += strspn(p, " \t");
	p += *p == '"' || *p == '\'';
	return !strncmp(p, title, n) && strchr("\"' \t{\n", p[n]);
}

/*
 * The line on which `option` stands in the section of that kind and title:
 * libconfuse does not keep it. 1 where the file does not say it at all.
 */
unsigned loader_line(const struct loader *l, const char *section,
		     const char *title, const char *option)
{
	unsigned line = 1, found = 1;
	bool inside = !section;

	for (const char *at = l->text; *at; line++) {
		size_t len = strcspn(at, "\n"), skip = strspn(at, " \t");
		const char *word = at + skip;

		if (section && !strncasecmp(word, section, strlen(section)) &&
		    strchr(" \t{", word[strlen(section)])) {
			inside = !title ||
				 is_title(word + strlen(section), title);
			if (inside)
				found = line;
		}
		if (inside && option && skip < len &&
		    !strncmp(word, option, strlen(option)) &&
		    strchr(" \t={", word[strlen(option)]))
			return line;
		at += len + (at[len] == '\n');
	}
	return found;
}

int loader_copy(struct loader *l, char *to, size_t max, const char *from,
		unsigned line, const char *what)
{
	if (!from)
		from = "";
	if (strlen(from) < max) {
		memcpy(to, from, strlen(from) + 1);
		return 0;
	}
	loader_fault(l, line, "CONFIG", "shorten it", "%s is longer than %zu",
		     what, max - 1);
	return EMSGSIZE;
}

/* Relative to the folder of the configuration file. */
void loader_path(struct loader *l, char to[SETTINGS_PATH_MAX], const char *from,
		 unsigned line, const char *what)
{
	const char *slash = strrchr(l->s->file, '/');
	char joined[2 * SETTINGS_PATH_MAX];

	if (!from || !*from) {
		to[0] = '\0';
		return;
	}
	if (*from == '/' || !slash)
		(void)snprintf(joined, sizeof(joined), "%s", from);
	else
		(void)snprintf(joined, sizeof(joined), "%.*s/%s",
			       (int)(slash - l->s->file), l->s->file, from);
	(void)loader_copy(l, to, SETTINGS_PATH_MAX, joined, line, what);
}

/* Files are looked at only where `check` says so: a confined process cannot. */
static int load_text(struct settings **ret, const char *file, const char *text,
		     bool check, const struct settings *running,
		     settings_fault_h *fault, void *arg)
{
	struct loader l = {
		.fault = fault, .arg = arg, .text = text, .running = running
	};
	unsigned unclosed = scan_unclosed(text);
	cfg_t *cfg;
	int rc;

	l.s = calloc(1, sizeof(*l.s));
	if (!l.s)
		return ENOMEM;
	if (text_copy(l.s->file, sizeof(l.s->file), text_of(file))) {
		free(l.s);
		return EMSGSIZE;
	}
	cfg = loader_grammar();
	if (!cfg) {
		free(l.s);
		return ENOMEM;
	}
	loader_current = &l;
	(void)cfg_set_error_function(cfg, confuse_error);
	rc = cfg_parse_buf(cfg, text);
	if (rc == CFG_SUCCESS && unclosed) {
		loader_fault(&l, unclosed, "CONFIG", "close it with a }",
			     "the section that begins here has no end");
	} else if (rc == CFG_SUCCESS) {
		loader_fill(&l, cfg);
		if (check)
			loader_check(&l);
		if (running)
			loader_check_fixed(&l);
	} else if (!l.faults) {
		loader_fault(&l, (unsigned)cfg->line, "CONFIG",
			     "see vaxel.conf(5)", "cannot be parsed");
	}
	loader_current = NULL;
	(void)cfg_free(cfg);
	if (l.faults) {
		free(l.s);
		return EINVAL;
	}
	*ret = l.s;
	return 0;
}

int settings_parse(struct settings **ret, const char *file, const char *text,
		   settings_fault_h *fault, void *arg)
{
	return load_text(ret, file, text, false, NULL, fault, arg);
}

const char *settings_companion_name(enum companion c)
{
	static const char *const names[COMPANIONS] = {
		[COMPANION_REGISTER] = "register",
		[COMPANION_ROUTES] = "routes",
		[COMPANION_KOMMUN_IDS] = "kommun-ids",
		[COMPANION_CELLS] = "cells",
		[COMPANION_POSTCODES] = "postcodes",
		[COMPANION_MONTH_KEYS] = "month-keys",
		[COMPANION_WITNESSES] = "witnesses",
	};

	return names[c];
}

int settings_read_file(const char *file, char **ret_text)
{
	FILE *f = fopen(file, "re");
	char *text = calloc(1, FILE_MAX + 1);
	size_t n;
	int err = 0;

	if (!f || !text) {
		err = f ? ENOMEM : errno;
		goto out;
	}
	n = fread(text, 1, FILE_MAX + 1, f);
	if (ferror(f))
		err = EIO;
	else if (n > FILE_MAX || memchr(text, '\0', n))
		err = n > FILE_MAX ? EMSGSIZE : EBADMSG;
out:
	if (f)
		(void)fclose(f);
	if (err)
		free(text);
	else
		*ret_text = text;
	return err;
}

static void absolute_path(char *to, size_t max, const char *file)
{
	char *dir = *file == '/' ? NULL : getcwd(NULL, 0);

	(void)snprintf(to, max, "%s%s%s", dir ? dir : "", dir ? "/" : "", file);
	free(dir);
}

static int load_file(struct settings **ret, const char *file, bool check,
		     const struct settings *running, settings_fault_h *fault,
		     void *arg)
{
	struct settings_fault f = { .file = file, .line = 0, .rule = "CONFIG" };
	char absolute[SETTINGS_PATH_MAX * 2], *text = NULL;
	int err = settings_read_file(file, &text);

	if (err) {
		(void)snprintf(f.fault, sizeof(f.fault), "cannot be read: %s",
			       strerror(err));
		(void)snprintf(f.mend, sizeof(f.mend),
			       "name a readable file; vaxel init makes one");
		if (fault)
			fault(arg, &f);
		return err == ENOENT ? ENOENT : EINVAL;
	}
	absolute_path(absolute, sizeof(absolute), file);
	err = load_text(ret, absolute, text, check, running, fault, arg);
	free(text);
	return err;
}

int settings_load(struct settings **ret, const char *file,
		  const struct settings *running, settings_fault_h *fault,
		  void *arg)
{
	return load_file(ret, file, true, running, fault, arg);
}

int settings_read(struct settings **ret, const char *file,
		  settings_fault_h *fault, void *arg)
{
	return load_file(ret, file, false, NULL, fault, arg);
}

/* No section has an option of that name, so braces need not match. */
static struct text said_runtime(const char *text)
{
	struct scan s = scan_on(text);
	enum scan_token token;
	struct text word;
	unsigned line;

	while ((token = scan_next(&s, &word, &line)) != SCAN_END) {
		struct scan ahead = s;

		if (token != SCAN_WORD || !text_is(word, "runtime") ||
		    scan_next(&ahead, &word, &line) != SCAN_MARK)
			continue;
		token = scan_next(&ahead, &word, &line);
		if (token == SCAN_WORD || token == SCAN_QUOTED)
			return word;
	}
	return TEXT(SETTINGS_RUNTIME);
}

int settings_where(struct settings **ret, const char *file)
{
	char absolute[SETTINGS_PATH_MAX * 2], runtime[SETTINGS_PATH_MAX];
	struct loader l = { 0 };
	char *text;
	int err = settings_read_file(file, &text);

	if (err)
		return err;
	absolute_path(absolute, sizeof(absolute), file);
	l.s = calloc(1, sizeof(*l.s));
	if (!l.s ||
	    text_copy(l.s->file, sizeof(l.s->file), text_of(absolute)) ||
	    text_copy(runtime, sizeof(runtime), said_runtime(text)))
		err = l.s ? EMSGSIZE : ENOMEM;
	free(text);
	if (!err)
		loader_path(&l, l.s->runtime, runtime, 0, "runtime");
	if (err || l.faults) {
		free(l.s);
		return err ? err : EMSGSIZE;
	}
	*ret = l.s;
	return 0;
}

void settings_free(struct settings *s)
{
	free(s);
}
