// kill -9 of each process in mid-call: the call goes on, both still hear each
// other, and the recording is whole; but for a media worker's own calls, which
// end properly on both sides.
'use strict';
const { test, describe, before, after, afterEach } = require('node:test');
const assert = require('node:assert');
const os = require('node:os');
const { Stage } = require('./lib/stage.js');
const { Listener } = require('./lib/listener.js');
const { laidOut, ms, missing } = require('./lib/recorded.js');
const { sleep, until, alive } = require('./lib/wait.js');
const audio = require('./lib/audio.js');

const CALLER = 440, NURSE = 880;
const LOST_MS = 40;

// Seconds of the last two in which a phone heard mostly that tone.
async function heardLast(phone, hz) {
	const samples = await phone.heard();
	return audio.heard(samples.subarray(Math.max(0, samples.length - 2.3 * audio.RATE), samples.length - 0.3 * audio.RATE), hz);
}

describe('kill -9 in mid-call', { concurrency: false }, () => {
	let s, listener, known;

	before(async () => {
		s = await Stage.make({ sections: { 'line 1177': {
			'position-every': 0, 'notice sv': { version: '1', text: 'Ring ett ett två.' }, 'notice en': null,
		} } });
		listener = await Listener.make(s.node);
	});
	afterEach(async () => { await s.close(); });
	after(async () => { await s?.end(); });

	async function talk() {
		known = (await s.node.recordings()).map((r) => r.id);
		const t = await s.talk({ caller: { tone: CALLER }, nurse: { tone: NURSE } });
		await sleep(2000);
		return t;
	}

	async function killed(name) {
		const pid = await s.node.kill(name);
		await until(`a new ${name}`, () => s.node.pids(name).some((p) => p !== pid));
	}

	// The one recording that is new, opened: its two tracks.
	async function opened() {
		const all = await s.node.sealed(known.length + 1, 30000);
		const fresh = all.filter((r) => !known.includes(r.id));
		assert.equal(fresh.length, 1);
		const file = await listener.openFile(fresh[0].id);
		const { error, tracks } = await laidOut(file);
		assert.equal(error, '');
		return { recording: fresh[0], tracks };
	}

	// May a process here ask to go before others?
	function mayPrefer() {
		const now = os.getPriority();
		try {
			os.setPriority(now - 1);
			os.setPriority(now);
			return true;
		} catch { return false; }
	}

	// A core that both want: packets go before the recorder's work.
	function preferred() {
		const [media] = s.node.pids('media'), [recorder] = s.node.pids('recorder');
		assert.equal(os.getPriority(recorder) - os.getPriority(media), mayPrefer() ? 5 : 0);
	}

	for (const name of ['switch', 'recorder', 'ledger', 'keeper', 'desk']) {
		test(name, async () => {
			const { caller, nurse, answered } = await talk();
			await killed(name);
			await sleep(3500);
			assert.equal(caller.count('CALL_CLOSED') + nurse.count('CALL_CLOSED'), 0, 'the call goes on');
			caller.hangup();
			const length = Date.now() - answered;
			await nurse.event('CALL_CLOSED');
			await s.over();
			await s.close();
			assert.ok(await heardLast(caller, NURSE) >= 1.6, `the caller heard the nurse ${await heardLast(caller, NURSE)} s of two`);
			assert.ok(await heardLast(nurse, CALLER) >= 1.6, `the nurse heard the caller ${await heardLast(nurse, CALLER)} s of two`);
			if (name === 'keeper') await s.node.unlock();
			const { recording, tracks } = await opened();
			assert.ok(Math.abs(recording.ms - length) <= 500, `${recording.ms} ms of ${length}`);
			for (const [i, hz] of [CALLER, NURSE].entries()) {
				assert.ok(ms(tracks[i]) > length - 500, `track ${i}: ${ms(tracks[i])} ms of ${length}`);
				assert.ok(missing(tracks[i], hz) <= LOST_MS, `track ${i}: ${missing(tracks[i], hz)} ms are missing`);
			}
		});
	}

	test('a media worker: its call ends on both sides, its recording properly', async () => {
		const { caller, nurse, answered } = await talk();
		const length = Date.now() - answered;
		preferred();
		await killed('media');
		preferred();
		await caller.event('CALL_CLOSED', 30000);
		await nurse.event('CALL_CLOSED', 30000);
		await s.over();
		await s.close();
		const { tracks } = await opened();
		for (const [i, hz] of [CALLER, NURSE].entries()) {
			assert.ok(ms(tracks[i]) > length - 500, `track ${i}: ${ms(tracks[i])} ms of ${length}`);
			assert.ok(missing(tracks[i], hz) <= LOST_MS, `track ${i}: ${missing(tracks[i], hz)} ms are missing`);
		}
		// and the next call is as any other
		const next = await talk();
		next.caller.hangup();
		await next.nurse.event('CALL_CLOSED');
		await s.node.sealed(known.length + 1, 20000);
	});

	test('the parent: the call finishes, then all end; the recording is there', async () => {
		const { caller, nurse, answered } = await talk();
		const pids = s.node.pids();
		assert.ok(pids.length >= 6);
		process.kill(s.node.process.pid, 'SIGKILL');
		await s.node.process.exited;
		await sleep(3500);
		assert.equal(caller.count('CALL_CLOSED') + nurse.count('CALL_CLOSED'), 0, 'the call goes on');
		caller.hangup();
		const length = Date.now() - answered;
		await nurse.event('CALL_CLOSED');
		try {
			await until('the end of all processes', () => !pids.some(alive), 20000, 100);
		} finally {
			for (const pid of pids.filter(alive)) process.kill(pid, 'SIGKILL');
		}
		await s.close();
		assert.ok(await heardLast(caller, NURSE) >= 1.6 && await heardLast(nurse, CALLER) >= 1.6, 'both heard each other to the end');
		await s.node.start();
		const { tracks } = await opened();
		for (const [i, hz] of [CALLER, NURSE].entries()) {
			assert.ok(ms(tracks[i]) > length - 500, `track ${i}: ${ms(tracks[i])} ms of ${length}`);
			assert.ok(missing(tracks[i], hz) <= LOST_MS, `track ${i}: ${missing(tracks[i], hz)} ms are missing`);
		}
	});
});
