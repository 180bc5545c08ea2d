// register: a nurse's phone that is known under a port of ours, by digest with
// SHA-256 (RFC 8760). sipp, which then answers at that port, has only MD5.
'use strict';
const crypto = require('node:crypto');
const dgram = require('node:dgram');

const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');

function authorization(challenge, { user, password, uri }) {
	const of = (name) => new RegExp(`${name}="?([^",\r]+)`).exec(challenge)[1];
	const cnonce = crypto.randomBytes(8).toString('hex');
	const response = sha256([sha256(`${user}:${of('realm')}:${password}`), of('nonce'), '00000001', cnonce, 'auth',
		sha256(`REGISTER:${uri}`)].join(':'));
	return `Authorization: Digest username="${user}", realm="${of('realm')}", nonce="${of('nonce')}", uri="${uri}",` +
		` algorithm=SHA-256, qop=auth, nc=00000001, cnonce="${cnonce}", response="${response}"\r\n`;
}

// Resolves once 127.0.0.1:port is where the user's phone is rung.
function register({ node, user, port, expires = 300, password = node.password(user) }) {
	const uri = `sip:${node.address}`, id = crypto.randomUUID();
	const socket = dgram.createSocket('udp4');
	const send = (seq, extra = '') => socket.send([`REGISTER ${uri} SIP/2.0`,
		`Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${id}${seq}`, `From: <sip:${user}@${node.address}>;tag=1`,
		`To: <sip:${user}@${node.address}>`, `Call-ID: ${id}`, `CSeq: ${seq} REGISTER`, 'Max-Forwards: 70',
		`Contact: <sip:${user}@127.0.0.1:${port}>`, `Expires: ${expires}`, `${extra}Content-Length: 0`, '', '',
	].join('\r\n'), node.port, '127.0.0.1');
	return new Promise((done, fail) => {
		const timer = setTimeout(() => fail(new Error('the registrar is silent')), 30000);
		socket.on('error', fail);
		socket.on('message', (bytes) => {
			const text = String(bytes), code = Number(text.split(' ')[1]);
			if (code === 401 && /CSeq: ?1 /.test(text)) {
				const challenge = text.split('\r\n').find((l) => /^WWW-Authenticate:.*SHA-256/i.test(l));
				send(2, authorization(challenge, { user, password, uri }));
			} else if (code === 200) {
				done();
			} else if (code > 200) {
				fail(new Error(`the registrar says ${code}`));
			}
		});
		socket.bind(port, '127.0.0.1', () => send(1));
		socket.unref();
		timer.unref();
	}).finally(() => socket.close());
}

module.exports = { register };
