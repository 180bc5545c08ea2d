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

// Probes of 100 ms, every 100 ms: any 200 ms in the clear hold one whole.
function audioProbes(samples) {
	const probes = [], step = audio.RATE / 10;
	for (let i = 0; i + step <= samples.length; i += step) {
		const part = samples.subarray(i, i + step);
		let loud = 0;
		for (const s of part) loud = Math.max(loud, Math.abs(s));
		if (loud < 1000) continue; // silence is everywhere
		probes.push(audio.alaw(part));
		probes.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
	}
	return probes;
}

// needles: [{ kind, bytes }]; gives the kinds found
function inBytes(bytes, needles) {
	return needles.filter((n) => bytes.includes(n.bytes)).map((n) => n.kind);
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
	for (const bytes of audioProbes(samples)) needles.push({ kind: 'audio', bytes });
	return needles;
}

function* filesUnder(dir) {
	for (const e of fs.readdirSync(dir, { withFileTypes: true })) {
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
			const data = fs.readFileSync(file);
			files++;
			bytes += data.length;
			for (const kind of new Set(inBytes(data, needles))) hits.push({ where: file, kind });
			for (const kind of new Set(inBytes(Buffer.from(path.basename(file)), needles)))
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

module.exports = { needlesFor, inFolders, inProcesses, inBytes, audioProbes, filesUnder };
