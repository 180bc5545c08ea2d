// A recorder that hangs in mid-call, its channels alive: somebody says so, and
// what the ring could not hold is never passed off as a whole recording.
'use strict';
const { test, describe, before, after, afterEach } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Stage } = require('./lib/stage.js');
const { Listener } = require('./lib/listener.js');
const { laidOut, ms, missing } = require('./lib/recorded.js');
const { sleep, until, run } = require('./lib/wait.js');

const CALLER = 440, NURSE = 880;

describe('a recorder that hangs', { concurrency: false }, () => {
	let s, listener, whole, gap;

	before(async () => {
		// few calls, so a small ring: some six seconds of one
		s = await Stage.make({ sip: { 'calls-max': 2 }, sections: { 'line 1177': {
			'position-every': 0, 'notice sv': { version: '1', text: 'Ring ett ett två.' }, 'notice en': null,
		} } });
		listener = await Listener.make(s.node);
	});
	afterEach(async () => { await s.close(); });
	after(async () => { await s?.end(); });

	// Talk, and hang for so long; during gets what the log said since.
	async function hang(stop, during) {
		await s.talk({ caller: { tone: CALLER }, nurse: { tone: NURSE } });
		await sleep(1000);
		const before = s.node.log.length;
		const [pid] = s.node.pids('recorder');
		process.kill(pid, 'SIGSTOP');
		try {
			await during(() => s.node.log.slice(before));
			await sleep(stop);
		} finally {
			process.kill(pid, 'SIGCONT');
		}
		await sleep(1000);
		await s.close();
	}

	// The only one in that state, its end in the log, and its two tracks.
	async function became(state) {
		const r = await until(`a recording that is ${state}`, async () =>
			(await s.node.recordings()).find((one) => one.state === state), 20000);
		const { tracks } = await laidOut(await listener.openFile(r.id));
		return { r, tracks };
	}

	async function entries() {
		const r = await run('sqlite3', ['-json', path.join(s.node.state, 'ledger', 'db.sqlite'),
			'SELECT type, details FROM entries ORDER BY entry']);
		return JSON.parse(r.stdout).map((e) => ({ type: e.type, ...JSON.parse(e.details) }));
	}

	const ends = (all, id) => all.filter((e) => e.recording === id && /sealed|alarm|recovered$/.test(e.type))
		.map((e) => `${e.type.slice(10)} ${e.reason ?? ''}`.trim());

	const said = (log) => until('the alarm', () => / alarm switch: the recorder is away/.test(log()), 10000);

	test('for less than the ring lasts: an alarm, and nothing is lost', async () => {
		await hang(500, said);
		assert.match(await s.node.metrics(), /vaxel_alarm_active\{alarm="recorder-away"\} 1/);
		const { r, tracks } = await became('sealed');
		for (const [i, hz] of [CALLER, NURSE].entries()) {
			assert.ok(ms(tracks[i]) >= 3500, `track ${i}: ${ms(tracks[i])} ms`);
			assert.ok(missing(tracks[i], hz) <= 40, `track ${i}: ${missing(tracks[i], hz)} ms are missing`);
		}
		whole = r.id;
	});

	test('for longer: alarm, superseded by what there is of it', async () => {
		await hang(8000, said);
		const { r, tracks } = await became('recovered');
		assert.equal(r.reason, 'recorder-away');
		await until('the alarm', () => / alarm recorder: the recorder is away/.test(s.node.log));
		for (const [i, hz] of [CALLER, NURSE].entries()) {
			assert.ok(ms(tracks[i]) >= 8000, `track ${i}: ${ms(tracks[i])} ms`);
			assert.ok(missing(tracks[i], hz) > 1000, 'a gap');
		}
		gap = r.id;
		// about every ten seconds: the time, and where its cluster begins
		const opened = fs.readFileSync(path.join(s.node.dir, 'opened.mka'));
		const card = JSON.parse(await listener.open(r.id, { more: ['--scope', 'card'] }));
		assert.ok(card.seek.length >= 2);
		assert.deepEqual(card.seek.map(([at]) => Math.floor(at / 10000)), [...card.seek.keys()]);
		for (const [at, offset] of card.seek) {
			assert.equal(opened.readUInt32BE(offset), 0x1f43b675, `a cluster at ${offset}`);
			// unknown size, then the timestamp
			assert.equal(opened[offset + 12], 0xe7);
			assert.equal(opened.readUIntBE(offset + 14, opened[offset + 13] & 0x7f), at);
		}
		for (const kind of ['call', 'caller', 'agent']) assert.equal(card.facts.filter((f) => f.kind === kind).length, 1, kind);
	});

	test('each has come to one end', async () => {
		assert.equal(await s.node.stop(), 0);
		const all = await entries();
		assert.deepEqual(ends(all, whole), ['sealed']);
		assert.deepEqual(ends(all, gap), ['alarm recorder-away', 'recovered recorder-away']);
		assert.equal(all[0].type, 'node.started');
		assert.equal(all.at(-1).type, 'node.stopped');
		assert.equal(all.filter((e) => /^node\./.test(e.type)).length, 2);
	});
});
