// tlog: a log of its own, apart from ours: tree, proofs and signed notes by the
// letter of RFC 6962 and the C2SP specifications.
'use strict';
const crypto = require('node:crypto');

const sha256 = (...parts) => crypto.createHash('sha256').update(Buffer.concat(parts)).digest();
const leafHash = (entry) => sha256(Buffer.from([0]), Buffer.from(entry));

// RFC 6962, 2.1: the largest power of two below n.
const split = (n) => 2 ** Math.floor(Math.log2(n - 1));

function root(leaves) {
	if (!leaves.length) return sha256();
	if (leaves.length === 1) return leaves[0];
	const k = split(leaves.length);
	return sha256(Buffer.from([1]), root(leaves.slice(0, k)), root(leaves.slice(k)));
}

// RFC 6962, 2.1.2
function subproof(m, leaves, whole) {
	if (m === leaves.length) return whole ? [] : [root(leaves)];
	const k = split(leaves.length);
	return m <= k
		? [...subproof(m, leaves.slice(0, k), whole), root(leaves.slice(k))]
		: [...subproof(m - k, leaves.slice(k), false), root(leaves.slice(0, k))];
}
const consistency = (m, leaves) => (m ? subproof(m, leaves, true) : []);

const raw = (key) => key.export({ format: 'der', type: 'spki' }).subarray(-32);
const publicKey = (bytes) => crypto.createPublicKey({
	key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes]), format: 'der', type: 'spki',
});

// "name+id+base64": { name, id, type, key }
function readKey(vkey) {
	const [, name, id, base64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey.trim());
	const bytes = Buffer.from(base64, 'base64');
	return { name, id, type: bytes[0], key: publicKey(bytes.subarray(1)) };
}

class Log {
	constructor(origin) {
		this.origin = origin;
		this.leaves = [];
		this.keys = crypto.generateKeyPairSync('ed25519');
		const material = Buffer.concat([Buffer.from([1]), raw(this.keys.publicKey)]);
		this.id = sha256(Buffer.from(`${origin}\n`), material).subarray(0, 4);
		this.vkey = `${origin}+${this.id.toString('hex')}+${material.toString('base64')}`;
		this.hash = sha256(Buffer.from(origin)).toString('hex');
	}

	grow(to, what = 'entry') {
		while (this.leaves.length < to) this.leaves.push(leafHash(`${what} ${this.leaves.length}`));
	}

	// As it was at that size.
	note(size = this.leaves.length) {
		const text = `${this.origin}\n${size}\n${root(this.leaves.slice(0, size)).toString('base64')}\n`;
		const signature = crypto.sign(null, Buffer.from(text), this.keys.privateKey);
		return `${text}\n— ${this.origin} ${Buffer.concat([this.id, signature]).toString('base64')}\n`;
	}

	// The body of add-checkpoint.
	request(from, size = this.leaves.length) {
		const proof = from <= size ? consistency(from, this.leaves.slice(0, size)) : [];
		return `old ${from}\n${proof.map((h) => `${h.toString('base64')}\n`).join('')}\n${this.note(size)}`;
	}
}

// The time of a cosignature line on a note's text, if it holds.
function cosigned(line, text, witness) {
	const [, name, base64] = /^— (\S+) (\S+)\n$/.exec(line);
	const bytes = Buffer.from(base64, 'base64');
	if (name !== witness.name || bytes.subarray(0, 4).toString('hex') !== witness.id) return 0;
	const time = bytes.readBigUInt64BE(4);
	const message = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
	return crypto.verify(null, message, witness.key, bytes.subarray(12)) ? Number(time) : 0;
}

module.exports = { Log, readKey, cosigned };
