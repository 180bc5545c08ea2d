/*
 * The table of prompts, and every packet that it says it has.
 */
#include <stdlib.h>

#include "prompts/prompts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct prompts p;
	volatile uint8_t sum = 0;

	if (prompts_read(&p, data, size))
		return 0;
	for (uint16_t i = 0; i < PROMPTS_MAX; i++)
		for (unsigned c = 0; c < PROMPTS_CODECS; c++) {
			struct bytes packet;
			uint32_t packets = 0;
			size_t at = 0;

			for (; prompts_next(&p, i, (enum codec)c, &at, &packet);
			     packets++)
				for (size_t k = 0; k < packet.len; k++)
					sum = (uint8_t)(sum + packet.p[k]);
			if (packets * PROMPT_PACKET_SAMPLES !=
			    prompts_samples(&p, i, (enum codec)c))
				abort();
		}
	return 0;
}
