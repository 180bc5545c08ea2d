// Known tones go in at known times, and come out of the opened recording: on
// their tracks, at their times, with their length; also of a file cut anywhere.
'use strict';
const { test, describe, before, after, afterEach } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const { Stage } = require('./lib/stage.js');
const { Listener } = require('./lib/listener.js');
const { laidOut, ms, walk } = require('./lib/recorded.js');
const { Waiting } = require('./lib/waiting.js');
const { sleep, run } = require('./lib/wait.js');
const audio = require('./lib/audio.js');

// What each says: first tone and second tone, three seconds each, in turn.
const BLOCK_MS = 3000;
const CALLER = [440, 620], NURSE = [880, 1250];
const NEAR_MS = 60;

function writeTurns(file, tones, seconds = 90) {
	const samples = new Int16Array(seconds * audio.RATE);
	const part = BLOCK_MS / 1000 * audio.RATE;
	for (let at = 0, n = 0; at < samples.length; at += part, n++)
		samples.set(audio.tone(tones[n % 2], BLOCK_MS / 1000).subarray(0, samples.length - at), at);
	fs.writeFileSync(file, audio.wav(samples));
	return file;
}

const at = (t) => Math.max(0, Math.round(t * audio.RATE / 1000));

// Which of the two tones sounds from then on? -1: neither.
function which(samples, tones, from, to) {
	const shares = tones.map((hz) => audio.share(samples, hz, at(from), Math.min(at(to), samples.length)));
	const best = shares[0] > shares[1] ? 0 : 1;
	return shares[best] > 0.6 ? best : -1;
}

// Milliseconds at which one tone gives way to the other.
function changes(samples, tones) {
	const found = [], win = 30;
	let last = -1;
	for (let t = 0; t + win <= ms(samples); t += 5) {
		const now = which(samples, tones, t, t + win);
		if (now < 0) continue;
		if (last >= 0 && now !== last) found.push(t + win / 2);
		last = now;
	}
	return found;
}

// Where in the recording one tone should give way to the other.
function expected(recordedAt, began, length) {
	const list = [];
	for (let k = 1; ; k++) {
		const t = began + k * BLOCK_MS - recordedAt;
		if (t > length) return list;
		if (t > 0) list.push({ t, k });
	}
}

async function noFault(file) {
	const probe = await run('ffprobe', ['-v', 'error', '-show_packets', '-show_streams', '-of', 'json', file]);
	assert.equal(probe.stderr, '');
	const { streams } = JSON.parse(probe.stdout);
	assert.deepEqual(streams.slice(0, 2).map((s) => s.tags.title), ['caller', 'nurse']);
	const info = await run('mkvinfo', ['-v', '-v', file]);
	assert.equal(info.status, 0);
	assert.doesNotMatch(info.stdout + info.stderr, /error|warning|unknown element|invalid/i);
	return streams;
}

