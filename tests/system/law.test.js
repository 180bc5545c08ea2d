// What the law asks for at the end of a recording's life: held, erased with a
// proof, gone from every file, refused by the keeper from then on.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Node, vaxel } = require('./lib/node.js');
const { filesUnder } = require('./lib/search.js');
const { record, World } = require('./lib/law.js');
const { until, run } = require('./lib/wait.js');

const sections = { 'line 1177': { 'notice sv': { version: '1', text: 'Fara för liv: ring 112.' }, 'notice en': null } };
let node, home, ids, key, to;

const v = (args, options = {}) => run(vaxel, [...args, '-c', node.conf], {
	env: { ...process.env, HOME: home }, ...options,
});
const act = (what, id, as, reason = 'dnr 17/26', more = []) => v(['recording', what, id, '--as', as, '--reason', reason, ...more]);
const open = (id, as = 'olga') => v(['recording', 'open', id, '--as', as, '--to', to, '--purpose', 'care'], { binary: true });
const show = async (id) => (await node.json('recording', 'show', id))[0];
const refused = (r, reason) => {
	assert.equal(r.status, 1, r.stdout);
	assert.equal(r.stderr.split('\n')[0], `refused ${reason}`);
};

// Every 16 bytes of what was exported, looked for in every file of the node.
function needles(dir) {
	const list = [];
	for (const part of ['envelope', 'card', 'body']) {
		const bytes = fs.readFileSync(path.join(dir, part));
		// an age header tells by its wrapped keys: base64 in the text
		for (let i = 64; i + 16 <= bytes.length && list.length < 4000; i += 16)
			if (!/[-> \n]/.test(bytes.subarray(i, i + 16).toString('latin1')) || part === 'body') list.push(bytes.subarray(i, i + 16));
	}
	return list;
}

const found = (list) => [...filesUnder(node.state), ...filesUnder(node.runtime)].filter((file) => {
	let data;
	try { data = fs.readFileSync(file); } catch { return false; } // gone meanwhile
	return list.some((n) => data.includes(n));
});

async function fsck() {
	const ledger = path.join(node.state, 'ledger');
	return run(vaxel, ['ledger', 'fsck', path.join(ledger, 'log'), '--key', node.keys.log_key, '--database', path.join(ledger, 'db.sqlite')]);
}

