// No listening without a witnessed entry: a recording is opened by right, and
// refused, each time for its own reason, where anything is missing or altered.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { vaxel } = require('./lib/node.js');
const { filesUnder } = require('./lib/search.js');
const { Stage } = require('./lib/stage.js');
const { Listener } = require('./lib/listener.js');
const { ask, open, request, sign, keyOf, userEntry } = require('./lib/ask.js');
const { walk } = require('./lib/matroska.js');
const { sleep, run, until } = require('./lib/wait.js');

describe('release', { concurrency: false }, () => {
	let s, officer, reviewer, operator, first, second;

	async function call(seconds = 1.5) {
		const before = (await s.node.recordings()).length;
		const { caller, nurse } = await s.talk();
		await sleep(seconds * 1000);
		caller.hangup();
		await nurse.event('CALL_CLOSED');
		await s.close();
		const known = new Set([first?.id, second?.id]);
		const all = await s.node.sealed(before + 1, 30000);
		const { id } = all.find((r) => !known.has(r.id));
		return (await ask(s.node, { ask: 'recording', id })).json[0];
	}

	const opens = async (who, recording) => {
		const it = await open(s.node, request(who, recording));
		assert.ok(it.released, `refused ${it.refused}`);
		return who.decrypt(it.age);
	};
	const refuses = async (reason, r, entry = true) => {
		const it = await open(s.node, r, entry);
		assert.equal(it.refused, reason);
	};
	// The log by itself: how many entries of each type.
	async function log() {
		const folder = path.join(s.node.state, 'ledger', 'log');
		const verified = await s.node.vaxel(['ledger', 'verify', folder, '--key', s.node.keys.log_key]);
		assert.equal(verified.status, 0, verified.stdout + verified.stderr);
		const size = Number(/^ok size=(\d+) /.exec(verified.stdout)[1]);
		const tail = await s.node.vaxel(['ledger', 'tail', folder, '--key', s.node.keys.log_key, '--lines', '100000']);
		assert.equal(tail.status, 0, tail.stderr);
		const entries = tail.stdout.split('\n').filter(Boolean);
		assert.equal(entries.length, size);
		return { size, entries, of: (type) => entries.filter((e) => e.includes(`"${type}"`)).length };
	}

	before(async () => {
		s = await Stage.make({ sections: { 'line 1177': {
			'position-every': 0, 'notice sv': { version: '1', text: 'Ring ett ett två.' }, 'notice en': null,
		} } });
		officer = await Listener.make(s.node);
		reviewer = await Listener.make(s.node, { name: 'reviewer1', role: 'reviewer', by: officer });
		operator = await Listener.make(s.node, { name: 'operator1', role: 'operator', by: officer });
		first = await call();
		second = await call();
		assert.notEqual(first.id, second.id);
	});
	after(async () => { await s?.end(); });

	test('by right: released, and the log has it', async () => {
		const before = await log();
		const r = await reviewer.ask(first.id);
		assert.equal(r.status, 0, r.stderr);
		const said = /^released entry=(\d+) size=(\d+) cosigned=0\/0$/m.exec(r.stderr);
		assert.ok(said, r.stderr);
		const { blocks } = walk(await reviewer.decrypt(r.stdout));
		assert.ok(blocks.length > 60);
		const now = await log();
		assert.equal(now.of('disclosure.requested'), before.of('disclosure.requested') + 1);
		assert.equal(now.of('disclosure.released'), before.of('disclosure.released') + 1);
		assert.ok(now.entries[Number(said[1])].includes('disclosure.requested'), 'the entry that was named');
		assert.ok(Number(said[1]) < Number(said[2]) && Number(said[2]) <= now.size);
		// to this recipient alone
		const other = await operator.decrypt(r.stdout).catch((e) => e);
		assert.ok(other instanceof Error, 'another\'s key opens nothing');
	});

	test('no entry in the log: refused', async () => {
		const before = await log();
		const r = await reviewer.ask(first.id, { more: ['--without-entry'] });
		assert.equal(r.status, 1);
		assert.match(r.stderr, /^refused no-entry$/m);
		assert.equal(r.stdout.length, 0);
		assert.equal((await log()).of('disclosure.requested'), before.of('disclosure.requested'));
		await refuses('no-entry', request(reviewer, first), false);
	});

	test('who is not enrolled, or no longer, or no such user', async () => {
		const stranger = await Listener.make(s.node, { name: 'stranger', enrol: false });
		fs.copyFileSync(operator.signing, stranger.signing);
		await refuses('bad-signature', request(stranger, first));
		await refuses('bad-signature', request(stranger, first, { asker: 'reviewer1' }));
		const temp = await Listener.make(s.node, { name: 'temp', role: 'reviewer', by: officer });
		await opens(temp, first);
		const removed = await s.node.vaxel(['user', 'remove', 'temp', '--by', 'officer1', '--by-key', officer.signing, '-c', s.node.conf]);
		assert.equal(removed.status, 0, removed.stderr);
		await refuses('bad-signature', request(temp, first));
		const cli = await temp.ask(first.id);
		assert.equal(cli.status, 1);
		assert.match(cli.stderr, /^refused bad-signature$/m);
		assert.doesNotMatch((await s.node.vaxel(['user', 'list', '-c', s.node.conf])).stdout, /temp/);
	});

	test('a reviewer enrols nobody', async () => {
		await assert.rejects(Listener.make(s.node, { name: 'friend', role: 'reviewer', by: reviewer }), /no officer/);
		// and by hand, past the command line: the keeper passes it over
		const friend = await Listener.make(s.node, { name: 'fellow', enrol: false });
		fs.copyFileSync(operator.signing, friend.signing);
		const key = keyOf(friend.signing).public;
		const enrol = (by, signer) => ask(s.node, {
			ask: 'user', type: 'user.added',
			details: JSON.stringify(userEntry(s.node, { name: 'fellow', role: 'reviewer', key, by }, keyOf(signer.signing).key)),
		});
		await enrol('reviewer1', reviewer);
		await refuses('bad-signature', request(friend, first));
		await enrol('officer1', reviewer);
		await refuses('bad-signature', request(friend, first));
		await enrol('officer1', officer);
		await opens(friend, first);
	});

	test('the wrong role, the wrong purpose', async () => {
		await refuses('wrong-role', request(operator, first));
		const legal = await reviewer.ask(first.id, { purpose: 'legal' });
		assert.match(legal.stderr, /^refused wrong-purpose$/m);
		assert.equal(legal.stdout.length, 0);
		await refuses('wrong-purpose', request(reviewer, first, { meaning: 'Curiosity.' }));
		await refuses('wrong-purpose', request(reviewer, first, { scope: 2 }));
		assert.equal((await officer.ask(first.id, { purpose: 'legal' })).status, 0, 'an officer may');
	});

	test('said twice, too late, or for too long', async () => {
		const r = request(reviewer, first);
		assert.ok((await open(s.node, r)).released);
		await refuses('used', r);
		await refuses('stale', request(reviewer, first, { until: Date.now() - 1000 }));
		await refuses('stale', request(reviewer, first, { until: Date.now() + 16 * 60 * 1000 }));
	});

	test('altered on the way', async () => {
		const r = request(reviewer, first), mine = keyOf(operator.signing);
		const thief = request(reviewer, first, { recipient: Buffer.alloc(32, 9) });
		await refuses('bad-signature', { bytes: thief.bytes, signature: r.signature });
		for (const at of [0, 31, 32, 63]) {
			const signature = Buffer.from(r.signature);
			signature[at] ^= 1;
			await refuses('bad-signature', { bytes: r.bytes, signature });
		}
		await refuses('bad-signature', { bytes: r.bytes, signature: sign(r.bytes, mine.key) });
		await refuses('bad-signature', request(reviewer, first, { credential: mine.public }));
		await refuses('no-entry', request(reviewer, first, { origin: 'vaxel.example/elsewhere' }));
		await refuses('bad-envelope', request(reviewer, first, { kc: Buffer.alloc(16, 7) }));
		await refuses('bad-envelope', request(reviewer, first, { controller: 'Region Annan' }));
		// bytes that are no request are no entry either
		const before = await log();
		await assert.rejects(open(s.node, { bytes: Buffer.concat([r.bytes, Buffer.from([0])]), signature: r.signature }), /malformed|not understand/);
		await assert.rejects(open(s.node, { bytes: r.bytes.subarray(0, -1), signature: r.signature }), /malformed|not understand/);
		assert.equal((await log()).size, before.size);
		// and the honest one is still good
		assert.ok((await open(s.node, r)).released);
	});

	test('a locked keeper, and one that was killed', async () => {
		const lock = await s.node.vaxel(['key', 'lock', '-c', s.node.conf]);
		assert.equal(lock.stdout.trim(), 'locked');
		await refuses('locked', request(reviewer, first));
		const wrong = await run(vaxel, ['key', 'unlock', '-c', s.node.conf], { input: 'not this one\n' });
		assert.equal(wrong.status, 1);
		assert.match(wrong.stderr, /not the passphrase/);
		await refuses('locked', request(reviewer, first));
		await until('the keeper listens again', () => s.node.unlock().then(() => true, () => false), 15000, 500);
		const r = request(reviewer, first);
		assert.ok((await open(s.node, r)).released);
		const pid = await s.node.kill('keeper');
		await until('a new keeper', () => s.node.pids('keeper').some((p) => p !== pid));
		const refused = await until('an answer', () => open(s.node, request(reviewer, first)).catch(() => null), 15000, 200);
		assert.equal(refused.refused, 'locked');
		await s.node.unlock();
		await refuses('used', r);
		await opens(reviewer, first);
	});

	test('a body that was changed in the store', async () => {
		const verify = async () => {
			const r = await s.node.vaxel(['recording', 'verify', '-c', s.node.conf]);
			return { status: r.status, last: r.stdout.trim().split('\n').pop(), all: r.stdout + r.stderr };
		};
		assert.deepEqual([(await verify()).status, (await verify()).last], [0, '2 verified, 0 bad']);
		const [body] = filesUnder(path.join(s.node.state, 'store'));
		const bytes = fs.readFileSync(body), altered = Buffer.from(bytes);
		altered[Math.floor(bytes.length / 2)] ^= 1;
		for (const other of [altered, bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.from('x')]), Buffer.alloc(0)]) {
			fs.writeFileSync(body, other);
			const v = await verify();
			assert.equal(v.status, 1);
			assert.equal(v.last, '1 verified, 1 bad', v.all);
			assert.match(v.all, /another (digest|length)|cannot be read/);
		}
		fs.writeFileSync(body, bytes);
		assert.equal((await verify()).last, '2 verified, 0 bad');
	});

	test('envelopes exchanged between two recordings', async () => {
		const exchange = async () => {
			assert.equal(await s.node.stop(), 0);
			const db = path.join(s.node.state, 'ledger', 'db.sqlite');
			const r = await run('sqlite3', [db, 'CREATE TEMP TABLE t AS SELECT id, envelope FROM recordings;' +
				'UPDATE recordings SET envelope = (SELECT t.envelope FROM t WHERE t.id <> recordings.id);' +
				'SELECT count(*) FROM recordings r JOIN t ON t.id <> r.id AND t.envelope = r.envelope']);
			assert.equal(r.stdout.trim(), '2', r.stderr);
			await s.node.start();
		};
		await exchange();
		await refuses('bad-envelope', request(reviewer, first));
		await refuses('bad-envelope', request(reviewer, second));
		await exchange();
		await opens(reviewer, first);
		await opens(reviewer, second);
	});

	test('a log that was rolled back: nothing is opened, and calls go on', async () => {
		const ledger = path.join(s.node.state, 'ledger'), older = `${ledger}.older`;
		assert.equal(await s.node.stop(), 0);
		assert.equal((await run('cp', ['-a', ledger, older])).status, 0);
		await s.node.start();
		await opens(reviewer, first);
		assert.equal(await s.node.stop(), 0);
		fs.rmSync(ledger, { recursive: true });
		fs.renameSync(older, ledger);
		await s.node.start();
		await refuses('rolled-back', request(reviewer, first));
		const r = await reviewer.ask(second.id);
		assert.match(r.stderr, /^refused rolled-back$/m);
		assert.equal(r.stdout.length, 0);
		assert.match(await s.node.metrics(), /vaxel_alarm_active\{alarm="log-rolled-back"\} 1/);
		const third = await call();
		assert.equal(third.state, 'sealed');
		await refuses('rolled-back', request(reviewer, third));
	});
});
