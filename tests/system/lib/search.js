// search: what a finder with the whole disk looks for, and where.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const audio = require('./audio.js');

// Forms in which a number may be written.
function numberForms(e164) {
	const national = `0${e164.slice(3)}`;
	return [...new Set([e164.slice(1), e164.slice(3), national, `00${e164.slice(1)}`,
		encodeURIComponent(e164)])];
}

// Sound as it would lie somewhere in the clear: A-law or linear, whole or in
// packets of 20 ms. Any 20 ms hold one of these probes of 10 ms whole, wherever
// they begin.
const PROBE = audio.RATE / 100;

function audioProbes(samples) {
	const probes = [];
	for (let i = 0; i + PROBE <= samples.length; i += PROBE) {
		const part = samples.subarray(i, i + PROBE);
		let loud = 0;
		for (const s of part) loud = Math.max(loud, Math.abs(s));
		if (loud < 1000) continue; // silence is everywhere
		probes.push(audio.alaw(part));
		probes.push(Buffer.from(part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength)));
	}
	return probes;
}

// Probes by their first eight bytes, so that one pass over the bytes finds any;
// two bytes are looked at before, since most places begin like no probe.
function audioIndex(probes) {
	const index = new Map();
	index.begins = new Uint8Array(65536);
	for (const p of probes) {
		const key = p.readBigUInt64LE(0);
		index.begins[p[0] << 8 | p[1]] = 1;
		if (!index.has(key)) index.set(key, []);
		index.get(key).push(p);
	}
	return index;
}

// How many different probes are there.
function countAudio(bytes, index) {
	const seen = new Set();
	for (let i = 0; i + PROBE <= bytes.length; i++) {
		if (!index.begins[bytes[i] << 8 | bytes[i + 1]]) continue;
		for (const p of index.get(bytes.readBigUInt64LE(i)) || [])
			if (!seen.has(p) && i + p.length <= bytes.length && bytes.compare(p, 0, p.length, i, i + p.length) === 0) seen.add(p);
	}
	return seen.size;
}

function inBytes(bytes, needles) {
	const kinds = new Set();
	for (const n of needles) {
		if (kinds.has(n.kind)) continue;
		if (n.index ? countAudio(bytes, n.index) > 0 : bytes.includes(n.bytes)) kinds.add(n.kind);
	}
	return [...kinds];
}

function needlesFor({ number, names, samples }) {
	const needles = [];
	for (const form of numberForms(number)) {
		needles.push({ kind: 'number', bytes: Buffer.from(form) });
		needles.push({ kind: 'number', bytes: Buffer.from(form, 'utf16le') });
		needles.push({ kind: 'number', bytes: Buffer.from(Buffer.from(form).toString('hex')) });
		needles.push({ kind: 'number', bytes: Buffer.from(Buffer.from(form).toString('base64').slice(0, -3)) });
	}
	for (const name of names) {
		needles.push({ kind: 'name', bytes: Buffer.from(name) });
		needles.push({ kind: 'name', bytes: Buffer.from(name, 'utf16le') });
	}
	needles.push({ kind: 'audio', index: audioIndex(audioProbes(samples)) });
	return needles;
}

// What a running node removes meanwhile is not there.
function* filesUnder(dir) {
	let entries = [];
	try { entries = fs.readdirSync(dir, { withFileTypes: true }); } catch { /* gone */ }
	for (const e of entries) {
		const file = path.join(dir, e.name);
		if (e.isDirectory()) yield* filesUnder(file);
		else if (e.isFile()) yield file;
	}
}

// Everything under the folders: contents and names. [{ where, kind }]
function inFolders(dirs, needles) {
	const hits = [];
	let files = 0, bytes = 0;
	for (const dir of dirs) {
		for (const file of filesUnder(dir)) {
			let data;
			try { data = fs.readFileSync(file); } catch { continue; }
			files++;
			bytes += data.length;
			for (const kind of new Set(inBytes(data, needles))) hits.push({ where: file, kind });
			for (const kind of new Set(inBytes(Buffer.from(path.relative(dir, file)), needles)))
				hits.push({ where: `the name of ${file}`, kind });
		}
	}
	return { hits, files, bytes };
}

// Command line and environment of processes.
function inProcesses(pids, needles) {
	const hits = [];
	for (const pid of pids) {
		for (const what of ['cmdline', 'environ']) {
			let data;
			try { data = fs.readFileSync(`/proc/${pid}/${what}`); } catch { continue; }
			for (const kind of new Set(inBytes(data, needles))) hits.push({ where: `${what} of ${pid}`, kind });
		}
	}
	return hits;
}

module.exports = { needlesFor, inFolders, inProcesses, inBytes, audioProbes, audioIndex, countAudio, filesUnder };