describe('the end of a recording', { timeout: 120000 }, () => {
	before(async () => {
		node = await Node.make('one-machine', { sections });
		home = path.join(node.dir, 'home');
		fs.mkdirSync(home);
		await node.start();
		for (const [name, role] of [['olga', 'officer'], ['rut', 'reviewer'], ['oskar', 'operator']])
			assert.equal((await v(['user', 'add', name, '--role', role])).status, 0);
		ids = await record(node, 3);
		key = path.join(node.dir, 'me.key');
		await run('age-keygen', ['-o', key]);
		to = (await run('age-keygen', ['-y', key])).stdout.trim();
	});
	after(() => node && node.remove());

	test('A: a hold overrides an erasure, and the refusal is kept', async () => {
		refused(await act('hold', ids[0], 'rut'), 'not-signed');
		assert.equal((await act('hold', ids[0], 'olga', '')).status, 2);
		assert.equal((await act('hold', ids[0], 'olga', 'court, case T 12-26')).status, 0);
		assert.equal((await show(ids[0])).held, true);
		const r = await act('erase', ids[0], 'olga', 'the patient asks');
		refused(r, 'held');
		assert.match(r.stderr, /release-hold/);
		const [kept] = await node.events('recording.erase-refused');
		assert.deepEqual([kept.recording, kept.by, kept.reason, kept.refused], [ids[0], 'olga', 'the patient asks', 'held']);
		assert.equal((await open(ids[0])).status, 0, 'a hold keeps nobody from listening');
		refused(await act('release-hold', ids[1], 'olga'), 'not-held');
		assert.equal((await act('release-hold', ids[0], 'olga')).status, 0);
		assert.equal((await show(ids[0])).held, false);
	});

	test('B: erased: gone from every file; list, show, open and verify say so', async () => {
		const out = path.join(node.dir, 'export'), receipt = path.join(node.dir, 'receipt.json');
		assert.equal((await v(['recording', 'export', ids[0], out])).status, 0);
		const list = needles(out);
		assert.ok(list.length > 100 && found(list).length >= 2, 'it is there before');
		const details = (await node.events('recording.sealed')).find((e) => e.recording === ids[0]);
		assert.ok(details.kc);
		const r = await act('erase', ids[0], 'olga', 'the patient asks', ['--receipt', receipt]);
		assert.equal(r.status, 0, r.stderr);
		assert.match(r.stdout, /is erased: .*; entry \d+ of the log/);
		list.push(Buffer.from(details.kc), Buffer.from(details.envelope_sha256), Buffer.from(details.body_sha256));
		await until('no file has a piece of it', () => !found(list).length);
		const shown = await show(ids[0]);
		assert.deepEqual([shown.state, shown.sha256, shown.ms], ['erased', undefined, 0]);
		assert.match((await v(['recording', 'show', ids[0]])).stdout, /Nothing else is left of it\. Entry \d+ of the log/);
		assert.deepEqual((await node.recordings()).map((e) => e.state), ['erased', 'sealed', 'sealed']);
		assert.match((await v(['recording', 'verify'])).stdout, /\n2 verified, 0 bad\n$/);
		assert.match((await v(['recording', 'verify', ids[0]])).stderr, /it was erased: nothing of it is left/);
		refused(await open(ids[0]), 'erased');
		assert.equal((await node.events('disclosure.refused')).pop().reason, 'erased');
		refused(await act('erase', ids[0], 'olga'), 'erased');
		assert.equal((await open(ids[1])).status, 0, 'the other is as it was');
	});

	test('C: the receipt proves it: its entry is in the log', async () => {
		const o = JSON.parse(fs.readFileSync(path.join(node.dir, 'receipt.json')));
		const leaf = JSON.parse(o.leaf);
		const commitment = crypto.createHmac('sha256', Buffer.from(o.salt, 'base64')).update(o.details).digest('base64');
		assert.deepEqual([leaf.type, leaf.commitment], ['recording.erased', commitment]);
		assert.equal(JSON.parse(o.details).recording, ids[0]);
		const proof = await run(vaxel, ['ledger', 'prove', path.join(node.state, 'ledger/log'), String(o.entry), '--key', node.keys.log_key]);
		fs.writeFileSync(path.join(node.dir, 'proof'), proof.stdout);
		const checked = await run(vaxel, ['ledger', 'check-proof', path.join(node.dir, 'proof'), '--key', node.keys.log_key], { input: o.leaf });
		assert.equal(checked.stdout, 'ok\n', checked.stderr);
	});

	test('D: a keeper that begins anew follows the log all the same', async () => {
		await node.kill('keeper');
		await until('the keeper again', () => node.unlock().then(() => true, () => false));
		refused(await open(ids[0]), 'erased');
		assert.equal((await open(ids[1])).status, 0);
	});

	test('E: at random, with kills and restarts between: as a model has it', async (t) => {
		const seed = Number(process.env.SEED) || 253, world = new World(node, home, to, ids.slice(1));
		const before = {};
		for (const type of ['disclosure.released', 'recording.erased', 'recording.erase-refused'])
			before[type] = (await node.events(type)).length;
		t.diagnostic(`seed ${seed}`);
		await world.walk(30, seed);
		await world.count(before);
		if (seed === 253) assert.ok(world.model.released && world.model.erased && world.model.kept);
	});

	test('F: missing details: no fault where an erasure took them, else one', async () => {
		await node.stop();
		assert.match((await fsck()).stdout, /^ok size=/);
		const sql = `SELECT entry FROM entries WHERE type = 'recording.sealed' AND details <> '' LIMIT 1`;
		const database = path.join(node.state, 'ledger/db.sqlite');
		const entry = (await run('sqlite3', [database, sql])).stdout.trim();
		await run('sqlite3', [database, `UPDATE entries SET salt = x'', details = '' WHERE entry = ${entry}`]);
		assert.equal((await fsck()).stdout, `bad entry=${entry} details-missing\nfaults=1\n`);
		// and the keeper opens nothing by such a log
		await node.start();
		await node.unlock();
		refused(await open(ids[1]), 'no-entry');
	});
});
