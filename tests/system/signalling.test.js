// What may cross, repeat or fork in SIP: each peer is a sipp scenario, and
// where only a whole phone will do, a phone. Session timers take longest, so
// they run beside all else, at a node of their own.
'use strict';
const { test, describe, before, after, afterEach } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Node } = require('./lib/node.js');
const { Stage } = require('./lib/stage.js');
const { crossed } = require('./lib/cancel.js');
const { register } = require('./lib/register.js');
const { sipp } = require('./lib/sipp.js');
const { sleep, until, freePort } = require('./lib/wait.js');

const line = {
	'ring-timeout': 12,
	'notice sv': { version: 'v7', text: 'Ett ett två.' },
	'notice en': null,
};

const call = (node, name, options = {}) => sipp(name, {
	target: node.address, service: '1177', extra: ['-d', '500'], ...options,
});

async function none(node, ms = 30000) {
	await until('the end of all calls', async () => (await node.json('calls')).length === 0, ms);
	assert.equal(await node.metric('calls_active'), 0);
}

const state = (node, wanted) => until(`a call that is ${wanted}`, async () =>
	(await node.json('calls')).find((c) => c.state === wanted));

// ---- session timers: begun first, judged last

const timers = {};
let timed;

before(async () => {
	timed = await Node.make('one-machine', { locked: true, sections: { 'line 1177': line } });
	await timed.start();
	for (const name of ['timer_expires', 'timer_update', 'timer_reinvite']) {
		const it = await call(timed, name, { ms: 80000 });
		const from = Date.now();
		timers[name] = it.done().then((messages) => ({ messages, seconds: (Date.now() - from) / 1000 }),
			(failure) => ({ failure }));
	}
});
after(async () => { await timed?.remove(); });

// ---- a nurse's phone that does as its scenario says

describe('the nurse\'s phone', { concurrency: false }, () => {
	let s, port;

	before(async () => {
		s = await Stage.make({ locked: true, sections: { 'line 1177': line } });
		port = await freePort();
		await register({ node: s.node, user: 'agent1', port });
		await until('the phone to be known', async () => await s.node.metric('agents_registered') === 1);
	});
	let running;
	afterEach(async () => {
		await running?.stop();
		await s.close();
	});
	after(async () => { await s?.end(); });

	async function agent(name) {
		running = await sipp(name, { port, ms: 60000 });
		return running;
	}

	// A scenario from the first ring to the caller's good-bye.
	async function answered(name) {
		const nurse = await agent(name);
		const caller = await s.caller();
		await state(s.node, 'talking');
		await sleep(700);
		assert.equal((await s.calls())[0]?.state, 'talking');
		caller.hangup();
		const messages = await nurse.done();
		await none(s.node);
		return messages;
	}

	test('rings, answers, is hung up on', () => answered('agent_answers'));
	test('early media', () => answered('agent_early'));
	test('rings reliably: PRACK, then the answer', () => answered('agent_reliable'));
	test('two answers from a fork: the second is acknowledged and ended', () => answered('agent_forks'));

	async function cancelled(name) {
		const nurse = await agent(name);
		const caller = await s.caller();
		await until('the ringing', () => /SIP\/2\.0 180/.test(nurse.messages()));
		await sleep(50);
		caller.hangup();
		await nurse.done();
		await none(s.node);
	}

	test('the caller hangs up while it rings: CANCEL', () => cancelled('agent_cancelled'));
	test('she answers as the CANCEL comes: ACK and BYE', () => cancelled('agent_late_200'));
	test('she answers after the CANCEL: ACK and BYE', () => cancelled('agent_late_200_after'));

	test('glare: both say 491, both come again, and the call is as before', async () => {
		const nurse = await agent('agent_glare');
		const caller = await s.caller();
		await state(s.node, 'talking');
		await sleep(300);
		caller.hold();
		await state(s.node, 'held');
		await until('our offer, once more', () => /CSeq: 3 ACK/.test(nurse.messages()));
		await sleep(300);
		assert.equal((await s.calls())[0]?.state, 'held');
		caller.hangup();
		const messages = await nurse.done();
		assert.equal((messages.match(/SIP\/2\.0 491/g) || []).length, 2);
		await none(s.node);
	});

	test('both hold at once, and let go at once: they talk again', async () => {
		await register({ node: s.node, user: 'agent1', port, expires: 0 });
		const nurse = await s.nurse('agent2');
		const caller = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		await sleep(500);
		for (let i = 0; i < 3; i++) {
			caller.hold();
			nurse.hold();
			await state(s.node, 'held');
			await sleep(1000);
			caller.resume();
			nurse.resume();
			await state(s.node, 'talking');
			await sleep(1000);
		}
		await s.node.heard();
		caller.hangup();
		await nurse.event('CALL_CLOSED');
		await none(s.node);
	});

	test('OPTIONS, INFO and the unknown, within a call and outside', async () => {
		await (await call(s.node, 'caller_inside')).done();
		await (await call(s.node, 'caller_outside')).done();
		await (await call(s.node, 'caller_outside', { transport: 't1' })).done();
		await none(s.node);
	});

	test('CANCEL right behind the INVITE, or crossing the answer: nothing is left', async () => {
		const seen = { 200: 0, 487: 0 };
		// ever later, and on until both have happened
		for (let i = 0; i < 60 || !seen[200] || !seen[487]; i++) {
			assert.ok(i < 300, `both ways happen: ${JSON.stringify(seen)}`);
			const { invite, cancel } = await crossed(s.node, seen[200] && !seen[487] ? 0 : 6 * i * i);
			assert.ok(invite === 200 || invite === 487, `INVITE: ${invite}`);
			assert.equal(cancel, 200);
			seen[invite]++;
		}
		await none(s.node);
	});

	test('CANCEL after the answer changes nothing', async () => {
		await (await call(s.node, 'caller_cancels_too_late', { calls: 5, extra: [] })).done();
		await none(s.node);
	});
});

