/*
 * options -- the witness's file, in libconfuse's grammar as all of ours
 *
 * A path in it is meant from the folder in which the file lies.
 */
#include <confuse.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "process/witness/self.h"

static const char *the_file;

static void PRINTF_LIKE(2, 0)
	confuse_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[256];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	log_error("%s:%d: %s; see vaxel-witness(1)", the_file,
		  cfg ? cfg->line : 1, text);
}

static int keep(char to[PATH_MAX], const char *value)
{
	return text_copy(to, PATH_MAX, text_of(value));
}

static int keep_path(char to[PATH_MAX], const char *value)
{
	const char *slash = strrchr(the_file, '/');
	int folder = *value != '/' && slash ? (int)(slash + 1 - the_file) : 0;
	int n = snprintf(to, PATH_MAX, "%.*s%s", folder, the_file, value);

	return n < 0 || n >= PATH_MAX ? EMSGSIZE : 0;
}

static int take(cfg_t *cfg, struct witness_options *ret)
{
	const struct {
		const char *name;
		char *to;
	} paths[] = {
		{ "key", ret->key },
		{ "logs", ret->logs },
		{ "state", ret->state },
		{ "certificate", ret->certificate },
		{ "tls-key", ret->tls_key },
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *value = cfg_getstr(cfg, paths[i].name);

		if (!*value) {
			log_error("%s: %s is missing; see vaxel-witness(1)",
				  the_file, paths[i].name);
			return EINVAL;
		}
		if (keep_path(paths[i].to, value)) {
			log_error("%s: %s is too long a path", the_file,
				  paths[i].name);
			return EINVAL;
		}
	}
	return keep(ret->listen, cfg_getstr(cfg, "listen"));
}

int options_load(const char *file, struct witness_options *ret)
{
	static cfg_opt_t all[] = {
		CFG_STR("key", "", CFGF_NONE),
		CFG_STR("logs", "", CFGF_NONE),
		CFG_STR("state", "", CFGF_NONE),
		CFG_STR("certificate", "", CFGF_NONE),
		CFG_STR("tls-key", "", CFGF_NONE),
		CFG_STR("listen", "0.0.0.0:443", CFGF_NONE),
		CFG_END(),
	};
	cfg_t *cfg = cfg_init(all, CFGF_NONE);
	int err = EINVAL;

	if (!cfg)
		return ENOMEM;
	the_file = file;
	(void)cfg_set_error_function(cfg, confuse_error);
	switch (cfg_parse(cfg, file)) {
	case CFG_SUCCESS:
		err = take(cfg, ret);
		break;
	case CFG_FILE_ERROR:
		err = errno ? errno : EIO;
		log_error("cannot read %s: %s", file, strerror(err));
		break;
	default: /* and confuse_error() has said it */
		break;
	}
	(void)cfg_free(cfg);
	return err;
}
