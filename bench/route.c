/*
 * route: what one decision costs, with 21 regions, 290 municipalities and 200
 * agreements. A line a case: name, median and worst of many, in ns of CPU.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "routing/gap.h"

enum { TEXT_MAX = 1 << 20, TIMES = 20000 };

static char register_text_of[TEXT_MAX], routes_text[TEXT_MAX];

static void on_fault(void *arg, const struct register_fault *f)
{
	(void)arg;
	fprintf(stderr, "%u: %s: %s\n", f->line, f->rule, f->fault);
}

/* Luhn's check digit, as organisation numbers end with. */
static void number(char to[16], unsigned n)
{
	char digits[16];
	unsigned sum = 0;

	snprintf(digits, sizeof(digits), "5591%05u", n);
	for (unsigned i = 0; i < 9; i++) {
		unsigned d = (unsigned)(digits[i] - '0') * (i % 2 ? 1 : 2);

		sum += d / 10 + d % 10;
	}
	snprintf(to, 16, "%.6s-%.3s%u", digits, digits + 6,
		 (10 - sum % 10) % 10);
}

static void organisation(struct writer *w, const char *id, unsigned n,
			 const char *county)
{
	char digits[16];

	number(digits, n);
	writer_printf(
		w,
		"organisation \"%s\" { name = \"%s\" number = \"%s\" country = "
		"\"SE\" kind = \"%s\" %s%s%s contact = \"a@b.example\" "
		"notifier = \"%s\" legal-basis = \"GDPR 9(2)(h)\" purpose = "
		"\"p\" data = \"d\" data-subjects = \"s\" recipients = \"r\" "
		"security = \"s\" data-protection-officer = \"c@b.example\" "
		"duty \"health-care\" { ground = \"HSL\" } duty \"secrecy\" { "
		"ground = \"OSL\" } }\n"
		"place \"%s-hall\" { organisation = \"%s\" name = \"h\" "
		"country = \"SE\" activities = {answering, recording, storing, "
		"listening, transporting} storage { reachable = closed "
		"encrypted = yes sign-in = strong keys = no } }\n"
		"retention \"of-%s\" { organisation = \"%s\" class = "
		"health-record years = 10 ground = \"PDL\" }\n"
		"notice \"of-%s\" { organisation = \"%s\" version = \"1\" "
		"language = \"sv\" tells = {controller, purpose, recording, "
		"recipients, third-country, rights, more} }\n",
		id, id, digits, *county ? "region" : "provider",
		*county ? "county = \"" : "", county,
		*county ? "\" board = \"b\"" : "", id, id, id, id, id, id, id);
}

static void agreement(struct writer *w, const char *from, const char *to,
		      const char *makes, const char *more)
{
	writer_printf(
		w,
		"agreement \"%s-%s\" { for = \"%s\" by = \"%s\" makes = \"%s\" "
		"activities = {answering, recording, storing, listening, "
		"transporting} from = \"2025-01-01\" %s next-audit = "
		"\"2030-01-01\" subject = \"s\" duration = \"d\" nature = "
		"\"n\" purpose = \"p\" data = \"d\" data-subjects = \"s\" "
		"instructions = \"i\" confidentiality = \"c\" security = \"s\" "
		"sub-processing = \"s\" rights = \"r\" breaches = \"b\" "
		"deletion = \"d\" audit = \"a\" }\n",
		from, to, from, to, makes, more);
}

/*
 * 21 regions, 10 providers with a supplier of their own each. Every region has
 * agreements with eight providers and with one supplier that only records; of
 * its eight routes the first four are out of force, so that they cost the most.
 */
