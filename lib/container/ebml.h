/*
 * ebml -- elements of EBML (RFC 8794), and the few ids of Matroska (RFC 9559)
 * that we write and read
 */
#ifndef VAXEL_CONTAINER_EBML_H
#define VAXEL_CONTAINER_EBML_H

#include "base/bytes.h"

enum ebml_id {
	EBML_HEAD = 0x1a45dfa3,
	EBML_VERSION = 0x4286,
	EBML_READ_VERSION = 0x42f7,
	EBML_MAX_ID_LENGTH = 0x42f2,
	EBML_MAX_SIZE_LENGTH = 0x42f3,
	EBML_DOC_TYPE = 0x4282,
	EBML_DOC_TYPE_VERSION = 0x4287,
	EBML_DOC_TYPE_READ_VERSION = 0x4285,
	EBML_VOID = 0xec,
	EBML_CRC32 = 0xbf,

	MKV_SEGMENT = 0x18538067,
	MKV_SEEK_HEAD = 0x114d9b74,
	MKV_CUES = 0x1c53bb6b,
	MKV_CHAPTERS = 0x1043a770,
	MKV_TAGS = 0x1254c367,
	MKV_ATTACHMENTS = 0x1941a469,

	MKV_INFO = 0x1549a966,
	MKV_TIMESTAMP_SCALE = 0x2ad7b1,
	MKV_DATE_UTC = 0x4461,
	MKV_MUXING_APP = 0x4d80,
	MKV_WRITING_APP = 0x5741,

	MKV_TRACK_LIST = 0x1654ae6b,
	MKV_TRACK_ENTRY = 0xae,
	MKV_TRACK_NUMBER = 0xd7,
	MKV_TRACK_UID = 0x73c5,
	MKV_TRACK_TYPE = 0x83,
	MKV_FLAG_LACING = 0x9c,
	MKV_TRACK_NAME = 0x536e,
	MKV_LANGUAGE = 0x22b59c,
	MKV_CODEC_ID = 0x86,
	MKV_CODEC_PRIVATE = 0x63a2,
	MKV_CODEC_DELAY = 0x56aa,
	MKV_SEEK_PRE_ROLL = 0x56bb,
	MKV_AUDIO = 0xe1,
	MKV_SAMPLING_FREQUENCY = 0xb5,
	MKV_CHANNELS = 0x9f,
	MKV_BIT_DEPTH = 0x6264,

	MKV_CLUSTER = 0x1f43b675,
	MKV_TIMESTAMP = 0xe7,
	MKV_SIMPLE_BLOCK = 0xa3,
	MKV_BLOCK_GROUP = 0xa0,
	MKV_BLOCK = 0xa1,
	MKV_BLOCK_DURATION = 0x9b,
};

enum { MKV_TYPE_AUDIO = 2, MKV_TYPE_SUBTITLE = 17 };

/* Format tags of Microsoft's WAVEFORMATEX (RFC 2361; G.722: 0x028f) */
enum { WAVE_ALAW = 6, WAVE_MULAW = 7, WAVE_G722 = 0x28f };

#define EBML_HEADER_MAX 12
#define EBML_UNKNOWN UINT64_MAX

struct ebml_element {
	uint32_t id;
	uint64_t size; /* EBML_UNKNOWN: until what cannot lie in it */
	size_t header; /* bytes of id and size */
};

/*
 * One number of variable size, of at most max bytes. Ids keep their marker.
 * EAGAIN more bytes are needed; EBADMSG.
 */
int ebml_vint(struct reader *r, unsigned max, bool keep_marker, uint64_t *ret,
	      bool *ret_all_ones) CHECK_RESULT;

/* The header at the front of `in`. EAGAIN, EBADMSG. */
int ebml_element(struct bytes in, struct ebml_element *ret) CHECK_RESULT;

/* The next element inside a master that is in memory whole. EBADMSG. */
int ebml_child(struct reader *r, uint32_t *ret_id,
	       struct bytes *ret) CHECK_RESULT;

#endif
