/*
 * sniff -- what bytes are, by how they begin and what stands in them
 *
 * Pure, and fed by strangers: any bytes, no length is believed.
 */
#ifndef VAXEL_PROBE_SNIFF_H
#define VAXEL_PROBE_SNIFF_H

#include "base/bytes.h"

enum sniffed {
	SNIFF_NOTHING, /* noise, or what nobody minds: sealed bodies are this */
	SNIFF_AUDIO,
	SNIFF_CAPTURE,  /* packets of calls, as tcpdump writes them */
	SNIFF_DATABASE, /* SQLite */
	SNIFF_KEY,      /* a private key in clear */
};

/* ret_name: "WAV", "MP3", ...: what it is called. */
enum sniffed sniff_bytes(struct bytes b, const char **ret_name);

/* A recording's id or a body's name: 26 of [a-z2-7], alone. How many. */
unsigned sniff_ids(struct text t);

/*
 * A page or document that lists what lies in a folder: as web servers write
 * them, an S3 bucket, WebDAV, or a bare row of audio files' names.
 */
bool sniff_listing(struct text t);

/* Does a name end as those of audio files do? */
bool sniff_audio_name(struct text name);

/*
 * The next link of a page, from *at on: what stands in href="..." or between
 * <Key> and </Key>. False: none is left.
 */
bool sniff_link(struct text page, size_t *at, struct text *ret);

#endif
