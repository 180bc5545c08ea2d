// ask: the desk's local socket and requests to open, spoken by hand: what the
// command line would never send can be sent here.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

// One request, as in lib/release/talk.h: { json: [...], data, end }.
function ask(node, question, ms = 15000) {
	return new Promise((done, fail) => {
		const it = { json: [], data: Buffer.alloc(0), end: null };
		const body = Buffer.from(JSON.stringify(question));
		const head = Buffer.alloc(4);
		head.writeUInt32BE(body.length);
		let pending = Buffer.alloc(0);
		const s = net.connect(path.join(node.runtime, 'control.sock'), () => s.write(Buffer.concat([head, body])));
		s.setTimeout(ms, () => s.destroy(new Error(`no answer in ${ms} ms`)));
		s.on('error', fail);
		s.on('data', (d) => {
			pending = Buffer.concat([pending, d]);
			while (pending.length >= 5 && pending.length >= 4 + pending.readUInt32BE(0)) {
				const len = pending.readUInt32BE(0), type = String.fromCharCode(pending[4]), rest = pending.subarray(5, 4 + len);
				pending = pending.subarray(4 + len);
				if (type === 'D') it.data = Buffer.concat([it.data, rest]);
				else if (type === 'J') it.json.push(JSON.parse(rest));
				else it.end = JSON.parse(rest);
			}
		});
		s.on('close', () => (it.end ? done(it) : fail(new Error('the desk broke off'))));
	});
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

function idBytes(text) {
	let bits = 0n;
	for (const c of text) bits = bits << 5n | BigInt(BASE32.indexOf(c));
	bits >>= BigInt(text.length * 5 - 128);
	return Buffer.from(bits.toString(16).padStart(32, '0'), 'hex');
}

// The key in age1..., by BIP 173.
function recipientBytes(text) {
	const charset = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
	const values = [...text.slice(text.lastIndexOf('1') + 1, -6)].map((c) => charset.indexOf(c));
	const out = [];
	let value = 0, bits = 0;
	for (const v of values) {
		value = (value << 5 | v) & 0xfff;
		bits += 5;
		if (bits >= 8) out.push(value >> (bits -= 8) & 255);
	}
	return Buffer.from(out);
}

const text = (s) => Buffer.concat([Buffer.from([Buffer.byteLength(s)]), Buffer.from(s)]);
const sha256 = (...parts) => parts.reduce((h, p) => h.update(p), crypto.createHash('sha256')).digest();
const CARE = 'The patient\'s care needs what was said.';

function keyOf(file) {
	const seed = Buffer.from(/^vaxel-user-key-1 (\S+)$/m.exec(fs.readFileSync(file, 'utf8'))[1], 'base64');
	const key = crypto.createPrivateKey({
		key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8',
	});
	return { key, public: crypto.createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32) };
}

// A listener's request for a recording ({ id, org, kc }), every field of which
// may be given another value: { bytes, sign(key) }.
function request(listener, recording, other = {}) {
	const own = keyOf(listener.signing);
	const q = {
		version: 1, origin: `vaxel.example/${listener.node.role}`, controller: recording.org, request: crypto.randomBytes(16),
		recording: idBytes(recording.id), kc: Buffer.from(recording.kc, 'hex'), scope: 0, purpose: 'care', meaning: CARE,
		asker: listener.name, credential: own.public, recipient: recipientBytes(listener.recipient),
		until: Date.now() + 5 * 60 * 1000, ...other,
	};
	const after = Buffer.alloc(8);
	after.writeBigUInt64BE(BigInt(q.until));
	const bytes = Buffer.concat([Buffer.from([q.version]), text(q.origin), text(q.controller), q.request, q.recording, q.kc,
		Buffer.from([q.scope]), text(q.purpose), sha256(q.meaning), text(q.asker), q.credential, q.recipient, after]);
	return { bytes, signature: sign(bytes, own.key) };
}

function sign(bytes, key) {
	return crypto.sign(null, sha256('vaxel/request/1\0', bytes), key);
}

// Details of user.added as lib/release/control.h has them, signed by that key.
function userEntry(node, { name, role, key, by }, signer) {
	const at = Buffer.alloc(8);
	at.writeBigUInt64BE(BigInt(Date.now()));
	const d = sha256('vaxel/user/1\0', Buffer.from([1]), text(`vaxel.example/${node.role}`), text(name), text(role), key, text(by), at);
	return {
		name, role, key: key.toString('base64'), by, at: Number(at.readBigUInt64BE()),
		signature: crypto.sign(null, d, signer).toString('base64'),
	};
}

// Ask for it. { refused: REASON } or { released, age: bytes }; throws otherwise.
async function open(node, r, entry = true) {
	const it = await ask(node, { ask: 'open', request: r.bytes.toString('base64'), signature: r.signature.toString('base64'), entry });
	if (it.end.exit === 0) return { released: it.json[0], age: it.data };
	if (it.data.length) throw new Error('refused, but bytes came');
	if (it.end.refused) return { refused: it.end.refused };
	throw new Error(it.end.error);
}

module.exports = { ask, open, request, sign, keyOf, userEntry, idBytes, recipientBytes };
