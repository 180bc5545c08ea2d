#include "tests/unit/routing/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tests/unit/unit.h"

enum { TEXT_MAX = 65536 };

static char register_text_of_world[TEXT_MAX];

static void organisation(struct writer *w, const char *id, const char *number,
			 const char *kind, const char *county)
{
	writer_printf(
		w,
		"organisation \"%s\" {\n\tname = \"Name of %s\"\n"
		"\tnumber = \"%s\"\n\tcountry = \"SE\"\n\tkind = \"%s\"\n",
		id, id, number, kind);
	if (*county)
		writer_printf(w, "\tcounty = \"%s\"\n\tboard = \"Board\"\n",
			      county);
	writer_printf(
		w,
		"\tcontact = \"a@b.example\"\n\tnotifier = \"%s\"\n"
		"\tdata-protection-officer = \"c@b.example\"\n"
		"\tlegal-basis = \"GDPR 6(1)(c), 9(2)(h)\"\n"
		"\tpurpose = \"advice\"\n\tdata = \"calls\"\n"
		"\tdata-subjects = \"callers\"\n\trecipients = \"none\"\n"
		"\tsecurity = \"sealed\"\n"
		"\tduty \"health-care\" { ground = \"HSL\" }\n"
		"\tduty \"secrecy\" { ground = \"OSL\" }\n}\n"
		"place \"%s-hall\" {\n\torganisation = \"%s\"\n"
		"\tname = \"Hall\"\n\tcountry = \"SE\"\n\tactivities = "
		"{answering, recording, storing, listening}\n"
		"\tstorage { reachable = closed encrypted = yes sign-in = "
		"strong keys = no }\n}\n"
		"retention \"of-%s\" { organisation = \"%s\" class = "
		"health-record years = 10 ground = \"PDL 3:17\" }\n"
		"notice \"of-%s\" {\n\torganisation = \"%s\"\n"
		"\tversion = \"1\"\n\tlanguage = \"sv\"\n\ttells = "
		"{controller, purpose, recording, recipients, third-country, "
		"rights, more}\n}\n",
		id, id, id, id, id, id, id);
}

static void agreement(struct writer *w, const char *from, const char *to,
		      const char *term)
{
	writer_printf(
		w,
		"agreement \"%s-%s\" {\n\tfor = \"%s\"\n\tby = \"%s\"\n"
		"\tmakes = \"controller\"\n\tactivities = {answering, "
		"recording, storing, listening}\n\t%s\n"
		"\tsubject = \"s\"\n\tduration = \"d\"\n\tnature = \"n\"\n"
		"\tpurpose = \"p\"\n\tdata = \"d\"\n"
		"\tdata-subjects = \"s\"\n\tconfidentiality = \"c\"\n"
		"\tsecurity = \"s\"\n\trights = \"r\"\n"
		"\tbreaches = \"b\"\n\taudit = \"a\"\n}\n",
		from, to, from, to, term);
}

const char *world_register(void)
{
	struct writer w = writer_on(register_text_of_world, TEXT_MAX - 1);

	organisation(&w, "region-01", "232100-0016", "region", "01");
	organisation(&w, "region-03", "232100-0024", "region", "03");
	organisation(&w, "region-04", "232100-0032", "region", "04");
	organisation(&w, "region-05", "232100-0040", "region", "05");
	organisation(&w, "medcare", "559100-1176", "provider", "");
	writer_str(&w, "organisation \"bangkok\" {\n\tname = \"Bangkok\"\n"
		       "\tnumber = \"0105559000000\"\n\tcountry = \"TH\"\n"
		       "\tkind = \"provider\"\n\tcontact = \"a@b.example\"\n"
		       "}\nplace \"bangkok-hall\" {\n\torganisation = "
		       "\"bangkok\"\n\tname = \"Hall\"\n\tcountry = \"TH\"\n"
		       "\tactivities = {answering}\n}\n");
	agreement(&w, "region-01", "medcare", "from = \"2025-01-01\"");
	agreement(&w, "region-04", "medcare",
		  "from = \"2025-01-01\" until = \"2026-06-30\"");
	agreement(&w, "region-05", "medcare", "from = \"2025-01-01\"");
	agreement(&w, "region-04", "region-03", "from = \"2026-07-01\"");
	agreement(&w, "region-03", "bangkok", "from = \"2025-01-01\"");
	assert_int_equal(writer_finish(&w), 0);
	register_text_of_world[w.len] = '\0';
	return register_text_of_world;
}

