/*
 * register_picture -- who entrusts what to whom, as a picture
 *
 * Organisations are boxes with what the agreements make of them and where they
 * act; an arrow goes from who entrusts to who acts. Regions that are alike
 * share a box, so that 21 of them can be taken in at a glance. What breaks a
 * rule is red and names it. Graphviz draws; without it its text is printed.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/register.h"

enum { RULES_TEXT = 240, LINE_WIDTH = 38, NAMES_MAX = 6 };

extern char **environ;

struct picture {
	const struct register_view *v;
	FILE *to;
	uint16_t group[REGISTER_ORGANISATIONS]; /* whose box it shares */
	char organisation_rules[REGISTER_ORGANISATIONS][RULES_TEXT];
	char agreement_rules[REGISTER_AGREEMENTS][RULES_TEXT];
};

/* ---- faults, each at its box or arrow */

static void note_rule(char rules[RULES_TEXT], const char *rule)
{
	size_t n = strlen(rules);

	if (!strstr(rules, rule) && n + strlen(rule) + 3 < RULES_TEXT)
		(void)snprintf(rules + n, RULES_TEXT - n, "%s%s", n ? ", " : "",
			       rule);
}

static void on_fault(void *arg, const struct register_fault *f)
{
	struct picture *p = arg;
	const struct register_book *b = p->v->b;

	for (uint16_t i = 0; i < b->agreement_count; i++)
		if (b->agreements[i].line == f->line)
			note_rule(p->agreement_rules[i], f->rule);
	for (uint16_t i = 0; i < b->organisation_count; i++)
		if (b->organisations[i].line == f->line)
			note_rule(p->organisation_rules[i], f->rule);
	for (uint16_t i = 0; i < b->place_count; i++)
		if (b->places[i].line == f->line)
			note_rule(p->organisation_rules[b->places[i]
								.organisation],
				  f->rule);
}

/* ---- which regions are alike */

static bool same_terms(const struct picture *p, uint16_t x, uint16_t y)
{
	const struct register_agreement *a = &p->v->b->agreements[x];
	const struct register_agreement *c = &p->v->b->agreements[y];

	return a->to == c->to && a->kind == c->kind &&
	       a->activities == c->activities &&
	       register_in_force(a->term, p->v->minute) ==
		       register_in_force(c->term, p->v->minute) &&
	       !strcmp(p->agreement_rules[x], p->agreement_rules[y]);
}

static bool alike(const struct picture *p, uint16_t x, uint16_t y)
{
	const struct register_book *b = p->v->b;
	const struct register_organisation *a = &b->organisations[x];
	const struct register_organisation *c = &b->organisations[y];

	if (a->kind != KIND_REGION || c->kind != KIND_REGION ||
	    a->from_count != c->from_count || a->to_count || c->to_count ||
	    strcmp(p->organisation_rules[x], p->organisation_rules[y]) != 0)
		return false;
	for (unsigned i = 0; i < a->from_count; i++)
		if (!same_terms(p, b->by_from[a->first_from + i],
				b->by_from[c->first_from + i]))
			return false;
	return true;
}

static void make_groups(struct picture *p)
{
	for (uint16_t i = 0; i < p->v->b->organisation_count; i++) {
		p->group[i] = i;
		for (uint16_t k = 0; k < i; k++)
			if (p->group[k] == k && alike(p, k, i)) {
				p->group[i] = k;
				break;
			}
	}
}

static unsigned members(const struct picture *p, uint16_t group)
{
	unsigned n = 0;

	for (uint16_t i = 0; i < p->v->b->organisation_count; i++)
		n += p->group[i] == group;
	return n;
}

/* ---- text inside the picture */

static void put_escaped(const struct picture *p, char c)
{
	const char *entity = c == '&'   ? "&amp;"
			     : c == '<' ? "&lt;"
			     : c == '>' ? "&gt;"
			     : c == '"' ? "&quot;"
					: NULL;

	if (entity)
		(void)fputs(entity, p->to);
	else
		(void)fputc(c, p->to);
}

/* Characters, not bytes. */
static unsigned width(const char *text, size_t n)
{
	unsigned w = 0;

	for (size_t i = 0; i < n; i++)
		w += ((unsigned char)text[i] & 0xc0) != 0x80;
	return w;
}

