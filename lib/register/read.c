/*
 * read -- libconfuse reads the text, this drives the filling
 *
 * First the ids of everything, so that what refers to another thing finds it
 * wherever it stands; then each section; then the indexes.
 */
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "register/reading.h"
#include "settings/scan.h"

struct reading *reading_current;

const char *const section_names[SECTIONS] = {
	[SECTION_ORGANISATION] = "organisation",
	[SECTION_PLACE] = "place",
	[SECTION_AGREEMENT] = "agreement",
	[SECTION_SAFEGUARD] = "safeguard",
	[SECTION_RETENTION] = "retention",
	[SECTION_NOTICE] = "notice",
};

static const struct {
	unsigned max;
	void (*fill)(struct reading *r, cfg_t *cfg, unsigned n);
} sections[SECTIONS] = {
	[SECTION_ORGANISATION] = { REGISTER_ORGANISATIONS, fill_organisation },
	[SECTION_PLACE] = { REGISTER_PLACES, fill_place },
	[SECTION_AGREEMENT] = { REGISTER_AGREEMENTS, fill_agreement },
	[SECTION_SAFEGUARD] = { REGISTER_SAFEGUARDS, fill_safeguard },
	[SECTION_RETENTION] = { REGISTER_RETENTIONS, fill_retention },
	[SECTION_NOTICE] = { REGISTER_NOTICES, fill_notice },
};

/* ---- faults and lines */

void register_fault_tell(register_fault_h *h, void *arg,
			 struct register_fault f, const char *mend,
			 const char *fmt, va_list ap)
{
	if (!f.line)
		f.line = 1;
	(void)snprintf(f.mend, sizeof(f.mend), "%s", mend);
	(void)vsnprintf(f.fault, sizeof(f.fault), fmt, ap);
	if (h)
		h(arg, &f);
}

static void PRINTF_LIKE(4, 0)
	report(struct reading *r, unsigned line, const char *mend,
	       const char *fmt, va_list ap)
{
	struct register_fault f = { .line = line, .rule = "CONFIG" };

	r->faults++;
	register_fault_tell(r->fault, r->arg, f, mend, fmt, ap);
}

void reading_fault(struct reading *r, const char *option, const char *mend,
		   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(r, reading_line(r, option), mend, fmt, ap);
	va_end(ap);
}

static void PRINTF_LIKE(2, 0)
	confuse_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	report(reading_current, cfg ? (unsigned)cfg->line : 1,
	       "see register.conf(5)", fmt, ap);
}

/* Where the section that is being filled says `option`. */
unsigned reading_line(const struct reading *r, const char *option)
{
	const struct section_start *start = &r->starts[r->kind][r->n];
	struct scan s = { start->at, start->line };
	unsigned depth = 0, line;
	struct text word;
	enum scan_token token;

	if (!option || !start->at)
		return start->line;
	while ((token = scan_next(&s, &word, &line)) != SCAN_END) {
		depth += token == SCAN_OPEN;
		if (token == SCAN_CLOSE && !--depth)
			break;
		if (token == SCAN_WORD && text_is(word, option))
			return line;
	}
	return start->line;
}

/* Where each section of each kind begins, in the order of the text. */
static void find_starts(struct reading *r)
{
	struct scan s = scan_on(r->text);
	unsigned depth = 0, line, heading = 1, n[SECTIONS] = { 0 };
	unsigned kind = SECTIONS;
	struct text word;
	enum scan_token token;

	while ((token = scan_next(&s, &word, &line)) != SCAN_END) {
		/* a title may be a bare word too */
		if (token == SCAN_WORD && !depth && kind == SECTIONS) {
			kind = word_find(section_names, SECTIONS, word);
			heading = line;
		}
		if (token == SCAN_OPEN && !depth++ && kind < SECTIONS &&
		    n[kind] < SECTION_MAX)
			r->starts[kind][n[kind]++] =
				(struct section_start){ word.p, heading };
		if (token == SCAN_CLOSE && depth && !--depth)
			kind = SECTIONS;
	}
}

/* ---- ids, then what they stand for */

static register_str *place_of_id(struct register_book *b,
				 enum section_kind kind, unsigned n,
				 unsigned *ret_line)
{
	register_str *id = NULL;
	unsigned *line = NULL;

	switch (kind) {
#define KIND(k, array)                                                         \
	case k:                                                                \
		id = &b->array[n].id;                                          \
		line = &b->array[n].line;                                      \
		break
		KIND(SECTION_ORGANISATION, organisations);
		KIND(SECTION_PLACE, places);
		KIND(SECTION_AGREEMENT, agreements);
		KIND(SECTION_SAFEGUARD, safeguards);
		KIND(SECTION_RETENTION, retentions);
		KIND(SECTION_NOTICE, notices);
#undef KIND
	case SECTIONS:
		break;
	}
	if (line)
		*line = *ret_line;
	return id;
}

static void set_count(struct register_book *b, enum section_kind kind,
		      uint16_t n)
{
	uint16_t *const counts[SECTIONS] = {
		[SECTION_ORGANISATION] = &b->organisation_count,
		[SECTION_PLACE] = &b->place_count,
		[SECTION_AGREEMENT] = &b->agreement_count,
		[SECTION_SAFEGUARD] = &b->safeguard_count,
		[SECTION_RETENTION] = &b->retention_count,
		[SECTION_NOTICE] = &b->notice_count,
	};

	*counts[kind] = n;
}

