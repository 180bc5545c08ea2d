/*
 * A WAVE file of somebody's, and its sound at another rate.
 */
#include "process/renderer/resample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sound s, to;

	if (wav_read(&s, data, size))
		return 0;
	/* a filter for an odd rate is large: not for each of a million runs */
	if ((s.rate % 1000 == 0 || s.rate % 11025 == 0) &&
	    !resample(&s, 8000, &to))
		sound_free(&to);
	sound_free(&s);
	return 0;
}