/* As Graphviz's HTML, broken between words once a line is full. */
static void put_text(const struct picture *p, const char *text)
{
	unsigned column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (column && column + width(text, n) > LINE_WIDTH) {
			(void)fputs("<BR/>", p->to);
			column = 0;
		}
		if (column)
			(void)fputc(' ', p->to);
		column += width(text, n) + 1;
		for (size_t i = 0; i < n; i++)
			put_escaped(p, text[i]);
		text += n + strspn(text + n, " ");
	}
}

static void put_line(const struct picture *p, const char *text)
{
	if (!*text)
		return;
	(void)fputs("<BR/>", p->to);
	put_text(p, text);
}

static void put_name(const struct picture *p, const char *text)
{
	(void)fputs("<B>", p->to);
	put_text(p, text);
	(void)fputs("</B>", p->to);
}

static void put_rules(const struct picture *p, const char *rules)
{
	if (!*rules)
		return;
	(void)fputs("<BR/><FONT COLOR=\"#b00020\">broken: ", p->to);
	put_text(p, rules);
	(void)fputs("</FONT>", p->to);
}

static void put_members(const struct picture *p, uint16_t group)
{
	const unsigned n = members(p, group);
	char names[REGISTER_WORDS];
	struct writer w = writer_on(names, sizeof(names) - 1);
	unsigned named = 0;

	if (n == 1) {
		put_name(p, register_organisation_name(p->v, group));
		return;
	}
	(void)fprintf(p->to, "<B>%u regions</B>", n);
	for (uint16_t i = 0; i < p->v->b->organisation_count; i++)
		if (p->group[i] == group && named++ < NAMES_MAX)
			writer_printf(&w, "%s%s", named > 1 ? ", " : "",
				      register_organisation_name(p->v, i));
	if (n > NAMES_MAX)
		writer_printf(&w, " and %u more", n - NAMES_MAX);
	names[w.len] = '\0';
	put_line(p, names);
}

static void put_places(const struct picture *p, uint16_t o)
{
	const struct register_book *b = p->v->b;

	for (uint16_t i = 0; i < b->place_count; i++) {
		const struct register_place *at = &b->places[i];
		char line[REGISTER_WORDS];

		if (at->organisation != o ||
		    !register_in_force(at->term, p->v->minute))
			continue;
		(void)snprintf(line, sizeof(line), "at: %s (%s)%s%s",
			       register_text(b, at->name ? at->name : at->id),
			       at->country, at->open ? ", open" : "",
			       at->plain ? ", unencrypted" : "");
		put_line(p, line);
	}
}

/* One line a role. */
static void put_roles(const struct picture *p, uint16_t o)
{
	char roles[REGISTER_WORDS], *save = NULL;

	register_roles_text(p->v, o, roles);
	for (char *r = strtok_r(roles, ";", &save); r;
	     r = strtok_r(NULL, ";", &save))
		put_line(p, r + (*r == ' '));
}

/* ---- boxes and arrows */

static const char *fill_of(enum register_kind kind)
{
	static const char *const fills[KINDS] = {
		[KIND_REGION] = "#dbe9f6",    [KIND_PROVIDER] = "#def0dd",
		[KIND_SUPPLIER] = "#eeeeee",  [KIND_NATIONAL] = "#fdf3d0",
		[KIND_AUTHORITY] = "#ffffff",
	};

	return fills[kind];
}

static const char *kind_of(const struct picture *p, uint16_t o)
{
	enum register_kind kind = p->v->b->organisations[o].kind;

	return kind == KIND_PROVIDER   ? "care provider"
	       : kind == KIND_NATIONAL ? "national body"
	       : members(p, o) > 1     ? "regions"
				       : register_kind_name(kind);
}

static void put_box(const struct picture *p, uint16_t o)
{
	const struct register_organisation *org = &p->v->b->organisations[o];
	const char *rules = p->organisation_rules[o];

	/* who has no agreement stands in no picture of agreements */
	if (p->group[o] != o || (!org->from_count && !org->to_count))
		return;
	(void)fprintf(p->to, "  o%u [fillcolor=\"%s\"%s, label=<", o,
		      fill_of(org->kind),
		      *rules ? ", color=\"#b00020\", penwidth=2" : "");
	put_members(p, o);
	(void)fprintf(p->to, "<BR/>%s, %s", kind_of(p, o), org->country);
	put_roles(p, o);
	put_places(p, o);
	put_rules(p, rules);
	(void)fputs(">];\n", p->to);
}

