// Listening to a recording: by right, and in every way without it.
//
// One node, one call, one sealed recording; then people ask. The reasons that
// need a log or an envelope tampered with are in tests/unit/keeper/judge_test.c.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { Node, vaxel } = require('./lib/node.js');
const { oneCall } = require('./lib/call.js');
const { sleep, until, run } = require('./lib/wait.js');

const sections = { 'line 1177': { 'notice sv': { version: '1', text: 'Fara för liv: ring 112.' }, 'notice en': null } };
let node, home, id, key, to;

const v = (args, options = {}) => run(vaxel, [...args, '-c', node.conf], {
	env: { ...process.env, HOME: home }, ...options,
});

const open = (as, purpose, more = []) => v(['recording', 'open', id, '--as', as,
	'--to', to, '--purpose', purpose, ...more], { binary: true });

// The keeper takes a new configuration a moment after the node says that it did.
const refusedAtLast = (as, purpose, reason) => until(`refused ${reason}`, async () => {
	const r = await open(as, purpose);
	return r.stderr.split('\n')[0] === `refused ${reason}` && r;
});

describe('release', { timeout: 120000 }, () => {
	before(async () => {
		node = await Node.make('one-machine', { sections });
		home = path.join(node.dir, 'home');
		fs.mkdirSync(home);
		await node.start();
		id = await oneCall(node);
		key = path.join(node.dir, 'me.key');
		const made = await run('age-keygen', ['-o', key]);
		assert.equal(made.status, 0, made.stderr);
		to = (await run('age-keygen', ['-y', key])).stdout.trim();
	});
	after(() => node && node.remove());

	test('A: nobody is enrolled: nobody opens', async () => {
		const r = await open('rut', 'complaint');
		assert.equal(r.status, 1);
		assert.match(r.stderr, /there is no key of rut/);
	});

	test('B: the first user is an officer, who enrols the others', async () => {
		let r = await v(['user', 'add', 'rut', '--role', 'reviewer']);
		assert.equal(r.status, 1);
		assert.match(r.stderr, /the first user is an officer/);
		r = await v(['user', 'add', 'olga', '--role', 'officer']);
		assert.equal(r.status, 0, r.stderr);
		r = await v(['user', 'add', 'rut', '--role', 'reviewer']);
		assert.equal(r.status, 0, r.stderr);
		r = await v(['user', 'add', 'oskar', '--role', 'operator']);
		assert.equal(r.status, 0, r.stderr);
		const mode = fs.statSync(path.join(home, '.config/vaxel/rut.key')).mode & 0o777;
		assert.equal(mode, 0o600);
		r = await v(['user', 'list', '--json']);
		assert.deepEqual(r.stdout.trim().split('\n').map((l) => JSON.parse(l).name), ['olga', 'rut', 'oskar']);
	});

	test('C: without an entry in the log: refused', async () => {
		const r = await open('rut', 'complaint', ['--without-entry']);
		assert.equal(r.status, 1);
		assert.equal(r.stderr.split('\n')[0], 'refused no-entry');
		assert.equal(r.stdout.length, 0);
	});

	test('D: by right: an age file for this recipient alone', async () => {
		const r = await open('rut', 'complaint');
		assert.equal(r.status, 0, r.stderr);
		assert.match(r.stderr, /^released entry=\d+ size=\d+ cosigned=0\/0\n$/);
		const file = path.join(node.dir, 'out.age');
		fs.writeFileSync(file, r.stdout);
		const plain = await run('age', ['-d', '-i', key, '-o', `${file}.mka`, file]);
		assert.equal(plain.status, 0, plain.stderr);
		const probe = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', `${file}.mka`]);
		assert.equal(probe.stdout.split('\n').filter((l) => l === 'pcm_alaw').length, 3);
		// and no other key opens it
		const other = path.join(node.dir, 'other.key');
		await run('age-keygen', ['-o', other]);
		assert.notEqual((await run('age', ['-d', '-i', other, file], { binary: true })).status, 0);
		fs.writeFileSync(`${other}.r`, `${node.keys.recovery_identity}\n`);
		assert.notEqual((await run('age', ['-d', '-i', `${other}.r`, file], { binary: true })).status, 0);
	});

	test('E: the card, with what the audio does not say', async () => {
		const r = await open('rut', 'care', ['--scope', 'card']);
		assert.equal(r.status, 0, r.stderr);
		const plain = await run('age', ['-d', '-i', key], { input: r.stdout });
		assert.equal(JSON.parse(plain.stdout).recording, id);
	});

	test('F: role and purpose', async () => {
		for (const [as, purpose, expected] of [['rut', 'supervision', 'wrong-purpose'],
			['oskar', 'care', 'wrong-role'], ['olga', 'supervision', null]]) {
			const r = await open(as, purpose);
			assert.equal(r.status, expected ? 1 : 0, r.stderr);
			if (expected) assert.equal(r.stderr.split('\n')[0], `refused ${expected}`);
		}
		assert.equal((await open('rut', 'curiosity')).status, 2);
	});

	// What stands in the log by now, as the patient gets to read it.
	test('F2: the patient asks: copies for them alone, and who has listened', async () => {
		const answer = path.join(node.dir, 'answer');
		const r = await v(['access-request', answer, '--as', 'olga', '--passphrase'], { input: `${id}\n` });
		assert.equal(r.status, 0, r.stderr);
		const [passphrase] = r.stdout.trim().split('\n');
		assert.match(passphrase, /^[a-z]+(-[a-z]+){7}$/);
		const copy = path.join(answer, `${id}.age`), plain = path.join(node.dir, 'answer.mka');
		// stock age asks at a terminal
		const age = await run('script', ['-qec', `age -d -o ${plain} ${copy}`, '/dev/null'], { input: `${passphrase}\n` });
		assert.equal(age.status, 0, age.stdout);
		const probe = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', plain]);
		assert.equal(probe.stdout.split('\n').filter((l) => l === 'pcm_alaw').length, 3);
		const { recordings: [recording] } = JSON.parse(fs.readFileSync(path.join(answer, 'extract.json'), 'utf8'));
		assert.equal(recording.id, id);
		assert.deepEqual(recording.accesses.map((a) => [a.who, a.unit, a.purpose, a.outcome, a.reason]), [
			['rut', 'Region Test', 'complaint', 'opened', undefined], ['rut', 'Region Test', 'care', 'opened', undefined],
			['rut', 'Region Test', 'supervision', 'refused', 'wrong-purpose'],
			['oskar', 'Region Test', 'care', 'refused', 'wrong-role'], ['olga', 'Region Test', 'supervision', 'opened', undefined],
			['olga', 'Region Test', 'access', 'opened', undefined],
		]);
		for (const a of recording.accesses) assert.ok(Math.abs(Date.parse(a.at) - Date.now()) < 600000);
		for (const [file, words] of [['utdrag.pdf', ['Vem har lyssnat på dina samtal?', 'Nekades: personen hade', 'rut, Region Test']],
			['extract.pdf', ['Who has listened to your calls?', 'Because you yourself', 'olga, Region Test']]]) {
			const pdf = fs.readFileSync(path.join(answer, file), 'latin1')
				.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
			assert.match(pdf, /^%PDF-/);
			for (const w of words) assert.ok(pdf.includes(w), `${file}: ${w}`);
			assert.ok(!pdf.includes(passphrase));
		}
		assert.equal(fs.statSync(answer).mode & 0o77, 0);
		// the patient's own key; and nothing is written over
		const theirs = `${answer}-2`;
		assert.equal((await v(['access-request', theirs, '--as', 'olga', '--to', to], { input: id })).status, 0);
		assert.equal((await run('age', ['-d', '-i', key, '-o', `${plain}.2`, path.join(theirs, `${id}.age`)])).status, 0);
		assert.ok(fs.readFileSync(plain).equals(fs.readFileSync(`${plain}.2`)));
		assert.equal((await v(['access-request', theirs, '--as', 'olga', '--to', to], { input: id })).status, 1);
		// who may not open gets no copy, and the extract says so, too
		const refused = await v(['access-request', `${answer}-3`, '--as', 'oskar', '--to', to], { input: id });
		assert.equal(refused.status, 1);
		assert.match(refused.stderr, /refused wrong-role[^]*0 of 1 recordings/);
		assert.ok(!fs.existsSync(path.join(`${answer}-3`, `${id}.age`)));
	});

	test('G: another key under the same name', async () => {
		const good = path.join(home, '.config/vaxel/olga.key');
		const r = await open('rut', 'care', ['--key-file', good]);
		assert.equal(r.status, 1);
		assert.equal(r.stderr.split('\n')[0], 'refused bad-signature');
	});

	test('G2: a second person, where the rule asks for one', async () => {
		const again = (entry) => v(['recording', 'open', id, '--again', entry], { binary: true });
		const refused = (r, reason) => {
			assert.equal(r.status, 1);
			assert.equal(r.stderr.split('\n')[0], `refused ${reason}`);
			assert.equal(r.stdout.length, 0);
		};
		const approve = (entry, as) => v(['disclosure', 'approve', entry, '--as', as]);
		node.configure({ ...sections, keeper: { approval: ['legal', 'supervision'] } });
		await node.reload();
		const r = await refusedAtLast('olga', 'legal', 'needs-approval');
		assert.equal((await open('olga', 'care')).status, 0);
		const [, entry] = /vaxel disclosure approve (\d+) --as/.exec(r.stderr);
		const shown = await node.json('disclosure', 'show', entry);
		assert.deepEqual([shown[0].asker, shown[0].recording, shown[0].purpose, shown[0].scope],
			['olga', id, 'legal', 'audio']);
		assert.match((await approve(entry, 'olga')).stderr, /somebody else must approve/);
		assert.equal((await approve(entry, 'oskar')).status, 0);
		refused(await again(entry), 'needs-approval'); // who opens nothing approves nothing
		const good = await approve(entry, 'rut');
		assert.equal(good.status, 0, good.stderr);
		assert.match(good.stdout, /^asker +olga\n[^]*approved entry=\d+\n$/);
		const file = path.join(node.dir, 'approved.age');
		// two openings race on one approval: one of them is served
		const both = await Promise.all([again(entry), again(entry)]);
		const opened = both.find((r) => r.status === 0);
		assert.ok(opened, both.map((r) => r.stderr).join(''));
		refused(both.find((r) => r !== opened), 'used');
		assert.match(opened.stderr, new RegExp(`^released entry=${entry} `));
		fs.writeFileSync(file, opened.stdout);
		const plain = await run('age', ['-d', '-i', key, file], { binary: true });
		assert.deepEqual(plain.stdout, fs.readFileSync(path.join(node.dir, 'out.age.mka')));
		refused(await again(entry), 'used');
		refused(await open('olga', 'legal'), 'needs-approval'); // one approval, one request
		assert.deepEqual((await node.events('disclosure.approved')).map((e) => e.by), ['oskar', 'rut']);
		assert.equal((await v(['disclosure', 'show', '0'])).status, 1); // no request
	});

	test('G3: many in an hour: approval first, then no more', async () => {
		node.configure({ ...sections, keeper: { 'approval-over': 2 } });
		await node.reload();
		await refusedAtLast('olga', 'care', 'needs-approval');
		node.configure({ ...sections, keeper: { quota: 2 } });
		await node.reload();
		await refusedAtLast('olga', 'care', 'quota');
		await until('the alarm', async () => /vaxel_alarm_active\{alarm="bulk-opening"\} 1/.test(await node.metrics()));
		node.configure(sections);
		await node.reload();
		await until('released', async () => (await open('olga', 'care')).status === 0);
	});

	test('H: asked twice with the same request: used', async () => {
		const request = await once('rut');
		assert.equal((await ask(request)).exit, 0);
		assert.equal((await ask(request)).refused, 'used');
		// also after the keeper has begun a new life
		await node.kill('keeper');
		await until('the keeper again', async () => {
			const s = await v(['key', 'unlock'], { input: `${node.keys.passphrase}\n` });
			return s.status === 0;
		}, 10000, 200);
		assert.equal((await ask(request)).refused, 'used');
	});

	test('I: a removed user', async () => {
		assert.equal((await v(['user', 'remove', 'rut'])).status, 0);
		const r = await open('rut', 'care');
		assert.equal(r.stderr.split('\n')[0], 'refused bad-signature');
	});

	test('J: locked', async () => {
		assert.equal((await v(['key', 'lock'])).status, 0);
		const r = await open('olga', 'care');
		assert.equal(r.status, 1);
		assert.match(r.stderr, /^refused locked\n.*vaxel key unlock -c/);
		await node.unlock();
	});

	test('J2: locked by its own clock, with an alarm', async () => {
		const state = async () => (await node.json('status')).find((s) => s.process === 'keeper');
		node.configure({ ...sections, keeper: { 'lock-after': 1 } });
		await node.reload();
		await until('the keeper locks itself', async () => (await state()).locked);
		assert.equal((await open('olga', 'care')).stderr.split('\n')[0], 'refused locked');
		await until('the alarm', async () => /vaxel_alarm_active\{alarm="keeper-locked"\} 1/.test(await node.metrics()));
		await until('the number', async () => await node.metric('keeper_unlocked') === 0);
		// and no sooner than it was told to
		node.configure({ ...sections, keeper: { 'lock-after': 3600 } });
		await node.reload();
		await until('it stays unlocked', async () => {
			await node.unlock();
			await sleep(1500);
			return !(await state()).locked;
		});
		assert.equal((await open('olga', 'care')).status, 0);
		await until('the number again', async () => await node.metric('keeper_unlocked') === 1);
	});

	test('K: export opens with the keys at rest, by stock age', async () => {
		const dir = path.join(node.dir, 'export');
		assert.equal((await v(['recording', 'export', id, dir])).status, 0);
		const all = Buffer.concat(['envelope', 'body'].map((f) => fs.readFileSync(path.join(dir, f))));
		const recovery = path.join(node.dir, 'recovery.key');
		fs.writeFileSync(recovery, `${node.keys.recovery_identity}\n`);
		const r = await run('age', ['-d', '-i', recovery], { input: all, binary: true });
		assert.equal(r.status, 0, r.stderr);
		assert.deepEqual(r.stdout, fs.readFileSync(path.join(node.dir, 'out.age.mka')));
		const card = await run('age', ['-d', '-i', recovery, path.join(dir, 'card')]);
		assert.equal(JSON.parse(card.stdout).recording, id);
	});

	test('L: verify sees one changed byte', async () => {
		assert.match((await v(['recording', 'verify'])).stdout, /1 verified, 0 bad\n$/);
		const store = path.join(node.state, 'store');
		const body = path.join(store, fs.readdirSync(store).find((f) => !f.endsWith('.part')));
		const bytes = fs.readFileSync(body);
		bytes[bytes.length >> 1] ^= 1;
		fs.writeFileSync(body, bytes);
		const r = await v(['recording', 'verify']);
		assert.equal(r.status, 1);
		assert.match(r.stdout, /another digest[^\n]*\n0 verified, 1 bad\n$/);
	});
});

