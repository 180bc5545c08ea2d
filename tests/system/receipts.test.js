// What a provider signs for a call that it was handed, and what it should not
// have: the call goes on, the ledger says what the receipt was, it is counted,
// and no minute is kept that nobody signed for.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const { Node } = require('./lib/node.js');
const { Ua, Dialog, sdp } = require('./lib/ua.js');
const { until } = require('./lib/wait.js');

// The provider's key, as a verifier key of a signed note; its recipient opens nothing here.
const pair = () => crypto.generateKeyPairSync('ed25519');
const signer = pair(), name = 'provider.example/receipts';
const typed = Buffer.concat([Buffer.from([1]), signer.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
const keyId = crypto.createHash('sha256').update(Buffer.concat([Buffer.from(`${name}\n`), typed])).digest().subarray(0, 4);
const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

let national, carrier, provider;

before(async () => {
	carrier = Object.assign(await Ua.make(0, '127.0.0.3'), { name: 'the carrier' });
	provider = Object.assign(await Ua.make(0, '127.0.0.4'), { name: 'the provider' });
	national = await Node.make('national', {
		sections: {
			'handover-key': 'keys/handover.key',
			'trunk carrier': { from: ['127.0.0.3'], trusted: true, municipality: 'prefix', options: 0 },
			'trunk sormland': {
				host: `127.0.0.4:${provider.port}`, options: 0, trusted: true,
				'provider-key': `${name}+${keyId.toString('hex')}+${typed.toString('base64')}`, 'provider-recipient': RECIPIENT,
			},
			'line 1177': { controller: 'Region Test', record: false },
			'region 04': { trunk: 'sormland', organisation: 'Region Sörmland' },
			'national-trunk': 'sormland',
		},
	});
	await national.start();
});

after(async () => {
	carrier?.close();
	provider?.close();
	await national?.remove();
});

// As lib/handover/receipt.h has it; of a token come the id (its bytes 10 to 25)
// and the digest.
function receipt(token, { minute = 0, by = signer } = {}) {
	const head = Buffer.alloc(5), at = Buffer.alloc(4);
	head[0] = 1;
	keyId.copy(head, 1);
	at.writeUInt32BE(Math.floor(Date.now() / 60000) + minute);
	const body = Buffer.concat([head, Buffer.from(token, 'base64url').subarray(10, 26),
		crypto.createHash('sha256').update(token).digest(), at]);
	const signature = crypto.sign(null, Buffer.concat([Buffer.from('vaxel/receipt/1\0'), body]), by.privateKey);
	return Buffer.concat([body, signature]).toString('base64url');
}

let earlier;

const rows = [
	['that is good', (token) => receipt(earlier = token), 'good'],
	['that another signed', (token) => receipt(token, { by: pair() }), 'bad-signature'],
	['of an earlier call', () => receipt(earlier), 'other-call'],
	['of an hour ago', (token) => receipt(token, { minute: -60 }), 'wrong-time'],
	['of an hour to come', (token) => receipt(token, { minute: 60 }), 'wrong-time'],
	['that is none', () => 'x'.repeat(162), 'malformed'],
	['that is missing', () => '', 'missing'],
];
for (const [what, make, result] of rows) {
	test(`a receipt ${what}: ${result}`, async () => {
		const counter = { good: 'receipts_good', missing: 'receipts_missing' }[result] || 'receipts_bad';
		const counted = await national.metric(counter);
		const d = Dialog.to(carrier, `sip:04801177@${national.address}`, national.port);
		const answered = d.invite({ body: sdp() });
		const invite = await provider.request('INVITE'), made = make(invite.get('vaxel-handover'));
		provider.answer(invite, 200, { body: sdp({ port: 4242 }), headers: made ? [`Vaxel-Receipt: ${made}`] : [] });
		assert.equal((await answered).code, 200);
		const [{ call, state }] = await national.json('calls');
		assert.equal(state, 'talking');
		assert.equal(await national.metric(counter), counted + 1);
		const said = await until('that it was handed over', async () =>
			(await national.events('call.handed-over')).find((e) => e.call === call));
		assert.equal(said.receipt, result);
		const kept = result === 'good' ? ['number', made] : ['undefined', undefined];
		assert.deepEqual([typeof said.minute, said.signed], kept);
		await d.bye();
		provider.answer(await provider.request('BYE'), 200);
		await until('the end of the call', async () => (await national.json('calls')).length === 0);
	});
}
