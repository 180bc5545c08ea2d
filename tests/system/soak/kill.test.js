// A hundred kills in random order while people talk: no call ends but those of a
// killed media worker, and each answered call has exactly one end in the ledger.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const path = require('node:path');
const { Stage } = require('../lib/stage.js');
const { Listener } = require('../lib/listener.js');
const { laidOut, ms, missing } = require('../lib/recorded.js');
const { sleep, until, run } = require('../lib/wait.js');

const CALLER = 440, NURSE = 880;
const KILLS = Number(process.env.KILLS || 100), MOST_MS = 780000;
let seed = Number(process.env.SEED || Date.now() % 0x7fffffff);
let s, listener;

function random(n) {
	seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
	return (seed >>> 8) % n;
}

before(async () => {
	s = await Stage.make({ sections: {
		sip: { 'calls-max': 8 },
		'line 1177': { 'position-every': 0, 'notice sv': { version: '1', text: 'Ring ett ett två.' }, 'notice en': null },
	} });
	listener = await Listener.make(s.node);
});
after(async () => { await s?.end(); });

// A desk that has just been killed is asked again.
const recordings = () => until('an answer', () => s.node.recordings().catch(() => null), 15000, 200);

test(`${KILLS} kills`, async (t) => {
	t.diagnostic(`SEED=${seed}`);
	const nurse = await s.nurse('agent1', { tone: NURSE, seconds: 1200 });
	const caller = await s.phone({ user: 'caller', tone: CALLER, seconds: 1200 });
	const began = Date.now(), killed = {}, recorderKills = [];
	let calls = 0, up = false, kills = 0;

	async function dial() {
		caller.forget();
		nurse.forget();
		caller.dial(s.node.uri);
		await nurse.event('CALL_ESTABLISHED', 40000);
		calls++;
		recorderKills.push(0);
		up = true;
		await s.recording();
	}
	async function hangup() {
		caller.hangup();
		await nurse.event('CALL_CLOSED');
		up = false;
	}

	for (; kills < KILLS && Date.now() - began < MOST_MS; kills++) {
		if (!up) await dial();
		await sleep(200 + random(800));
		const name = ['switch', 'recorder', 'ledger', 'keeper', 'desk', 'media'][random(6)];
		const where = `kill ${kills}: ${name}`;
		const pid = await s.node.kill(name);
		killed[name] = (killed[name] || 0) + 1;
		if (name === 'recorder') recorderKills[calls - 1]++;
		await until(`${where}: a new one`, () => s.node.pids(name).some((p) => p !== pid), 20000);
		if (name === 'media') {
			await Promise.all([caller.event('CALL_CLOSED'), nurse.event('CALL_CLOSED')]);
			up = false;
			continue;
		}
		await s.node.heard();
		assert.equal(caller.count('CALL_CLOSED') + nurse.count('CALL_CLOSED'), 0, `${where}: the call goes on`);
		if (random(8) === 0) await hangup();
	}
	t.diagnostic(`${kills} kills: ${JSON.stringify(killed)}, ${calls} calls, ${Math.round((Date.now() - began) / 1000)} s`);
	assert.equal(kills, KILLS, 'all of them, in time');
	if (up) await hangup();

	await s.node.unlock();
	const all = await until('the end of all recordings', async () => {
		const list = await recordings();
		return list.length === calls && list.every((r) => r.state === 'sealed' || r.state === 'recovered') && list;
	}, 60000, 500);
	// heard: those with most kills of the recorder, which may cost 40 ms each
	const order = all.map((r, i) => ({ r, kills: recorderKills[i] })).filter((x) => x.r.state === 'sealed')
		.sort((a, b) => b.kills - a.kills);
	for (const { r, kills: n } of order.slice(0, 4)) {
		const { tracks } = await laidOut(await listener.openFile(r.id));
		assert.ok(ms(tracks[0]) > r.ms - 500);
		for (const [i, hz] of [CALLER, NURSE].entries())
			assert.ok(missing(tracks[i], hz) <= 40 * Math.max(1, n), `${missing(tracks[i], hz)} ms are missing after ${n} kills`);
	}

	const v = await s.node.vaxel(['ledger', 'verify', path.join(s.node.state, 'ledger', 'log'), '--key', s.node.keys.log_key]);
	assert.equal(v.status, 0, v.stdout);
	assert.equal(await s.node.stop(), 0);
	const db = await run('sqlite3', ['-json', path.join(s.node.state, 'ledger', 'db.sqlite'),
		'SELECT type, details FROM entries WHERE type = \'call.answered\' OR type LIKE \'recording.%\' ORDER BY entry']);
	const entries = JSON.parse(db.stdout).map((e) => ({ type: e.type, ...JSON.parse(e.details) }));
	const ends = new Map(entries.filter((e) => e.type === 'call.answered').map((e) => [e.call, []]));
	for (const e of entries) if (/sealed|not-recorded|alarm|recovered/.test(e.type)) ends.get(e.call).push(e.type);
	assert.equal(ends.size, calls);
	for (const list of ends.values())
		assert.ok(['recording.sealed', 'recording.alarm,recording.recovered'].includes(list.join()), list.join());
});
