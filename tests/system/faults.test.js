// When things go wrong beside a call: the call goes on, the recording ends as an
// alarm with its reason, and log and metrics say so at once; what can be
// recovered is recovered later.
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

// age1... of 32 bytes, by BIP 173.
function ageOf(bytes) {
	const charset = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l', values = [];
	let value = 0, bits = 0;
	for (const b of bytes) {
		value = (value << 8 | b) & 0xffff;
		for (bits += 8; bits >= 5; bits -= 5) values.push(value >> (bits - 5) & 31);
	}
	if (bits) values.push(value << (5 - bits) & 31);
	const sum = (list) => list.reduce((c, v) => {
		const top = c >>> 25;
		return [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3].reduce((x, g, i) => (top >>> i & 1 ? x ^ g : x), (c & 0x1ffffff) << 5 ^ v);
	}, 1);
	const head = [...'age'].map((c) => c.charCodeAt(0) >> 5).concat(0, [...'age'].map((c) => c.charCodeAt(0) & 31));
	const check = sum([...head, ...values, 0, 0, 0, 0, 0, 0]) ^ 1;
	for (let i = 0; i < 6; i++) values.push(check >>> 5 * (5 - i) & 31);
	return `age1${values.map((v) => charset[v]).join('')}`;
}

describe('faults', { concurrency: false }, () => {
	let s, caller, nurse, listener;

	// The node's own view of the disk: spool and store are small ones there.
	const there = (...parts) => path.join(`/proc/${s.node.process.pid}/root`, s.node.state, ...parts);

	before(async () => {
		// a root folder that is no mount point (a chroot) knows no propagation
		const own = await run('unshare', ['-m', '--propagation', 'private', 'true']);
		const propagation = own.status ? 'unchanged' : 'private';
		s = await Stage.make({
			under: ['unshare', '-m', '--propagation', propagation, 'bash', '-c',
				'for d in spool store; do mkdir -p node/state/$d && mount -t tmpfs -o size=4m none node/state/$d || exit; done; exec "$0" "$@"'],
			sections: { 'line 1177': {
				'position-every': 0, 'notice sv': { version: '1', text: 'Ring ett ett två.' }, 'notice en': null,
			} },
		});
		const inside = fs.statSync(there('spool')).dev !== fs.statSync(path.join(s.node.state, 'spool')).dev;
		assert.ok(inside, 'spool and store are small disks of their own');
		listener = await Listener.make(s.node);
		nurse = await s.nurse('agent1', { tone: NURSE, seconds: 300 });
		caller = await s.phone({ user: 'caller', tone: CALLER, seconds: 300 });
	});
	afterEach(async () => {
		caller.hangup();
		await s.over().catch(() => {});
	});
	after(async () => {
		if (process.env.KEEP) console.error(s.node.log);
		await s?.end();
	});

	// Fill a disk to its last byte; gives what empties it again.
	function fill(name) {
		const file = there(name, 'filler');
		const fd = fs.openSync(file, 'w');
		for (const piece of [65536, 4096, 512]) {
			try {
				for (;;) if (fs.writeSync(fd, Buffer.alloc(piece)) < piece) break;
			} catch (e) {
				assert.equal(e.code, 'ENOSPC');
			}
		}
		fs.closeSync(fd);
		return () => fs.rmSync(file, { force: true });
	}

	async function begin() {
		const known = new Set((await s.node.recordings()).map((r) => r.id));
		caller.forget();
		nurse.forget();
		caller.dial(s.node.uri);
		const answered = (await nurse.event('CALL_ESTABLISHED', 30000)).at;
		return { answered, fresh: async () => (await s.node.recordings()).filter((r) => !known.has(r.id)) };
	}

	// They still talk: packets pass both ways, and nobody has hung up.
	async function stillTalking() {
		await s.node.heard();
		assert.equal(caller.count('CALL_CLOSED') + nurse.count('CALL_CLOSED'), 0, 'the call goes on');
	}

	async function end() {
		caller.hangup();
		await nurse.event('CALL_CLOSED');
		await s.over();
	}

	const becomes = (call, state, reason, wait = 15000) => until(`a recording that is ${state} ${reason ?? ''}`, async () => {
		const [r] = await call.fresh();
		return r && r.state === state && (!reason || r.reason === reason) && r;
	}, wait, 100);

	// Said at once, by log and metric.
	async function alarmed(words, before) {
		assert.match(s.node.log.slice(before.log), words);
		assert.equal(await s.node.metric('recordings_alarm'), before.alarms + 1);
	}
	const now = async () => ({ log: s.node.log.length, alarms: await s.node.metric('recordings_alarm') });

	// One that never began: log and metric have it at once, and the list with
	// its reason.
	async function neverBegan(call, reason, words, before) {
		await until(`an alarm: ${words}`, async () =>
			words.test(s.node.log.slice(before.log)) && await s.node.metric('recordings_alarm') === before.alarms + 1, 15000);
		const { id, at, org, ...rest } = await becomes(call, 'alarm', reason);
		assert.match(id, /^[a-z2-7]{26}$/);
		assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60000, at);
		assert.equal(org, 'Region Test');
		assert.deepEqual(rest, { state: 'alarm', reason, ms: 0, sha256: null });
		assert.equal((await call.fresh()).length, 1);
	}

	// A call as any other: sealed, with both tones.
	async function good() {
		const call = await begin();
		await s.recording();
		await sleep(1500);
		await end();
		const r = await becomes(call, 'sealed');
		const { tracks } = await laidOut(await listener.openFile(r.id));
		assert.ok(missing(tracks[0], CALLER) <= 40 && missing(tracks[1], NURSE) <= 40);
	}

	test('the spool is full', async () => {
		const call = await begin();
		await s.recording();
		await sleep(1000);
		const before = await now();
		const empty = fill('spool');
		try {
			const r = await becomes(call, 'alarm', 'spool-full');
			assert.equal((await call.fresh()).length, 1, `${r.id} alone`);
			await alarmed(/ alarm recorder: a recording ends: spool-full/, before);
			assert.match(await s.node.metrics(), /vaxel_alarm_active\{alarm="spool-full"\} 1/);
			await stillTalking();
			await end();
			// and one that begins while it is full
			const then = await now();
			const next = await begin();
			await neverBegan(next, 'spool-full', / alarm recorder: a recording ends: spool-full/, then);
			await stillTalking();
			await end();
		} finally {
			empty();
		}
		await good();
	});

	test('the store is full', async () => {
		const call = await begin();
		await s.recording();
		await sleep(1000);
		const before = await now();
		const empty = fill('store');
		try {
			// a chunk of the body is written every four seconds
			await becomes(call, 'alarm', 'spool-full');
			await alarmed(/ alarm recorder: a recording ends: spool-full/, before);
			await stillTalking();
			await end();
		} finally {
			empty();
		}
		await good();
	});

	test('the store may not be written', async () => {
		const store = there('store'), mode = fs.statSync(store).mode;
		fs.chmodSync(store, 0o500);
		try {
			const before = await now();
			const call = await begin();
			await neverBegan(call, 'spool-full', / error recorder: cannot begin a recording: Permission denied/, before);
			await stillTalking();
			await end();
		} finally {
			fs.chmodSync(store, mode);
		}
		await good();
	});

	test('no recipient that anything can be sealed to', async () => {
		// well-formed, but points of low order: everybody knows their secret
		const zero = Buffer.alloc(32), one = Buffer.alloc(32);
		one[0] = 1;
		const right = fs.readFileSync(s.node.conf);
		const reloaded = async () => {
			const from = s.node.log.length;
			process.kill(s.node.process.pid, 'SIGHUP');
			await until('the new configuration', () => /loaded again/.test(s.node.log.slice(from)));
			await sleep(500);
			assert.doesNotMatch(s.node.log.slice(from), /could not be read/);
		};
		s.node.configure({ ...s.node.options.sections, 'recipient controller': { key: ageOf(zero) }, 'recipient recovery': { key: ageOf(one) } });
		// the ports stay as they were
		fs.writeFileSync(s.node.conf, fs.readFileSync(s.node.conf, 'utf8').replace(/^ports = .*$/m, /^ports = .*$/m.exec(right.toString())[0]));
		await reloaded();
		try {
			const before = await now();
			const call = await begin();
			await neverBegan(call, 'no-recipient', / alarm recorder: no valid recipient/, before);
			await stillTalking();
			await end();
		} finally {
			fs.writeFileSync(s.node.conf, right);
			await reloaded();
		}
		await good();
	});

	test('the ledger hangs, and is killed: its events come later', async () => {
		const [pid] = s.node.pids('ledger');
		const call = await begin();
		await s.recording();
		process.kill(pid, 'SIGSTOP');
		let other;
		try {
			await stillTalking();
			caller.hangup();
			await nurse.event('CALL_CLOSED');
			// now there is something to tell it
			await until('the alarm', () => / alarm switch: the ledger is away/.test(s.node.log), 15000);
			// a whole call without a ledger
			caller.forget();
			nurse.forget();
			caller.dial(s.node.uri);
			await nurse.event('CALL_ESTABLISHED', 30000);
			await sleep(1500);
			caller.hangup();
			await nurse.event('CALL_CLOSED');
			await sleep(1000);
		} finally {
			process.kill(pid, 'SIGKILL');
		}
		await until('both recordings', async () => {
			other = await call.fresh().catch(() => []);
			return other.length === 2 && other.every((r) => r.state === 'sealed');
		}, 20000, 200);
		await until('all events', async () => await s.node.metric('ledger_waiting') === 0, 15000, 200);
		assert.equal(await s.node.metric('events_lost'), 0);
		const v = await s.node.vaxel(['ledger', 'verify', path.join(s.node.state, 'ledger', 'log'), '--key', s.node.keys.log_key]);
		assert.equal(v.status, 0, v.stdout);
	});

	test('the keeper hangs: the call is recorded all the same', async () => {
		const [pid] = s.node.pids('keeper');
		process.kill(pid, 'SIGSTOP');
		let r;
		try {
			const call = await begin();
			await s.recording();
			await stillTalking();
			await end();
			r = await becomes(call, 'sealed');
		} finally {
			process.kill(pid, 'SIGCONT');
		}
		assert.ok((await listener.open(r.id)).length > 10000);
	});

	test('a recorder that is away for long: alarm, then recovered', async () => {
		const call = await begin();
		await s.recording();
		await sleep(2000);
		const before = await now();
		// each that comes back is killed, until the switch has had enough
		const killing = setInterval(() => {
			for (const pid of s.node.pids('recorder')) try { process.kill(pid, 'SIGKILL'); } catch { /* gone */ }
		}, 20);
		try {
			await until('the alarm', () => / alarm switch: the recorder is away/.test(s.node.log.slice(before.log)), 30000);
			await becomes(call, 'alarm', 'recorder-away');
			await alarmed(/ alarm switch: the recorder is away/, before);
			await stillTalking();
		} finally {
			clearInterval(killing);
		}
		await end();
		const r = await becomes(call, 'recovered', undefined, 30000);
		const { tracks } = await laidOut(await listener.openFile(r.id));
		for (const [i, hz] of [CALLER, NURSE].entries()) {
			assert.ok(ms(tracks[i]) >= 1900, `track ${i}: ${ms(tracks[i])} ms`);
			assert.ok(missing(tracks[i].subarray(0, 8 * 1900), hz) <= 40);
		}
		await good();
	});

	test('what a full disk cut off is recovered once there is room', async () => {
		const cut = await until('both recordings', async () => {
			const all = (await s.node.recordings()).filter((r) => r.state === 'recovered');
			return all.length === 3 && all;
		}, 40000, 500);
		for (const r of cut) {
			const { tracks } = await laidOut(await listener.openFile(r.id));
			// each had spoken for a second at least before its disk was full
			assert.ok(ms(tracks[0]) >= 900 && ms(tracks[1]) >= 900, `${ms(tracks[0])}, ${ms(tracks[1])} ms`);
			assert.ok(missing(tracks[0].subarray(0, 8 * 900), CALLER) <= 40);
		}
	});

	test('every call that was answered has come to exactly one end', async () => {
		caller.hangup();
		await s.over();
		assert.equal(await s.node.stop(), 0);
		const r = await run('sqlite3', ['-json', path.join(s.node.state, 'ledger', 'db.sqlite'),
			'SELECT type, details FROM entries WHERE type = \'call.answered\' OR type LIKE \'recording.%\' ORDER BY entry']);
		const entries = JSON.parse(r.stdout).map((e) => ({ type: e.type, ...JSON.parse(e.details) }));
		const ends = new Map(entries.filter((e) => e.type === 'call.answered').map((e) => [e.call, []]));
		for (const e of entries)
			if (/sealed|not-recorded|alarm|recovered/.test(e.type)) ends.get(e.call).push(`${e.type.slice(10)} ${e.reason ?? ''}`.trim());
		const how = [...ends.values()].map((list) => list.join(', ')).sort();
		const wanted = ['alarm no-recipient', 'alarm spool-full', 'alarm spool-full',
			'alarm spool-full, recovered', 'alarm spool-full, recovered', 'alarm recorder-away, recovered', ...Array(8).fill('sealed')];
		assert.deepEqual(how, wanted.sort());
	});
});
