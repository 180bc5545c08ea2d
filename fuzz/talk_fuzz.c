/* What the command line says to the desk, and to the keeper's door. */
#include <stdlib.h>

#include "release/door.h"
#include "release/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct talk_request q;
	struct door_question said;
	enum talk_type type;
	size_t len;

	(void)!talk_request_read((struct bytes){ data, size }, &q);
	if (!door_ask_read((struct bytes){ data, size }, &said))
		if (said.passphrase.len > DOOR_PASSPHRASE_MAX ||
		    said.file.len > DOOR_FILE_MAX)
			abort();
	if (size >= TALK_HEAD && !talk_head_read(data, &type, &len))
		if (len >= TALK_FRAME_MAX)
			abort();
	return 0;
}
