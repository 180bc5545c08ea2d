// ua: a SIP user agent of a few lines, over UDP, that does what a test says and
// nothing else: what no phone and no scenario will do can be done here.
'use strict';
const crypto = require('node:crypto');
const dgram = require('node:dgram');
const { until } = require('./wait.js');

const id = () => crypto.randomBytes(6).toString('hex');

function parse(bytes) {
	const text = bytes.toString('latin1'), end = text.indexOf('\r\n\r\n');
	const [start, ...lines] = text.slice(0, end).split('\r\n');
	const m = { text, start, headers: {}, body: text.slice(end + 4) };
	for (const line of lines) {
		const colon = line.indexOf(':'), name = line.slice(0, colon).trim().toLowerCase();
		(m.headers[name] ||= []).push(line.slice(colon + 1).trim());
	}
	m.get = (name) => (m.headers[name.toLowerCase()] || [])[0];
	const code = /^SIP\/2\.0 (\d+)/.exec(start);
	if (code) m.code = Number(code[1]);
	else m.request = start.split(' ')[0];
	m.method = m.get('cseq').split(' ')[1];
	m.uri = m.request && start.split(' ')[1];
	m.tag = (name) => /;tag=([^;\s]+)/.exec(m.get(name))?.[1];
	m.target = () => /<([^>]+)>/.exec(m.get('contact'))?.[1];
	return m;
}

const uriOf = (address) => /<([^>]+)>/.exec(address)[1];

class Ua {
	static async make(port = 0, host = '127.0.0.1') {
		const ua = new Ua();
		Object.assign(ua, { host, seen: [], branches: new Set(), name: 'ua' });
		ua.socket = dgram.createSocket('udp4');
		ua.socket.on('message', (bytes, from) => {
			if (bytes.length < 10) return;
			const m = parse(bytes);
			m.from = from;
			// what is said again is heard once
			const key = m.request && `${m.request} ${/branch=([^;\s]+)/.exec(m.get('via'))[1]}`;
			if (key && m.request !== 'ACK' && ua.branches.has(key)) return;
			ua.branches.add(key);
			m.at = Date.now();
			ua.seen.push(m);
			ua.onmessage?.(m);
		});
		await new Promise((bound) => ua.socket.bind(port, host, bound));
		ua.port = ua.socket.address().port;
		ua.contact = `<sip:ua@${host}:${ua.port}>`;
		return ua;
	}

	// The first message of that kind that nobody took yet.
	take(what, match, ms = 20000) {
		return until(`${what} at ${this.name}`, () => {
			const at = this.seen.findIndex(match);
			return at >= 0 && this.seen.splice(at, 1)[0];
		}, ms, 5);
	}
	request(method, ms) { return this.take(method, (m) => m.request === method, ms); }
	response(to, low = 200, ms) {
		return this.take(`an answer to ${to.cseq} ${to.method}`, (m) => m.code >= low &&
			m.get('call-id') === to.callId && m.get('cseq') === `${to.cseq} ${to.method}`, ms);
	}

	write(lines, body, { port, address = '127.0.0.1' }) {
		const type = body && !lines.some((l) => /^content-type:/i.test(l)) ? ['Content-Type: application/sdp'] : [];
		const head = [...lines, ...type, `Content-Length: ${Buffer.byteLength(body || '', 'latin1')}`, '', ''].join('\r\n');
		this.socket.send(Buffer.from(head + (body || ''), 'latin1'), port, address);
	}

	answer(request, code, { body, headers = [], tag } = {}) {
		const copied = ['via', 'record-route'].flatMap((n) => (request.headers[n] || []).map((v) => `${n}: ${v}`));
		request.ourTag ||= tag || id();
		const to = request.get('to');
		this.write([`SIP/2.0 ${code} Said`, ...copied, `From: ${request.get('from')}`,
			`To: ${/;tag=/.test(to) ? to : `${to};tag=${request.ourTag}`}`, `Call-ID: ${request.get('call-id')}`,
			`CSeq: ${request.get('cseq')}`, `Contact: ${this.contact}`,
			'Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO, REFER, NOTIFY', ...headers], body, request.from);
	}

	close() { this.socket.close(); }
}

// One side of a dialog.
class Dialog {
	// A call of ours to uri by way of port.
	static to(ua, uri, port, { from = `<sip:+46701740605@${ua.host}>`, address } = {}) {
		return Object.assign(new Dialog(), {
			ua, port, address, target: uri, callId: id(), cseq: 0, local: `${from};tag=${id()}`, remote: `<${uri}>`,
		});
	}

	// One that an INVITE began; call it before the answer.
	static of(ua, invite, tag = id()) {
		invite.ourTag = tag;
		return Object.assign(new Dialog(), {
			ua, port: invite.from.port, target: invite.target(), callId: invite.get('call-id'), cseq: 100,
			local: `${invite.get('to')};tag=${tag}`, remote: invite.get('from'), by: invite,
		});
	}

	get localTag() { return /;tag=(.*)$/.exec(this.local)[1]; }
	get remoteTag() { return /;tag=([^;]+)/.exec(this.remote)?.[1]; }

	send(method, { body, headers = [], cseq } = {}) {
		const n = cseq || ++this.cseq;
		this.ua.write([`${method} ${this.target} SIP/2.0`,
			`Via: SIP/2.0/UDP ${this.ua.host}:${this.ua.port};branch=z9hG4bK${id()};rport`, 'Max-Forwards: 70',
			`From: ${this.local}`, `To: ${this.remote}`, `Call-ID: ${this.callId}`, `CSeq: ${n} ${method}`,
			`Contact: ${this.ua.contact}`, 'Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO, REFER, NOTIFY',
			...headers], body, { port: this.port, address: this.address });
		return { cseq: n, method, callId: this.callId };
	}

	// Send and hear the answer.
	async ask(method, options = {}) {
		return this.ua.response(this.send(method, options), 200, options.ms);
	}

	// INVITE up to its final answer; 2xx makes the dialog. The ACK is the
	// caller's where it has something to say, or `ack` is false.
	async invite({ ack = true, ...options } = {}) {
		const sent = this.send('INVITE', options);
		const final = await this.ua.response(sent, 200, options.ms);
		if (final.code < 300) {
			this.remote = final.get('to');
			this.target = final.target();
			this.invited = sent.cseq;
			if (ack) this.send('ACK', { cseq: sent.cseq });
		}
		return final;
	}

	async bye() { return this.ask('BYE'); }
}

const sdp = ({ port = 4000, version = 1, lines = [] } = {}) => ['v=0', `o=- 7 ${version} IN IP4 127.0.0.1`, 's=-',
	'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${port} RTP/AVP 8 101`, 'a=rtpmap:101 telephone-event/8000', ...lines, ''].join('\r\n');

module.exports = { Ua, Dialog, sdp, parse, uriOf };
