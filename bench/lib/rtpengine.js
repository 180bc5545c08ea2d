// rtpengine: the peer for media, in user space, on core 0; calls over its ng
// protocol (bencode over UDP).
'use strict';
const dgram = require('node:dgram');
const fs = require('node:fs');
const path = require('node:path');
const { start, sleep, freePort } = require('../../tests/system/lib/wait.js');

const PATIENCE_MS = 5000;

function encode(v) {
	if (typeof v === 'number') return `i${v}e`;
	if (typeof v === 'string') return `${Buffer.byteLength(v)}:${v}`;
	if (Array.isArray(v)) return `l${v.map(encode).join('')}e`;
	return `d${Object.keys(v).sort().map((k) => encode(k) + encode(v[k])).join('')}e`;
}

function sdp(port) {
	return `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n` +
		`m=audio ${port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n`;
}

class Rtpengine {
	static version() {
		const found = (process.env.PATH || '').split(':').concat('/usr/sbin', '/usr/bin')
			.map((d) => path.join(d, 'rtpengine')).find((f) => fs.existsSync(f));
		return found || null;
	}

	// options: dir, low (port), record
	static async start(options) {
		const r = new Rtpengine();
		r.options = options;
		const ng = await freePort();
		const args = ['-c', '0', Rtpengine.version(), '-f', '-E', '--config-file=none', '--table=-1',
			'--interface=127.0.0.1', `--listen-ng=127.0.0.1:${ng}`, '--num-threads=1',
			`--port-min=${options.low}`, `--port-max=${options.low + 9999}`,
			'--log-level=3', '--delete-delay=0', `--pidfile=${path.join(options.dir, 'rtpengine.pid')}`];
		if (options.record) {
			const spool = path.join(options.dir, 'rtpengine');
			fs.mkdirSync(spool, { recursive: true });
			args.push(`--recording-dir=${spool}`, '--recording-method=pcap', '--recording-format=raw');
		}
		r.process = start('taskset', args, { cwd: options.dir });
		r.pid = r.process.pid;
		r.socket = dgram.createSocket('udp4');
		r.waiting = new Map();
		r.socket.on('message', (data) => {
			const text = data.toString('latin1');
			const cookie = text.slice(0, text.indexOf(' '));
			r.waiting.get(cookie)?.(text);
		});
		await new Promise((done) => r.socket.connect(ng, '127.0.0.1', done));
		r.socket.on('error', () => {}); // it is not there yet
		for (let i = 0; ; i++) {
			try {
				await r.ask({ command: 'ping' }, 300);
				break;
			} catch (e) {
				if (i === 20) throw new Error(`rtpengine does not answer: ${r.process.err.slice(-500)}`);
				await sleep(200);
			}
		}
		return r;
	}

	ask(what, ms = PATIENCE_MS) {
		const cookie = `c${(this.count = (this.count || 0) + 1)}`;
		return new Promise((done, fail) => {
			const timer = setTimeout(() => {
				this.waiting.delete(cookie);
				fail(new Error(`rtpengine: no answer to ${what.command}`));
			}, ms);
			this.waiting.set(cookie, (text) => {
				clearTimeout(timer);
				this.waiting.delete(cookie);
				if (/6:result5:error/.test(text)) fail(new Error(`rtpengine: ${text.slice(0, 300)}`));
				else done(text);
			});
			this.socket.send(`${cookie} ${encode(what)}`);
		});
	}

	// Calls between two ports of the load; where each side shall send.
	async calls(count, a, b) {
		const port = (text) => /m=audio (\d+)/.exec(text)[1];
		const ports = { a: [], b: [] };
		for (let i = 0; i < count; i++) {
			const call = { 'call-id': `call${i}`, 'from-tag': `f${i}`, ICE: 'remove' };
			const offer = { ...call, command: 'offer', sdp: sdp(a), replace: ['origin'], 'rtcp-mux': ['demux'] };
			if (this.options.record) offer['record call'] = 'on';
			ports.b.push(port(await this.ask(offer)));
			ports.a.push(port(await this.ask({ ...call, command: 'answer', 'to-tag': `t${i}`, sdp: sdp(b) })));
		}
		return ports;
	}

	async stop() {
		this.socket.close();
		await this.process.stop('SIGTERM', 3000);
	}
}

module.exports = { Rtpengine };
