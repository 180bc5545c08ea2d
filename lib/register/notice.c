/*
 * notice -- a registered notice, and what it leaves out
 */
#include "register/judge.h"

uint16_t register_notice_find(const struct register_book *b, struct text id)
{
	for (uint16_t i = 0; i < b->notice_count; i++)
		if (text_is(id, register_text(b, b->notices[i].id)))
			return i;
	return REGISTER_NONE;
}

unsigned register_notice_untold(const struct register_book *b, uint16_t notice,
				int64_t minute)
{
	unsigned wanted = 0;

	for (unsigned i = 0; i < b->law->line_count; i++) {
		const struct law_line *l = &b->law->lines[i];

		if (l->requires >= REQ_TELLS_CONTROLLER &&
		    l->requires < REQ_TELLS_CONTROLLER + TELLS &&
		    l->activities & ACT_BIT(ACT_RECORDING) &&
		    register_in_force(l->term, minute))
			wanted |= 1U << (l->requires - REQ_TELLS_CONTROLLER);
	}
	return wanted & ~b->notices[notice].tells;
}
