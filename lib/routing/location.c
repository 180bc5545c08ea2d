/*
 * location -- each way of looking, then which of them decides
 */
#include "routing/location.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <strings.h>

#include "routing/geolocation.h"

/* ---- names */

const char *location_method_name(enum location_method method)
{
	static const char *const names[LOCATION_METHODS + 1] = {
		[LOCATION_KOMMUN_ID] = "kommun-id",
		[LOCATION_GEOLOCATION] = "geolocation",
		[LOCATION_ACCESS_NETWORK] = "access-network",
		[LOCATION_AREA_CODE] = "area-code",
		[LOCATION_ASKED] = "asked",
		[LOCATION_NOWHERE] = "none",
	};

	return (unsigned)method <= LOCATION_METHODS ? names[method] : "none";
}

const char *location_confidence_name(enum location_confidence c)
{
	static const char *const names[] = { "none", "low", "medium", "high" };

	return (unsigned)c < 4 ? names[c] : "none";
}

const char *location_finding_name(enum location_finding f)
{
	static const char *const names[FINDINGS] = {
		[FINDING_ABSENT] = "absent",
		[FINDING_PLACE] = "place",
		[FINDING_UNTRUSTED] = "untrusted",
		[FINDING_MALFORMED] = "malformed",
		[FINDING_UNKNOWN] = "unknown",
		[FINDING_NOMADIC] = "nomadic",
		[FINDING_AMBIGUOUS] = "ambiguous",
		[FINDING_FORBIDDEN] = "forbidden",
		[FINDING_REFERENCE] = "reference",
		[FINDING_ABROAD] = "abroad",
	};

	return (unsigned)f < FINDINGS ? names[f] : "unknown";
}

int location_error_value(unsigned code, char to[LOCATION_ERROR_MAX])
{
	const char *words = NULL;

	switch (code) {
	case GEOLOCATION_CANNOT_PROCESS:
		words = "Cannot Process Location";
		break;
	case GEOLOCATION_NO_PERMISSION_TO_ROUTE:
		words = "Permission to Route based on Location Information";
		break;
	case GEOLOCATION_DEREFERENCE_FAILURE:
		words = "Dereference Failure";
		break;
	default:
		return EINVAL;
	}
	return snprintf(to, LOCATION_ERROR_MAX, "%u;code=\"%s\"", code, words) <
			       LOCATION_ERROR_MAX
		       ? 0
		       : EMSGSIZE;
}

/* ---- 1: the carrier's own code */

int location_called(struct text user, bool before, unsigned from, unsigned to,
		    struct text line, struct text *ret_digits)
{
	struct text digits = { user.p, 0 };

	if (from) { /* cut them out; what is left is the line */
		size_t n = to - from + 1;

		if (to < from || user.len != line.len + n ||
		    from > line.len + 1 ||
		    memcmp(user.p, line.p, from - 1) != 0 ||
		    memcmp(user.p + to, line.p + from - 1,
			   line.len - (from - 1)) != 0)
			return ENOENT;
		digits = (struct text){ user.p + from - 1, n };
	} else {
		if (user.len < line.len ||
		    memcmp(user.p + user.len - line.len, line.p, line.len) != 0)
			return ENOENT;
		digits.len = user.len - line.len;
		if (digits.len && !before)
			return ENOENT;
	}
	*ret_digits = digits;
	return 0;
}

static void place_or(int said, enum location_finding otherwise,
		     struct location_claim *claim)
{
	claim->place = location_place_of(said);
	claim->finding = said >= 0                  ? FINDING_PLACE
			 : said == LOCATION_NOMADIC ? FINDING_NOMADIC
						    : otherwise;
}

static void kommun_id(const struct location_signals *s,
		      const struct location_tables *t,
		      struct location_claim *claim)
{
	const struct municipality *m;
	int said;

	if (!s->kommun_id.len)
		return;
	if (t->kommun) {
		said = location_table_exact(t->kommun, s->kommun_id);
	} else {
		m = municipality_find(s->kommun_id);
		said = m ? (int)municipality_index(m) : LOCATION_UNKNOWN;
	}
	place_or(said, FINDING_UNKNOWN, claim);
}

/* ---- 3: what the network wrote of itself */

/* Up to an unquoted c, or all; moves past it. */
static struct text take(struct text *t, char c)
{
	struct text taken = { t->p, 0 };
	bool quoted = false;

	for (; taken.len < t->len; taken.len++) {
		char at = t->p[taken.len];

		if (at == '"')
			quoted = !quoted;
		else if (at == c && !quoted)
			break;
	}
	*t = (struct text){ t->p + taken.len, t->len - taken.len };
	if (t->len)
		*t = (struct text){ t->p + 1, t->len - 1 };
	while (taken.len && strchr(" \t", *taken.p))
		taken = (struct text){ taken.p + 1, taken.len - 1 };
	while (taken.len && strchr(" \t", taken.p[taken.len - 1]))
		taken.len--;
	return taken;
}

static bool is_word(struct text t, const char *word)
{
	return t.len == strlen(word) && !strncasecmp(t.p, word, t.len);
}

/* name=value as the table has it: without quotes and blanks. */
static void table_key(struct text param, char to[LOCATION_KEY_MAX],
		      size_t *ret_len)
{
	size_t n = 0;

	for (size_t i = 0; i < param.len && n < LOCATION_KEY_MAX - 1; i++)
		if (!strchr("\" \t", param.p[i]))
			to[n++] = param.p[i];
	*ret_len = n;
}

