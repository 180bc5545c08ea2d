/*
 * What comes to an RTCP port, with and without SRTCP before it.
 */
#include <stdlib.h>
#include <string.h>

#include "process/media/report.h"
#include "process/media/sdes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[SDES_KEY_BYTES];
	uint8_t *packet = malloc(size ? size : 1);
	struct report_in in;
	struct sdes *keys;
	size_t len = size;

	memcpy(packet, data, size);
	(void)!report_read(&in, packet, len, 1);
	if (!sdes_new(&keys, key)) {
		if (!sdes_unprotect_rtcp(keys, packet, &len))
			(void)!report_read(&in, packet, len, 1);
		sdes_free(keys);
	}
	free(packet);
	return 0;
}
