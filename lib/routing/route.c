#include "routing/route.h"

const char *route_reason_text(enum route_reason reason)
{
	static const char *const names[ROUTE_REASONS] = {
		[ROUTE_REGION] = "region",
		[ROUTE_MUNICIPALITY_MISSING] = "municipality-missing",
		[ROUTE_MUNICIPALITY_UNKNOWN] = "municipality-unknown",
		[ROUTE_COUNTY_UNROUTED] = "county-unrouted",
	};

	return (unsigned)reason < ROUTE_REASONS ? names[reason] : "unknown";
}

int route_trunk(const struct settings *s, const char *name, unsigned *ret)
{
	if (!name[0])
		return ENOENT;
	for (unsigned i = 0; i < s->trunk_count; i++)
		if (!strcmp(s->trunks[i].name, name)) {
			*ret = i;
			return 0;
		}
	return ENOENT;
}

static int national(const struct settings *s, enum route_reason reason,
		    const struct municipality *m, struct route *ret)
{
	unsigned trunk;

	if (route_trunk(s, s->national_trunk, &trunk))
		return ENOENT;
	*ret = (struct route){ trunk, s->organisation, reason, m };
	return 0;
}

int route_find(const struct settings *s, struct text municipality,
	       struct route *ret)
{
	const struct municipality *m;

	if (!municipality.len)
		return national(s, ROUTE_MUNICIPALITY_MISSING, NULL, ret);
	m = municipality_find(municipality);
	if (!m)
		return national(s, ROUTE_MUNICIPALITY_UNKNOWN, NULL, ret);
	for (unsigned i = 0; i < s->route_count; i++) {
		const struct region_route *r = &s->routes[i];
		unsigned trunk;

		if (strcmp(r->county, municipality_region(m)->county) != 0)
			continue;
		if (route_trunk(s, r->trunk, &trunk))
			continue;
		*ret = (struct route){ trunk, r->organisation, ROUTE_REGION,
				       m };
		return 0;
	}
	return national(s, ROUTE_COUNTY_UNROUTED, m, ret);
}

int route_fallback(const struct settings *s, const struct route *failed,
		   struct route *ret)
{
	struct route r;
	int err = national(s, failed->reason, failed->municipality, &r);

	if (err)
		return err;
	if (r.trunk == failed->trunk)
		return ENOENT;
	*ret = r;
	return 0;
}
