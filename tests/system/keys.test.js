// Keys: two officers name recipients, and envelopes are made anew for them.
//
// One node, one call, one sealed recording. What the keeper refuses when the
// entry is not as it must be is in tests/unit/keeper/keys_test.c.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Node, vaxel } = require('./lib/node.js');
const { oneCall } = require('./lib/call.js');
const { until, run } = require('./lib/wait.js');

let node, home, id, me, mine, spare, draft, month, words, theirs, identity;

const v = (args, options = {}) => run(vaxel, [...args, '-c', node.conf], {
	env: { ...process.env, HOME: home }, ...options,
});
const ok = async (args, options) => {
	const r = await v(args, options);
	assert.equal(r.status, 0, `${args.join(' ')}: ${r.stdout}${r.stderr}`);
	return r;
};
const newKey = async (name) => {
	const file = path.join(node.dir, name);
	await run('age-keygen', ['-o', file]);
	return [file, (await run('age-keygen', ['-y', file])).stdout.trim()];
};
const exported = async (name) => {
	const dir = path.join(node.dir, name);
	await ok(['recording', 'export', id, dir]);
	return (part) => fs.readFileSync(path.join(dir, part));
};
const opens = async (key, bytes) => (await run('age', ['-d', '-i', key], { input: bytes, binary: true })).status === 0;
const open = (scope) => v(['recording', 'open', id, '--as', 'olga', '--to', mine, '--purpose', 'legal', '--scope', scope], { binary: true });
const rotate = async () => JSON.parse((await v(['key', 'rotate', '--json'])).stdout.trim().split('\n').pop() || '{}');
const unlocked = () => until('the keeper again', async () =>
	(await v(['key', 'unlock'], { input: `${node.keys.passphrase}\n` })).status === 0, 15000, 200);

