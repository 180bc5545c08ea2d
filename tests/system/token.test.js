// Hand-over tokens and receipts: a national node, a provider who takes from
// the carrier only what was handed over, and tokens that a test signs with the
// national node's key as no national node would.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Node, top } = require('./lib/node.js');
const { Ua, Dialog, sdp } = require('./lib/ua.js');
const { sleep, until } = require('./lib/wait.js');

const organisation = 'vardlinjen', route = 'sormland';
const routes = `
route "sormland" {
	kind = contracted
	regions = {"04"}
	organisation = "vardlinjen"
	place = "vardlinjen-nurses"
	record-by = "vaxelhuset"
	trunk = "sormland"
}
route "queue" {
	kind = national-queue
	for = "region-01"
	organisation = "vardlinjen"
	place = "vardlinjen-nurses"
	record-by = "vaxelhuset"
	trunk = "sormland"
}
`;
const law = fs.readFileSync(path.join(top, 'examples/1177/register.conf'), 'utf8');
// callers of every region may come, and are told
const notices = [...law.matchAll(/^notice "([^"]+)"(?=[^}]*language = "sv")/gm)].map((m) => m[1]);
let provider, national, carrier;

before(async () => {
	national = await Node.make('national');
	provider = await Node.make('one-machine', { locked: true });
	for (const n of [national, provider]) {
		const beside = (name) => path.join(path.dirname(n.conf), name);
		fs.writeFileSync(beside('register.conf'), law);
		fs.writeFileSync(beside('routes.conf'), routes);
	}
	provider.configure({
		register: 'register.conf', routes: 'routes.conf',
		'line 1177': {
			controller: 'Vårdlinjen i Sverige AB', 'notice en': null,
			'notice sv': { version: '2026-1', text: 'Ring ett ett två.', registered: notices },
		},
		'handover-key': 'keys/handover.key',
		'national-key': [national.keys.handover_key],
		takes: [`${organisation}/${route}`],
		'trunk national': { from: ['127.0.0.1'], trusted: true, options: 0 },
		'trunk carrier': { from: ['127.0.0.3'], trusted: true, options: 0, 'require-token': true },
	});
	national.configure({
		'handover-key': 'keys/handover.key',
		'trunk carrier': { from: ['127.0.0.3'], municipality: 'prefix' },
		'trunk sormland': {
			host: provider.address, from: [], options: 0, trusted: true,
			'provider-key': provider.keys.handover_key, 'provider-recipient': provider.keys.recipient,
		},
		'line 1177': { controller: 'Region Test', record: false },
		register: 'register.conf', routes: 'routes.conf',
	});
	await provider.start();
	await national.start();
	carrier = await Ua.make(0, '127.0.0.3');
});

after(async () => {
	carrier?.close();
	await national?.remove();
	await provider?.remove();
});

const media = () => sdp();
const none = (n) => until('the end of all calls', async () => (await n.json('calls')).length === 0);

// A token as lib/handover/token.h has it, by the national node's own key.
function sign({ issued = Math.floor(Date.now() / 1000), of = route, flags = 1, id = crypto.randomBytes(16) } = {}) {
	const text = fs.readFileSync(path.join(path.dirname(national.conf), 'keys/handover.key'), 'utf8').trim();
	const raw = Buffer.from(text.split('+').slice(4).join('+'), 'base64').subarray(1);
	const key = crypto.createPrivateKey({
		key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), raw]), format: 'der', type: 'pkcs8',
	});
	const head = Buffer.alloc(10);
	head[0] = 1;
	head[1] = flags;
	Buffer.from(text.split('+')[3], 'hex').copy(head, 2);
	head.writeUInt32BE(issued, 6);
	const digest = crypto.createHash('sha256')
		.update(['vaxel/handover/route/1', '1177', organisation, of, ''].join('\0')).digest().subarray(0, 16);
	const body = Buffer.concat([head, id, digest, crypto.randomBytes(56)]);
	const signature = crypto.sign(null, Buffer.concat([Buffer.from('vaxel/handover/1\0'), body]), key);
	return Buffer.concat([body, signature]).toString('base64url');
}

// An INVITE of the carrier at the provider, with a token or none.
async function bring(token, { parameter = true } = {}) {
	const uri = `sip:1177@${provider.address}${token && parameter ? `;vaxel-handover=${token}` : ''}`;
	const d = Dialog.to(carrier, uri, provider.port);
	const headers = token && !parameter ? [`Vaxel-Handover: ${token}`] : [];
	const final = await d.invite({ body: media(), headers });
	if (final.code < 300) await d.bye();
	await none(provider);
	return final;
}

