// Trunks by name: SRV with its priorities, and the next server when one cannot
// (RFC 3263 4.3).
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const { Node } = require('./lib/node.js');
const { Ua, Dialog, sdp } = require('./lib/ua.js');
const { nameserver } = require('./lib/dns.js');
const { until, freePort } = require('./lib/wait.js');

let dns, national, provider, caller, first, second;

before(async () => {
	[caller, first, second] = [await Ua.make(), await Ua.make(), await Ua.make()];
	first.name = 'the first server';
	second.name = 'the second server';
	provider = await Node.make('one-machine', { locked: true });
	await provider.start();
	dns = await nameserver({
		'SRV _sip._udp.both.test': [
			{ priority: 20, port: second.port, target: 'two.test' },
			{ priority: 10, weight: 5, port: first.port, target: 'one.test' },
		],
		'SRV _sip._tcp.stream.test': [
			{ priority: 1, port: await freePort(), target: 'one.test' },
			{ priority: 2, port: provider.port, target: 'two.test' },
		],
		'A one.test': ['127.0.0.1'],
		'A two.test': ['127.0.0.1'],
	});
	national = await Node.make('national', {
		sections: {
			sip: { nameserver: dns.address },
			'trunk carrier': { municipality: 'prefix' },
			'trunk both': { host: 'both.test', from: [], options: 0 },
			'trunk stream': { host: 'stream.test', transport: 'tcp', from: [], options: 0, trusted: true },
			'line 1177': { controller: 'Region Test', record: false },
			'region 04': { trunk: 'both', organisation: 'Region Sörmland' },
			'region 03': { trunk: 'stream', organisation: 'Region Uppsala' },
			'national-trunk': 'both',
		},
	});
	await national.start();
});

after(async () => {
	for (const x of [caller, first, second, dns]) x?.close();
	await national?.remove();
	await provider?.remove();
});

const call = (place) => Dialog.to(caller, `sip:${place}1177@${national.address}`, national.port);
const none = () => until('the end', async () => (await national.json('calls')).length === 0);

async function ended(a, by) {
	const over = a.bye();
	by?.answer(await by.request('BYE'), 200);
	assert.equal((await over).code, 200);
	await none();
}

test('the smaller priority first; 503: the next one, and first for a while', async () => {
	const a = call('0480'), invited = a.invite({ body: sdp() });
	first.answer(await first.request('INVITE'), 503);
	await first.request('ACK');
	second.answer(await second.request('INVITE'), 200, { body: sdp({ port: 5000 }) });
	assert.equal((await invited).code, 200);
	await second.request('ACK');
	assert.deepEqual(dns.asked.filter((q) => q.startsWith('SRV')), ['SRV _sip._udp.both.test']);
	await ended(a, second);
	const b = call('0480'), again = b.invite({ body: sdp() });
	second.answer(await second.request('INVITE'), 200, { body: sdp({ port: 5000 }) });
	assert.equal((await again).code, 200);
	assert.equal(first.seen.filter((m) => m.request === 'INVITE').length, 0);
	await ended(b, second);
});

test('a stream that is refused: the next one at once', async () => {
	const a = call('0380');
	assert.equal((await a.invite({ body: sdp(), ms: 4000 })).code, 200);
	assert.equal((await provider.json('calls')).length, 1);
	await ended(a);
});

test('all fail: the call is refused, not lost', async () => {
	for (const ua of [first, second]) ua.onmessage = (m) => { if (m.request === 'INVITE') ua.answer(m, 503); };
	const { code } = await call('0480').invite({ body: sdp() });
	assert.ok(code >= 480 && code <= 599 && code !== 503, String(code));
	await none();
});
