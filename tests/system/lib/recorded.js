// recorded: what an opened recording holds of the tones that were spoken.
'use strict';
const fs = require('node:fs');
const audio = require('./audio.js');
const { walk } = require('./matroska.js');
const { run } = require('./wait.js');

// Both tracks laid out on the recording's own time: silence where nothing lies.
async function laidOut(file) {
	const out = [0, 1].map((n) => `${file}.${n}`);
	const r = await run('ffmpeg', ['-v', 'error', '-y', '-copyts', '-i', file, ...out.flatMap((to, n) => ['-map', `0:a:${n}`,
		'-af', 'aresample=async=1:min_hard_comp=0.01:first_pts=0', '-ac', '1', '-ar', String(audio.RATE), '-f', 's16le', to])]);
	return { error: r.stderr, tracks: out.map((to) => {
		const b = fs.readFileSync(to);
		fs.rmSync(to);
		return new Int16Array(b.buffer, b.byteOffset, b.length >> 1);
	}) };
}

const ms = (samples) => samples.length / audio.RATE * 1000;

// Milliseconds without the tone, between its first and its last sound, in steps of 5.
function missing(samples, hz) {
	const win = audio.RATE / 100, step = win / 2, sounds = [];
	for (let i = 0; i + win <= samples.length; i += step) sounds.push(audio.share(samples, hz, i, i + win) > 0.5);
	const first = sounds.indexOf(true), last = sounds.lastIndexOf(true);
	return sounds.slice(Math.max(0, first), last + 1).filter((x) => !x).length * 5;
}

module.exports = { laidOut, ms, missing, walk };