// ---- one request, by hand, so that it can be said twice

function talk(request) {
	return new Promise((done, fail) => {
		const s = net.connect(path.join(node.runtime, 'control.sock'));
		const text = Buffer.from(JSON.stringify(request));
		const head = Buffer.alloc(4);
		const frames = [];
		let got = Buffer.alloc(0);
		head.writeUInt32BE(text.length);
		s.on('error', fail);
		s.on('close', () => done(frames));
		s.on('data', (d) => {
			got = Buffer.concat([got, d]);
			while (got.length >= 4 && got.length >= 4 + got.readUInt32BE(0)) {
				const len = got.readUInt32BE(0);
				frames.push([String.fromCharCode(got[4]), got.subarray(5, 4 + len)]);
				got = got.subarray(4 + len);
			}
		});
		s.write(Buffer.concat([head, text]));
	});
}

async function ask(request) {
	const frames = await talk(request);
	const [type, end] = frames[frames.length - 1];
	assert.equal(type, 'E');
	return JSON.parse(end);
}

// R as lib/release/request.h has it, made here once more from its words.
async function once(name) {
	const crypto = require('node:crypto');
	const base32 = (t) => {
		let bits = '';
		for (const c of t) bits += 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(c).toString(2).padStart(5, '0');
		return Buffer.from(bits.match(/.{8}/g).slice(0, 16).map((b) => parseInt(b, 2)));
	};
	const text = (s) => Buffer.concat([Buffer.from([Buffer.byteLength(s)]), Buffer.from(s)]);
	const frames = await talk({ ask: 'recording', id });
	const rec = JSON.parse(frames[0][1]);
	const line = fs.readFileSync(path.join(home, `.config/vaxel/${name}.key`), 'utf8').split('\n')
		.find((l) => l.startsWith('vaxel-user-key-1'));
	const seed = Buffer.from(line.split(' ')[1], 'base64');
	const secret = crypto.createPrivateKey({
		format: 'der', type: 'pkcs8',
		key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
	});
	const credential = crypto.createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32);
	const recipient = crypto.generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
	const notAfter = Buffer.alloc(8);
	notAfter.writeBigUInt64BE(BigInt(Date.now() + 300000));
	const r = Buffer.concat([Buffer.from([1]), text('vaxel.example/one-machine'), text(rec.org),
		crypto.randomBytes(16), base32(id), Buffer.from(rec.kc, 'hex'), Buffer.from([0]), text('care'),
		crypto.createHash('sha256').update("The patient's care needs what was said.").digest(),
		text(name), credential, recipient, notAfter]);
	const d = crypto.createHash('sha256').update('vaxel/request/1\0').update(r).digest();
	return {
		ask: 'open', request: r.toString('base64'),
		signature: crypto.sign(null, d, secret).toString('base64'), entry: true,
	};
}
