/*
 * access_pdf -- the extract on paper: A4, the built-in fonts, no pictures
 *
 * The fonts that every reader of PDF has know the letters of western Europe; a
 * letter beyond these becomes a question mark.
 */
#include "command/access.h"

#include <hpdf.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

enum { MARGIN = 56, LEADING = 14, SMALL = 10, LARGE = 18, COLUMNS = 4 };

struct paper {
	HPDF_Doc doc;
	HPDF_Font plain, bold;
	HPDF_Page page;
	enum access_language language;
	unsigned pages;
	float y; /* of the line to come */
};

static void on_error(HPDF_STATUS error, HPDF_STATUS detail, void *arg)
{
	(void)error; /* each call gives it back, and the document keeps it */
	(void)detail;
	(void)arg;
}

/* UTF-8 to the fonts' letters. to is as large as from. */
static void to_latin(const char *from, char *to)
{
	const unsigned char *p = (const unsigned char *)from;

	while (*p) {
		if (*p < 0x80) {
			*to++ = (char)*p++;
			continue;
		}
		*to = '?';
		if ((p[0] == 0xc2 || p[0] == 0xc3) && (p[1] & 0xc0) == 0x80)
			*to = (char)((p[0] & 3U) << 6 | (p[1] & 0x3fU));
		to++;
		do
			p++;
		while ((*p & 0xc0) == 0x80);
	}
	*to = '\0';
}

static void show(struct paper *p, float x, float y, const char *text)
{
	(void)HPDF_Page_BeginText(p->page);
	(void)HPDF_Page_TextOut(p->page, x, y, text);
	(void)HPDF_Page_EndText(p->page);
}

static void use(struct paper *p, HPDF_Font font, float size)
{
	(void)HPDF_Page_SetFontAndSize(p->page, font, size);
}

static void new_page(struct paper *p)
{
	char foot[64];

	p->page = HPDF_AddPage(p->doc);
	(void)HPDF_Page_SetSize(p->page, HPDF_PAGE_SIZE_A4, HPDF_PAGE_PORTRAIT);
	p->y = HPDF_Page_GetHeight(p->page) - MARGIN;
	(void)snprintf(foot, sizeof(foot), "%s %u",
		       access_word(ACCESS_PAGE, p->language), ++p->pages);
	use(p, p->plain, SMALL);
	show(p, MARGIN, MARGIN / 2.0F, foot);
}

static float width(const struct paper *p)
{
	return HPDF_Page_GetWidth(p->page) - 2 * MARGIN;
}

/* Another page, unless so much still fits on this one. */
static void room_for(struct paper *p, float height)
{
	if (p->y - height < MARGIN)
		new_page(p);
}

/*
 * Latin text broken at blanks into lines of that width; draws where x is not
 * negative. Gives the number of lines.
 */
static unsigned lay(struct paper *p, float x, float w, const char *latin)
{
	unsigned lines = 0;
	float y = p->y;

	while (*latin) {
		char line[512];
		HPDF_UINT n = HPDF_Page_MeasureText(p->page, latin, w,
						    HPDF_TRUE, NULL);

		if (!n) /* a word that is wider than the column */
			n = HPDF_Page_MeasureText(p->page, latin, w, HPDF_FALSE,
						  NULL);
		if (!n || n >= sizeof(line))
			n = 1;
		if (x >= 0) {
			memcpy(line, latin, n);
			line[n] = '\0';
			show(p, x, y, line);
		}
		latin += n;
		y -= LEADING;
		lines++;
	}
	return lines;
}

/* As many lines as it takes; false when memory is out. */
static bool paragraph(struct paper *p, HPDF_Font font, float size,
		      const char *text)
{
	char *latin = malloc(strlen(text) + 1);
	float height;

	if (!latin)
		return false;
	to_latin(text, latin);
	use(p, font, size);
	height = (float)lay(p, -1, width(p), latin) * LEADING;
	room_for(p, height);
	use(p, font, size);
	(void)lay(p, MARGIN, width(p), latin);
	p->y -= height + (size > SMALL ? LEADING : LEADING / 2.0F);
	free(latin);
	return true;
}

/* ---- the table */

static const float shares[COLUMNS] = { 0.16F, 0.24F, 0.34F, 0.26F };