describe('tones', { concurrency: false }, () => {
	let s, listener;

	before(async () => {
		s = await Stage.make({ sections: {
			media: { codecs: ['PCMA', 'PCMU', 'G722'] },
			'line 1177': {
				'position-every': 0,
				'notice sv': { version: '1', text: 'Ring ett ett två.' }, 'notice en': { version: '1', text: 'Call one one two.' },
			},
		} });
		listener = await Listener.make(s.node);
	});
	afterEach(async () => { await s.close(); });
	after(async () => { await s.end(); });

	// A talk of that many seconds: what was said when, and the opened file.
	async function talk(codecs, seconds, name) {
		const known = (await s.node.recordings()).map((r) => r.id);
		const n = await s.nurse('agent1', { codecs, wav: writeTurns(s.file('nurse.wav'), NURSE) });
		const c = await s.caller({ codecs, wav: writeTurns(s.file('caller.wav'), CALLER) });
		const pids = [process.pid, n.process.pid, c.process.pid, s.node.process.pid, ...s.node.pids()];
		const waiting = new Waiting(() => pids);
		const callerBegan = (await c.event('CALL_ESTABLISHED', 30000)).at;
		const nurseBegan = (await n.event('CALL_ESTABLISHED', 40000)).at;
		await sleep(seconds * 1000);
		c.hangup();
		const ended = Date.now();
		await n.event('CALL_CLOSED');
		await sleep(100);
		waiting.stop();
		const all = await s.node.sealed(known.length + 1, 20000);
		const recording = all.find((r) => !known.includes(r.id));
		await s.close();
		const file = await listener.openFile(recording.id, name);
		// how wrong this busy machine may have made each of our clocks
		const noise = (at) => waiting.between(at - 300, at + 50);
		return { recording, file, callerBegan, nurseBegan, ended, noise, recordedAt: Date.parse(recording.at), length: ended - nurseBegan };
	}

	async function right(t, codec) {
		const streams = await noFault(t.file);
		for (const stream of streams.slice(0, 2)) assert.equal(stream.codec_name, codec);
		const { tracks: [caller, nurse], error } = await laidOut(t.file);
		assert.equal(error, '');
		const edges = t.noise(t.nurseBegan) + t.noise(t.ended + 250);
		assert.ok(Math.abs(t.recordedAt - t.nurseBegan) <= 100 + edges, `recorded from ${t.recordedAt - t.nurseBegan} ms after the answer`);
		assert.ok(Math.abs(t.recording.ms - t.length) <= 100 + edges, `listed as ${t.recording.ms} ms of ${t.length}`);
		for (const [who, track, tones, began] of [['caller', caller, CALLER, t.callerBegan], ['nurse', nurse, NURSE, t.nurseBegan]]) {
			assert.ok(Math.abs(ms(track) - t.length) <= 100 + edges, `${who}: ${ms(track)} ms of ${t.length}`);
			const near = NEAR_MS + t.noise(began);
			const seen = changes(track, tones);
			const wanted = expected(t.recordedAt, began, t.length);
			for (const w of wanted) {
				// the first moments lie before capture, the last after the end
				if (w.t < 250 + near || w.t > t.length - 100 - near) continue;
				const may = near + t.noise(t.recordedAt + w.t);
				const [change] = seen.filter((c) => Math.abs(c - w.t) <= may);
				assert.ok(change !== undefined, `${who}: a change at ${w.t} ms ± ${may}; seen at ${seen}`);
				const tone = which(track, tones, change + 100, change + 200);
				assert.equal(tone, w.k % 2, `${who}: tone ${tone} after ${change} ms`);
			}
			for (const c of seen) {
				assert.ok(wanted.some((w) => Math.abs(c - w.t) <= near + t.noise(t.recordedAt + w.t)),
					`${who}: no change was made near ${c} ms, but at ${wanted.map((w) => w.t)}`);
			}
			assert.ok(seen.length >= Math.floor(t.length / BLOCK_MS) - 1);
			for (const other of tones === CALLER ? NURSE : CALLER)
				assert.ok(audio.share(track, other) < 0.02, `${other} Hz on the track of the ${who}`);
			// from soon after the beginning, or when the phone began to send, to the end one of the two sounds
			let from = 300;
			while (from < 500 + edges && which(track, tones, from, from + 100) < 0) from += 100;
			for (; from + 100 < ms(track) - 100; from += 100)
				if (!seen.some((c) => c > from - 50 && c < from + 150))
					assert.ok(which(track, tones, from, from + 100) >= 0, `${who}: nothing at ${from} ms`);
		}
		return [caller, nurse];
	}

	test('A-law, and the file cut off anywhere', async () => {
		const t = await talk('PCMA', 8, 'a.mka');
		const whole = await right(t, 'pcm_alaw');
		const bytes = fs.readFileSync(t.file);
		const { clusters, blocks } = walk(bytes);
		assert.ok(clusters.length >= 2 && blocks.length > 600, `${clusters.length} clusters, ${blocks.length} blocks`);
		const cuts = clusters.slice(1).sort(() => Math.random() - 0.5).slice(0, 4).flatMap((c) => [c - 1, c, c + 1]);
		for (let i = 0; i < 40; i++) cuts.push(blocks[0].at + 1 + Math.floor(Math.random() * (bytes.length - blocks[0].at - 1)));
		const judge = async (cut) => {
			const file = s.write(`cut-${cut}.mka`, bytes.subarray(0, cut));
			const probe = await run('ffprobe', ['-v', 'quiet', '-show_packets', '-of', 'json', file]);
			assert.equal(probe.status, 0, `cut at ${cut}`);
			const whole_blocks = blocks.filter((b) => b.end <= cut);
			const packets = JSON.parse(probe.stdout).packets.length;
			// it may show the torn last block; it must show all whole ones
			assert.ok(packets === whole_blocks.length || packets === whole_blocks.length + 1,
				`cut at ${cut}: ${packets} packets, ${whole_blocks.length} whole blocks`);
			const { tracks } = await laidOut(file);
			fs.rmSync(file);
			for (const [index, tones] of [CALLER, NURSE].entries()) {
				const mine = whole_blocks.filter((b) => b.track === index + 1);
				if (!mine.length) continue;
				const until = mine[mine.length - 1].ms + 20;
				assert.ok(ms(tracks[index]) >= until - 1, `cut at ${cut}: track ${index} is ${ms(tracks[index])} ms of ${until}`);
				for (let from = 0; from + 100 <= until; from += 100)
					assert.equal(which(tracks[index], tones, from, from + 100), which(whole[index], tones, from, from + 100), `cut at ${cut}: track ${index} at ${from} ms`);
			}
		};
		for (let i = 0; i < cuts.length; i += 2) await Promise.all(cuts.slice(i, i + 2).map(judge));
	});

	test('µ-law', async () => { await right(await talk('PCMU', 5, 'u.mka'), 'pcm_mulaw'); });

	test('G.722', async () => { await right(await talk('G722/16000/1', 5, 'g.mka'), 'adpcm_g722'); });
});
