// The national node lets go: a carrier that does what REFER asks, one that will
// not, one that is redirected. The provider is a whole node with a nurse's
// phone; the carrier is an agent of a few lines, and once linphone, which knows
// Replaces and is by others.
'use strict';
const { test, before, after, afterEach } = require('node:test');
const assert = require('node:assert');
const dgram = require('node:dgram');
const { Node } = require('./lib/node.js');
const { Linphone } = require('./lib/linphone.js');
const { Phone } = require('./lib/phone.js');
const { Ua, Dialog, sdp } = require('./lib/ua.js');
const { capture } = require('./lib/capture.js');
const audio = require('./lib/audio.js');
const { sleep, until } = require('./lib/wait.js');

let provider, nationals = [], carrier, phones = [], rtp;

before(async () => {
	provider = await Node.make('one-machine', {
		locked: true, sections: {
			'trunk carrier': { from: ['127.0.0.1', '127.0.0.7'] },
			'line 1177': { 'notice sv': { version: 'v7', text: 'Fara för liv: ring ett ett två.' }, 'notice en': null },
		},
	});
	await provider.start();
	carrier = await Ua.make();
	carrier.name = 'the carrier';
	rtp = dgram.createSocket('udp4');
	await new Promise((bound) => rtp.bind(0, '127.0.0.1', bound));
});

after(async () => {
	carrier?.close();
	rtp?.close();
	for (const n of nationals) await n.remove();
	await provider?.remove();
});

afterEach(async () => {
	for (const p of phones.splice(0)) await p.stop();
});

async function nationalNode(way, host) {
	const n = await Node.make('national', {
		host,
		sections: {
			'trunk carrier': { municipality: 'prefix', 'hand-over': way },
			'trunk sormland': { host: provider.address, from: [], options: 0, trusted: true, municipality: 'header:X-Kommun' },
			'line 1177': { controller: 'Region Test', record: false },
			'region 04': { trunk: 'sormland', organisation: 'Region Sörmland' },
			'national-trunk': 'sormland',
		},
	});
	nationals.push(n);
	await n.start();
	return n;
}

async function nurse() {
	const p = await Phone.make({
		user: 'agent1', password: provider.password('agent1'), registrar: provider.address, answer: 'auto', role: 'nurse', tone: 880,
	});
	phones.push(p);
	await p.registered();
	return p;
}

const media = () => sdp({ port: rtp.address().port });
const none = (n) => until('the end of all calls', async () => (await n.json('calls')).length === 0);

// A tone, as the caller's phone would send it.
function speak(to, hz = 440) {
	const bytes = audio.alaw(audio.tone(hz, 1)), port = Number(/m=audio (\d+)/.exec(to)[1]);
	let seq = 7, at = 0;
	const timer = setInterval(() => {
		const head = Buffer.from([0x80, 8, seq >> 8, seq & 255, 0, 0, 0, 0, 1, 2, 3, 4]);
		head.writeUInt32BE(160 * seq, 4);
		seq++;
		rtp.send(Buffer.concat([head, bytes.subarray(at, at + 160)]), port, '127.0.0.1');
		at = (at + 160) % 8000;
	}, 20);
	return () => clearInterval(timer);
}

async function call(national) {
	const a = Dialog.to(carrier, `sip:04801177@${national.address}`, national.port, { address: national.host });
	const final = await a.invite({ body: media() });
	return { a, final };
}

// "sip:1177@host:port;p=q?Replaces=..." as an INVITE from the carrier.
function dialled(referTo) {
	const [, uri, , headers] = /<([^?>]+)(\?([^>]*))?>/.exec(referTo);
	const lines = (headers || '').split('&').filter(Boolean).map((h) => {
		const [name, value] = h.split('=');
		return `${name}: ${decodeURIComponent(value)}`;
	});
	return { d: Dialog.to(carrier, uri, Number(/@.*:(\d+)/.exec(uri)[1])), lines };
}

async function notify(a, text, last) {
	const { code } = await a.ask('NOTIFY', {
		headers: ['Event: refer', `Subscription-State: ${last ? 'terminated;reason=noresource' : 'active;expires=60'}`,
			'Content-Type: message/sipfrag;version=2.0'],
		body: `SIP/2.0 ${text}\r\n`,
	});
	return code;
}

// What a carrier does that knows how.
async function obey(a) {
	const refer = await carrier.request('REFER', 3000);
	assert.match(refer.get('referred-by'), /^<sip:1177@/);
	carrier.answer(refer, 202);
	assert.equal(await notify(a, '100 Trying', false), 200);
	const { d, lines } = dialled(refer.get('refer-to'));
	assert.match(lines.join(), /^Replaces: .+;to-tag=.+;from-tag=/);
	const final = await d.invite({ headers: lines, body: media() });
	await notify(a, `${final.code} Said`, true);
	return { d, final };
}

