#!/usr/bin/env node
// strangers-log DIR VKEY -- a log checked with nothing of ours: only what
// c2sp.org/tlog-tiles, /signed-note and /tlog-checkpoint say. Every entry is
// hashed, every tile compared, the root and its signature held against it.
'use strict';
const { createHash, createPublicKey, verify } = require('node:crypto');
const fs = require('node:fs');
const [dir, vkey] = process.argv.slice(2);
const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const leafMark = Buffer.from([0]), nodeMark = Buffer.from([1]);
const fail = (what) => { console.log(`bad ${what}`); process.exit(1); };
const name = (n) => {
	const at = String(n % 1000).padStart(3, '0');
	return n < 1000 ? at : `${name(Math.floor(n / 1000)).replace(/(^|\/)(\d)/g, '$1x$2')}/${at}`;
};
const tile = (level, n, width) =>
	fs.readFileSync(`${dir}/tile/${level}/${name(n)}${width < 256 ? `.p/${width}` : ''}`);
const fold = (h) => h.length === 1 ? h[0]
	: fold(h.flatMap((l, i) => i % 2 ? [] : i + 1 < h.length ? [sha(nodeMark, l, h[i + 1])] : [l]));

const note = fs.readFileSync(`${dir}/checkpoint`, 'utf8');
const text = note.slice(0, note.indexOf('\n\n') + 1);
const [origin, count, root] = text.split('\n');
const [, signer, id, key] = /^(.*?)\+([0-9a-f]{8})\+(.*)$/.exec(vkey);
const raw = Buffer.from(key, 'base64');
const line = note.split('\n').find((l) => l.startsWith(`\u2014 ${signer} `)) ?? fail('no signature');
const signature = Buffer.from(line.split(' ')[2], 'base64');
const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]);
if (signature.subarray(0, 4).toString('hex') !== id ||
	!verify(null, text, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature.subarray(4)))
	fail('signature');

const leaves = [];
for (let left = Number(count), n = 0; left > 0; left -= 256, n++) {
	const bundle = tile('entries', n, Math.min(left, 256));
	for (let at = 0, len; at < bundle.length; at += 2 + len) {
		len = bundle.readUInt16BE(at);
		leaves.push(sha(leafMark, bundle.subarray(at + 2, at + 2 + len)));
	}
}
if (leaves.length !== Number(count)) fail('count');
let top = leaves; // what the root is folded from: each tile's worth to one hash
for (let level = 0, hashes = leaves; hashes.length; level++) {
	const above = [], tops = [];
	for (let n = 0; n * 256 < hashes.length; n++) {
		const part = hashes.slice(n * 256, n * 256 + 256);
		if (!tile(level, n, part.length).equals(Buffer.concat(part))) fail(`tile ${level} ${n}`);
		tops.push(fold(part));
		if (part.length === 256) above.push(tops[n]);
	}
	if (!level) top = tops;
	hashes = above;
}
if (fold(top).toString('base64') !== root) fail('root');
console.log(`ok ${origin} ${count}`);
