// cancel: a call over UDP whose CANCEL follows the INVITE by so many
// microseconds. sipp gives up where messages cross; here they may.
'use strict';
const crypto = require('node:crypto');
const dgram = require('node:dgram');

const offer = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 4000 RTP/AVP 8', '']
	.join('\r\n');

// Resolves with 487 or 200 (then acknowledged, and ended by BYE) and whether
// the CANCEL was answered, once all that is due was said.
function crossed(node, after_us) {
	const socket = dgram.createSocket('udp4'), id = crypto.randomUUID(), said = { cancel: 0, bye: 0, invite: 0 };
	let at, timer;
	const send = (method, seq, branch, to = '', body = '') => socket.send([
		`${method} sip:1177@${node.address} SIP/2.0`, `Via: SIP/2.0/UDP 127.0.0.1:${at};branch=z9hG4bK${id}${branch}`,
		`From: <sip:+46701740605@127.0.0.1>;tag=${id}`, `To: <sip:1177@${node.address}>${to}`, `Call-ID: ${id}`,
		`CSeq: ${seq} ${method}`, 'Max-Forwards: 70', `Contact: <sip:caller@127.0.0.1:${at}>`,
		...body && ['Content-Type: application/sdp'], `Content-Length: ${body.length}`, '', body,
	].join('\r\n'), node.port, '127.0.0.1');
	return new Promise((done, fail) => {
		timer = setTimeout(() => fail(new Error(`silence after ${after_us} us: ${JSON.stringify(said)}`)), 30000);
		socket.on('message', (bytes) => {
			const text = String(bytes), code = Number(text.split(' ')[1]);
			const method = /^CSeq: ?\d+ (\w+)/mi.exec(text)?.[1].toLowerCase();
			const tag = /^To:.*(;tag=[^;\r]+)/mi.exec(text)?.[1];
			if (code < 200) return;
			said[method] = code;
			if (method === 'invite' && code === 200) {
				send('ACK', 1, 'ack', tag);
				send('BYE', 2, 'bye', tag);
			} else if (method === 'invite') {
				send('ACK', 1, '', tag);
			}
			if (said.cancel && (said.invite >= 300 || said.bye)) done(said);
		});
		socket.bind(0, '127.0.0.1', () => {
			at = socket.address().port;
			const end = process.hrtime.bigint() + BigInt(after_us) * 1000n;
			send('INVITE', 1, '', '', offer);
			const cancel = () => (process.hrtime.bigint() < end ? setImmediate(cancel) : send('CANCEL', 1, ''));
			cancel();
		});
	}).finally(() => {
		clearTimeout(timer);
		socket.close();
	});
}

module.exports = { crossed };