static bool row(struct paper *p, HPDF_Font font,
		const char *const cells[COLUMNS])
{
	char *latin[COLUMNS] = { NULL };
	unsigned lines = 1;
	float x = MARGIN;
	bool good = true;

	use(p, font, SMALL);
	for (int i = 0; i < COLUMNS; i++) {
		unsigned n;

		latin[i] = malloc(strlen(cells[i]) + 1);
		good = good && latin[i];
		if (!good)
			break;
		to_latin(cells[i], latin[i]);
		n = lay(p, -1, shares[i] * width(p) - 8, latin[i]);
		lines = n > lines ? n : lines;
	}
	if (good)
		room_for(p, (float)lines * LEADING);
	use(p, font, SMALL);
	for (int i = 0; good && i < COLUMNS; i++) {
		(void)lay(p, x, shares[i] * width(p) - 8, latin[i]);
		x += shares[i] * width(p);
	}
	p->y -= (float)lines * LEADING + 4;
	for (int i = 0; i < COLUMNS; i++)
		free(latin[i]);
	return good;
}

/* "2026-11-21T22:05:00.125+01:00" as people write it. */
static void people_time(const char *rfc3339, char to[32])
{
	(void)snprintf(to, 32, "%.10s %.5s", rfc3339,
		       strlen(rfc3339) > 16 ? rfc3339 + 11 : "");
}

static bool one(struct paper *p, const struct access *a)
{
	char at[CLOCK_TEXT_MAX], when[32], who[2 * REQUEST_TEXT_MAX + 4];
	const char *const cells[COLUMNS] = {
		when, who, access_purpose(a->purpose, p->language),
		access_outcome(a, p->language)
	};

	clock_text(a->at_ms, at);
	people_time(at, when);
	(void)snprintf(who, sizeof(who), "%s, %s", a->who, a->unit);
	return row(p, p->plain, cells);
}

static bool recording(struct paper *p, const struct access_recording *r)
{
	const char *const heads[COLUMNS] = {
		access_word(ACCESS_WHEN, p->language),
		access_word(ACCESS_WHO, p->language),
		access_word(ACCESS_WHY, p->language),
		access_word(ACCESS_WHAT, p->language)
	};
	char text[256], when[32];
	bool good;

	people_time(r->at, when);
	(void)snprintf(text, sizeof(text), "%s %s",
		       access_word(ACCESS_CALL, p->language), when);
	p->y -= LEADING;
	room_for(p, 8 * LEADING);
	good = paragraph(p, p->bold, SMALL + 2, text);
	(void)snprintf(text, sizeof(text), "%s: %s",
		       access_word(ACCESS_CONTROLLER, p->language),
		       r->controller);
	good = good && paragraph(p, p->plain, SMALL, text);
	if (!r->count)
		return good &&
		       paragraph(p, p->plain, SMALL,
				 access_word(ACCESS_NOBODY, p->language));
	good = good && row(p, p->bold, heads);
	for (unsigned i = 0; good && i < r->count; i++)
		good = one(p, &r->list[i]);
	return good;
}

static bool write_all(struct paper *p, const struct access_extract *e)
{
	char made[128], when[32];
	bool good;

	new_page(p);
	people_time(e->made, when);
	(void)snprintf(made, sizeof(made), "%s %s.",
		       access_word(ACCESS_MADE, p->language), when);
	p->y -= LARGE - SMALL;
	good = paragraph(p, p->bold, LARGE,
			 access_word(ACCESS_TITLE, p->language)) &&
	       paragraph(p, p->plain, SMALL,
			 access_word(ACCESS_INTRO, p->language)) &&
	       paragraph(p, p->plain, SMALL, made);
	for (unsigned i = 0; good && i < e->count; i++)
		good = recording(p, &e->recordings[i]);
	p->y -= LEADING;
	return good && paragraph(p, p->plain, SMALL,
				 access_word(ACCESS_RIGHTS, p->language));
}

static int save(HPDF_Doc doc, const char *path)
{
	HPDF_UINT32 len;
	HPDF_BYTE *bytes;
	int err;

	if (HPDF_SaveToStream(doc) != HPDF_OK)
		return ENOMEM;
	len = HPDF_GetStreamSize(doc);
	bytes = malloc(len);
	if (!bytes)
		return ENOMEM;
	err = HPDF_ReadFromStream(doc, bytes, &len) == HPDF_OK
		      ? fd_write_new(path, bytes, len)
		      : EIO;
	free(bytes);
	return err;
}

int access_pdf(const struct access_extract *e, enum access_language l,
	       const char *path)
{
	struct paper p = { .language = l };
	int err = ENOMEM;

	p.doc = HPDF_New(on_error, NULL);
	if (!p.doc)
		return ENOMEM;
	p.plain = HPDF_GetFont(p.doc, "Helvetica", "WinAnsiEncoding");
	p.bold = HPDF_GetFont(p.doc, "Helvetica-Bold", "WinAnsiEncoding");
	(void)HPDF_SetInfoAttr(p.doc, HPDF_INFO_CREATOR, "Vaxel");
	if (p.plain && p.bold && write_all(&p, e) &&
	    HPDF_GetError(p.doc) == HPDF_OK)
		err = save(p.doc, path);
	HPDF_Free(p.doc);
	return err;
}