test('from the carrier: a good token is taken, in the URI or in a header, and a receipt given', async () => {
	for (const parameter of [true, false]) {
		const final = await bring(sign(), { parameter });
		assert.equal(final.code, 200);
		assert.match(final.get('vaxel-receipt'), /^[\w-]{162}$/);
	}
	assert.equal(await provider.metric('handover_good'), 2);
});

const refused = [
	['none', () => '', 'missing'],
	['of another route', () => sign({ of: 'gotland' }), 'wrong_route'],
	['that is 66 s old', () => sign({ issued: Math.floor(Date.now() / 1000) - 66 }), 'expired'],
	['of a time to come', () => sign({ issued: Math.floor(Date.now() / 1000) + 10 }), 'early'],
	['that was changed', () => {
		const t = Buffer.from(sign(), 'base64url');
		t[1] ^= 1;
		return t.toString('base64url');
	}, 'bad_signature'],
	['that is none', () => 'x'.repeat(216), 'malformed'],
];
for (const [name, make, result] of refused) {
	test(`from the carrier, a token ${name}: 403, and counted`, async () => {
		const before = await provider.metric(`handover_${result}`);
		assert.equal((await bring(make())).code, 403);
		assert.equal(await provider.metric(`handover_${result}`), before + 1);
	});
}

test('through the national node: its token is good at the provider, the provider\'s receipt at the national node', async () => {
	const before = await national.metric('receipts_good');
	const d = Dialog.to(carrier, `sip:04801177@${national.address}`, national.port);
	const final = await d.invite({ body: media() });
	assert.equal(final.code, 200);
	await sleep(200);
	await d.bye();
	await none(national);
	await none(provider);
	assert.equal(await national.metric('receipts_good'), before + 1);
	assert.equal(await national.metric('receipts_missing'), 0);
});

test('who was responsible: both ledgers say the same minute, by the same hand-over', async () => {
	const d = Dialog.to(carrier, `sip:04801177@${national.address}`, national.port);
	assert.equal((await d.invite({ body: media() })).code, 200);
	const [here] = await national.json('calls');
	await d.bye();
	await none(national);
	await none(provider);
	const responsible = (n, id) => until('the change in the ledger', async () => {
		const all = await n.json('register', 'responsible', id).catch(() => []); // not there yet
		return all.at(-1)?.receipt && all;
	}, 10000, 100);
	const said = await responsible(national, here.call);
	assert.deepEqual(said.map((s) => [s.role, s.organisation]), [['receives', 'Test'], ['answers', organisation]]);
	const { handover, minute, receipt } = said[1];
	assert.equal(receipt, 'good');
	const contract = (s) => [s.controller, s.agreements, s.register];
	assert.deepEqual(contract(said[1]).slice(0, 2), ['vardlinjen', ['region-04-vardlinjen']]);
	assert.equal(said[1].register, crypto.createHash('sha256').update(law).digest('hex').slice(0, 16));
	const there = (await responsible(provider, handover)).at(-1);
	assert.deepEqual([there.handover, there.minute, there.receipt, there.organisation], [handover, minute, 'good', organisation]);
	// each by its own register, which is the same text here
	assert.deepEqual(contract(there), contract(said[1]));
	const later = await national.vaxel(['register', 'responsible', here.call, '--at', '2099-01-01', '-c', national.conf]);
	assert.equal(later.status, 1);
	const nobody = await national.vaxel(['register', 'responsible', 'a'.repeat(26), '-c', national.conf]);
	assert.equal(nobody.status, 1);
	const wrong = await national.vaxel(['register', 'responsible', '-c', national.conf]);
	assert.equal(wrong.status, 2);
});

test('a token twice: 403, also by a switch that was killed between', async () => {
	const token = sign();
	assert.equal((await bring(token)).code, 200);
	assert.equal((await bring(token)).code, 403);
	await provider.kill('switch');
	await until('the switch again', async () => {
		const d = Dialog.to(carrier, `sip:1177@${provider.address}`, provider.port);
		return (await d.ask('OPTIONS', { ms: 500 }).catch(() => 0)).code;
	}, 15000);
	assert.equal((await bring(token)).code, 403);
	assert.equal((await bring(sign())).code, 200);
});
