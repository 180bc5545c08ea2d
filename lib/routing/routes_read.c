/*
 * routes_read -- libconfuse reads the text, this fills the routes
 */
#include <confuse.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "routing/routes_parts.h"
#include "settings/scan.h"

enum { TEXT_MAX = 1024 * 1024, QUEUE_MAX = 100000, WAIT_MAX_S = 86400 };

struct reading {
	struct routes *p;
	const struct register_book *book;
	struct window_class classes[ROUTES_HOURS];
	unsigned class_count;
	register_fault_h *fault;
	void *arg;
	unsigned faults;
	unsigned line; /* of the section that is being filled */
};

/* libconfuse's error function has no argument of ours. */
static struct reading *current;

/* ---- faults */

static void PRINTF_LIKE(4, 0)
	report(struct reading *r, unsigned line, const char *mend,
	       const char *fmt, va_list ap)
{
	struct register_fault f = { .line = line, .rule = "CONFIG" };

	r->faults++;
	register_fault_tell(r->fault, r->arg, f, mend, fmt, ap);
}

static void PRINTF_LIKE(3, 4)
	complain(struct reading *r, const char *mend, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(r, r->line, mend, fmt, ap);
	va_end(ap);
}

static void PRINTF_LIKE(2, 0)
	confuse_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	report(current, cfg ? (unsigned)cfg->line : 1, "see routes.conf(5)",
	       fmt, ap);
}

/* ---- single values */

static void copy(struct reading *r, cfg_t *cfg, const char *option, char *to,
		 size_t max)
{
	if (text_copy(to, max, text_of(cfg_getstr(cfg, option))))
		complain(r, "shorten it", "%s is longer than %zu", option,
			 max - 1);
}

static unsigned number(struct reading *r, cfg_t *cfg, const char *option,
		       long max)
{
	long v = cfg_getint(cfg, option);

	if (v >= 0 && v <= max)
		return (unsigned)v;
	complain(r, "see routes.conf(5)", "%s must be from 0 to %ld", option,
		 max);
	return 0;
}

static int64_t date(struct reading *r, cfg_t *cfg, const char *option, bool end)
{
	const char *text = cfg_getstr(cfg, option);
	int64_t minute = end ? REGISTER_ALWAYS : REGISTER_SINCE_EVER;

	if (*text && register_date_read(text_of(text), end, &minute))
		complain(r, "write 2026-11-21, or RFC 3339 with its offset",
			 "%s is no date", option);
	return minute;
}