test('by REFER: the carrier calls the provider, the node is out of it, and may die', async (t) => {
	const national = await nationalNode('refer', '127.0.0.7');
	const wire = await capture(`host ${national.host}`);
	const phone = await nurse();
	const { a, final } = await call(national);
	assert.equal(final.code, 200);
	const { d, final: direct } = await obey(a);
	assert.equal(direct.code, 200);
	carrier.answer(await carrier.request('BYE'), 200);
	const stop = speak(direct.body);
	await none(national);
	// answers to the last BYE, and what was said again meanwhile
	const quiet = () => Date.now() - wire.times().at(-1) > 1500;
	if (wire) await until('the call in the capture, and its end', quiet);
	const free = Date.now();
	const [held] = await provider.json('calls');
	assert.ok(['notice', 'queued', 'ringing', 'talking'].includes(held.state), held.state);
	await phone.event('CALL_ESTABLISHED', 30000);
	await until('the talk', async () => (await provider.json('calls'))[0]?.state === 'talking');
	await until('the recording', async () => await provider.metric('recordings_active') === 1);
	// not a packet of it goes to the node any more
	const heard = await national.metric('sip_received');
	const again = await d.invite({ body: sdp({ port: rtp.address().port, version: 2, lines: ['a=sendonly'] }) });
	assert.equal(again.code, 200);
	await until('the hold', async () => (await provider.json('calls'))[0]?.state === 'held');
	assert.equal((await d.invite({ body: sdp({ port: rtp.address().port, version: 3 }) })).code, 200);
	assert.equal(await national.metric('sip_received'), heard);
	for (const pid of [...national.pids(), national.process.pid]) process.kill(pid, 'SIGKILL');
	await provider.heard();
	assert.equal((await provider.json('calls'))[0]?.state, 'talking');
	stop();
	assert.equal((await d.bye()).code, 200);
	await none(provider);
	if (wire) {
		const times = await wire.stop();
		assert.ok(times.some((at) => at < free), 'the call came by the node');
		assert.deepEqual(times.filter((at) => at > free).map((at) => at - free), [], 'and then not a packet of it');
	} else {
		t.diagnostic('no packets may be captured here: only what the node counts was looked at');
	}
	const [recording] = await provider.sealed(1);
	assert.equal(recording.state, 'sealed');
});

test('by REFER, with linphone in the carrier\'s place', async () => {
	const national = await nationalNode('refer');
	const caller = await Linphone.make(national.dir, '+46155123456');
	phones.push(caller, await nurse());
	caller.say(`call sip:04801177@${national.address}`);
	await caller.said(/Call 2 .*Replaces=.* connected/);
	await caller.said(/Call 1 .* ended \(No error\)/);
	await none(national);
	const [said] = await until('the word of it', async () => {
		const events = await national.events('call.handed-over');
		return events.length && events;
	});
	// a busy phone may take longer than the node's two seconds: it leaves all the same
	assert.ok(said.by === 'refer' || said.why === 'silent', JSON.stringify(said));
	assert.equal((await provider.events('call.handed-over')).at(-1).by, 'refer');
	const before = (await provider.sealed(0)).length;
	await until('the recording', async () => await provider.metric('recordings_active') === 1, 20000);
	assert.deepEqual((await provider.json('calls')).map((c) => c.state), ['talking']);
	const relayed = await provider.metric('rtp_relayed');
	await until('sound of both', async () => await provider.metric('rtp_relayed') - relayed > 100);
	caller.say('terminate 2');
	await none(provider);
	assert.equal((await provider.sealed(before + 1)).length, before + 1);
});

test('the notice is whole: it begins once the call has come over', async () => {
	const national = await nationalNode('refer');
	const { a } = await call(national);
	await sleep(700);
	assert.equal((await provider.json('calls'))[0].state, 'notice');
	const { d, final } = await obey(a);
	carrier.answer(await carrier.request('BYE'), 200);
	assert.equal(final.code, 200);
	await until('the queue', async () => (await provider.json('calls'))[0]?.state === 'queued', 20000);
	await d.bye();
	await none(provider);
	await none(national);
});

