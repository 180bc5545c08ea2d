// A node and two witnesses of its log, all real: what they have signed is opened
// by right; what they have not waits; a log that they know otherwise opens
// nothing. Calls go on all the while.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Listener } = require('./lib/listener.js');
const { Node, vaxel } = require('./lib/node.js');
const { Phone } = require('./lib/phone.js');
const { Witnesses } = require('./lib/witnesses.js');
const { run, start, until } = require('./lib/wait.js');

const quiet = { 'line 1177': { 'notice sv': { version: '1', text: 'Fara för liv: ring 112.' }, 'notice en': null } };
let node, witnesses, vkey, officer, rut, nurse, caller, id;

const settings = (wait) => ({ ...quiet, ...witnesses.settings, 'witness-wait': String(wait) });
const ledger = () => path.join(node.state, 'ledger');

async function call() {
	const sealed = (await node.recordings()).filter((r) => r.state === 'sealed').length;
	nurse.forget();
	caller.dial(node.uri);
	await nurse.event('CALL_ESTABLISHED', 30000);
	await node.heard();
	caller.hangup();
	const all = await node.sealed(sealed + 1);
	return all[all.length - 1].id;
}

async function newNurse() {
	await nurse?.stop();
	nurse = await Phone.make({
		user: 'agent1', password: node.password('agent1'), registrar: node.address, tone: 880, answer: 'auto', role: 'nurse',
	});
	await nurse.registered();
}

// The first word of what became of it.
const outcome = (r) => r.stderr.split('\n').filter((l) => !l.startsWith('waiting '))[0];

describe('a log with witnesses', { timeout: 180000 }, () => {
	before(async () => {
		node = await Node.make();
		witnesses = await Witnesses.make(path.join(node.dir, 'witnesses'));
		node.configure(settings(60));
		vkey = fs.readFileSync(path.join(node.state, 'keeper', 'log.vkey'), 'utf8').trim();
		await witnesses.start(vkey);
		await node.start();
		await newNurse();
		caller = await Phone.make({ user: 'caller', registrar: node.address, tone: 440, role: 'caller' });
		id = await call();
		officer = await Listener.make(node, { role: 'officer' });
		rut = await Listener.make(node, { name: 'rut', role: 'reviewer', by: officer });
	});
	after(async () => {
		await caller?.stop();
		await nurse?.stop();
		await node?.remove();
		await witnesses?.stop();
	});

	test('A: by right, with two of two', async () => {
		const r = await rut.ask(id, { purpose: 'complaint' });
		assert.equal(r.status, 0, r.stderr);
		assert.match(r.stderr, /^released entry=\d+ size=\d+ cosigned=2\/2\n$/);
		await until('a checkpoint with both', async () => {
			const is = await run(vaxel, ['ledger', 'verify', path.join(ledger(), 'log'), '--key', vkey, '--policy', witnesses.policy]);
			return /^ok size=\d+ root=\S+ cosigned=2\/2$/m.test(is.stdout);
		}, 30000, 200);
	});

	test('B: a ledger that starts anew asks the witnesses how far they are', async () => {
		await node.kill('ledger');
		const r = await until('opened', async () => {
			const is = await rut.ask(id, { purpose: 'complaint' });
			return is.status === 0 && is;
		});
		assert.match(r.stderr, / cosigned=2\/2$/m);
	});

	test('C: one is away: a release waits and says so, calls go on, and it goes on when that one is back', async () => {
		await witnesses.all[1].stop();
		const asked = start(vaxel, ['recording', 'open', id, '--as', 'rut', '--key-file', rut.signing, '--to', rut.recipient,
			'--purpose', 'complaint', '-c', node.conf]);
		await until('what is waited for', () => /^waiting cosigned=1\/2; w2: no connection$/m.test(asked.err), 20000).catch((e) => { throw new Error(`${e.message}\n${asked.err}`); });
		await call();
		assert.equal(asked.status, null, asked.err);
		assert.equal(asked.out, '');
		await witnesses.all[1].start();
		assert.equal(await asked.exited, 0, asked.err);
		assert.match(asked.err, /^released entry=\d+ size=\d+ cosigned=2\/2$/m);
	});

	test('D: it stays away: refused in the end, and logged', async () => {
		await witnesses.all[1].stop();
		node.configure(settings(1));
		await node.reload();
		const r = await rut.ask(id, { purpose: 'complaint' });
		assert.equal(r.status, 1);
		assert.equal(outcome(r), 'refused no-quorum');
		assert.equal(r.stdout.length, 0);
		assert.equal((await node.events('disclosure.refused')).at(-1).reason, 'no-quorum');
		await until('the alarm', async () => /vaxel_alarm_active\{alarm="witnesses-away"\} 1/.test(await node.metrics()));
		await witnesses.all[1].start();
		node.configure(settings(60));
		await node.reload();
	});

	test('E: the courier dies: it is back, and so are the witnesses', async () => {
		await node.kill('courier');
		const r = await rut.ask(id, { purpose: 'complaint' });
		assert.equal(r.status, 0, r.stderr);
	});

	// All that the provider's machine holds is put back, the keeper's memory too:
	// nobody but the witnesses can know.
	test('F: another past: an alarm, and nothing is opened; calls go on', async () => {
		const was = path.join(node.dir, 'was');
		await node.stop();
		await run('cp', ['-a', node.state, was]);
		await node.start();
		assert.equal((await rut.ask(id, { purpose: 'complaint' })).status, 0);
		await node.stop();
		const size = () => Number(fs.readFileSync(path.join(ledger(), 'log', 'checkpoint'), 'utf8').split('\n')[1]);
		const known = size();
		for (const part of ['ledger', 'keeper']) {
			fs.rmSync(path.join(node.state, part), { recursive: true });
			await run('cp', ['-a', path.join(was, part), node.state]);
		}
		await witnesses.stop();
		await node.start();
		for (let i = 0; size() <= known; i++)
			await Listener.make(node, { name: `n${i}`, role: 'reviewer', by: officer });
		for (const one of witnesses.all) await one.start();
		const r = await rut.ask(id, { purpose: 'complaint' });
		assert.equal(r.status, 1);
		assert.equal(outcome(r), 'refused rolled-back');
		await until('what it says', () => /alarm ledger: witness w[12] has cosigned another past of this log/.test(node.log));
		await until('the alarm', async () => /vaxel_alarm_active\{alarm="log-forked"\} 1/.test(await node.metrics()));
		assert.match(fs.readFileSync(path.join(ledger(), 'log', 'fork'), 'utf8'), /^witness w[12], shown a proof from size \d+: /m);
		await newNurse(); // the last one's registration went with the node
		await call();
	});
});

test('witnesses of whom two quorums need not share one, or whom anybody could overhear: refused', async () => {
	const n = await Node.make();
	try {
		const w = await Witnesses.make(path.join(n.dir, 'w'), 2, 'any');
		n.configure({ ...quiet, ...w.settings });
		const checked = () => run(vaxel, ['check', '-c', n.conf]);
		assert.match((await checked()).stdout, /policy:\d+: CONFIG: two quorums need not share a witness.*\n(.*\n)*1 faults$/m);
		const started = await run(vaxel, ['run', '-c', n.conf]);
		assert.equal(started.status, 1);
		assert.match(started.stderr, /two quorums need not share a witness/);
		fs.writeFileSync(w.policy, fs.readFileSync(w.policy, 'utf8').replace('https:', 'http:').replace(' any ', ' all '));
		assert.match((await checked()).stdout, /a witness is not asked over HTTPS/);
	} finally {
		await n.remove();
	}
});
