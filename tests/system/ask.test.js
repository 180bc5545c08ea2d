// A caller of whom nobody knows where, at a whole national node: asked by keys,
// and then handed over like any other, with nothing of his sound left at the
// node. One provider is a whole node; the national queue is an agent of a few
// lines, so that what is said to it can be compared byte for byte.
'use strict';
const { test, before, after, afterEach } = require('node:test');
const assert = require('node:assert');
const dgram = require('node:dgram');
const fs = require('node:fs');
const path = require('node:path');
const { Node } = require('./lib/node.js');
const { Ua, Dialog, sdp } = require('./lib/ua.js');
const { until } = require('./lib/wait.js');

const CARRIER = '127.0.0.1', REFERS = '127.0.0.2', STRANGER = '127.0.0.3';
const organisation = 'Region Sörmland';

let national, provider, queue, agents = [], rtp, packets = [];

const ua = async (host, name) => {
	const a = Object.assign(await Ua.make(0, host), { name });
	agents.push(a);
	return a;
};

before(async () => {
	provider = await Node.make('one-machine', { locked: true });
	national = await Node.make('national');
	queue = await ua('127.0.0.1', 'the national queue');
	provider.configure({
		'handover-key': 'keys/handover.key', 'national-key': [national.keys.handover_key], takes: [`${organisation}/region-04`],
		'trunk national': { from: [CARRIER], trusted: true, options: 0 }, 'trunk carrier': null,
	});
	national.configure({
		'handover-key': 'keys/handover.key', postcodes: 'postcodes.tsv',
		'trunk carrier': { from: [CARRIER], trusted: true, municipality: 'prefix', options: 0 },
		'trunk refers': { from: [REFERS], trusted: true, 'hand-over': 'redirect', options: 0 },
		'trunk stranger': { from: [STRANGER], trusted: false, options: 0 },
		'trunk sormland': {
			host: provider.address, options: 0, trusted: true,
			'provider-key': provider.keys.handover_key, 'provider-recipient': provider.keys.recipient,
		},
		'trunk queue': { host: `127.0.0.1:${queue.port}`, options: 0 },
		'line 1177': { controller: 'Region Test', record: false, 'ask sv': {}, 'ask en': {} },
		'region 04': { trunk: 'sormland', organisation },
		'national-trunk': 'queue',
	});
	fs.writeFileSync(path.join(path.dirname(national.conf), 'postcodes.tsv'), '# made up\n611\t0480\n00\tunknown\n');
	await Promise.all([provider.start(), national.start()]);
	rtp = dgram.createSocket('udp4');
	rtp.on('message', (bytes, from) => packets.push({ bytes, port: from.port }));
	await new Promise((bound) => rtp.bind(0, '127.0.0.1', bound));
});

after(async () => {
	for (const a of agents) a.close();
	rtp?.close();
	await national?.remove();
	await provider?.remove();
});

const none = (n) => until('the end of all calls', async () => (await n.json('calls')).length === 0);
const noMedia = () => until('no media at the node', async () => await national.metric('media_sessions') === 0);
// What the ledger says of that call; events of it come a little later.
const said = (type, { id }) => until(`${type} in the ledger`, async () => (await national.events(type)).find((e) => e.call === id));
const running = async () => (await until('the call', async () => {
	const calls = await national.json('calls');
	return calls.length && calls;
}))[0];

afterEach(async () => {
	await none(national);
	await noMedia();
});

const portOf = (body) => Number(/m=audio (\d+)/.exec(body)[1]);
const ownPort = (body) => portOf(body) >= national.rtp && portOf(body) < national.rtp + 200;

// A caller who is answered by the node itself, and hears its question.
async function asked(host = CARRIER) {
	const a = await ua(host, 'the carrier');
	const d = Dialog.to(a, `sip:1177@${national.address}`, national.port);
	const final = await d.invite({ body: sdp({ port: rtp.address().port }) });
	assert.equal(final.code, 200);
	assert.ok(ownPort(final.body), final.body);
	d.media = portOf(final.body);
	d.id = (await running()).call;
	packets = [];
	await until('the question', () => packets.some((p) => p.port === d.media));
	return { a, d };
}

async function info(d, keys) {
	for (const key of keys)
		assert.equal((await d.ask('INFO', { headers: ['Content-Type: application/dtmf-relay'], body: `Signal=${key}\r\nDuration=100\r\n` })).code, 200);
}

// RFC 4733: each key three times, and its end three times.
let seq = 1;
function press(d, keys) {
	for (const key of keys) {
		const at = 160 * seq;
		for (let i = 0; i < 6; i++) {
			const p = Buffer.from([0x80, 101, seq >> 8, seq & 255, 0, 0, 0, 0, 9, 9, 9, 9, '0123456789*#'.indexOf(key), i > 2 ? 0x8a : 10, 0, 160 + i]);
			p.writeUInt32BE(at, 4);
			seq++;
			rtp.send(p, d.media, '127.0.0.1');
		}
		seq += 10;
	}
}

// What comes to the caller once he has said where he is: the other's offer.
async function offered(a, { code = 200, body = sdp({ port: rtp.address().port, version: 2 }) } = {}) {
	const invite = await a.request('INVITE');
	a.answer(invite, code, code === 200 ? { body } : {});
	await a.request('ACK');
	return { offer: invite.body, body };
}

// The national queue answers an INVITE, which has no offer, with its own.
async function queueAnswers() {
	const invite = await queue.request('INVITE');
	assert.equal(invite.body, '');
	const d = Dialog.of(queue, invite), body = sdp({ port: 4711, lines: ['a=words:of-the-queue'] });
	queue.answer(invite, 200, { tag: invite.ourTag, body });
	return { d, body };
}

