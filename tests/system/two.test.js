// Two machines: the supplier's records and opens nothing, the provider's pulls
// what was recorded and opens it by right.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const net = require('node:net');
const { apart, inside, second } = require('./lib/namespace.js');
const { Impostor, another, commit } = require('./lib/impostor.js');
const { Pair } = require('./lib/pair.js');
const search = require('./lib/search.js');
const { freePort, run, sleep, until } = require('./lib/wait.js');
const { Authority } = require('./lib/certificates.js');
const { Listener } = require('./lib/listener.js');
const audio = require('./lib/audio.js');

const root = process.getuid() === 0;
const HERE = root ? '10.117.0.1' : '127.0.0.1', THERE = '10.117.0.2';
const NUMBER = '+46701740613'; // kept free for fiction

// Root has the file run once more, where there are two networks; anybody else
// has both nodes in the one that is there.
if (root && !inside()) {
	test('in two networks', { timeout: 250000 }, async (t) => {
		const r = await apart(__filename);
		for (const line of r.stdout.split('\n').filter((l) => /^ *(not )?ok /.test(l))) t.diagnostic(line.trim());
		assert.equal(r.status, 0, `${r.stdout}\n${r.stderr}`);
		assert.match(r.stdout, /^# fail 0$/m);
	});
} else {
	describe('two machines', { concurrency: false, timeout: 200000 }, both);
}

// What passes between the nodes; cut says after how many bytes from the
// supplier's side each connection breaks.
class Line {
	cuts = [];
	live = new Set();
	broken = 0;

	// Each connection breaks after so many more bytes, in order: those that
	// stand first.
	cut(...cuts) {
		this.cuts = cuts;
		for (const c of this.live) c.left = this.cuts.length ? this.cuts.shift() : Infinity;
	}

	async open(port) {
		this.port = await freePort(HERE);
		this.server = net.createServer((from) => {
			const to = net.connect(port, HERE);
			const c = { left: this.cuts.length ? this.cuts.shift() : Infinity };
			const end = () => { this.live.delete(c); from.destroy(); to.destroy(); };
			this.live.add(c);
			from.on('error', end).on('close', end).on('data', (d) => to.write(d));
			to.on('error', end).on('close', end).on('data', (d) => {
				if (c.left < 0) return;
				if (d.length < c.left) from.write(d);
				else {
					this.broken++;
					from.write(d.subarray(0, c.left), end);
				}
				c.left -= d.length;
			});
		});
		await new Promise((done) => this.server.listen(this.port, HERE, done));
		return this;
	}

	close() { this.server.close(); }
}

function both() {
	let p, first, other, line, listener;

	before(async () => {
		other = root ? await second(HERE, THERE) : { under: [], end: () => {} };
		line = new Line();
		p = await Pair.make({ at: HERE, under: other.under });
		await line.open(p.port);
		p.url = `https://${HERE}:${line.port}`;
		p.configure();
		await p.supplier.start();
		first = await p.call(1500, { caller: { user: NUMBER } });
	});
	after(async () => {
		await p?.remove();
		line?.close();
		await other?.end();
	});

	// None while a process starts again.
	async function listed(node) {
		try {
			return await node.recordings();
		} catch (e) {
			if (/starting again|not running|refused|reset/i.test(e.message)) return undefined;
			throw e;
		}
	}

	// Each once: in the list, in the log, in the store; nothing half done.
	async function everything(count) {
		const all = await until(`${count} sealed`, async () => {
			const r = await listed(p.provider);
			return r?.filter((x) => x.state === 'sealed').length >= count && r;
		}, 60000, 100);
		const theirs = await until('the supplier', () => listed(p.supplier));
		assert.equal(all.length, count);
		assert.deepEqual(all.map((r) => r.id).sort(), theirs.filter((r) => r.state === 'sealed').map((r) => r.id).sort());
		const entries = (await p.provider.events('recording.sealed')).map((e) => e.recording);
		assert.equal(new Set(entries).size, entries.length, 'no entry twice');
		assert.equal(entries.length, count);
		const files = fs.readdirSync(path.join(p.provider.state, 'store'));
		assert.equal(files.length, count, files.join(' '));
		for (const r of all) {
			const v = await p.provider.vaxel(['recording', 'verify', r.id, '-c', p.provider.conf]);
			assert.equal(v.status, 0, v.stdout + v.stderr);
		}
		return all;
	}

	test('the desk says where it listens', () => {
		assert.match(p.supplier.process.out, new RegExp(`^ready sip=\\S+ https=${HERE}:${p.port}$`, 'm'));
	});

	test('strangers are let go in the handshake, and other peers see nothing', async () => {
		const other = await Authority.make(p.dir, 'other');
		const forged = await other.sign('provider', ['DNS:provider.test']);
		const stranger = await p.authority.sign('stranger', ['DNS:stranger.test']);
		await assert.rejects(p.ask('GET', '/feed', { as: null }), 'no certificate');
		await assert.rejects(p.ask('GET', '/feed', { as: forged }), 'that name by another authority');
		await assert.rejects(p.ask('GET', '/feed', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }));
		for (const where of ['/feed', `/recordings/${first.id}/body`, '/']) {
			const r = await p.ask('GET', where, { as: stranger });
			assert.equal(r.status, 403, where);
			assert.ok(!r.body.includes(first.id));
		}
	});

	test('what ended stands in the list, once, with envelope and card', async () => {
		const items = await p.list();
		assert.equal(items.length, 1);
		const [item] = items;
		assert.equal(item.id, first.id);
		assert.equal(item.state, 'sealed');
		assert.equal(item.origin, 'vaxel.example/supplier');
		assert.match(Buffer.from(item.envelope, 'base64').toString(), /^age-encryption.org\/v1\n-> X25519 /);
		assert.match(Buffer.from(item.card, 'base64').toString('latin1'), /^age-encryption.org\/v1\n-> X25519 /);
		assert.equal(JSON.parse(item.details).envelope_sha256,
			crypto.createHash('sha256').update(Buffer.from(item.envelope, 'base64')).digest('hex'));
		assert.deepEqual(await p.list(item.cursor), []);
		for (const wrong of ['x', '1', `2.${first.id}`, `1.${'a'.repeat(26)}`, `0.${first.id}`]) {
			const r = await p.ask('GET', `/feed?after=${wrong}`);
			assert.ok(r.status === 400 || r.status === 410, `${wrong}: ${r.status}`);
		}
		assert.equal((await p.ask('PUT', '/feed')).status, 405);
	});

	test('a body comes whole or in parts', async () => {
		const where = `/recordings/${first.id}/body`;
		const whole = (await p.ask('GET', where)).body;
		assert.equal(crypto.createHash('sha256').update(whole).digest('hex'), first.sha256);
		const part = await p.ask('GET', where, { headers: { range: 'bytes=100-199' } });
		assert.equal(part.status, 206);
		assert.equal(part.headers['content-range'], `bytes 100-199/${whole.length}`);
		assert.deepEqual(part.body, whole.subarray(100, 200));
		const rest = await p.ask('GET', where, { headers: { range: `bytes=${whole.length - 5}-` } });
		assert.deepEqual(rest.body, whole.subarray(whole.length - 5));
		const beyond = await p.ask('GET', where, { headers: { range: `bytes=${whole.length}-` } });
		assert.equal(beyond.status, 416);
		const head = await p.ask('HEAD', where);
		assert.equal(head.status, 200);
		assert.equal(Number(head.headers['content-length']), whole.length);
		for (const none of [`/recordings/${'a'.repeat(26)}/body`, '/recordings/x/body', `/recordings/${first.id}`, '/../etc/passwd'])
			assert.equal((await p.ask('GET', none)).status, 404, none);
	});

	test('the provider pulls it, whole and once', async () => {
		await p.provider.start();
		const [r] = await p.provider.sealed(1);
		assert.equal(r.id, first.id);
		assert.equal(r.sha256, first.sha256);
		assert.equal(r.at, first.at);
		const body = fs.readFileSync(path.join(p.provider.state, 'store', bodyName(p.provider)));
		assert.equal(crypto.createHash('sha256').update(body).digest('hex'), first.sha256);
		const [entry] = await p.provider.events('recording.sealed');
		const [theirs] = await p.list();
		assert.equal(entry.origin, 'vaxel.example/supplier');
		assert.equal(entry.entry, theirs.entry);
		assert.equal(entry.kc, theirs.kc);
	});

	test('there it is opened by right, and verified', async () => {
		listener = await Listener.make(p.provider);
		const file = await listener.openFile(first.id);
		for (const [track, hz] of [[0, 440], [1, 880]])
			assert.ok(audio.heard(await audio.track(file, track), hz), `track ${track}`);
		const v = await p.provider.vaxel(['recording', 'verify', first.id, '-c', p.provider.conf]);
		assert.equal(v.status, 0, v.stdout + v.stderr);
		const shown = await p.provider.json('recording', 'show', first.id);
		assert.equal(shown[0].state, 'sealed');
	});

	test('the line is cut in the middle: nothing is lost, nothing comes twice', async () => {
		// in the handshake, in the list, in the body
		const called = p.call(2500);
		line.cut(300, 700, 4500, 9000);
		await called;
		await everything(2);
		assert.ok(line.broken >= 3, `${line.broken} times`);
		assert.match(p.provider.log, /feed supplier: .*; it is tried again/);
	});

	test('whoever is killed in the middle of it', async () => {
		const called = p.call(1000);
		line.cut(9000);
		const names = ['puller', 'courier', 'ledger', 'puller'];
		for (const name of names) {
			await p.provider.kill(name);
			await sleep(150);
		}
		await called;
		await p.provider.kill('puller');
		await p.supplier.kill('desk');
		await everything(3);
	});

	test('both nodes start anew, and go on from there', async () => {
		await p.provider.stop('SIGKILL');
		await p.supplier.stop();
		await p.supplier.start();
		await p.provider.start();
		await everything(3);
		assert.deepEqual(await p.list((await p.list()).at(-1).cursor), []);
	});

	test('another supplier cannot say of a recording what it likes', async () => {
		const [real] = await p.list();
		const body = crypto.randomBytes(70000);
		const shifted = Buffer.concat([body.subarray(1), body.subarray(0, 1)]);
		const honest = another(real, body, { at: Date.now() + 3600000 });
		// what is said, the body that comes, and what we say of it
		const cases = [
			[honest, body, /its clock is ahead of ours/],
			// what is here is not replaced, not even with an entry for it
			[commit({ ...real, kc: 'ab'.repeat(16) }), body, /of a recording that is here it gives other keys/],
			[another(real, body), body.subarray(1), /a body was cut off/],
			[another(real, body), shifted, /a body is not what its log says/],
			[another(real, body), Buffer.concat([body, body]), /its answer is too long/],
			[{ ...another(real, body), kc: 'cd'.repeat(16) }, body, /an item is malformed, or not what its log says/],
			[another(real, body, { org: 'Region Y' }), body, /it gives another controller's/],
		];
		const servers = await impostors(cases);
		try {
			await restarted();
			await said(cases);
			const of = (id) => async () => (await listed(p.provider))?.find((r) => r.id === id);
			// of the clock nothing else hangs on
			assert.equal((await until('the honest one', of(honest.id))).sha256, honest.sha256);
			for (const [item] of cases.slice(2)) assert.equal(await of(item.id)(), undefined);
			assert.equal((await of(first.id)()).sha256, first.sha256);
			// its database was put back: our place is gone, nothing is doubled
			servers[0].items = [{ ...honest, cursor: '7.elsewhere' }];
			await until('a new beginning', () => /feed other0: our place in it is gone/.test(p.provider.log));
			await until('its end', () => servers[0].asked.filter((a) => a === 'POST /feed/taken').length >= 2);
			assert.equal((await p.provider.events('recording.sealed')).filter((e) => e.recording === honest.id).length, 1);
		} finally {
			for (const s of servers) await s.stop();
		}
	});

	test('nor take away what is here, nor stop the line with a long answer that is no body', async () => {
		const [real] = await p.list();
		const body = crypto.randomBytes(1 << 20);
		const cases = [
			[another(real, body, { body: real.body }), body, /under a body's name lies another body/],
			[another(real, body), body, /it answers, but not with a body/, 500],
		];
		const servers = await impostors(cases);
		try {
			await restarted();
			await said(cases);
			const v = await p.provider.vaxel(['recording', 'verify', first.id, '-c', p.provider.conf]);
			assert.equal(v.status, 0, v.stdout + v.stderr);
		} finally {
			for (const s of servers) await s.stop();
		}
	});

	// A feed of its own for each: what it says, the body that comes, what we
	// say of it, and the status of the body's answer.
	async function impostors(cases) {
		const keys = { certificate: p.client.certificate, key: p.client.key, ca: p.authority.certificate };
		const more = {}, servers = [];
		for (const [i, [item, bytes, , status = 200]] of cases.entries()) {
			const s = await Impostor.make(HERE, await freePort(HERE), { ...p.server, ca: p.authority.certificate });
			s.items = [item];
			s.status = status;
			s.bodies.set(item.id, bytes);
			servers.push(s);
			more[`feed other${i}`] = { url: `https://${HERE}:${s.server.address().port}`, controller: 'Region Test', every: 1, ...keys };
		}
		p.configure({ more });
		return servers;
	}

	async function said(cases) {
		for (const [i, [, , what]] of cases.entries())
			await until(`${what}`, () => new RegExp(`feed other${i}: .*${what.source}`).test(p.provider.log));
	}

	// With what it says from then on.
	async function restarted() {
		await p.provider.stop();
		p.provider.process.err = '';
		await p.provider.start();
	}

	test('the wrong certificate is refused, by either side', async () => {
		const forged = await Authority.make(p.dir, 'forged');
		const ours = await forged.sign('provider', ['DNS:provider.test']);
		p.configure({ feed: { certificate: ours.certificate, key: ours.key } });
		await restarted();
		await until('the alarm', () => /alarm puller: /.test(p.provider.log), 40000);
		p.configure({ feed: { ca: forged.certificate } });
		await restarted();
		await until('no trust', () => /feed supplier: its certificate is not trusted/.test(p.provider.log), 40000);
		p.configure();
		await restarted();
	});

	test('what is erased at the provider is gone there, and is not pulled again', async () => {
		const sealed = (await p.provider.recordings()).filter((r) => r.state === 'sealed' && r.id !== first.id);
		const [gone] = sealed;
		const store = path.join(p.provider.state, 'store'), before = fs.readdirSync(store).length;
		const r = await p.provider.vaxel(['recording', 'erase', gone.id, '--as', listener.name, '--key-file', listener.signing,
			'--reason', 'the patient asks', '-c', p.provider.conf]);
		assert.equal(r.status, 0, r.stdout + r.stderr);
		await until('the body to be gone', () => fs.readdirSync(store).length === before - 1);
		// from the beginning once more
		p.configure({ more: { 'feed again': {
			url: p.url, controller: 'Region Test', every: 1, certificate: p.client.certificate, key: p.client.key, ca: p.authority.certificate,
		} } });
		await restarted();
		const { cursor } = (await p.list()).at(-1);
		await until('the end of it', async () => (await p.provider.select("SELECT cursor FROM pulled WHERE feed = 'again'"))[0]?.cursor === cursor);
		assert.equal(fs.readdirSync(store).length, before - 1);
		assert.equal((await p.provider.recordings()).find((x) => x.id === gone.id).state, 'erased');
		p.configure();
		await restarted();
	});

	test('once taken, envelopes leave the supplier, who opens nothing with its whole disk', async () => {
		p.letGo = true;
		p.configure();
		await p.supplier.stop();
		await p.supplier.start();
		await restarted();
		const taken = await until('they are gone', async () => {
			const items = await p.list();
			return items.every((i) => i.envelope === null && i.card === null) && items;
		});
		assert.equal(taken.length, 3);
		const shown = await p.supplier.vaxel(['recording', 'export', first.id, path.join(p.dir, 'out'), '-c', p.supplier.conf]);
		assert.equal(shown.status, 1);
		assert.match(shown.stderr, /its envelope has left for its controller's node/);
		await listener.open(first.id);
		// everything that lies there, and every key that lies there
		await p.supplier.stop();
		const samples = audio.tone(440, 1);
		const needles = search.needlesFor({ number: NUMBER, names: [], samples });
		const disk = search.inFolders([p.supplier.dir], needles);
		assert.ok(disk.files > 10 && disk.bytes > 50000, `${disk.files} files, ${disk.bytes} bytes`);
		assert.deepEqual(disk.hits, []);
		const names = fs.readdirSync(p.supplier.dir, { recursive: true }).map(String);
		assert.ok(!names.some((n) => /identity/.test(n)), 'no identity lies there');
		const store = path.join(p.supplier.state, 'store');
		for (const file of fs.readdirSync(store)) {
			const b = fs.readFileSync(path.join(store, file));
			assert.ok(!b.includes('age-encryption'), 'bodies alone');
		}
		const database = fs.readFileSync(path.join(p.supplier.state, 'ledger/db.sqlite'));
		assert.ok(!database.includes('age-encryption.org/v1'), 'no envelope, not in freed pages either');
	});

	test('what a power cut leaves unfinished at the supplier is an alarm at both', async () => {
		await p.supplier.stop(); // should the test before have left it
		await p.supplier.start();
		const { caller, nurse } = await p.talk();
		try {
			await sleep(500);
			await p.supplier.stop('SIGKILL');
			await p.supplier.start();
			const [cut] = await p.supplier.sealed(1, 30000, 'alarm');
			assert.equal(cut.reason, 'interrupted');
			const seen = await until('the alarm at the provider', async () => (await listed(p.provider))?.find((r) => r.id === cut.id), 40000);
			assert.equal(seen.state, 'alarm');
			assert.equal(seen.reason, 'interrupted');
			const r = await listener.ask(cut.id);
			assert.equal(r.status, 1);
			assert.match(r.stderr, /nothing to open|refused/);
		} finally {
			await caller.stop();
			await nurse.stop();
		}
	});
}

function bodyName(node) {
	const all = fs.readdirSync(path.join(node.state, 'store'));
	assert.equal(all.length, 1, all.join(' '));
	return all[0];
}