static void fill_ids(struct reading *r, cfg_t *cfg, enum section_kind kind)
{
	unsigned n = cfg_size(cfg, section_names[kind]);

	r->kind = kind;
	if (n > sections[kind].max) {
		r->n = sections[kind].max - 1;
		reading_fault(r, NULL, "remove some",
			      "more than %u sections %s", sections[kind].max,
			      section_names[kind]);
		n = sections[kind].max;
	}
	set_count(r->b, kind, (uint16_t)n);
	for (r->n = 0; r->n < n; r->n++) {
		cfg_t *sec = cfg_getnsec(cfg, section_names[kind], r->n);
		unsigned line = r->starts[kind][r->n].line;
		struct text id = text_of(cfg_title(sec));

		*place_of_id(r->b, kind, r->n, &line) = reading_intern(r, id);
		if (!check_id(id))
			reading_fault(r, NULL,
				      "use a to z, 0 to 9 and -, at most 63",
				      "this is no id");
	}
}

static void fill_kind(struct reading *r, cfg_t *cfg, enum section_kind kind)
{
	unsigned n = cfg_size(cfg, section_names[kind]);

	r->kind = kind;
	for (r->n = 0; r->n < n && r->n < sections[kind].max; r->n++)
		sections[kind].fill(
			r, cfg_getnsec(cfg, section_names[kind], r->n), r->n);
}

static void fill_all(struct reading *r, cfg_t *cfg)
{
	for (unsigned k = 0; k < SECTIONS; k++)
		fill_ids(r, cfg, (enum section_kind)k);
	r->n = 0;
	r->b->as_of = reading_day(r, cfg, "as-of", false);
	for (unsigned k = 0; k < SECTIONS; k++)
		fill_kind(r, cfg, (enum section_kind)k);
}

/* ---- the whole */

/* What libconfuse would let pass or take for something else. */
static int check_text(struct reading *r)
{
	struct text name = { NULL, 0 };
	unsigned *line = &r->starts[0][0].line;

	if ((*line = scan_unclosed(r->text)))
		reading_fault(r, NULL, "close it with a }",
			      "the section that begins here has no end");
	else if ((*line = reading_doubled(r->text, &name)))
		reading_fault(r, NULL, "say it once",
			      "%.*s is said twice in one section",
			      (int)(name.len < 64 ? name.len : 64), name.p);
	/* it would put the environment in its place */
	else if (strstr(r->text, "${"))
		reading_fault(r, NULL, "write what it stands for",
			      "${ has no meaning here");
	*line = 0;
	return r->faults ? EINVAL : 0;
}

static int parse(struct reading *r)
{
	cfg_t *cfg;
	int rc;

	if (check_text(r))
		return EINVAL;
	cfg = reading_grammar();
	if (!cfg)
		return ENOMEM;
	reading_current = r;
	(void)cfg_set_error_function(cfg, confuse_error);
	rc = cfg_parse_buf(cfg, r->text);
	if (rc == CFG_SUCCESS) {
		find_starts(r);
		fill_all(r, cfg);
	} else if (!r->faults) {
		reading_fault(r, NULL, "see register.conf(5)",
			      "cannot be parsed");
	}
	(void)cfg_free(cfg);
	reading_current = NULL;
	return r->faults ? EINVAL : 0;
}

static int book_new(struct register_book **ret, size_t len, struct text law,
		    struct text countries)
{
	struct register_book *b = calloc(1, sizeof(*b));
	unsigned line;
	int err = ENOMEM;

	if (!b)
		return ENOMEM;
	b->law = calloc(1, sizeof(*b->law));
	b->strings = calloc(1, 2 * len + 1024);
	b->string_bytes = 1;
	if (!b->law || !b->strings)
		goto out;
	memset(b->of_county, 0xff, sizeof(b->of_county));
	err = law_read(law, b->law, &line);
	if (!err)
		err = law_read_countries(countries, b->law, &line);
out:
	if (err)
		register_free(b);
	else
		*ret = b;
	return err;
}

int register_read_by(struct register_book **ret, const char *text, size_t len,
		     struct text law, struct text countries,
		     register_fault_h *fault, void *arg)
{
	struct reading *r = NULL;
	struct register_book *b = NULL;
	char *own = NULL;
	int err;

	if (len > REGISTER_TEXT_MAX)
		return EMSGSIZE;
	err = book_new(&b, len, law, countries);
	if (err)
		return err;
	r = calloc(1, sizeof(*r));
	own = malloc(len + 1);
	err = r && own ? 0 : ENOMEM;
	if (err)
		goto out;
	memcpy(own, text, len);
	own[len] = '\0';
	*r = (struct reading){ .b = b,
			       .text = own,
			       .fault = fault,
			       .arg = arg,
			       .string_max = (uint32_t)(2 * len + 1024) };
	(void)SHA256((const uint8_t *)text, len, b->digest);
	if (memchr(own, '\0', len)) {
		reading_fault(r, NULL, "write text", "it holds a zero byte");
		err = EINVAL;
	} else {
		err = parse(r);
	}
	if (!err)
		index_build(b);
out:
	free(own);
	free(r);
	if (err)
		register_free(b);
	else
		*ret = b;
	return err;
}

int register_read(struct register_book **ret, const char *text, size_t len,
		  register_fault_h *fault, void *arg)
{
	return register_read_by(ret, text, len, law_text(),
				law_countries_text(), fault, arg);
}

void register_free(struct register_book *b)
{
	if (!b)
		return;
	free(b->strings);
	free(b->law);
	free(b);
}
