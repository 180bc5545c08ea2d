/*
 * metric -- counters in a page that the parent reads
 *
 * Each process counts into a page of shared memory of its own: a plain store,
 * no call, no lock. The parent adds no message; it reads the pages when
 * somebody asks. Before metric_attach() the counts go to a private page.
 */
#ifndef VAXEL_BASE_METRIC_H
#define VAXEL_BASE_METRIC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum metric {
#define METRIC(name, kind, help) METRIC_##name,
#include "base/metric.def"
#undef METRIC
	METRIC_COUNT
};

enum metric_kind { METRIC_KIND_COUNTER, METRIC_KIND_GAUGE };

struct metric_page {
	_Atomic uint64_t value[METRIC_COUNT];
};

struct metric_info {
	const char *name;
	const char *help;
	enum metric_kind kind;
};

extern const struct metric_info metric_infos[METRIC_COUNT];
extern struct metric_page *metric_page;

void metric_attach(struct metric_page *page);

/* One writer a page, so a load and a store do; no locked instruction. */
static inline void metric_add(enum metric m, uint64_t n)
{
	_Atomic uint64_t *v = &metric_page->value[m];

	atomic_store_explicit(v,
			      atomic_load_explicit(v, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static inline void metric_set(enum metric m, uint64_t n)
{
	atomic_store_explicit(&metric_page->value[m], n, memory_order_relaxed);
}

static inline uint64_t metric_read(const struct metric_page *page,
				   enum metric m)
{
	return atomic_load_explicit(&page->value[m], memory_order_relaxed);
}

#endif
