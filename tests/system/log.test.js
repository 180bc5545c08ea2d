// Logs and policies on the command line: proofs made, judged and altered, an
// older checkpoint continued, shortened and forked.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { vaxel } = require('./lib/node.js');
const { run } = require('./lib/wait.js');

let dir, key;
const at = (name) => path.join(dir, name);
const ledger = (args, input) => run(vaxel, ['ledger', ...args], { input });

async function append(log, keyFile, from, to) {
	const lines = Array.from({ length: to - from }, (_, i) => `entry ${from + i}\n`).join('');
	const r = await ledger(['append', at(log), '--key-file', at(keyFile)], lines);
	assert.equal(r.status, 0, r.stderr);
}

async function newKey(kind, name, file) {
	const r = await run(vaxel, ['key', 'new', `--${kind}`, name, '--out', at(file), '--json']);
	assert.equal(r.status, 0, r.stderr);
	return JSON.parse(r.stdout).verifier;
}

before(async () => {
	dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-test-'));
	key = await newKey('handover', 'example.org/log', 'log.key');
	await append('log', 'log.key', 0, 300);
	fs.copyFileSync(at('log/checkpoint'), at('checkpoint.300'));
	await append('log', 'log.key', 300, 70000);
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

test('a proof holds for its entry, and for nothing else', async () => {
	for (const n of [0, 299, 65535, 65536, 69999]) {
		const made = await ledger(['prove', at('log'), `${n}`, '--key', key]);
		assert.equal(made.status, 0, made.stderr);
		assert.match(made.stdout, new RegExp(`^c2sp.org/tlog-proof@v1\nindex ${n}\n`));
		fs.writeFileSync(at('proof'), made.stdout);
		const judge = (entry) => ledger(['check-proof', at('proof'), '--key', key], entry);
		assert.equal((await judge(`entry ${n}`)).stdout, 'ok\n');
		assert.equal((await judge(`entry ${n}\n`)).stdout, 'bad not-included\n');
		fs.writeFileSync(at('proof'), made.stdout.replace(/^index .*/m, `index ${n ^ 1}`));
		assert.equal((await judge(`entry ${n}`)).stdout, 'bad not-included\n');
		fs.writeFileSync(at('proof'), made.stdout.replace('\n70000\n', '\n70001\n'));
		const forged = await judge(`entry ${n}`);
		assert.equal(forged.stdout, 'bad entry=0 bad-signature\n');
		assert.equal(forged.status, 1);
	}
	const beyond = await ledger(['prove', at('log'), '70000', '--key', key]);
	assert.equal(beyond.status, 1);
	assert.match(beyond.stderr, /only 70000 entries/);
});

test('a log continues its older checkpoint, or is shorter, or forked', async () => {
	const compare = (log, checkpoint) =>
		ledger(['consistency', at(log), at(checkpoint), '--key', key]);
	assert.equal((await compare('log', 'checkpoint.300')).stdout, 'ok\n');
	await append('other', 'log.key', 1, 200);
	assert.equal((await compare('other', 'checkpoint.300')).stdout, 'bad shorter\n');
	await append('other', 'log.key', 200, 900);
	const forked = await compare('other', 'checkpoint.300');
	assert.equal(forked.stdout, 'bad forked\n');
	assert.equal(forked.status, 1);
});

test('a policy is refused unless any two quorums share a witness', async () => {
	const names = ['a', 'b', 'c', 'd'];
	const witnesses = await Promise.all(names.map(async (n) =>
		`witness ${n} ${await newKey('witness', `${n}.example`, `${n}.key`)}\n`));
	const check = async (groups) => {
		fs.writeFileSync(at('policy'), witnesses.join('') + groups);
		const r = await run(vaxel, ['check', '--policy', at('policy')]);
		assert.equal(r.status, /^0 faults$/m.test(r.stdout) ? 0 : 1);
		return r.stdout;
	};
	assert.equal(await check('group g 3 a b c d\nquorum g\n'), '0 faults\n');
	assert.match(await check('group g 2 a b c d\nquorum g\n'), /policy:6: CONFIG: two quorums need not share a witness/);
	assert.match(await check('quorum none\n'), /policy:5: CONFIG: no witness is asked for/);
	assert.match(await check('group g 5 a b c d\nquorum g\n'), /policy:5: CONFIG: this is no line of a policy/);
	assert.match(await check(`log ${key}\nlog ${key}\nquorum a\n`), /policy:6: CONFIG: this is no line/);
	assert.match(await check('group g 3 a b c d\n'), /policy:1: CONFIG: it says no quorum/);
	// and a witness's key signs no log
	const signed = await ledger(['append', at('mine'), '--key-file', at('a.key')], 'entry\n');
	assert.equal(signed.status, 2);
	assert.match(signed.stderr, /not a log's signing key/);
});