describe('keys', { timeout: 120000 }, () => {
	before(async () => {
		node = await Node.make('one-machine', { sections: { 'line 1177': { 'notice sv': { version: '1', text: 'Fara för liv: ring 112.' }, 'notice en': null } } });
		home = path.join(node.dir, 'home');
		fs.mkdirSync(home);
		await node.start();
		id = await oneCall(node);
		[me, mine] = await newKey('me.key');
		spare = await newKey('spare.key');
		draft = path.join(node.dir, 'draft');
		for (const name of ['olga', 'ove']) await ok(['user', 'add', name, '--role', 'officer']);
	});
	after(() => node && node.remove());

	test('A: nobody named anybody: nothing is made anew', async () => {
		const r = await v(['key', 'rotate']);
		assert.equal(r.status, 1);
		assert.match(r.stderr, /1 no-entry: two officers named nobody for them: vaxel key propose/);
	});

	test('B: one officer proposes, another approves', async () => {
		await ok(['key', 'propose', node.keys.recipient, spare[1], '--as', 'olga', '--out', draft]);
		const alone = await v(['key', 'approve', draft, '--as', 'olga']);
		assert.equal(alone.status, 1);
		assert.match(alone.stderr, /another officer must approve/);
		const ahead = path.join(node.dir, 'ahead');
		fs.writeFileSync(ahead, fs.readFileSync(draft, 'utf8').replace(/at \d+/, `at ${Date.now() + 3600000}`));
		assert.match((await v(['key', 'approve', ahead, '--as', 'ove'])).stderr, /was proposed in the future/);
		const r = await ok(['key', 'approve', draft, '--as', 'ove']);
		assert.match(r.stderr, new RegExp(`for Region Test\nrecipient ${node.keys.recipient}\nrecipient ${spare[1]}\nproposed by olga`));
		assert.match(r.stdout, /^key\.created entry=\d+\n$/);
	});

	test('C: killed in the middle, and begun again: all once', async () => {
		const was = await exported('was');
		for (const name of ['keeper', 'ledger', 'desk']) {
			const [pid] = node.pids(name);
			process.kill(pid, 'SIGSTOP');
			const broken = v(['key', 'rotate']);
			process.kill(pid, 'SIGKILL');
			await broken;
			await until(`${name} again`, async () => (await v(['status'])).status === 0 && node.pids(name).some((p) => p !== pid));
		}
		await unlocked();
		const r = await until('all of them', async () => {
			const got = await rotate();
			return got.right === 1 && got;
		});
		assert.deepEqual(r, { rotated: 0, right: 1, refused: {} });
		assert.equal((await node.events('key.rotated')).length, 1);
		const is = await exported('is');
		assert.deepEqual(is('body'), was('body'));
		const recovery = path.join(node.dir, 'recovery.key');
		fs.writeFileSync(recovery, `${node.keys.recovery_identity}\n`);
		for (const [part, rest] of [['envelope', 'body'], ['card', null]]) {
			const whole = (of) => Buffer.concat([of(part), rest ? of(rest) : Buffer.alloc(0)]);
			assert.ok(await opens(recovery, whole(was)));
			assert.ok(!await opens(spare[0], whole(was)));
			assert.ok(!await opens(recovery, whole(is)), 'who is no recipient any more');
			assert.ok(await opens(spare[0], whole(is)));
		}
	});

	test('D: released as before, audio and card', async () => {
		for (const scope of ['audio', 'card']) {
			const r = await open(scope);
			assert.equal(r.status, 0, r.stderr);
			assert.ok(await opens(me, r.stdout));
		}
	});

	test('D2: stock age opens an export through the keeper, asked for and logged', async () => {
		const bin = path.join(node.dir, 'bin'), identity = path.join(node.dir, 'plugin.identity');
		fs.mkdirSync(bin);
		fs.symlinkSync(vaxel, path.join(bin, 'age-plugin-vaxel'));
		const made = await run(path.join(bin, 'age-plugin-vaxel'), ['--as', 'olga', '--purpose', 'legal']);
		assert.match(made.stdout, /^AGE-PLUGIN-VAXEL-1/m);
		fs.writeFileSync(identity, made.stdout);
		const env = { ...process.env, HOME: home, PATH: `${bin}:${process.env.PATH}`, VAXEL_CONF: node.conf };
		const age = (args, input, more = {}) => run('age', ['-d', ...args], { input, binary: true, env: { ...env, ...more } });
		const part = await exported('plugin');
		const audio = Buffer.concat([part('envelope'), part('body')]);
		const before = (await node.events('disclosure.released')).length;
		const plain = await age(['-i', identity], audio);
		assert.equal(plain.status, 0, plain.stderr);
		assert.deepEqual(plain.stdout, (await run('age', ['-d', '-i', spare[0]], { input: audio, binary: true })).stdout);
		const card = await age(['-j', 'vaxel'], part('card'), { VAXEL_AS: 'olga', VAXEL_PURPOSE: 'legal' });
		assert.equal(card.status, 0, card.stderr);
		assert.equal(JSON.parse(card.stdout).recording, id);
		assert.equal((await node.events('disclosure.released')).length, before + 2);
		const none = await age(['-j', 'vaxel'], audio, { VAXEL_AS: 'ove', VAXEL_PURPOSE: 'curiosity' });
		assert.notEqual(none.status, 0);
		assert.match(String(none.stderr), /what for\? --purpose CODE/);
	});

	test('D3: the recovery key is brought out by an entry of two officers', async () => {
		const draft3 = path.join(node.dir, 'draft3'), shares = (await run(vaxel, ['key', 'split', '--need', '2', '--of', '2'],
			{ input: `${node.keys.recovery_identity}\n` })).stdout;
		const join = (...args) => run(vaxel, ['key', 'join', ...args], { input: shares });
		assert.equal((await join()).status, 2);
		assert.equal((await join('--check')).stdout, `${node.keys.recovery_recipient}\n`);
		assert.match((await join('--entry', '0', '-c', node.conf)).stderr, /no request|does not say that a recovery key/);
		await ok(['key', 'propose', node.keys.recovery_recipient, '--recovery', '--reason', 'the passphrase is lost', '--as', 'olga', '--out', draft3]);
		const entry = /entry=(\d+)/.exec((await ok(['key', 'approve', draft3, '--as', 'ove'])).stdout)[1];
		const r = await join('--entry', entry, '-c', node.conf);
		assert.equal(r.status, 0, r.stderr);
		assert.match(r.stdout, new RegExp(node.keys.recovery_identity));
		assert.match((await node.events('key.recovery'))[0].statement, /reason the passphrase is lost/);
	});

	test('E: keys by the month: sealed to this month\'s, opened once it is unlocked', async () => {
		const dir = path.join(node.dir, 'months'), second = path.join(node.dir, 'second');
		const sheet = (await ok(['key', 'new', '--months', '1', '--for', 'Region Test', '--out', dir])).stdout.trim().split('\n');
		assert.match(sheet[0], /^\d{4}-\d\d {2}([a-z]+-){7}[a-z]+$/);
		[month, words] = sheet[0].split('  ');
		theirs = fs.readFileSync(path.join(dir, 'months'), 'utf8').split(' ')[1];
		node.configure({ 'month-keys': path.join(dir, 'months'), 'recipient controller': null });
		assert.match((await v(['check'])).stdout, /month-keys has no key of Region Test for .* mend: make more ahead/);
		await node.reload();
		await ok(['key', 'propose', '--months', path.join(dir, 'months'), '--as', 'olga', '--out', second]);
		await ok(['key', 'approve', second, '--as', 'ove']);
		const made = await oneCall(node, 2);
		const r = await v(['recording', 'open', made, '--as', 'olga', '--to', mine, '--purpose', 'legal']);
		assert.equal(r.stderr.split('\n')[0], 'refused locked');
		identity = path.join(dir, `${month}.age`);
		const wrong = await v(['key', 'unlock', identity], { input: 'not these words\n' });
		assert.match(wrong.stderr, /this is not the passphrase; the next try is heard in 1 s/);
		await until('the wait to be over', async () => (await v(['key', 'unlock', identity], { input: `${words}\n` })).status === 0, 10000, 200);
		id = made;
		assert.equal((await open('audio')).status, 0);
	});

	test('F: what was sealed before is made anew for its month', async () => {
		assert.deepEqual(await rotate(), { rotated: 1, right: 1, refused: {} });
		for (const r of await node.recordings()) {
			id = r.id;
			for (const scope of ['audio', 'card']) assert.equal((await open(scope)).status, 0);
		}
	});

	test('G: a month is destroyed by two officers: nothing of it opens', async () => {
		const last = path.join(node.dir, 'last');
		await ok(['key', 'propose', theirs, '--destroy', '--as', 'ove', '--out', last]);
		assert.equal((await open('audio')).status, 0, 'by one it is not');
		assert.match((await ok(['key', 'approve', last, '--as', 'olga'])).stdout, /^key\.destroyed entry=/);
		for (const scope of ['audio', 'card']) assert.equal((await open(scope)).stderr.split('\n')[0], 'refused erased');
		assert.deepEqual(await rotate(), { rotated: 0, right: 1, refused: { erased: 1 } });
	});
});