test('by postcode, with keys by INFO: to the region\'s provider, and no sound stays at the node', async () => {
	const { a, d } = await asked();
	assert.equal((await running()).state, 'asking');
	await info(d, '61130');
	const { offer } = await offered(a);
	assert.ok(!ownPort(offer), 'the provider\'s own address');
	await noMedia();
	assert.equal((await running()).state, 'talking');
	const told = () => packets.some((p) => p.port === portOf(offer));
	await until('the provider\'s notice', told);
	packets = [];
	await until('more of it', told);
	assert.equal((await provider.json('calls'))[0].state, 'notice');
	assert.ok(!packets.some((p) => p.port === d.media), 'nothing of the node\'s');
	assert.equal((await d.bye()).code, 200);
	await none(provider);
	const routed = await said('call.routed', d);
	assert.deepEqual([routed.method, routed.confidence, routed.route, routed.conflicts], ['asked', 'medium', 'region-04', 0]);
	const { answer, tries } = await said('call.asked', d);
	assert.deepEqual([answer, tries], ['postcode', 0]);
	const handed = await said('call.handed-over', d);
	assert.deepEqual([handed.by, handed.receipt, handed.route], ['stay', 'good', 'region-04']);
});

test('by region, with keys as events; the carrier then calls the provider in the node\'s place', async () => {
	const { a, d } = await asked(REFERS);
	press(d, '*04');
	await offered(a);
	const refer = await a.request('REFER');
	assert.match(refer.get('refer-to'), /vaxel-handover=.*\?Replaces=/);
	a.answer(refer, 202);
	const [, uri, replaces] = /<([^?>]+)\?Replaces=([^>]*)>/.exec(refer.get('refer-to'));
	const direct = Dialog.to(await ua(CARRIER, 'the carrier, directly'), uri, provider.port);
	const final = await direct.invite({
		headers: [`Replaces: ${decodeURIComponent(replaces)}`], body: sdp({ port: rtp.address().port }),
	});
	assert.equal(final.code, 200);
	await d.ask('NOTIFY', {
		headers: ['Event: refer', 'Subscription-State: terminated;reason=noresource', 'Content-Type: message/sipfrag;version=2.0'],
		body: 'SIP/2.0 200 OK\r\n',
	});
	a.answer(await a.request('BYE'), 200);
	await none(national);
	assert.equal((await provider.json('calls')).length, 1);
	await direct.bye();
	await none(provider);
	assert.equal((await said('call.asked', d)).answer, 'region');
	assert.equal((await said('call.handed-over', d)).by, 'refer');
});

test('three times not understood: the national queue, with the words of both unchanged', async () => {
	const unanswered = await national.metric('location_unanswered');
	const { a, d } = await asked();
	await info(d, '00000');
	await info(d, '00000');
	await info(d, '98'); // the third time it is the regions that are asked for
	const q = await queueAnswers();
	const { offer, body } = await offered(a);
	assert.equal(offer, q.body);
	assert.equal((await queue.request('ACK')).body, body);
	const routed = await said('call.routed', d);
	assert.deepEqual([routed.method, routed.confidence, routed.route], ['none', 'none', 'national']);
	const { answer, tries } = await said('call.asked', d);
	assert.deepEqual([answer, tries], ['none', 3]);
	assert.equal(await national.metric('location_unanswered'), unanswered + 1);
	await noMedia();
	await d.bye();
	queue.answer(await queue.request('BYE'), 200);
});

test('a carrier that takes no re-INVITE: the caller gets through, by way of the node', async () => {
	const { a, d } = await asked();
	await info(d, '*98*98*98');
	const q = await queueAnswers();
	const { offer } = await offered(a, { code: 488 });
	assert.equal(offer, q.body);
	const ack = await queue.request('ACK');
	assert.ok(ownPort(ack.body), ack.body);
	const { by, why } = await said('call.handed-over', d);
	assert.deepEqual([by, why], ['stay', 'media']);
	assert.equal((await running()).state, 'talking');
	await d.bye();
	queue.answer(await queue.request('BYE'), 200);
});

test('he hangs up while he is asked', async () => {
	const { d } = await asked();
	await info(d, '6');
	assert.equal((await d.bye()).code, 200);
	await none(national);
	assert.ok(!queue.seen.some((m) => m.request === 'INVITE'));
});

test('who calls by a trunk that is not trusted is not asked, and what he keys is not read', async () => {
	const before = await national.metric('location_asked'), unasked = await national.metric('location_unasked');
	const a = await ua(STRANGER, 'the stranger'), body = sdp({ port: rtp.address().port });
	const d = Dialog.to(a, `sip:1177@${national.address}`, national.port);
	const answered = d.invite({ body });
	const invite = await queue.request('INVITE');
	assert.equal(invite.body, body);
	const q = Dialog.of(queue, invite);
	queue.answer(invite, 200, { tag: invite.ourTag, body: sdp({ port: 4711 }) });
	assert.equal((await answered).code, 200);
	await queue.request('ACK');
	const id = (await running()).call;
	assert.equal((await said('call.routed', { id })).route, 'national');
	d.send('INFO', { headers: ['Content-Type: application/dtmf-relay'], body: 'Signal=6\r\nDuration=100\r\n' });
	queue.answer(await queue.request('INFO'), 200); // it is for whom he talks to
	assert.equal(await national.metric('location_asked'), before);
	assert.equal(await national.metric('location_unasked'), unasked + 1);
	await q.bye();
	a.answer(await a.request('BYE'), 200);
});
