/*
 * tape -- what the shim writes down and the driver replays
 *
 * A file mapped by both: a head, then entries one after the other. The shim
 * appends an entry after the system call that it stands for came back, so an
 * fsync that was cut short is not on the tape.
 */
#ifndef VAXEL_TESTS_TAPE_H
#define VAXEL_TESTS_TAPE_H

#include <stdatomic.h>
#include <stdint.h>

#define TAPE_BYTES ((size_t)64 * 1024 * 1024)
#define TAPE_NEVER UINT64_MAX

enum tape_kind {
	TAPE_WRITE,  /* file: bytes at offset */
	TAPE_SYNC,   /* file or folder */
	TAPE_FAILED, /* a sync of file that failed: its bytes may be lost */
	TAPE_SYNCFS,
	TAPE_SYNCFS_FAILED,
	TAPE_TRUNCATE, /* file, to offset */
	TAPE_CREATE,   /* folder, name, file */
	TAPE_RENAME,   /* folder, name, then other name */
	TAPE_UNLINK,   /* folder, name */
};

struct tape_entry {
	uint32_t total; /* this and what follows, a multiple of 8 */
	uint32_t kind;
	uint64_t file;
	uint64_t folder;
	uint64_t offset;
	uint64_t at_ns;
	uint32_t len; /* of the bytes that follow */
	uint32_t name_len;
};

struct tape {
	_Atomic uint64_t used;   /* bytes of entries */
	_Atomic uint64_t ops;    /* calls seen */
	_Atomic uint64_t cut_at; /* the op that is not carried out any more */
	_Atomic uint32_t cut_after; /* a kind plus one: stop at the op after */
	_Atomic uint32_t cut_skip;  /* so many of that kind come first */
	_Atomic uint64_t fail_at;   /* the first sync from here on fails */
	_Atomic uint64_t cut_ns;    /* when it stopped; 0: it has not */
	_Atomic uint32_t delay_us;  /* most, before an fdatasync */
	_Atomic uint32_t full;
	_Atomic uint64_t longest_ns; /* an fdatasync took */
	uint8_t entries[];
};

#endif
