// impostor: what pretends to be a supplier's node: says of recordings what it
// likes, in the format of docs/feed.md, with leaves that commit to it.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const https = require('node:https');

const sha256 = (b) => crypto.createHash('sha256').update(b).digest('hex');
const newId = () => [...crypto.randomBytes(25)].map((b) => 'abcdefghijklmnopqrstuvwxyz234567'[b & 31]).join('') + 'a';

// The item's entry, made anew from what the item says.
function commit(item, more = {}) {
	const details = JSON.stringify({
		recording: item.id, kc: item.kc, envelope_sha256: sha256(Buffer.from(item.envelope, 'base64')),
		card_envelope_sha256: JSON.parse(item.details).card_envelope_sha256, body_sha256: item.sha256, ...more,
	});
	const salt = crypto.randomBytes(32);
	const leaf = JSON.parse(item.leaf);
	leaf.commitment = crypto.createHmac('sha256', salt).update(details).digest('base64');
	return { ...item, details, salt: salt.toString('base64'), leaf: JSON.stringify(leaf) };
}

// Another recording, after a real item.
function another(item, body, more = {}) {
	const id = newId();
	return commit({
		...item, id, cursor: `1.${id}`, body: newId(), bytes: body.length, sha256: sha256(body),
		kc: crypto.randomBytes(16).toString('hex'), ...more,
	});
}

class Impostor {
	items = [];
	bodies = new Map();
	asked = [];
	status = 200; // of a body

	static async make(host, port, { certificate, key, ca }) {
		const s = new Impostor();
		s.server = https.createServer({
			cert: fs.readFileSync(certificate), key: fs.readFileSync(key), ca: fs.readFileSync(ca), requestCert: true,
		}, (request, response) => s.answer(request, response));
		await new Promise((done) => s.server.listen(port, host, done));
		return s;
	}

	answer(request, response) {
		const url = new URL(request.url, 'https://x');
		const body = /^\/recordings\/([a-z2-7]{26})\/body$/.exec(url.pathname);
		this.asked.push(`${request.method} ${url.pathname}`);
		if (body && this.bodies.has(body[1])) {
			response.statusCode = this.status;
			response.end(this.bodies.get(body[1]));
		} else if (url.pathname === '/feed') {
			const after = url.searchParams.get('after');
			const from = this.items.findIndex((i) => i.cursor === after) + 1;
			response.statusCode = after && !from ? 410 : 200;
			response.end(this.items.slice(from).map((i) => `${JSON.stringify(i)}\n`).join(''));
		} else {
			response.statusCode = url.pathname === '/feed/taken' ? 200 : 404;
			response.end();
		}
	}

	stop() {
		this.server.closeAllConnections?.();
		return new Promise((done) => this.server.close(done));
	}
}

module.exports = { Impostor, another, commit, sha256 };