/* One value: "3GPP-E-UTRAN;utran-cell-id-3gpp=...;network-provided". */
static bool network_value(struct text value, const struct location_table *cells,
			  int *ret_said)
{
	bool provided = false;
	int said = LOCATION_UNKNOWN;

	(void)take(&value, ';'); /* the access type */
	while (value.len) {
		struct text param = take(&value, ';');
		char key[LOCATION_KEY_MAX];
		size_t len;

		if (is_word(param, "network-provided") ||
		    is_word(param, "np")) {
			provided = true;
			continue;
		}
		table_key(param, key, &len);
		if (said == LOCATION_UNKNOWN && memchr(key, '=', len))
			said = location_table_prefix(cells,
						     (struct text){ key, len });
	}
	*ret_said = said;
	return provided;
}

/* What the phone says of itself (no network-provided) is not read. */
static void access_network(const struct location_signals *s,
			   const struct location_tables *t,
			   struct location_claim *claim)
{
	struct text left = s->access_network;

	while (left.len && claim->finding != FINDING_PLACE) {
		struct text value = take(&left, ',');
		int said;

		if (network_value(value, t->cells, &said))
			place_or(said, FINDING_UNKNOWN, claim);
	}
}

/* ---- 4: the number's area code */

static void area_code(const struct location_signals *s,
		      struct location_claim *claim)
{
	char national[24];
	struct writer w = writer_on(national, sizeof(national));
	const struct area_code *code;

	if (s->asserted.len < 4 || memcmp(s->asserted.p, "+46", 3) != 0)
		return;
	writer_u8(&w, '0');
	writer_copy(&w, s->asserted.p + 3, s->asserted.len - 3);
	if (writer_finish(&w))
		return;
	code = area_code_of((struct text){ national, w.len });
	if (!code)
		return;
	claim->finding = code->region < 0 ? FINDING_AMBIGUOUS : FINDING_PLACE;
	if (code->region >= 0)
		claim->place.region = (int16_t)(uint8_t)code->region;
}

/* ---- which of them decides */

static bool differ(struct location_place a, struct location_place b)
{
	if (a.region != b.region)
		return true;
	return a.municipality >= 0 && b.municipality >= 0 &&
	       a.municipality != b.municipality;
}

static void decide(struct location *l)
{
	static const enum location_confidence usual[LOCATION_METHODS + 1] = {
		[LOCATION_KOMMUN_ID] = CONFIDENCE_HIGH,
		[LOCATION_GEOLOCATION] = CONFIDENCE_HIGH,
		[LOCATION_ACCESS_NETWORK] = CONFIDENCE_MEDIUM,
		[LOCATION_AREA_CODE] = CONFIDENCE_LOW,
		[LOCATION_ASKED] = CONFIDENCE_MEDIUM,
		[LOCATION_NOWHERE] = CONFIDENCE_NONE,
	};
	unsigned method = 0;

	while (method < LOCATION_METHODS &&
	       l->claims[method].finding != FINDING_PLACE)
		method++;
	l->method = (enum location_method)method;
	l->confidence = usual[method];
	l->conflicts = 0;
	l->place = location_place_of(LOCATION_UNKNOWN);
	if (method == LOCATION_METHODS)
		return;
	l->place = l->claims[method].place;
	for (unsigned i = method + 1; i < LOCATION_METHODS; i++)
		if (l->claims[i].finding == FINDING_PLACE &&
		    differ(l->place, l->claims[i].place))
			l->conflicts++;
	if (l->conflicts && l->confidence > CONFIDENCE_LOW)
		l->confidence--;
}

static void ignore(const struct location_signals *s, struct location *l)
{
	const bool carried[LOCATION_METHODS] = {
		[LOCATION_KOMMUN_ID] = s->kommun_id.len > 0,
		[LOCATION_GEOLOCATION] = s->geolocation.len > 0,
		[LOCATION_ACCESS_NETWORK] = s->access_network.len > 0,
		[LOCATION_AREA_CODE] = s->asserted.len > 0,
	};

	for (unsigned i = 0; i < LOCATION_METHODS; i++)
		if (carried[i]) {
			l->claims[i].finding = FINDING_UNTRUSTED;
			l->ignored++;
		}
}

void location_find(const struct location_signals *s,
		   const struct location_tables *t, struct location *ret)
{
	struct location l = { .ignored = 0 };

	for (unsigned i = 0; i < LOCATION_METHODS; i++)
		l.claims[i].place = location_place_of(LOCATION_UNKNOWN);
	if (s->trusted) {
		kommun_id(s, t, &l.claims[LOCATION_KOMMUN_ID]);
		geolocation_find(s, &l.claims[LOCATION_GEOLOCATION],
				 &l.geolocation_error);
		access_network(s, t, &l.claims[LOCATION_ACCESS_NETWORK]);
		area_code(s, &l.claims[LOCATION_AREA_CODE]);
	} else {
		ignore(s, &l);
	}
	decide(&l);
	*ret = l;
}

void location_answered(struct location *l, struct location_place place)
{
	if (place.region < 0)
		return;
	l->claims[LOCATION_ASKED] =
		(struct location_claim){ FINDING_PLACE, place };
	decide(l);
}

void location_prepare(void)
{
	xmlInitParser();
}