// ---- a trunk that rings: between the caller and the provider of a region

describe('a national node, between a caller and a trunk', { concurrency: false }, () => {
	let node, port, registrar, registrarPort, passwords;

	before(async () => {
		port = await freePort();
		registrarPort = await freePort();
		registrar = await sipp('registrar', { port: registrarPort, ms: 60000 });
		node = await Node.make('national', {});
		passwords = path.join(node.dir, 'trunk-password');
		fs.writeFileSync(passwords, 'hemlig-provning\n');
		node.configure({
			'trunk carrier': { municipality: 'prefix' },
			'trunk sormland': { host: `127.0.0.1:${port}`, from: [], options: 0 },
			'trunk other': {
				host: `127.0.0.1:${registrarPort}`, from: [], options: 0,
				user: 'vaxel', 'password-file': passwords,
			},
			'line 1177': { controller: 'Region Test', record: false },
			'region 04': { trunk: 'sormland', organisation: 'Region Test' },
			'national-trunk': 'sormland',
		});
		await node.start();
	});
	after(async () => { await node?.remove(); });

	async function both(caller, callee, options = {}) {
		const provider = await sipp(callee, { port });
		try {
			const it = await call(node, caller, { service: '04801177', ...options });
			const messages = await it.done();
			await provider.done();
			await none(node);
			return messages;
		} finally {
			await provider.stop();
		}
	}

	test('registers at a trunk that asks for a password', async () => {
		const messages = await registrar.done();
		assert.doesNotMatch(messages, /hemlig/);
		await until('the word of it', () => /trunk other: registered/.test(node.log));
	});

	test('given up while it rings: CANCEL on both sides', () => both('caller_cancels', 'agent_cancelled'));
	test('given up as it is answered: ACK and BYE to the trunk', () => both('caller_cancels', 'agent_late_200'));
	test('given up, and answered all the same', () => both('caller_cancels', 'agent_late_200_after'));
	test('reliable ringing is acknowledged by the caller', () => both('caller_pracks', 'agent_answers'));
	test('reliable ringing on both sides', () => both('caller_pracks', 'agent_reliable'));
	test('forked answers', () => both('caller_rings', 'agent_forks'));
});

describe('session timers', () => {
	test('too short: 422', async () => {
		await (await call(timed, 'timer_too_short')).done();
	});

	test('refreshed at half time, by UPDATE or re-INVITE', async () => {
		for (const name of ['timer_update', 'timer_reinvite']) {
			const { failure, seconds } = await timers[name];
			assert.ifError(failure);
			assert.ok(seconds > 44 && seconds < 50, `${name}: ${seconds} s`);
		}
	});

	test('never refreshed: ended a third before the end', async () => {
		const { failure, seconds } = await timers.timer_expires;
		assert.ifError(failure);
		assert.ok(seconds > 59.5 && seconds < 64, `${seconds} s`);
		await none(timed);
	});
});
