#include "register/law.h"

#include "register/reading.h"

#define LAW_HEADING                                                            \
	"rule\tprovision\tfrom\tuntil\tasked\tactivities\twhom\trequires\t"    \
	"amount\tfault\tmend"
#define COUNTRY_HEADING "code\tcountry\tstanding\tfrom\tuntil\tscope\tsource"

enum { LAW_COLUMNS = 11, COUNTRY_COLUMNS = 7 };

extern const char law_tsv[], countries_tsv[];
extern const size_t law_tsv_bytes, countries_tsv_bytes;

struct text law_text(void)
{
	return (struct text){ law_tsv, law_tsv_bytes };
}

struct text law_countries_text(void)
{
	return (struct text){ countries_tsv, countries_tsv_bytes };
}

static const char *const whoms[WHOMS] = {
	[WHOM_PERFORMER] = "performer",
	[WHOM_CONTROLLER] = "controller",
	[WHOM_AGREEMENT] = "agreement",
	[WHOM_PROCESSOR] = "processor",
	[WHOM_SUB_PROCESSOR] = "sub-processor",
	[WHOM_JOINT] = "joint",
	[WHOM_APPOINTMENT] = "appointment",
	[WHOM_PLACE] = "place",
	[WHOM_PROCESSING] = "processing",
	[WHOM_REGION] = "region",
	[WHOM_ORGANISATION] = "organisation",
};

static const char *const requirements[REQUIREMENTS] = {
#define REQUIREMENT(name, word) [REQ_##name] = (word),
#include "register/requirements.def"
#undef REQUIREMENT
};

static bool nothing(struct text t)
{
	return text_is(t, "-");
}

static int split(struct text line, struct text *columns, unsigned n)
{
	struct reader r = reader_on(line.p, line.len);

	for (unsigned i = 0; i + 1 < n; i++)
		if (reader_until(&r, '\t', &columns[i]) || !columns[i].len)
			return EBADMSG;
	return reader_text(&r, reader_left(&r), &columns[n - 1]);
}

static int read_term(const struct text from_until[2], struct register_term *ret)
{
	struct register_term t = { REGISTER_SINCE_EVER, REGISTER_ALWAYS };

	if (!nothing(from_until[0]) &&
	    register_date_read(from_until[0], false, &t.from))
		return EBADMSG;
	if (!nothing(from_until[1]) &&
	    register_date_read(from_until[1], true, &t.until))
		return EBADMSG;
	*ret = t;
	return 0;
}

static int read_activities(struct text t, unsigned *ret)
{
	unsigned mask = 0;

	if (text_is(t, "*")) {
		*ret = ACT_ALL;
		return 0;
	}
	while (t.len) {
		const char *comma = memchr(t.p, ',', t.len);
		size_t n = comma ? (size_t)(comma - t.p) : t.len;
		unsigned a = word_find(word_activities, ACTIVITIES,
				       (struct text){ t.p, n });

		if (a == ACTIVITIES)
			return EBADMSG;
		mask |= ACT_BIT(a);
		n += comma != NULL;
		t = (struct text){ t.p + n, t.len - n };
	}
	*ret = mask;
	return 0;
}

static int read_line(struct text line, struct law_line *ret)
{
	struct text c[LAW_COLUMNS];
	struct law_line l = { 0 };
	uint64_t amount = 0;
	unsigned whom, requires;

	if (split(line, c, LAW_COLUMNS) || word_rule(c[0], &l.rule) ||
	    read_term(&c[2], &l.term) || read_activities(c[5], &l.activities))
		return EBADMSG;
	whom = word_find(whoms, WHOMS, c[6]);
	requires = word_find(requirements, REQUIREMENTS, c[7]);
	l.call = text_is(c[4], "call");
	if (whom == WHOMS || requires == REQUIREMENTS ||
	    (!l.call && !text_is(c[4], "map")) ||
	    (!nothing(c[8]) && text_u64(c[8], 0, 100000, &amount)))
		return EBADMSG;
	l.whom = (enum law_whom)whom;
	l.requires = (enum law_requirement) requires;
	l.amount = (unsigned)amount;
	l.provision = c[1];
	l.fault = c[9];
	l.mend = c[10];
	*ret = l;
	return 0;
}

int law_read(struct text law, struct register_law *ret, unsigned *ret_line)
{
	struct reader r = reader_on(law.p, law.len);
	struct text line;

	*ret_line = 1;
	if (reader_until(&r, '\n', &line) || !text_is(line, LAW_HEADING))
		return EBADMSG;
	for (ret->line_count = 0; reader_left(&r); ret->line_count++) {
		++*ret_line;
		if (ret->line_count == LAW_LINES)
			return EMSGSIZE;
		if (reader_until(&r, '\n', &line) ||
		    read_line(line, &ret->lines[ret->line_count]))
			return EBADMSG;
	}
	return 0;
}

static int read_country(struct text line, struct law_country *ret)
{
	static const char *const standings[] = { "third", "eea", "adequate" };
	struct text c[COUNTRY_COLUMNS];
	struct law_country k = { 0 };
	unsigned standing;

	if (split(line, c, COUNTRY_COLUMNS) || c[0].len != 2 ||
	    text_copy(k.code, sizeof(k.code), c[0]) ||
	    read_term(&c[3], &k.term))
		return EBADMSG;
	standing = word_find(standings, 3, c[2]);
	if (standing == 3)
		return EBADMSG;
	k.standing = (enum law_standing)standing;
	k.scope = nothing(c[5]) ? (struct text){ NULL, 0 } : c[5];
	*ret = k;
	return 0;
}

int law_read_countries(struct text countries, struct register_law *ret,
		       unsigned *ret_line)
{
	struct reader r = reader_on(countries.p, countries.len);
	struct text line;
	unsigned n;

	*ret_line = 1;
	if (reader_until(&r, '\n', &line) || !text_is(line, COUNTRY_HEADING))
		return EBADMSG;
	for (n = 0; reader_left(&r); n++) {
		struct law_country *k = &ret->countries[n];

		++*ret_line;
		if (n == LAW_COUNTRIES)
			return EMSGSIZE;
		/* sorted, so that a country's rows lie together */
		if (reader_until(&r, '\n', &line) || read_country(line, k) ||
		    (n && strcmp(k[-1].code, k->code) > 0))
			return EBADMSG;
	}
	ret->country_count = n;
	return 0;
}

bool law_country_find(const struct register_law *law, const char code[3],
		      uint16_t *ret_row, uint16_t *ret_rows)
{
	unsigned first = 0, n = 0;

	while (first < law->country_count &&
	       strcmp(law->countries[first].code, code) != 0)
		first++;
	while (first + n < law->country_count &&
	       !strcmp(law->countries[first + n].code, code))
		n++;
	*ret_row = (uint16_t)first;
	*ret_rows = (uint16_t)n;
	return n > 0;
}