const char *world_routes(void)
{
	return "hours \"outside\" {\n"
	       "	windows = {\"mon-thu 19:00-07:00\", weekends, eves, "
	       "major-holidays}\n"
	       "}\n"
	       "route \"sormland\" {\n"
	       "	kind = own regions = {\"04\"}\n"
	       "	organisation = \"region-04\" trunk = \"a\"\n"
	       "	when = {\"workday 07:00-19:00\"}\n"
	       "	except = {eves, major-holidays}\n"
	       "}\n"
	       "route \"sormland-medcare\" {\n"
	       "	kind = contracted regions = {\"04\"}\n"
	       "	organisation = \"medcare\" trunk = \"a\"\n"
	       "	when = {outside}\n"
	       "}\n"
	       "route \"sormland-uppsala\" {\n"
	       "	kind = partner regions = {\"04\"}\n"
	       "	organisation = \"region-03\" trunk = \"a\"\n"
	       "	when = {outside}\n"
	       "}\n"
	       "route \"ostergotland\" {\n"
	       "	kind = own regions = {\"05\"}\n"
	       "	organisation = \"region-05\" trunk = \"a\"\n"
	       "	when = {\"daily 02:30-14:30\"}\n"
	       "}\n"
	       "route \"ostergotland-medcare\" {\n"
	       "	kind = contracted regions = {\"05\"}\n"
	       "	organisation = \"medcare\" trunk = \"a\"\n"
	       "	when = {\"daily 14:30-02:30\"}\n"
	       "}\n"
	       "route \"uppsala-bangkok\" {\n"
	       "	kind = subcontractor regions = {\"03\"}\n"
	       "	organisation = \"bangkok\" trunk = \"b\" priority = 1\n"
	       "	place = \"bangkok-hall\" record = false\n"
	       "	when = {nights-and-weekends}\n"
	       "}\n"
	       "route \"uppsala\" {\n"
	       "	kind = own regions = {\"03\"}\n"
	       "	organisation = \"region-03\" trunk = \"a\"\n"
	       "}\n"
	       "route \"stockholm-medcare\" {\n"
	       "	kind = contracted regions = {\"01\"}\n"
	       "	organisation = \"medcare\" trunk = \"a\"\n"
	       "	queue-max = 20 wait-max = 600\n"
	       "}\n"
	       "route \"stockholm\" {\n"
	       "	kind = own regions = {\"01\"} priority = 60\n"
	       "	organisation = \"region-01\" trunk = \"a\"\n"
	       "}\n"
	       "route \"norrtalje\" {\n"
	       "	kind = own municipalities = {\"0188\"}\n"
	       "	organisation = \"region-01\" trunk = \"a\"\n"
	       "	when = {\"mon-fri 08:00-17:00\"}\n"
	       "}\n"
	       "route \"national\" {\n"
	       "	kind = national-queue for = \"region-01\"\n"
	       "	organisation = \"medcare\" trunk = \"c\"\n"
	       "}\n";
}

static void on_fault(void *arg, const struct register_fault *f)
{
	(void)arg;
	print_message("%u: %s: %s; mend: %s\n", f->line, f->rule, f->fault,
		      f->mend);
}

void world_make(struct world *w)
{
	const char *text = world_register();

	assert_int_equal(
		register_read(&w->book, text, strlen(text), on_fault, NULL), 0);
	text = world_routes();
	assert_int_equal(routes_read(&w->routes, text, strlen(text), w->book,
				     on_fault, NULL),
			 0);
}

void world_free(struct world *w)
{
	routes_free(w->routes);
	register_free(w->book);
}

struct world world;

int world_set_up(void **state)
{
	(void)state;
	world_make(&world);
	return 0;
}

int world_tear_down(void **state)
{
	(void)state;
	world_free(&world);
	return 0;
}

int64_t world_minute(const char *rfc3339)
{
	int64_t ms;

	assert_int_equal(clock_read(text_of(rfc3339), &ms), 0);
	return ms / 60000;
}

struct location_place world_place(const char *municipality)
{
	const struct municipality *m =
		municipality ? municipality_find(text_of(municipality)) : NULL;

	return location_place_of(m ? (int)municipality_index(m)
				   : LOCATION_UNKNOWN);
}
