// Logs and policies on the command line: proofs made, judged and altered, an
// older checkpoint continued, shortened and forked.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Node, vaxel } = require('./lib/node.js');
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

test('a stranger reads the log by the specifications alone', async () => {
	const script = path.join(__dirname, 'lib/strangers-log.js');
	const check = () => run(process.execPath, [script, at('log'), key]);
	assert.equal((await check()).stdout, 'ok example.org/log 70000\n');
	for (const [file, where, what] of [
		['tile/entries/002', 300, /^bad tile 0 2/],
		['checkpoint', 20, /^bad signature/],
	]) {
		const name = at(`log/${file}`), was = fs.readFileSync(name);
		fs.writeFileSync(name, Buffer.from(was).fill(was[where] ^ 1, where, where + 1));
		const r = await check();
		fs.writeFileSync(name, was);
		assert.match(r.stdout, what);
		assert.equal(r.status, 1);
	}
});

test('a proof holds for its entry, and for nothing else', async () => {
	for (const n of [0, 65536, 69999]) {
		const made = await ledger(['prove', at('log'), `${n}`, '--key', key]);
		assert.equal(made.status, 0, made.stderr);
		assert.match(made.stdout, new RegExp(`^c2sp.org/tlog-proof@v1\nindex ${n}\n`));
		fs.writeFileSync(at('proof'), made.stdout);
		const judge = (entry) => ledger(['check-proof', at('proof'), '--key', key], entry);
		assert.equal((await judge(`entry ${n}`)).stdout, 'ok\n');
		const other = await judge(`entry ${n}\n`);
		assert.equal(other.stdout, 'bad not-included other-root\n');
		assert.match(other.stderr, /do not give the root that was signed/);
		for (const [what, how, put] of [
			['other-root', /^index .*/m, `index ${n === 69999 ? n - 1 : n ^ 1}`],
			['beyond', /^index .*/m, 'index 70000'],
			['too-short', /^([\w+/]{43}=\n)/m, ''],
			['too-long', /^([\w+/]{43}=\n)/m, '$1$1'],
		]) {
			fs.writeFileSync(at('proof'), made.stdout.replace(how, put));
			assert.equal((await judge(`entry ${n}`)).stdout, `bad not-included ${what}\n`);
		}
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
	assert.equal(forked.stdout, 'bad forked other-old-root\n');
	assert.match(forked.stderr, /do not give the older root/);
	assert.equal(forked.status, 1);
});

test('fsck goes on from where it found a fault', async () => {
	const fsck = (...more) => ledger(['fsck', at('log'), '--key', key, '--resume', at('halt'), ...more]);
	const bundle = at('log/tile/entries/200'), was = fs.readFileSync(bundle);
	fs.writeFileSync(bundle, Buffer.from(was).fill('x', 500, 501));
	const bad = await fsck();
	assert.equal(bad.status, 1);
	assert.match(bad.stdout, /^bad entry=512\d\d entry-hash\nfaults=1\n$/);
	assert.ok(fs.existsSync(at('halt')));
	fs.writeFileSync(bundle, was);
	const other = await fsck('--origin', 'example.org/other');
	assert.equal(other.status, 1);
	const good = await fsck();
	assert.equal(good.status, 0, good.stderr);
	assert.match(good.stderr, /^going on from entry 51200\n/);
	assert.match(good.stdout, /^ok size=70000 root=\S+ cosigned=0\/0\n$/);
	assert.ok(!fs.existsSync(at('halt')), 'nothing is left to go on from');
	fs.writeFileSync(at('halt'), 'x');
	assert.equal((await fsck()).status, 2);
});

test('fsck holds each entry against the database of its node', async () => {
	const node = await Node.make('one-machine');
	const state = path.join(node.state, 'ledger'), database = path.join(state, 'db.sqlite');
	const fsck = () => ledger(['fsck', path.join(state, 'log'), '--key', node.keys.log_key, '--database', database]);
	const sql = async (text) => {
		const r = await run('sqlite3', [database, text]);
		assert.equal(r.status, 0, r.stderr);
		return r.stdout.trim();
	};
	try {
		await node.start();
		const busy = await fsck();
		assert.equal(busy.status, 2);
		assert.match(busy.stderr, /its node runs; stop it first/);
		await node.stop();
		const whole = await fsck();
		assert.equal(whole.stdout.replace(/root=\S+/, 'root='), 'ok size=2 root= cosigned=0/0\n', whole.stderr);
		// looking changed nothing: the node starts and goes on
		await node.start();
		await node.stop();
		assert.match((await fsck()).stdout, /^ok size=4 /);
		// one fault after the other, all of them named
		const details = await sql('select details from entries where entry = 1');
		await sql(`update entries set details = '{"started":1}' where entry = 1`);
		assert.equal((await fsck()).stdout, 'bad entry=1 details\nfaults=1\n');
		await sql(`update entries set leaf = replace(leaf, 'node.', 'mode.') where entry = 3`);
		assert.equal((await fsck()).stdout, 'bad entry=1 details\nbad entry=3 database-leaf\nfaults=2\n');
		await sql('delete from entries where entry in (0, 3)');
		assert.equal((await fsck()).stdout,
			'bad entry=0 database-missing\nbad entry=1 details\nbad entry=3 database-missing\nfaults=3\n');
		await sql(`update entries set salt = x'00', details = '${details}' where entry = 1`);
		const salt = await fsck();
		assert.equal(salt.status, 1);
		assert.match(salt.stdout, /^bad entry=\d database-malformed$/m);
	} finally {
		await node.remove();
	}
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