static void write_texts(unsigned *ret_agreements)
{
	struct writer w = writer_on(register_text_of, TEXT_MAX - 1);
	struct writer r = writer_on(routes_text, TEXT_MAX - 1);
	char a[32], b[32];
	unsigned agreements = 0;

	for (unsigned i = 0; i < REGIONS; i++) {
		snprintf(a, sizeof(a), "region-%.2s", region_table[i].county);
		organisation(&w, a, 100 + i, region_table[i].county);
	}
	for (unsigned i = 0; i < 10; i++) {
		snprintf(a, sizeof(a), "provider-%u", i);
		snprintf(b, sizeof(b), "supplier-%u", i);
		organisation(&w, a, 200 + i, "");
		organisation(&w, b, 300 + i, "");
		agreement(&w, a, b, "processor", "");
		agreements++;
	}
	for (unsigned i = 0; i < REGIONS; i++)
		for (unsigned k = 0; k < 9; k++) {
			snprintf(a, sizeof(a), "region-%.2s",
				 region_table[i].county);
			snprintf(b, sizeof(b), "provider-%u", (i + k) % 10);
			agreement(&w, a, b, "controller",
				  k < 4 ? "until = \"2025-12-31\"" : "");
			agreements++;
			writer_printf(
				&r,
				"route \"r%s-%u\" { kind = contracted regions "
				"= {\"%s\"} organisation = \"%s\" record-by = "
				"\"supplier-%u\" trunk = \"t\" priority = %u "
				"%s }\n",
				region_table[i].county, k,
				region_table[i].county, b, (i + k) % 10, k + 1,
				k == 4 ? "when = {nights-and-weekends}" : "");
		}
	writer_str(&r, "route \"national\" { kind = national-queue for = "
		       "\"region-01\" organisation = \"provider-5\" record-by "
		       "= \"supplier-5\" trunk = \"t\" }\n");
	register_text_of[w.len] = routes_text[r.len] = '\0';
	*ret_agreements = agreements;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void measure(const char *name, const struct routes *r,
		    const struct register_book *b, int region_only)
{
	static uint64_t ns[TIMES];
	int64_t from = 60 * 24 * 365 * 56;
	struct decision d = { .count = 0 };

	for (unsigned i = 0; i < TIMES; i++) {
		struct decide_ask ask = {
			.line = TEXT("1177"),
			.place = location_place_of((int)(i % MUNICIPALITIES)),
			.minute = from + i * 37ll % (60 * 24 * 365),
		};
		uint64_t before;

		if (region_only < 0)
			ask.place = location_place_of(LOCATION_UNKNOWN);
		before = cpu_ns();
		if (decide(r, b, &ask, &d))
			fprintf(stderr, "%s: no route\n", name);
		ns[i] = cpu_ns() - before;
	}
	qsort(ns, TIMES, sizeof(ns[0]), by_size);
	printf("%s\t%llu\t%llu\t%u\n", name,
	       (unsigned long long)ns[TIMES / 2],
	       (unsigned long long)ns[TIMES - TIMES / 1000], d.count);
}

int main(void)
{
	struct register_book *book = NULL;
	struct routes *routes = NULL;
	unsigned agreements, gaps = 0;
	uint64_t before;

	write_texts(&agreements);
	if (register_read(&book, register_text_of, strlen(register_text_of),
			  on_fault, NULL) ||
	    routes_read(&routes, routes_text, strlen(routes_text), book,
			on_fault, NULL))
		return 1;
	fprintf(stderr, "%u agreements, %u routes\n", agreements,
		routes->count);
	measure("decision, four agreements ended before", routes, book, 0);
	measure("decision, caller's place unknown", routes, book, -1);
	measure("decision, no register", routes, NULL, 0);
	before = cpu_ns();
	if (gap_find(routes, book, TEXT(""), 60 * 24 * 365 * 56,
		     60 * 24 * 365 * 57, NULL, NULL, &gaps))
		return 1;
	printf("gaps of a year\t%llu\t%llu\t%u\n",
	       (unsigned long long)(cpu_ns() - before), 0ull, gaps);
	routes_free(routes);
	register_free(book);
	return 0;
}
