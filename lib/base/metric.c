#include "base/metric.h"

const struct metric_info metric_infos[METRIC_COUNT] = {
#define METRIC(name, kind, help) { #name, help, METRIC_KIND_##kind },
#include "base/metric.def"
#undef METRIC
};

static struct metric_page own_page;
struct metric_page *metric_page = &own_page;

void metric_attach(struct metric_page *page)
{
	metric_page = page;
}
