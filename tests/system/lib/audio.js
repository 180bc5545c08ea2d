// audio: tones and speech made, and found again.
'use strict';
const fs = require('node:fs');
const { run } = require('./wait.js');

const RATE = 8000;

function wav(samples, rate = RATE) {
	const head = Buffer.alloc(44);
	head.write('RIFF', 0);
	head.writeUInt32LE(36 + samples.length * 2, 4);
	head.write('WAVEfmt ', 8);
	head.writeUInt32LE(16, 16);
	head.writeUInt16LE(1, 20);
	head.writeUInt16LE(1, 22);
	head.writeUInt32LE(rate, 24);
	head.writeUInt32LE(rate * 2, 28);
	head.writeUInt16LE(2, 32);
	head.writeUInt16LE(16, 34);
	head.write('data', 36);
	head.writeUInt32LE(samples.length * 2, 40);
	return Buffer.concat([head, Buffer.from(samples.buffer, samples.byteOffset, samples.length * 2)]);
}

function tone(hz, seconds, rate = RATE, level = 8000) {
	const s = new Int16Array(Math.round(seconds * rate));
	for (let i = 0; i < s.length; i++) s[i] = Math.round(level * Math.sin(2 * Math.PI * hz * i / rate));
	return s;
}

function writeTone(file, hz, seconds = 600) {
	fs.writeFileSync(file, wav(tone(hz, seconds)));
	return file;
}

// Power of one frequency in a stretch of samples, as a part of all power (Goertzel).
function share(samples, hz, from = 0, to = samples.length, rate = RATE) {
	const k = 2 * Math.cos(2 * Math.PI * hz / rate);
	let s1 = 0, s2 = 0, all = 0;
	for (let i = from; i < to; i++) {
		const s = samples[i] + k * s1 - s2;
		s2 = s1;
		s1 = s;
		all += samples[i] * samples[i];
	}
	const n = to - from;
	if (!all || !n) return 0;
	return (s1 * s1 + s2 * s2 - k * s1 * s2) / (all * n / 2);
}

// Seconds of 100 ms windows in which that frequency is most of what sounds.
function heard(samples, hz, rate = RATE) {
	const win = rate / 10;
	let n = 0;
	for (let i = 0; i + win <= samples.length; i += win) {
		let loud = 0;
		for (let k = i; k < i + win; k++) loud = Math.max(loud, Math.abs(samples[k]));
		if (loud > 500 && share(samples, hz, i, i + win, rate) > 0.7) n++;
	}
	return n / 10;
}

// Samples of one audio track of a file, by ffmpeg.
async function track(file, index, rate = RATE) {
	const r = await run('ffmpeg', ['-v', 'error', '-i', file, '-map', `0:a:${index}`,
		'-ac', '1', '-ar', String(rate), '-f', 's16le', '-'], { binary: true });
	if (r.status) throw new Error(`ffmpeg: ${r.stderr}`);
	return new Int16Array(r.stdout.buffer, r.stdout.byteOffset, r.stdout.length >> 1);
}

function readWav(file) {
	const b = fs.readFileSync(file);
	let at = 12;
	while (at + 8 <= b.length && b.toString('latin1', at, at + 4) !== 'data')
		at += 8 + b.readUInt32LE(at + 4);
	const bytes = b.subarray(at + 8);
	return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
}

// With seconds, said over and over for so long: a phone hangs up where its
// file ends.
async function speak(file, text, { voice = 'sv', seconds = 0 } = {}) {
	const r = await run('espeak-ng', ['-v', voice, '-s', '160', '-w', `${file}.22`, text]);
	if (r.status) throw new Error(`espeak-ng: ${r.stderr}`);
	const c = await run('ffmpeg', ['-v', 'error', '-y', '-i', `${file}.22`, '-ar', '8000', '-ac', '1', file]);
	fs.rmSync(`${file}.22`, { force: true });
	if (c.status) throw new Error(`ffmpeg: ${c.stderr}`);
	if (seconds) {
		const once = readWav(file), all = new Int16Array(seconds * RATE);
		for (let at = 0; at < all.length; at += once.length + RATE)
			all.set(once.subarray(0, Math.max(0, all.length - at)), at);
		fs.writeFileSync(file, wav(all));
	}
	return file;
}

// A-law of RFC 3551 (ITU-T G.711), for searching what may not be found.
function alaw(samples) {
	const out = Buffer.alloc(samples.length);
	for (let i = 0; i < samples.length; i++) {
		let s = samples[i] >> 3, mask = 0xd5;
		if (s < 0) { mask = 0x55; s = -s - 1; }
		let seg = 0;
		for (let top = 0x1f; seg < 8 && s > top; seg++) top = (top << 1) | 1;
		out[i] = (seg >= 8 ? 0x7f : (seg << 4) | (seg < 2 ? (s >> 1) & 15 : (s >> seg) & 15)) ^ mask;
	}
	return out;
}

module.exports = { RATE, wav, tone, writeTone, share, heard, track, readWav, speak, alaw };