static const char *verb(enum register_agreement_kind kind)
{
	return kind == AGREEMENT_CONTROLLER  ? "as controller of its own"
	       : kind == AGREEMENT_PROCESSOR ? "as processor"
					     : "as joint controller";
}

static void put_arrow(const struct picture *p, uint16_t n)
{
	const struct register_agreement *a = &p->v->b->agreements[n];
	const char *rules = p->agreement_rules[n];
	char words[REGISTER_WORDS], until[REGISTER_DATE_TEXT];

	/* the others of the group have the same */
	if (p->group[a->from] != a->from ||
	    !register_in_force(a->term, p->v->minute))
		return;
	register_activities_text(a->activities, words);
	register_date_text(a->term.until, true, until);
	(void)fprintf(p->to,
		      "  o%u -> o%u [%slabel=<"
		      "<TABLE BORDER=\"0\" CELLPADDING=\"6\"><TR><TD>",
		      a->from, p->group[a->to],
		      *rules ? "color=\"#b00020\", " : "");
	if (members(p, a->from) > 1)
		(void)fprintf(p->to, "<B>%u agreements</B>",
			      members(p, a->from));
	else
		put_name(p, register_text(p->v->b, a->id));
	put_line(p, verb(a->kind));
	put_line(p, words);
	if (a->term.until != REGISTER_ALWAYS)
		(void)fprintf(p->to, "<BR/>until %s", until);
	put_rules(p, rules);
	(void)fputs("</TD></TR></TABLE>>];\n", p->to);
}

static void put_graph(const struct picture *p)
{
	char day[REGISTER_DATE_TEXT];

	register_date_text(p->v->minute, false, day);
	(void)fprintf(
		p->to,
		"digraph register {\n"
		"  graph [rankdir=TB, nodesep=0.6, ranksep=0.9, "
		"fontname=\"sans-serif\", labelloc=t, "
		"label=\"Who acts for whom, as of %s\\n"
		"an arrow goes from who entrusts to who acts\"];\n"
		"  node [shape=box, style=\"filled,rounded\", "
		"fontname=\"sans-serif\", fontsize=11, margin=\"0.2,0.12\"];"
		"\n  edge [fontname=\"sans-serif\", fontsize=10];\n",
		day);
	for (uint16_t i = 0; i < p->v->b->organisation_count; i++)
		put_box(p, i);
	for (uint16_t i = 0; i < p->v->b->agreement_count; i++)
		put_arrow(p, i);
	(void)fputs("}\n", p->to);
}

/* ---- Graphviz */

/* Its standard input; NULL where it is not installed. */
static FILE *start_dot(pid_t *ret_pid)
{
	static char name[] = "dot", format[] = "-Tsvg";
	char *const argv[] = { name, format, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC))
		return NULL;
	err = posix_spawn_file_actions_init(&actions);
	if (!err) {
		err = posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
		if (!err)
			err = posix_spawnp(ret_pid, name, &actions, NULL, argv,
					   environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)close(ends[0]);
	if (err) {
		(void)close(ends[1]);
		return NULL;
	}
	return fdopen(ends[1], "w");
}

static int draw(struct picture *p)
{
	pid_t pid = 0;
	int status = 0;

	p->to = start_dot(&pid);
	if (!p->to) {
		(void)node_fail("Graphviz is not installed (apt install "
				"graphviz); this is the text for its dot");
		p->to = stdout;
		put_graph(p);
		return EXIT_YES;
	}
	put_graph(p);
	(void)fclose(p->to);
	if (waitpid(pid, &status, 0) != pid || status)
		return node_fail("dot could not draw it");
	return EXIT_YES;
}

int register_picture(const struct register_view *v, bool dot_only)
{
	struct picture *p = calloc(1, sizeof(*p));
	int status = EXIT_YES;

	if (!p)
		return node_fail("out of memory");
	p->v = v;
	p->to = stdout;
	(void)register_faults(v->b, v->minute, on_fault, p);
	make_groups(p);
	if (dot_only)
		put_graph(p);
	else
		status = draw(p);
	free(p);
	return status;
}
