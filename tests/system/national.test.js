// A call through two nodes: the national one routes it by municipality and
// stays out of the media; the provider's answers.
'use strict';
const { test, before, after, afterEach } = require('node:test');
const assert = require('node:assert');
const dgram = require('node:dgram');
const { Node } = require('./lib/node.js');
const { Phone } = require('./lib/phone.js');
const { sleep, until, freePort } = require('./lib/wait.js');
const audio = require('./lib/audio.js');

const short = {
	'line 1177': {
		'notice sv': { version: 'v7', text: 'Fara för liv: ring ett ett två.' },
		'notice en': null,
	},
};

let provider, national, phones = [];

// Södermanland goes to the provider, Uppsala to nobody who answers.
before(async () => {
	const dead = await freePort();
	provider = await Node.make('one-machine', { locked: true, sections: short });
	await provider.start();
	national = await Node.make('national', {
		sections: {
			'trunk carrier': { municipality: 'prefix' },
			'trunk sormland': { host: provider.address, from: [], options: 1, trusted: true },
			'trunk uppsala': { host: `127.0.0.1:${dead}`, from: [], options: 1 },
			'line 1177': { controller: 'Region Test', record: false },
			'region 04': { trunk: 'sormland', organisation: 'Region Sörmland' },
			'region 03': { trunk: 'uppsala', organisation: 'Region Uppsala' },
			'national-trunk': 'sormland',
		},
	});
	await national.start();
});

after(async () => {
	if (national) await national.remove();
	if (provider) await provider.remove();
});

afterEach(async () => {
	for (const p of phones) await p.stop();
	phones = [];
});

async function phone(options) {
	const p = await Phone.make(options);
	phones.push(p);
	return p;
}

async function talk(prefix) {
	const nurse = await phone({
		user: 'agent1', password: provider.password('agent1'), registrar: provider.address,
		answer: 'auto', role: 'nurse', tone: 880,
	});
	await nurse.registered();
	const caller = await phone({ user: '+46701740605', registrar: national.address, role: 'caller' });
	caller.dial(`sip:${prefix}1177@${national.address}`);
	return { nurse, caller };
}

async function over() {
	await until('the end of all calls', async () =>
		(await national.json('calls')).length === 0 && (await provider.json('calls')).length === 0);
}

test('from Nyköping: to the region\'s provider, media past the national node', async () => {
	const { nurse, caller } = await talk('0480');
	await nurse.event('CALL_ESTABLISHED', 30000);
	assert.match(nurse.has('CALL_ESTABLISHED').peeruri, /\+46701740605/);
	await sleep(2500);
	const [call] = await national.json('calls');
	assert.equal(call.state, 'talking');
	assert.ok(await provider.metric('rtp_relayed') > 100);
	assert.equal(await national.metric('rtp_relayed'), 0);
	caller.hangup();
	await nurse.event('CALL_CLOSED');
	await over();
	await caller.stop();
	const heard = await caller.heard();
	const end = heard.length;
	assert.ok(audio.share(heard, 880, end - 12000, end - 2000) > 0.8);
	assert.equal((await provider.recordings())[0].state, 'sealed');
});

test('the nurse hangs up: BYE is carried back', async () => {
	const { nurse, caller } = await talk('0480');
	await nurse.event('CALL_ESTABLISHED', 30000);
	nurse.hangup();
	await caller.event('CALL_CLOSED');
	await over();
});

test('hold is carried through both nodes', async () => {
	const { nurse, caller } = await talk('0480');
	await nurse.event('CALL_ESTABLISHED', 30000);
	await sleep(300);
	caller.hold();
	await until('the hold at the provider', async () =>
		(await provider.json('calls')).some((c) => c.state === 'held'));
	caller.resume();
	await until('the end of the hold', async () =>
		(await provider.json('calls')).some((c) => c.state === 'talking'));
	caller.hangup();
	await over();
});

test('a provider that cannot be reached: the national trunk, soon', async () => {
	const { nurse, caller } = await talk('0380');
	await nurse.event('CALL_ESTABLISHED', 30000);
	caller.hangup();
	await over();
});

test('an unknown municipality: the national trunk', async () => {
	const { nurse, caller } = await talk('9999');
	await nurse.event('CALL_ESTABLISHED', 30000);
	caller.hangup();
	await over();
});

test('a call that has come too far is not passed on', async () => {
	const socket = dgram.createSocket('udp4');
	const final = new Promise((done) => socket.on('message', (m) => {
		const code = Number(/^SIP\/2\.0 (\d+)/.exec(m)[1]);
		if (code >= 200) done(code);
	}));
	await new Promise((bound) => socket.bind(0, '127.0.0.1', bound));
	socket.send([
		`INVITE sip:04801177@${national.address} SIP/2.0`,
		`Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bKfar;rport`,
		'Max-Forwards: 0', 'From: <sip:+46701740605@carrier>;tag=far',
		`To: <sip:04801177@${national.address}>`, 'Call-ID: far', 'CSeq: 1 INVITE',
		'Contact: <sip:a@127.0.0.1>', 'Content-Length: 0', '', '',
	].join('\r\n'), national.port, '127.0.0.1');
	assert.equal(await final, 483);
	socket.close();
	await over();
});

test('given up before the answer: nothing is left at either node', async () => {
	const caller = await phone({ user: '+46701740605', registrar: national.address, role: 'caller' });
	caller.dial(`sip:03801177@${national.address}`);
	await sleep(500);
	caller.hangup();
	await over();
});

test('keep-alive tells which trunk answers', async () => {
	const trunks = await until('both trunks to be judged', async () => {
		const t = Object.fromEntries((await national.json('trunks')).map((x) => [x.trunk, x.state]));
		return t.sormland === 'up' && t.uppsala === 'down' && t;
	}, 45000);
	assert.equal(trunks.carrier, 'unknown');
});
