// SIP over TLS: a trunk that has to prove itself by its certificate, and a
// nurse's phone that has none and proves herself by digest. The phones speak
// for those with a certificate; a few lines of TLS for those turned away.
'use strict';
const { test, describe, before, after, afterEach } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { Stage } = require('./lib/stage.js');
const { Authority } = require('./lib/certificates.js');
const { sipp } = require('./lib/sipp.js');
const { sleep, until } = require('./lib/wait.js');
const audio = require('./lib/audio.js');

let dir, ours, theirs, server, s;

before(async () => {
	dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-tls-'));
	fs.chmodSync(dir, 0o755);
	ours = await Authority.make(dir, 'ours');
	theirs = await Authority.make(dir, 'theirs');
	server = await ours.sign('node', ['IP:127.0.0.1', 'DNS:node.example']);
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

function stage(carrier) {
	return Stage.make({
		locked: true,
		tls: { 'tls-certificate': server.certificate, 'tls-key': server.key, 'tls-ca': ours.certificate },
		sections: {
			'line 1177': {
				'notice sv': { version: 'v7', text: 'Ring ett ett två.' }, 'notice en': null,
			},
			'trunk carrier': { transport: 'tls', 'certificate-name': 'carrier.example', ...carrier },
		},
	});
}

// What is said to an INVITE over TLS: the status codes, or the failure. A call
// that is answered is ended at once.
function invite(port, identity) {
	const uri = `sip:1177@127.0.0.1:${port};transport=tls`;
	const id = `${Math.random()}@carrier.example`;
	const say = (method, seq, to, body = '') => [`${method} ${uri} SIP/2.0`,
		`Via: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK${Math.random()}`,
		'From: <sip:+46701740605@carrier.example>;tag=1', `To: ${to}`, `Call-ID: ${id}`, `CSeq: ${seq} ${method}`,
		'Max-Forwards: 70', 'Contact: <sip:caller@127.0.0.1:9;transport=tls>',
		...body && ['Content-Type: application/sdp'], `Content-Length: ${Buffer.byteLength(body)}`, '', body,
	].join('\r\n');
	return new Promise((done) => {
		let text = '', failure = null, answered = false;
		const socket = tls.connect({
			host: '127.0.0.1', port, servername: 'node.example',
			ca: fs.readFileSync(ours.certificate),
			...identity && { cert: fs.readFileSync(identity.certificate), key: fs.readFileSync(identity.key) },
		}, () => socket.write(say('INVITE', 1, `<${uri}>`, ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-',
			'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 4000 RTP/AVP 8', ''].join('\r\n'))));
		socket.setTimeout(5000, () => socket.destroy(new Error('silence')));
		socket.on('error', (e) => { failure = e; });
		socket.on('data', (d) => {
			text += d;
			if (/SIP\/2\.0 [3-6]\d\d/.test(text) || /CSeq: 2 BYE/.test(text)) socket.end();
			if (answered || !/SIP\/2\.0 200/.test(text)) return;
			answered = true;
			const to = /^To: ?(.*;tag=.*)\r$/m.exec(text.slice(text.indexOf('SIP/2.0 200')))[1];
			socket.write(say('ACK', 1, to) + say('BYE', 2, to));
		});
		socket.on('close', () => done({
			codes: [...text.matchAll(/SIP\/2\.0 (\d+)/g)].map((m) => Number(m[1])), failure,
		}));
	});
}

const final = (r) => r.codes.find((c) => c >= 200);

test('a new certificate after SIGHUP, for who connects from then on', async () => {
	const node = await ours.sign('reloaded', ['IP:127.0.0.1', 'DNS:node.example']);
	const shown = (port) => new Promise((done, fail) => {
		const socket = tls.connect({ host: '127.0.0.1', port, ca: fs.readFileSync(ours.certificate), checkServerIdentity: () => undefined }, () => {
			done(socket.getPeerCertificate().subject.CN);
			socket.destroy();
		});
		socket.on('error', fail);
	});
	const it = await Stage.make({
		locked: true,
		tls: { 'tls-certificate': node.certificate, 'tls-key': node.key, 'tls-ca': ours.certificate },
		sections: { 'line 1177': { 'notice sv': { version: 'v7', text: 'Ett.' }, 'notice en': null } },
	});
	try {
		assert.equal(await shown(it.node.tlsPort), 'reloaded');
		const right = fs.readFileSync(node.certificate);
		const next = await ours.sign('renewed', ['IP:127.0.0.1']);
		fs.copyFileSync(next.certificate, node.certificate);
		// the key is still the old one's
		assert.match(await it.node.reload(/the old one stays in force/), /vaxel\.conf:\d+: CONFIG: tls-certificate, tls-key and tls-ca do not fit; mend: /);
		assert.equal(await shown(it.node.tlsPort), 'reloaded');
		fs.copyFileSync(next.key, node.key);
		await it.node.reload();
		await until('the new certificate', async () => await shown(it.node.tlsPort) === 'renewed', 15000);
		fs.writeFileSync(node.certificate, right);
	} finally {
		await it.end();
	}
});

describe('a trunk that must show a certificate', { concurrency: false }, () => {
	before(async () => { s = await stage({ from: [] }); });
	afterEach(async () => { await s.close(); });
	after(async () => { await s.end(); });

	const uri = () => `sip:1177@127.0.0.1:${s.node.tlsPort};transport=tls`;

	test('the right certificate: answered, and both hear each other', async () => {
		const carrier = await ours.sign('carrier', ['DNS:carrier.example']);
		const nurse = await s.nurse('agent1', { tone: 880 });
		const caller = await s.phone({
			user: 'caller', role: 'caller', tone: 440, transport: 'tls', certificate: carrier.both,
			ca: ours.certificate,
		});
		caller.dial(uri());
		await nurse.event('CALL_ESTABLISHED', 30000);
		await sleep(2500);
		caller.hangup();
		await nurse.event('CALL_CLOSED');
		await s.over();
		await s.close();
		for (const [phone, hz, who] of [[nurse, 440, 'the nurse'], [caller, 880, 'the caller']]) {
			const heard = await phone.heard();
			assert.ok(audio.share(heard, hz, heard.length - 14000, heard.length - 3000) > 0.8, who);
		}
	});

	test('a nurse\'s phone over TLS has no certificate: digest is enough', async () => {
		const carrier = await ours.sign('carrier', ['DNS:carrier.example']);
		const nurse = await s.nurse('agent2', {
			transport: 'tls', registrar: `127.0.0.1:${s.node.tlsPort}`, ca: ours.certificate,
		});
		const caller = await s.phone({
			user: 'caller', role: 'caller', transport: 'tls', certificate: carrier.both, ca: ours.certificate,
		});
		caller.dial(uri());
		await nurse.event('CALL_ESTABLISHED', 30000);
		nurse.hangup();
		await caller.event('CALL_CLOSED');
		await s.over();
	});

	test('no certificate: 403', async () => {
		const r = await invite(s.node.tlsPort);
		assert.equal(final(r), 403, String(r.failure));
	});

	test('the right certificate, by the same few lines: 200', async () => {
		const r = await invite(s.node.tlsPort, await ours.sign('carrier', ['DNS:carrier.example']));
		assert.equal(final(r), 200, String(r.failure));
		await s.over();
	});

	test('the right authority, another name: 403', async () => {
		const other = await ours.sign('other', ['DNS:other.example', 'DNS:carrier.example.org']);
		const r = await invite(s.node.tlsPort, other);
		assert.equal(final(r), 403, String(r.failure));
	});

	test('the right name, signed by another authority: no handshake', async () => {
		const forged = await theirs.sign('carrier', ['DNS:carrier.example']);
		const r = await invite(s.node.tlsPort, forged);
		assert.deepEqual(r.codes, []);
		assert.match(String(r.failure?.code || r.failure), /UNKNOWN_CA/i);
	});

	test('the right name, signed by itself: no handshake', async () => {
		const self = await Authority.make(path.join(dir, 'self'), 'carrier.example');
		const r = await invite(s.node.tlsPort, self);
		assert.deepEqual(r.codes, []);
		assert.ok(r.failure);
	});
});

describe('the address of a trunk that must show a certificate', () => {
	before(async () => { s = await stage({ from: ['127.0.0.1'] }); });
	after(async () => { await s.end(); });

	test('is not enough, by TLS without one or by UDP', async () => {
		const r = await invite(s.node.tlsPort);
		assert.equal(final(r), 403, String(r.failure));
		const it = await sipp('refused_403', { target: s.node.address, service: '1177' });
		await it.done();
	});
});