/* [a-z0-9-]: it stands alone in what vaxel route prints. */
static bool is_id(const char *id)
{
	size_t len = strlen(id);

	return len && len < ROUTE_ID_MAX &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static uint16_t organisation(struct reading *r, const char *id,
			     const char *option)
{
	uint16_t n;

	if (!r->book || !*id)
		return REGISTER_NONE;
	n = register_organisation_find(r->book, text_of(id));
	if (n == REGISTER_NONE)
		complain(r, "name one of the register by its id",
			 "%s: the register has no organisation %s", option, id);
	return n;
}

static uint16_t place(struct reading *r, cfg_t *cfg, const char *option)
{
	const char *id = cfg_getstr(cfg, option);
	uint16_t n;

	if (!r->book || !*id)
		return REGISTER_NONE;
	n = register_place_find(r->book, text_of(id));
	if (n == REGISTER_NONE)
		complain(r, "name one of the register by its id",
			 "%s: the register has no place %s", option, id);
	return n;
}

/* ---- hours */

static const struct window_class *class_named(const struct reading *r,
					      struct text name)
{
	for (unsigned i = 0; i < r->class_count; i++)
		if (text_is(name, r->classes[i].name))
			return &r->classes[i];
	return window_usual_class(name);
}

static void add_window(struct reading *r, struct text t, struct window *to,
		       unsigned *count)
{
	const struct window_class *class = class_named(r, t);
	unsigned n = class ? class->count : 1;
	const char *why;

	if (*count + n > WINDOWS_MAX) {
		complain(r, "write fewer, or several routes",
			 "more than %d windows", WINDOWS_MAX);
		return;
	}
	if (class) {
		memcpy(to + *count, class->windows,
		       n * sizeof(class->windows[0]));
	} else if (window_read(t, to + *count, &why)) {
		complain(r, why, "neither hours nor a name for them: %.*s",
			 (int)(t.len < 64 ? t.len : 64), t.p);
		return;
	}
	*count += n;
}

static void windows(struct reading *r, cfg_t *cfg, const char *option,
		    struct window *to, unsigned *count)
{
	for (unsigned i = 0; i < cfg_size(cfg, option); i++)
		add_window(r, text_of(cfg_getnstr(cfg, option, i)), to, count);
}

static void fill_class(struct reading *r, cfg_t *cfg)
{
	struct window_class *c = &r->classes[r->class_count];

	r->line = (unsigned)cfg->line;
	if (r->class_count == ROUTES_HOURS) {
		complain(r, "remove some", "more than %d names for hours",
			 ROUTES_HOURS);
		return;
	}
	if (text_copy(c->name, sizeof(c->name), text_of(cfg_title(cfg))))
		complain(r, "shorten it", "the name of the hours is too long");
	windows(r, cfg, "windows", c->windows, &c->count);
	if (!c->count)
		complain(r, "add windows = { \"mon-thu 22:00-06:00\" }",
			 "hours %s: never", c->name);
	r->class_count++;
}

/* ---- for whom */

static void fill_callers(struct reading *r, cfg_t *cfg, struct route_entry *to)
{
	for (unsigned i = 0; i < cfg_size(cfg, "regions"); i++) {
		const char *county = cfg_getnstr(cfg, "regions", i);
		const struct region *region = region_find(text_of(county));

		if (region)
			route_take_region(to, region_index(region));
		else
			complain(r, "write a county's two digits, as in 04",
				 "there is no region %s", county);
	}
	for (unsigned i = 0; i < cfg_size(cfg, "municipalities"); i++) {
		const char *code = cfg_getnstr(cfg, "municipalities", i);
		const struct municipality *m = municipality_find(text_of(code));

		if (m)
			route_take_municipality(to, municipality_index(m));
		else
			complain(r, "write its four digits, as in 0480",
				 "there is no municipality %s", code);
	}
	if (cfg_size(cfg, "regions") || cfg_size(cfg, "municipalities"))
		return;
	if (to->kind != ROUTE_NATIONAL_QUEUE)
		complain(r, "add regions = { \"04\" }",
			 "route %s takes nobody's callers", to->id);
	for (unsigned i = 0; i < REGIONS; i++)
		route_take_region(to, i);
}

/* ---- by whom and where */

static void add_act(struct route_entry *to, enum register_activity activity,
		    uint16_t by, uint16_t at)
{
	to->acts[to->act_count++] = (struct route_act){ activity, by, at };
}

/* `by` where the text names nobody else for it. */
static uint16_t other(struct reading *r, cfg_t *cfg, const char *option,
		      uint16_t by)
{
	const char *id = cfg_getstr(cfg, option);

	return *id ? organisation(r, id, option) : by;
}

static void fill_acts(struct reading *r, cfg_t *cfg, struct route_entry *to)
{
	uint16_t answers = organisation(r, to->organisation, "organisation");
	uint16_t records = other(r, cfg, "record-by", answers);
	uint16_t stores = other(r, cfg, "store-by", records);

	add_act(to, ACT_ANSWERING, answers, place(r, cfg, "place"));
	if (*cfg_getstr(cfg, "transport-by"))
		add_act(to, ACT_TRANSPORTING,
			other(r, cfg, "transport-by", answers),
			place(r, cfg, "transport-place"));
	to->record = cfg_getbool(cfg, "record");
	if (!to->record)
		return;
	add_act(to, ACT_RECORDING, records, place(r, cfg, "record-place"));
	add_act(to, ACT_STORING, stores, place(r, cfg, "store-place"));
}

/* ---- a route */

static enum route_kind kind_of(struct reading *r, const char *word)
{
	for (int i = 0; i < ROUTE_KINDS; i++)
		if (!strcmp(word, route_kind_words[i]))
			return (enum route_kind)i;
	complain(r,
		 "one of own, contracted, partner, subcontractor, "
		 "national-queue",
		 "kind has an unknown value");
	return ROUTE_OWN;
}

static void check_route(struct reading *r, const struct route_entry *to)
{
	if (!is_id(to->id))
		complain(r, "use a to z, 0 to 9 and -, at most 63",
			 "this is no id");
	if (!to->organisation[0])
		complain(r, "set organisation", "route %s: nobody answers",
			 to->id);
	if (!to->trunk[0])
		complain(r, "set trunk", "route %s leads nowhere", to->id);
	if (to->kind == ROUTE_NATIONAL_QUEUE && r->book &&
	    to->whom == REGISTER_NONE)
		complain(r, "set for to the region whose service it is",
			 "the national queue %s is nobody's", to->id);
	if (to->term.from >= to->term.until)
		complain(r, "set until to a later day",
			 "route %s ends before it begins", to->id);
}

static void fill_route(struct reading *r, cfg_t *cfg)
{
	struct route_entry *to = &r->p->routes[r->p->count];

	r->line = (unsigned)cfg->line;
	if (r->p->count == ROUTES_MAX) {
		complain(r, "remove some", "more than %d routes", ROUTES_MAX);
		return;
	}
	to->text_line = r->line;
	if (text_copy(to->id, sizeof(to->id), text_of(cfg_title(cfg))))
		complain(r, "shorten it", "the name of the route is too long");
	copy(r, cfg, "organisation", to->organisation,
	     sizeof(to->organisation));
	copy(r, cfg, "line", to->line, sizeof(to->line));
	copy(r, cfg, "trunk", to->trunk, sizeof(to->trunk));
	to->kind = kind_of(r, cfg_getstr(cfg, "kind"));
	to->whom = organisation(r, cfg_getstr(cfg, "for"), "for");
	to->term.from = date(r, cfg, "from", false);
	to->term.until = date(r, cfg, "until", true);
	to->priority = number(r, cfg, "priority", QUEUE_MAX);
	if (!to->priority)
		to->priority = 10 * (1 + (unsigned)to->kind);
	to->queue_max = number(r, cfg, "queue-max", QUEUE_MAX);
	to->wait_max_s = number(r, cfg, "wait-max", WAIT_MAX_S);
	windows(r, cfg, "when", to->when, &to->when_count);
	windows(r, cfg, "except", to->except, &to->except_count);
	fill_callers(r, cfg, to);
	fill_acts(r, cfg, to);
	check_route(r, to);
	r->p->count++;
}

/* ---- the whole */

#define TITLED (CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)

static char empty_list[] = "{}";

static cfg_t *grammar(void)
{
	static cfg_opt_t hours[] = {
		CFG_STR_LIST("windows", empty_list, CFGF_NONE), CFG_END()
	};
	static cfg_opt_t route[] = {
		CFG_STR("line", "", CFGF_NONE),
		CFG_STR("kind", "own", CFGF_NONE),
		CFG_STR("organisation", "", CFGF_NONE),
		CFG_STR("place", "", CFGF_NONE),
		CFG_STR("for", "", CFGF_NONE),
		CFG_STR_LIST("regions", empty_list, CFGF_NONE),
		CFG_STR_LIST("municipalities", empty_list, CFGF_NONE),
		CFG_STR_LIST("when", empty_list, CFGF_NONE),
		CFG_STR_LIST("except", empty_list, CFGF_NONE),
		CFG_STR("from", "", CFGF_NONE),
		CFG_STR("until", "", CFGF_NONE),
		CFG_INT("priority", 0, CFGF_NONE),
		CFG_INT("queue-max", 0, CFGF_NONE),
		CFG_INT("wait-max", 0, CFGF_NONE),
		CFG_STR("trunk", "", CFGF_NONE),
		CFG_BOOL("record", cfg_true, CFGF_NONE),
		CFG_STR("record-by", "", CFGF_NONE),
		CFG_STR("record-place", "", CFGF_NONE),
		CFG_STR("store-by", "", CFGF_NONE),
		CFG_STR("store-place", "", CFGF_NONE),
		CFG_STR("transport-by", "", CFGF_NONE),
		CFG_STR("transport-place", "", CFGF_NONE),
		CFG_END()
	};
	static cfg_opt_t top[] = { CFG_SEC("hours", hours, TITLED),
				   CFG_SEC("route", route, TITLED), CFG_END() };

	return cfg_init(top, CFGF_NONE);
}

static void fill(struct reading *r, cfg_t *cfg)
{
	for (unsigned i = 0; i < cfg_size(cfg, "hours"); i++)
		fill_class(r, cfg_getnsec(cfg, "hours", i));
	for (unsigned i = 0; i < cfg_size(cfg, "route"); i++)
		fill_route(r, cfg_getnsec(cfg, "route", i));
	r->line = 1;
	if (!r->faults && routes_index(r->p))
		complain(r, "let routes take more regions, each fewer",
			 "a region is offered more than %d routes",
			 ROUTES_OFFERED);
	if (!r->faults && !r->p->offered_count[ROUTES_UNKNOWN_REGION])
		complain(r, "add a route of kind national-queue",
			 "a caller of whom nobody knows where reaches nobody");
}

static int parse(struct reading *r, const char *text)
{
	unsigned unclosed = scan_unclosed(text);
	cfg_t *cfg;

	if (unclosed || strstr(text, "${")) {
		/* libconfuse would close it, and put the environment in */
		r->line = unclosed;
		complain(r,
			 unclosed ? "close it with a }"
				  : "write what it stands for",
			 unclosed ? "the section that begins here has no end"
				  : "${ has no meaning here");
		return EINVAL;
	}
	cfg = grammar();
	if (!cfg)
		return ENOMEM;
	current = r;
	(void)cfg_set_error_function(cfg, confuse_error);
	if (cfg_parse_buf(cfg, text) == CFG_SUCCESS)
		fill(r, cfg);
	else if (!r->faults)
		complain(r, "see routes.conf(5)", "cannot be parsed");
	(void)cfg_free(cfg);
	current = NULL;
	return r->faults ? EINVAL : 0;
}

int routes_read(struct routes **ret, const char *text, size_t len,
		const struct register_book *book, register_fault_h *fault,
		void *arg)
{
	struct reading r = { .book = book, .fault = fault, .arg = arg };
	char *copied;
	int err = ENOMEM;

	if (len > TEXT_MAX)
		return EMSGSIZE;
	r.p = calloc(1, sizeof(*r.p));
	copied = calloc(1, len + 1);
	if (r.p && copied) {
		if (len)
			memcpy(copied, text, len);
		(void)SHA256((const uint8_t *)text, len, r.p->digest);
		err = memchr(copied, '\0', len) ? EBADMSG : parse(&r, copied);
	}
	free(copied);
	if (err)
		routes_free(r.p);
	else
		*ret = r.p;
	return err;
}
