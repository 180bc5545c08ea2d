// Two machines: the supplier's records and opens nothing, the provider's pulls
// what was recorded and opens it by right.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Pair } = require('./lib/pair.js');
const { Authority } = require('./lib/certificates.js');
const { Listener } = require('./lib/listener.js');
const audio = require('./lib/audio.js');

describe('two machines', { concurrency: false, timeout: 120000 }, () => {
	let p, first;

	before(async () => {
		p = await Pair.make();
		await p.supplier.start();
		first = await p.call();
	});
	after(async () => { await p?.remove(); });

	test('the desk says where it listens', () => {
		assert.match(p.supplier.process.out, new RegExp(`^ready sip=\\S+ https=127.0.0.1:${p.port}$`, 'm'));
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
		const listener = await Listener.make(p.provider);
		const file = await listener.openFile(first.id);
		for (const [track, hz] of [[0, 440], [1, 880]])
			assert.ok(audio.heard(await audio.track(file, track), hz), `track ${track}`);
		const v = await p.provider.vaxel(['recording', 'verify', first.id, '-c', p.provider.conf]);
		assert.equal(v.status, 0, v.stdout + v.stderr);
		const shown = await p.provider.json('recording', 'show', first.id);
		assert.equal(shown[0].state, 'sealed');
	});
});

function bodyName(node) {
	const all = fs.readdirSync(path.join(node.state, 'store'));
	assert.equal(all.length, 1, all.join(' '));
	return all[0];
}
