// What a caller is told, and what he says to it: the long form by a key, an
// objection, a notice that was not sent whole, a line that records nothing.
// The caller is an agent of a few lines, so that a test decides what he keys
// and where his sound goes; nurse and node are whole.
'use strict';
const { test, before, after, afterEach } = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const dgram = require('node:dgram');
const fs = require('node:fs');
const path = require('node:path');
const { Node } = require('./lib/node.js');
const { Phone } = require('./lib/phone.js');
const { Ua, Dialog, sdp } = require('./lib/ua.js');
const { until } = require('./lib/wait.js');

const LONG = 'Region Test ansvarar.';
const whole = { version: 'v7', text: 'Fara för liv: ring ett ett två.', long: LONG };
const short = { ...whole, text: 'Hej.' };

let node, caller, rtp, nurse, dialog, heard = [];

before(async () => {
	const line = { controller: 'Region Test', 'position-every': 0, 'long-key': '1', 'object-key': '9', 'notice sv': whole, 'notice en': null };
	node = await Node.make('one-machine', {
		locked: true, sections: {
			'line 1177': line,
			'line 1178': { ...line, objected: 'recorded', 'notice sv': short },
			'line 1179': { ...line, record: false, 'notice sv': short },
		},
	});
	await node.start();
	caller = Object.assign(await Ua.make(), { name: 'the caller' });
	rtp = dgram.createSocket('udp4');
	rtp.on('message', (bytes) => heard.push(bytes));
	await new Promise((bound) => rtp.bind(0, '127.0.0.1', bound));
	nurse = await Phone.make({
		user: 'agent1', password: node.password('agent1'), registrar: node.address, answer: 'auto', role: 'nurse', tone: 880,
	});
	await nurse.registered();
});

after(async () => {
	await nurse?.stop();
	caller?.close();
	rtp?.close();
	await node?.remove();
});

afterEach(async () => {
	if (dialog) await dialog.bye();
	await until('the end of all calls', async () => (await node.json('calls')).length === 0);
});

const media = (more) => sdp({ port: rtp.address().port, ...more });
const state = async () => (await node.json('calls'))[0]?.state;

async function call(line = '1177') {
	heard = [];
	const d = Dialog.to(caller, `sip:${line}@${node.address}`, node.port);
	assert.equal((await d.invite({ body: media() })).code, 200);
	dialog = d;
	d.id = (await node.json('calls'))[0].call;
	d.began = (await node.recordings()).length;
	await until('the notice', () => heard.length);
	return d;
}

async function key(d, k) {
	const headers = ['Content-Type: application/dtmf-relay'];
	assert.equal((await d.ask('INFO', { headers, body: `Signal=${k}\r\nDuration=100\r\n` })).code, 200);
}

// Events of the call, once there are so many.
const said = (type, d, n = 1) => until(`${n} ${type}`, async () => {
	const all = (await node.events(type)).filter((e) => e.call === d.id);
	return all.length >= n && all;
});

const talks = () => until('the talk', async () => await state() === 'talking', 30000);

async function ended(d) {
	dialog = null;
	await d.bye();
	await until('its recording', async () => (await node.recordings()).length > d.began);
	return (await node.recordings()).at(-1);
}

// Each outcome of a call that is not to be recorded: nothing was captured, and
// nothing lies anywhere.
const bodies = () => fs.readdirSync(path.join(node.state, 'store'), { recursive: true }).length;

async function notRecorded(d, reason, before) {
	await talks();
	assert.equal(await node.metric('recordings_active'), 0);
	const [fate] = await said('recording.not-recorded', d);
	assert.equal(fate.reason, reason);
	const listed = await ended(d);
	assert.deepEqual([listed.state, listed.reason], ['not-recorded', reason]);
	assert.equal(bodies(), before);
	assert.equal((await node.events('recording.started')).length, 0);
}

test('a line that does not record: answered, by-rule, and nothing lies anywhere', async () => {
	const before = bodies(), d = await call('1179');
	await notRecorded(d, 'by-rule', before);
});

test('who wishes to hears the long form; who objects is answered, and not recorded', async () => {
	const before = bodies(), d = await call();
	await key(d, 1);
	await key(d, 9);
	const [notice, long] = await said('call.notice-played', d, 2);
	assert.deepEqual([notice.complete, notice.form, long.form, long.complete, long.version], [true, undefined, 'long', true, 'v7']);
	assert.equal(long.samples, long.of);
	assert.equal(long.text_sha256, crypto.createHash('sha256').update(LONG).digest('hex'));
	assert.notEqual(long.audio_sha256, notice.audio_sha256);
	assert.equal((await said('call.objected', d))[0].rule, 'not-recorded');
	assert.equal(await node.metric('calls_objected'), 1);
	await notRecorded(d, 'objected', before);
});

// A re-INVITE to where no packet goes from the loopback, and another back: the numbers
// of the packets that come afterwards show how many went nowhere.
async function missed(d, version) {
	const number = () => heard.at(-1).readUInt16BE(2);
	const nowhere = media({ version }).replace('c=IN IP4 127.0.0.1', 'c=IN IP4 198.51.100.1');
	await until('a packet', () => heard.length);
	assert.equal((await d.invite({ body: nowhere })).code, 200);
	heard = heard.slice(-1);
	const last = number();
	assert.equal((await d.invite({ body: media({ version: version + 1 }) })).code, 200);
	await until('a packet again', () => number() !== last);
	return heard.map((p) => p.readUInt16BE(2)).reduce(([n, before], seq) => [n + (seq - before - 1 & 0xffff), seq], [0, last - 1])[0];
}

test('a notice that is short of a packet: no capture, no-notice', async () => {
	const before = bodies(), d = await call();
	let n = 0;
	for (let version = 2; !n && version < 40; version += 2) n += await missed(d, version);
	assert.ok(n > 0, 'a packet went nowhere');
	const [notice] = await said('call.notice-played', d);
	assert.equal(notice.complete, false);
	assert.equal(notice.of - notice.samples, 160 * n);
	await notRecorded(d, 'no-notice', before);
});

test('by the other rule who objects is recorded, and it is known that he did', async () => {
	const d = await call('1178');
	await key(d, 9);
	assert.equal((await said('call.objected', d))[0].rule, 'recorded');
	await talks();
	await until('the recording', async () => await node.metric('recordings_active') === 1);
	await ended(d);
	await node.sealed(1);
});
