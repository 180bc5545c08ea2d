// nurses: many phones at one address. They register with digest, each for
// itself, from the port at which sipp then answers for all of them.
'use strict';
const dgram = require('node:dgram');
const crypto = require('node:crypto');

const PARALLEL = 32;
const PATIENCE_MS = 500;

const sha256 = (s) => crypto.createHash('sha256').update(s).digest('hex');

function challenge(text) {
	for (const line of text.split('\r\n')) {
		const m = /^WWW-Authenticate: Digest (.*)$/i.exec(line);
		if (!m || !/algorithm=SHA-256/i.test(m[1])) continue;
		const field = (name) => new RegExp(`${name}="([^"]*)"`).exec(m[1])?.[1];
		return { realm: field('realm'), nonce: field('nonce') };
	}
	throw new Error('a REGISTER was not challenged with SHA-256');
}

function authorization(name, password, uri, { realm, nonce }) {
	const cnonce = crypto.randomBytes(8).toString('hex');
	const ha1 = sha256(`${name}:${realm}:${password}`);
	const response = sha256(`${ha1}:${nonce}:00000001:${cnonce}:auth:${sha256(`REGISTER:${uri}`)}`);
	return `Authorization: Digest username="${name}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
		`response="${response}", algorithm=SHA-256, cnonce="${cnonce}", qop=auth, nc=00000001\r\n`;
}

// One phone: REGISTER, be asked who it is, REGISTER again.
function* dialogue(name, options) {
	const { port, domain, password } = options;
	const uri = `sip:${domain}`;
	const id = crypto.randomBytes(8).toString('hex');
	const request = (seq, extra) =>
		`REGISTER ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${id}${seq}\r\n` +
		`Max-Forwards: 70\r\nFrom: <sip:${name}@${domain}>;tag=${id}\r\nTo: <sip:${name}@${domain}>\r\n` +
		`Call-ID: ${id}-${name}\r\nCSeq: ${seq} REGISTER\r\nContact: <sip:${name}@127.0.0.1:${port}>\r\n` +
		`Expires: 3600\r\n${extra}Content-Length: 0\r\n\r\n`;
	const asked = yield request(1, '');
	const answer = yield request(2, authorization(name, password, uri, challenge(asked)));
	if (!answer.startsWith('SIP/2.0 200')) throw new Error(`${name}: ${answer.split('\r\n')[0]}`);
}

// options: target port, port (ours), names, password, domain
function register(options) {
	const socket = dgram.createSocket('udp4');
	const running = new Map(); // Call-ID's part after the dash is the name
	const waiting = [...options.names];
	return new Promise((done, fail) => {
		const end = (error) => {
			clearInterval(timer);
			socket.close(() => (error ? fail(error) : done()));
		};
		const say = (one) => { one.at = Date.now(); socket.send(one.text, options.target, '127.0.0.1'); };
		const step = (one, heard) => {
			const next = one.dialogue.next(heard);
			if (next.done) {
				running.delete(one.name);
				more();
				return;
			}
			one.text = next.value;
			one.seq = (one.seq || 0) + 1;
			say(one);
		};
		const more = () => {
			while (waiting.length && running.size < PARALLEL) {
				const name = waiting.shift();
				const one = { name, dialogue: dialogue(name, options) };
				running.set(name, one);
				step(one);
			}
			if (!running.size) end();
		};
		const timer = setInterval(() => {
			for (const one of running.values()) {
				if (Date.now() - one.at < PATIENCE_MS) continue;
				if ((one.again = (one.again || 0) + 1) > 10) end(new Error(`${one.name}: no answer to REGISTER`));
				else say(one);
			}
		}, 100);
		socket.on('message', (data) => {
			const text = data.toString('latin1');
			const one = running.get(/^Call-ID: [0-9a-f]+-(\S+)/im.exec(text)?.[1]);
			const seq = Number(/^CSeq: (\d+)/im.exec(text)?.[1]);
			if (!one || seq !== one.seq) return; // said again, heard again
			try { step(one, text); } catch (e) { end(e); }
		});
		socket.on('error', end);
		socket.bind(options.port, '127.0.0.1', more);
	});
}

module.exports = { register };
