// What a national node passes from one side to the other: descriptions byte
// for byte, however they come, and requests as what they are.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const { Node } = require('./lib/node.js');
const { Ua, Dialog } = require('./lib/ua.js');
const { until } = require('./lib/wait.js');

let national, caller, provider;

before(async () => {
	caller = await Ua.make();
	provider = await Ua.make();
	caller.name = 'the caller';
	provider.name = 'the provider';
	national = await Node.make('national', {
		sections: {
			'trunk carrier': { municipality: 'prefix' },
			'trunk sormland': { host: `127.0.0.1:${provider.port}`, from: [], options: 0, trusted: true },
			'line 1177': { controller: 'Region Test', record: false },
			'region 04': { trunk: 'sormland', organisation: 'Region Sörmland' },
			'national-trunk': 'sormland',
		},
	});
	await national.start();
});

after(async () => {
	caller?.close();
	provider?.close();
	await national?.remove();
});

// Types, codecs, m-lines and blanks that we would never write.
const odd = (who, n) => [`v=0`, `o=${who} ${n} ${n} IN IP4 host.example`, 's= ', 't=0 0', 'a=group:BUNDLE 0',
	`m=audio ${40000 + n} RTP/AVP 118 8 121`, 'c=IN IP4 127.0.0.1', 'a=rtpmap:118 AMR-WB/16000/1', 'a=rtpmap:121 telephone-event/8000',
	'a=fmtp:118 octet-align=1', `m=video ${50000 + n} RTP/AVP 31`, 'b=AS:64', ''].join('\r\n');

async function talk({ offerless = false } = {}) {
	const a = Dialog.to(caller, `sip:04801177@${national.address}`, national.port);
	const invited = a.invite({ body: offerless ? undefined : odd('a', 1), ack: false });
	const invite = await provider.request('INVITE');
	const b = Dialog.of(provider, invite);
	provider.answer(invite, 200, { body: odd('b', 1) });
	const final = await invited;
	assert.equal(final.code, 200);
	assert.equal(final.body, odd('b', 1));
	a.send('ACK', { cseq: a.invited, body: offerless ? odd('a', 2) : undefined });
	const ack = await provider.request('ACK');
	return { a, b, invite, ack };
}

async function over({ a }) {
	const ended = a.bye();
	provider.answer(await provider.request('BYE'), 200);
	assert.equal((await ended).code, 200);
	await until('the end', async () => (await national.json('calls')).length === 0);
}

test('descriptions, both ways, and again in the call', async () => {
	const it = await talk();
	assert.equal(it.invite.body, odd('a', 1));
	assert.equal(it.ack.body, '');
	for (const [from, to, who] of [[it.a, provider, 'a'], [it.b, caller, 'b']]) {
		const changed = from.invite({ body: odd(who, 5) });
		const again = await to.request('INVITE');
		assert.equal(again.body, odd(who, 5));
		to.answer(again, 200, { body: odd('x', 6) });
		assert.equal((await changed).body, odd('x', 6));
		await to.request('ACK');
	}
	await over(it);
});

test('no offer in the INVITE: in the 200, and the answer in the ACK', async () => {
	const it = await talk({ offerless: true });
	assert.equal(it.invite.body, '');
	assert.equal(it.invite.get('content-type'), undefined);
	assert.equal(it.ack.body, odd('a', 2));
	// the provider asks, too
	const asked = it.b.invite({ ack: false });
	const again = await caller.request('INVITE');
	assert.equal(again.body, '');
	caller.answer(again, 200, { body: odd('a', 3) });
	assert.equal((await asked).body, odd('a', 3));
	it.b.send('ACK', { cseq: it.b.invited, body: odd('b', 3) });
	assert.equal((await caller.request('ACK')).body, odd('b', 3));
	await over(it);
});

test('UPDATE goes on as UPDATE, and its refusal as what it is', async () => {
	const it = await talk();
	const asked = it.a.ask('UPDATE', { body: odd('a', 7) });
	const update = await provider.request('UPDATE');
	assert.equal(update.body, odd('a', 7));
	provider.answer(update, 200, { body: odd('b', 7) });
	assert.equal((await asked).body, odd('b', 7));
	const back = it.b.ask('UPDATE', { body: odd('b', 8) });
	const other = await caller.request('UPDATE');
	assert.equal(other.body, odd('b', 8));
	caller.answer(other, 488);
	assert.equal((await back).code, 488);
	await over(it);
});

test('digits by INFO reach the other side', async () => {
	const it = await talk();
	for (const [from, to, digit] of [[it.a, provider, '5'], [it.b, caller, '#']]) {
		const asked = from.ask('INFO', {
			headers: ['Content-Type: application/dtmf-relay'], body: `Signal=${digit}\r\nDuration=200\r\n`,
		});
		const info = await to.request('INFO');
		to.answer(info, 200);
		assert.equal(info.get('content-type'), 'application/dtmf-relay');
		assert.match(info.body, new RegExp(`^Signal=${digit}\r\nDuration=200\r\n$`));
		assert.equal((await asked).code, 200);
	}
	await over(it);
});

test('who gives up after the offer in the 200: ACK and BYE', async () => {
	const a = Dialog.to(caller, `sip:04801177@${national.address}`, national.port);
	const invited = a.invite({ ack: false });
	const invite = await provider.request('INVITE');
	provider.answer(invite, 200, { body: odd('b', 1) });
	await invited;
	a.send('ACK', { cseq: a.invited }); // without an answer
	caller.answer(await caller.request('BYE'), 200);
	await provider.request('ACK');
	provider.answer(await provider.request('BYE'), 200);
	await until('the end', async () => (await national.json('calls')).length === 0);
});
