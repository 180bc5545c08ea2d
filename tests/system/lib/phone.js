// phone: baresip, driven over its control socket.
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { until, freePort, start, sleep } = require('./wait.js');
const audio = require('./audio.js');

class Phone {
	// options: user, password, registrar (host:port), answer: 'auto'|'manual',
	// tone: Hz or wav: file, srtp: 'srtp'|'srtp-mand', codecs, transport,
	// certificate and ca: PEM files for TLS
	static async make(options) {
		const p = new Phone();
		p.options = options;
		p.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-phone-'));
		p.host = options.host || '127.0.0.1';
		p.port = options.port || await freePort(p.host, 2); // TLS takes the next
		p.control = await freePort();
		p.events = [];
		const source = options.wav || audio.writeTone(path.join(p.dir, 'say.wav'), options.tone || 440, options.seconds || 120);
		const at = p.host.includes(':') ? `[${p.host}]` : p.host;
		fs.writeFileSync(path.join(p.dir, 'config'), `
poll_method epoll
sip_listen ${at}:${p.port}
sip_trans_def ${options.transport || 'udp'}
${options.certificate ? `sip_certificate ${options.certificate}` : ''}
${options.ca ? `sip_cafile ${options.ca}` : ''}
call_local_timeout 120
call_max_calls 4
audio_player aubridge,${p.control}
audio_source aufile,${source}
audio_alert aubridge,alert${p.control}
auplay_srate 8000
ausrc_srate 8000
auplay_channels 1
ausrc_channels 1
audio_buffer 20-160
net_interface ${p.host}
rtp_ports 56000-63998
rtcp_mux no
jitter_buffer_type fixed
jitter_buffer_delay 1-5
ring_aufile none
callwaiting_aufile none
ringback_aufile none
notfound_aufile none
busy_aufile none
error_aufile none
module_path /usr/lib/baresip/modules
module g711.so
module g722.so
module aufile.so
module aubridge.so
module sndfile.so
snd_path ${p.dir}
module srtp.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:${p.control}
`);
		const params = [`regint=${options.password ? options.expires || 60 : 0}`,
			`answermode=${options.answer === 'auto' ? 'auto' : 'manual'}`,
			`audio_codecs=${options.codecs || 'PCMA'}`];
		if (options.password) params.push(`auth_pass=${options.password}`);
		if (options.srtp) params.push(`mediaenc=${options.srtp}`);
		if (options.outbound) params.push(`outbound="sip:${options.outbound}"`);
		fs.writeFileSync(path.join(p.dir, 'accounts'),
			`${options.display ? `"${options.display}" ` : ''}<sip:${options.user}@${options.registrar || p.host}${options.transport ? `;transport=${options.transport}` : ''}>;${params.join(';')}\n`);
		fs.writeFileSync(path.join(p.dir, 'contacts'), '');
		p.process = start('baresip', ['-f', p.dir, '-v'], { cwd: p.dir });
		await p.connect();
		// it takes commands before it has its account, and forgets them
		await until('a phone that is ready', () => {
			if (p.process.status !== null) throw new Error(`baresip ended\n${p.process.out}${p.process.err}`);
			return /baresip is ready/.test(p.process.out + p.process.err);
		}, 30000);
		return p;
	}

	async connect() {
		this.socket = await until('the phone\'s control socket', () => new Promise((done) => {
			if (this.process.status !== null) throw new Error(`baresip ended\n${this.process.out}${this.process.err}`);
			const s = net.connect(this.control, '127.0.0.1');
			s.once('connect', () => done(s));
			s.once('error', () => done(null));
		}));
		let pending = Buffer.alloc(0);
		this.socket.on('error', () => {});
		this.socket.on('data', (d) => {
			pending = Buffer.concat([pending, d]);
			for (;;) {
				const colon = pending.indexOf(':');
				if (colon < 0) return;
				const len = Number(pending.toString('latin1', 0, colon));
				if (pending.length < colon + len + 2) return;
				const text = pending.toString('utf8', colon + 1, colon + 1 + len);
				pending = pending.subarray(colon + len + 2);
				try {
					const e = JSON.parse(text);
					e.at = Date.now();
					this.events.push(e);
				} catch { /* not for us */ }
			}
		});
	}

	command(command, params) {
		const text = JSON.stringify({ command, params, token: String(Math.random()) });
		this.socket.write(`${Buffer.byteLength(text)}:${text},`);
	}

	has(type) { return this.events.find((e) => e.event && e.type === type); }
	count(type) { return this.events.filter((e) => e.event && e.type === type).length; }

	// The n-th event of that kind since the start (or since forget()).
	async event(type, ms = 30000, n = 1) {
		return until(`${type} at phone ${this.options.role || ''}`, () => {
			if (this.process.status !== null) throw new Error(`baresip ended\n${this.process.out}${this.process.err}`);
			const all = this.events.filter((e) => e.event && e.type === type);
			return all.length >= n && all[n - 1];
		}, ms);
	}

	forget() { this.events = []; }

	// The event may be over before the control socket is there: its log has it.
	registered(ms = 30000) {
		return until(`registration of phone ${this.options.role || ''}`, () => {
			if (this.process.status !== null) throw new Error(`baresip ended\n${this.process.out}${this.process.err}`);
			return /200 OK .*binding/.test(this.process.out);
		}, ms);
	}
	dial(uri) { this.command('dial', uri); }
	accept() { this.command('accept'); }
	hangup() { this.command('hangup'); }
	hold() { this.command('hold'); }
	resume() { this.command('resume'); }
	transfer(uri) { this.command('transfer', uri); }

	// What it has heard in its n-th call; whole once it was stopped.
	async heard(n = 0) {
		if (this.kept) return this.kept[n] || new Int16Array(0);
		const files = fs.readdirSync(this.dir).filter((f) => /^dump.*-dec\.wav$/.test(f)).sort();
		return files[n] ? audio.readWav(path.join(this.dir, files[n])) : new Int16Array(0);
	}

	async stop() {
		if (this.kept) return;
		if (this.socket) {
			this.command('quit');
			await sleep(200);
			this.socket.destroy();
		}
		await this.process.stop('SIGTERM', 2000);
		this.kept = fs.readdirSync(this.dir).filter((f) => /^dump.*-dec\.wav$/.test(f)).sort()
			.map((f) => audio.readWav(path.join(this.dir, f)));
		if (!process.env.KEEP) fs.rmSync(this.dir, { recursive: true, force: true });
	}
}

module.exports = { Phone };