test('a carrier that refuses, says nothing, or cannot: the node stays', async () => {
	const national = await nationalNode('refer');
	// from the answer to the end of the notice
	const told = async (from) => {
		await until('the end of the notice', async () =>
			['queued', 'ringing', 'talking'].includes((await provider.json('calls'))[0]?.state), 20000);
		return Date.now() - from;
	};
	const phone = await nurse();
	const { a } = await call(national);
	const answered = told(Date.now());
	carrier.answer(await carrier.request('REFER'), 603);
	await phone.event('CALL_ESTABLISHED', 30000);
	// while this call stands, or it would be the next one that is seen
	const refused = await answered;
	assert.equal((await national.json('calls'))[0].state, 'talking');
	assert.equal((await a.bye()).code, 200);
	await none(provider);

	const { a: b } = await call(national);
	const silent = told(Date.now());
	carrier.answer(await carrier.request('REFER'), 202);
	// two seconds of patience, which a word of the node's cut short before
	assert.ok(await silent - refused > 1200, `${await silent} ms, ${refused} ms`);
	assert.equal((await national.json('calls')).length, 1);
	assert.equal((await b.bye()).code, 200);

	// the new call is refused by the provider: NOTIFY 486
	const { a: c } = await call(national);
	const refer = await carrier.request('REFER');
	carrier.answer(refer, 202);
	assert.equal(await notify(c, '486 Busy Here', true), 200);
	await sleep(300);
	assert.equal((await national.json('calls'))[0].state, 'talking');
	await c.bye();
	await none(provider);
	await none(national);
});

test('by redirect: 302 with the provider and the municipality', async () => {
	const national = await nationalNode('redirect');
	const { a, final } = await call(national);
	assert.equal(final.code, 302);
	assert.ok(a);
	const { d, lines } = dialled(final.get('contact'));
	assert.deepEqual(lines, ['X-Kommun: 0480']);
	assert.equal(d.target, `sip:1177@${provider.address}`);
	await none(national);
	assert.equal((await d.invite({ headers: lines, body: media() })).code, 200);
	assert.equal((await provider.json('calls')).length, 1);
	await d.bye();
	await none(provider);
});

test('in the queue, and while they talk: place, nurse and recording stay', async () => {
	const dial = () => Dialog.to(carrier, `sip:1177@${provider.address}`, provider.port);
	const instead = async (old) => {
		const d = dial();
		const { code } = await d.invite({
			headers: [`Replaces: ${old.callId};to-tag=${old.remoteTag};from-tag=${old.localTag}`], body: media(),
		});
		assert.equal(code, 200);
		carrier.answer(await carrier.request('BYE'), 200);
		return d;
	};
	const before = (await provider.sealed(0)).length, first = dial();
	assert.equal((await first.invite({ body: media() })).code, 200);
	await until('the queue', async () => (await provider.json('calls'))[0]?.state === 'queued', 20000);
	const second = await instead(first);
	assert.equal((await provider.json('calls'))[0].state, 'queued');
	const phone = await nurse(); // who is rung at once
	await until('the recording', async () => await provider.metric('recordings_active') === 1, 20000);
	const third = await instead(second);
	await sleep(1000);
	const [call, ...others] = await provider.json('calls');
	assert.equal(call.state, 'talking');
	assert.deepEqual(others, []);
	assert.equal(await provider.metric('recordings_active'), 1);
	assert.equal((await third.bye()).code, 200);
	await phone.event('CALL_CLOSED');
	assert.equal((await provider.sealed(before + 1)).length, before + 1);
	await none(provider);
});

test('what may not be replaced: 400, 481, 486, 603', async () => {
	const first = Dialog.to(carrier, `sip:1177@${provider.address}`, provider.port);
	assert.equal((await first.invite({ body: media() })).code, 200);
	const named = (more = '', remote = first.remoteTag) =>
		`Replaces: ${first.callId};to-tag=${remote};from-tag=${first.localTag}${more}`;
	const ask = async (...headers) => (await Dialog.to(carrier, `sip:1177@${provider.address}`, provider.port)
		.invite({ headers, body: media(), ack: false })).code;
	assert.equal(await ask(named(';early-only')), 486);
	assert.equal(await ask(named('', 'nobody')), 481);
	assert.equal(await ask(named(), named()), 400);
	assert.equal(await ask('Replaces: x'), 400);
	assert.equal((await provider.json('calls')).length, 1);
	// and what may: with Require, while he hears the notice
	const second = Dialog.to(carrier, `sip:1177@${provider.address}`, provider.port);
	assert.equal((await second.invite({ headers: ['Require: replaces', named()], body: media() })).code, 200);
	carrier.answer(await carrier.request('BYE'), 200);
	assert.equal((await provider.json('calls')).length, 1);
	assert.equal(await ask(named()), 603);
	await second.bye();
	await none(provider);
});
