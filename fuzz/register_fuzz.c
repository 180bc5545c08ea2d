/* The register comes from people, and decides where calls go: whatever it
 * says, reading it and asking it end, within bounds. */
#include <stdlib.h>

#include "register/register.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void on_fault(void *arg, const struct register_fault *f)
{
	(void)arg;
	(void)f;
}

/* A few questions; all of them would be slow with many organisations. */
static void ask(const struct register_book *b)
{
	for (unsigned i = 0; i < 64; i++) {
		struct register_question q = {
			.activity = (enum register_activity)(i % ACTIVITIES),
			.by = (uint16_t)(i % (b->organisation_count + 1)),
			.whom = (uint16_t)(i / 3 % (b->organisation_count + 1)),
			.place = (uint16_t)(i % (b->place_count + 1)),
			.minute = b->as_of == REGISTER_SINCE_EVER ? 29671800
								  : b->as_of,
		};
		struct register_verdict v;

		if (!register_lawful(b, &q, &v) && !v.broken_count)
			abort();
		for (unsigned k = 0; k < v.broken_count; k++) {
			struct register_fault f;

			register_explain(b, &v.broken[k], &f);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct register_book *b = NULL;

	if (!register_read(&b, (const char *)data, len, on_fault, NULL)) {
		ask(b);
		if (b->organisation_count < 32 && b->agreement_count < 64)
			(void)register_faults(b, 29671800, on_fault, NULL);
	}
	register_free(b);
	return 0;
}
