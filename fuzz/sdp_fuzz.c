/*
 * Session descriptions: whatever can be read can be answered, agreed upon,
 * offered again and written, and then be read again.
 */
#include <stdlib.h>

#include "sip/offer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try(const struct offer *theirs, enum srtp_use srtp)
{
	struct offer_media m = { .address = "198.51.100.7",
				 .port = 6000,
				 .codecs = { CODEC_OPUS, CODEC_PCMA, CODEC_G722,
					     CODEC_PCMU },
				 .codec_count = 4,
				 .dtmf = true,
				 .direction = OFFER_SENDRECV,
				 .srtp = srtp };
	uint8_t text[OFFER_BYTES_MAX];
	struct writer w = writer_on(text, sizeof(text));
	struct offer_agreed agreed;
	struct offer ours, again, read;

	if (!offer_sane(theirs))
		abort();
	if (offer_answer(&ours, theirs, &m, NULL, 1))
		return;
	if (offer_agree(&agreed, &ours, theirs, false))
		abort();
	offer_remake(&again, &m, &ours, theirs);
	offer_write(&w, &again);
	if (writer_finish(&w) || !offer_sane(&again))
		abort();
	if (offer_read(&read, (struct text){ (const char *)text, w.len }, srtp))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int srtp = SRTP_OFF; srtp <= SRTP_REQUIRED; srtp++) {
		struct text text = { (const char *)data, size };
		struct offer theirs;

		if (!offer_read(&theirs, text, (enum srtp_use)srtp))
			try(&theirs, (enum srtp_use)srtp);
	}
	return 0;
}
