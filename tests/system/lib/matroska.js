// matroska: where the blocks of a recording lie, read without our own reader.
'use strict';

// EBML: a number of variable length; id keeps its marker bits.
function vint(b, at, id) {
	let len = 1;
	while (len <= 8 && !(b[at] & (0x80 >> (len - 1)))) len++;
	let value = id ? b[at] : b[at] & (0xff >> len), ones = (b[at] | (0xff << (8 - len))) & 0xff;
	for (let i = 1; i < len; i++) {
		value = value * 256 + b[at + i];
		ones &= b[at + i];
	}
	return { value, next: at + len, unknown: !id && ones === 0xff };
}

const SEGMENT = 0x18538067, CLUSTER = 0x1f43b675, TIME = 0xe7, SIMPLE = 0xa3;

// { clusters: [offset], blocks: [{ at, end, track, ms }] }
function walk(b) {
	const clusters = [], blocks = [];
	let time = 0;
	for (let at = 0; at < b.length;) {
		const id = vint(b, at, true), size = vint(b, id.next, false);
		const start = at;
		at = size.next;
		if (id.value === SEGMENT || id.value === CLUSTER) {
			if (id.value === CLUSTER) clusters.push(start);
			continue; // its children come next
		}
		if (id.value === TIME) time = b.readUIntBE(at, size.value);
		if (id.value === SIMPLE) {
			const track = vint(b, at, false);
			blocks.push({ at: start, end: at + size.value, track: track.value, ms: time + b.readInt16BE(track.next) });
		}
		at += size.value;
	}
	return { clusters, blocks };
}

module.exports = { walk };
