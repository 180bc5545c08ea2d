#include "routing/pidf.h"

#include <libxml/xmlreader.h>
#include <strings.h>

#include "routing/municipality.h"

#define GEOPRIV "urn:ietf:params:xml:ns:pidf:geopriv10"
#define CIVIC GEOPRIV ":civicAddr"

/* ---- the document */

struct walk {
	xmlTextReader *reader;
	struct pidf *to;
	int civic_depth; /* -1: not in a civic address */
	char *field;     /* being filled; NULL: none */
	size_t field_max;
	bool found;
};

static bool is(const xmlChar *a, const char *b)
{
	return a && !strcmp((const char *)a, b);
}

static void choose_field(struct walk *w, const xmlChar *name)
{
	struct pidf *p = w->to;

	w->field = NULL;
	w->field_max = PIDF_FIELD_MAX;
	if (is(name, "country")) {
		w->field = p->country;
		w->field_max = sizeof(p->country);
	} else if (is(name, "A1")) {
		w->field = p->a1;
	} else if (is(name, "A2")) {
		w->field = p->a2;
	} else if (is(name, "A3")) {
		w->field = p->a3;
	}
	/* the same twice would let two readers see two places */
	if (w->field && *w->field)
		w->field_max = 0;
}

static int on_element(struct walk *w, int depth)
{
	const xmlChar *name = xmlTextReaderConstLocalName(w->reader);
	const xmlChar *space = xmlTextReaderConstNamespaceUri(w->reader);
	bool empty = xmlTextReaderIsEmptyElement(w->reader) == 1;

	if (!is(space, CIVIC))
		return w->field ? EBADMSG : 0;
	if (w->civic_depth < 0) {
		if (is(name, "civicAddress") && !w->found && !empty) {
			w->civic_depth = depth;
			w->found = true;
		}
		return 0;
	}
	if (w->field)
		return EBADMSG;
	if (depth == w->civic_depth + 1 && !empty)
		choose_field(w, name);
	return w->field && !w->field_max ? EBADMSG : 0;
}

static void on_end(struct walk *w, int depth)
{
	w->field = NULL;
	if (depth == w->civic_depth)
		w->civic_depth = -1;
}

/* Without the blanks around it. */
static int on_text(struct walk *w)
{
	const char *value = (const char *)xmlTextReaderConstValue(w->reader);
	struct text t = text_of(value);

	if (!w->field)
		return 0;
	while (t.len && strchr(" \t\r\n", *t.p))
		t = (struct text){ t.p + 1, t.len - 1 };
	while (t.len && strchr(" \t\r\n", t.p[t.len - 1]))
		t.len--;
	if (!t.len)
		return 0;
	if (*w->field || !text_is_printable(t))
		return EBADMSG;
	return text_copy(w->field, w->field_max, t);
}

static int on_node(struct walk *w)
{
	int depth = xmlTextReaderDepth(w->reader);

	if (depth > PIDF_DEPTH)
		return EMSGSIZE;
	switch (xmlTextReaderNodeType(w->reader)) {
	case XML_READER_TYPE_ELEMENT:
		return on_element(w, depth);
	case XML_READER_TYPE_END_ELEMENT:
		on_end(w, depth);
		return 0;
	case XML_READER_TYPE_TEXT:
	case XML_READER_TYPE_CDATA:
		return on_text(w);
	case XML_READER_TYPE_DOCUMENT_TYPE:
	case XML_READER_TYPE_ENTITY:
	case XML_READER_TYPE_ENTITY_REFERENCE:
		return EBADMSG;
	default:
		return 0;
	}
}

/* libxml2 would print on stderr what is wrong, with the caller's address. */
static void quiet(void *arg, const char *message, xmlParserSeverities severity,
		  xmlTextReaderLocatorPtr locator)
{
	(void)arg;
	(void)message;
	(void)severity;
	(void)locator;
}

int pidf_read(struct text xml, struct pidf *ret)
{
	struct pidf p = { .country = "" };
	struct walk w = { .to = &p, .civic_depth = -1 };
	unsigned nodes = 0;
	int more, err = 0;

	if (xml.len > PIDF_MAX)
		return EMSGSIZE;
	if (!xml.len || !text_is_utf8(xml))
		return EBADMSG;
	/* the encoding is said here, so that a document cannot name another,
	   for which files would be opened */
	w.reader = xmlReaderForMemory(xml.p, (int)xml.len, NULL, "UTF-8",
				      XML_PARSE_NONET | XML_PARSE_NOERROR |
					      XML_PARSE_NOWARNING);
	if (!w.reader)
		return ENOMEM;
	xmlTextReaderSetErrorHandler(w.reader, quiet, NULL);
	while (!err && (more = xmlTextReaderRead(w.reader)) != 0) {
		if (more < 0)
			err = EBADMSG;
		else if (++nodes > PIDF_NODES)
			err = EMSGSIZE;
		else
			err = on_node(&w);
	}
	xmlFreeTextReader(w.reader);
	if (!err && !w.found)
		err = ENOENT;
	if (!err)
		*ret = p;
	return err;
}

/* ---- the place */

static bool same(struct text t, const char *name)
{
	return t.len == strlen(name) && !strncasecmp(t.p, name, t.len);
}

/* "Nyköping", "Nyköpings kommun", "Borås stad": the name, and what may follow.
 */
static bool names(struct text t, const char *name)
{
	static const char *const after[] = { "", " kommun", "s kommun", " stad",
					     "s stad" };
	size_t len = strlen(name);

	if (t.len < len || strncasecmp(t.p, name, len) != 0)
		return false;
	for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++)
		if (same((struct text){ t.p + len, t.len - len }, after[i]))
			return true;
	return false;
}

static int municipality_named(struct text t)
{
	const struct municipality *m = municipality_find(t);

	if (m)
		return (int)municipality_index(m);
	for (int i = 0; i < MUNICIPALITIES; i++)
		if (names(t, municipality_table[i].name))
			return i;
	return LOCATION_UNKNOWN;
}

/* "Södermanland" of "Södermanlands län", "Uppsala" of "Uppsala län". */
static bool stem_of(struct text t, const char *county_name)
{
	size_t len = strlen(county_name) - (sizeof(" län") - 1);

	if (strncasecmp(t.p, county_name, t.len) != 0)
		return false;
	return t.len == len || (t.len + 1 == len && county_name[t.len] == 's');
}

static int region_named(struct text t)
{
	if (t.len > 3 && !strncasecmp(t.p, "SE-", 3))
		t = (struct text){ t.p + 3, t.len - 3 };
	for (int i = 0; i < REGIONS; i++) {
		const struct region *r = &region_table[i];

		if (text_is(t, r->county) || same(t, r->iso) ||
		    same(t, r->county_name) || same(t, r->name) ||
		    stem_of(t, r->county_name))
			return i;
	}
	return LOCATION_UNKNOWN;
}

int pidf_place(const struct pidf *p, struct location_place *ret)
{
	int region = region_named(text_of(p->a1));
	int municipality = municipality_named(text_of(p->a2));

	if (strcasecmp(p->country, "SE") != 0)
		return p->country[0] ? EXDEV : ENOENT;
	if (municipality < 0)
		municipality = municipality_named(text_of(p->a3));
	if (municipality < 0 && region < 0)
		return ENOENT;
	if (municipality < 0) {
		*ret = (struct location_place){ LOCATION_UNKNOWN,
						(int16_t)region };
		return 0;
	}
	if (region >= 0 && municipality_table[municipality].region != region)
		return EBADMSG;
	*ret = location_place_of(municipality);
	return 0;
}
