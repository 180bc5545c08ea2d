#include "recording/seek.h"

#include "recording/last_ms.h"

static void thin_out(struct seek *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->count; i += 2)
		s->point[n++] = s->point[i];
	s->count = n;
	s->times_every *= 2;
}

void seek_note(struct seek *s, uint64_t ms, uint64_t offset)
{
	uint64_t due = 0;

	if (!s->times_every)
		s->times_every = 1;
	if (s->count)
		due = s->point[s->count - 1].ms +
		      (uint64_t)SEEK_EVERY_MS * s->times_every;
	if (ms < due || ms > UINT32_MAX || offset > UINT32_MAX)
		return;
	if (s->count == SEEK_MAX) {
		thin_out(s);
		seek_note(s, ms, offset);
		return;
	}
	s->point[s->count++] =
		(struct seek_point){ (uint32_t)ms, (uint32_t)offset };
}

void seek_scan(struct seek *s, struct bytes plain, uint64_t offset)
{
	for (size_t at = 0; at < plain.len; at++) {
		uint64_t ms;

		if (plain.p[at] == 0x1f &&
		    !cluster_ms((struct bytes){ plain.p + at, plain.len - at },
				&ms))
			seek_note(s, ms, offset + at);
	}
}
