// node: a whole Växel node, made by `vaxel init`, run, watched and ended.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const net = require('node:net');
const { sleep, until, freePort, run, start } = require('./wait.js');

const top = path.resolve(__dirname, '../../..');
const vaxel = process.env.VAXEL || path.join(top, 'build/vaxel');

const notice = {
	sv: 'Fara för liv: ring ett ett två. Region Test ansvarar. Samtalet spelas in.',
	en: 'Danger to life: call one one two. The call is recorded.',
};

// Sections of the configuration from an object of options.
function section(kind, title, options) {
	const lines = Object.entries(options).filter(([, value]) => value !== null).map(([key, value]) => {
		if (value && typeof value === 'object' && !Array.isArray(value))
			return section(key.split(' ')[0], key.split(' ')[1], value);
		if (Array.isArray(value))
			return `${key} = { ${value.map((v) => `"${v}"`).join(', ')} }`;
		return `${key} = ${typeof value === 'string' ? `"${value}"` : value}`;
	});
	return `${kind}${title ? ` ${title}` : ''} {\n${lines.join('\n')}\n}\n`;
}

// 200 UDP ports that nobody has (a benchmark beside us may hold thousands),
// below what the phones and the kernel take.
function freeRange() {
	const taken = ['udp', 'udp6'].flatMap((f) => [...fs.readFileSync(`/proc/net/${f}`, 'utf8')
		.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) /gm)].map((m) => parseInt(m[1], 16)));
	for (let i = 0; i < 500; i++) {
		const from = 20000 + Math.floor(Math.random() * 60) * 200;
		if (!taken.some((port) => port >= from && port < from + 200)) return from;
	}
	throw new Error('no free range of ports');
}

class Node {
	// role, listen: ['udp', 'tcp'...], host: address; conf: (text) => text
	static async make(role = 'one-machine', options = {}) {
		const n = new Node();
		n.role = role;
		n.options = options;
		n.dir = options.dir || fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-test-'));
		fs.mkdirSync(n.dir, { recursive: true });
		fs.chmodSync(n.dir, 0o755); // the processes' users pass through
		n.host = options.host || '127.0.0.1';
		n.port = options.port || await freePort(n.host);
		n.tlsPort = options.tls ? await freePort(n.host) : 0;
		const home = path.join(n.dir, 'node');
		const args = ['init', home, '--role', role, '--json'];
		for (const r of options.recipients || []) args.push('--recipient', r);
		const made = await run(vaxel, args);
		if (made.status) throw new Error(`vaxel init: ${made.stderr}`);
		n.keys = JSON.parse(made.stdout);
		n.conf = path.join(home, 'vaxel.conf');
		n.state = path.join(home, 'state');
		n.runtime = path.join(home, 'run');
		n.configure(options.sections || {});
		return n;
	}

	// Write the configuration anew; sections add to or replace the usual ones.
	configure(sections) {
		const at = this.host.includes(':') ? `[${this.host}]` : this.host;
		const listen = [`udp:${at}:${this.port}`, `tcp:${at}:${this.port}`];
		if (this.tlsPort) listen.push(`tls:${at}:${this.tlsPort}`);
		// a running node keeps its ports
		this.rtp ||= freeRange();
		const rtp = this.rtp;
		const all = {
			sip: { listen, domain: 'vaxel.test', 'calls-max': 64, ...this.options.tls, ...this.options.sip },
			media: {
				address: this.host.includes(':') ? '127.0.0.1' : this.host,
				address6: '::1', ports: `${rtp}-${rtp + 199}`, workers: 1, silence: 30,
			},
			'trunk carrier': { from: ['127.0.0.1', '::1'], trusted: true, options: 0 },
		};
		if (this.role === 'one-machine' || this.role === 'supplier') {
			Object.assign(all, {
				'line 1177': {
					controller: 'Region Test', 'ring-timeout': 3, 'position-every': 5,
					busy: 'Vänta.', position: 'Plats %u.',
					'notice sv': { version: '1', text: notice.sv },
					'notice en': { version: '1', text: notice.en },
				},
				'agent agent1': { 'password-file': 'passwords/agent1' },
				'agent agent2': { 'password-file': 'passwords/agent2' },
				'recipient controller': { key: this.keys.recipient || this.options.recipients[0] },
				'recipient recovery': { key: this.keys.recovery_recipient || this.options.recipients[1] },
			});
		}
		if (this.role === 'one-machine' || this.role === 'provider')
			all.keeper = { identity: 'keys/identity.age' };
		for (const [name, value] of Object.entries(sections)) {
			if (value === null) delete all[name];
			else if (typeof value === 'object' && all[name] && !value.replace)
				all[name] = { ...all[name], ...value };
			else all[name] = value;
		}
		const head = [`role = ${this.role}`, 'organisation = "Test"', `log-origin = "vaxel.example/${this.role}"`,
			`log-level = ${this.options.level || 'info'}`, `data = "${top}/data"`];
		const body = Object.entries(all).map(([name, value]) => {
			if (Array.isArray(value)) return `${name} = { ${value.map((v) => `"${v}"`).join(', ')} }\n`;
			if (typeof value !== 'object') return `${name} = "${value}"\n`;
			const [kind, title] = name.split(' ');
			return section(kind, title, value);
		});
		fs.writeFileSync(this.conf, `${head.join('\n')}\n${body.join('')}`);
	}

	async start() {
		const [program, ...before] = [...this.options.under || [], vaxel];
		this.process = start(program, [...before, 'run', '-c', this.conf], { cwd: this.dir, env: this.options.env || process.env });
		await until('ready', () => {
			if (this.process.status !== null)
				throw new Error(`vaxel run ended: ${this.process.status}\n${this.process.err}`);
			return this.process.out.includes('ready sip=');
		}, 30000);
		if (this.keys.passphrase && !this.options.locked) await this.unlock();
		return this;
	}

	get log() { return this.process.err; }
	get uri() { return `sip:1177@${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`; }
	get address() { return `${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`; }

	vaxel(args, options) { return run(vaxel, args, options); }

	// SIGHUP, and what the node said until it had taken the new configuration,
	// or had said why not.
	async reload(done = /loaded again/, ms = 30000) {
		const from = this.log.length;
		process.kill(this.process.pid, 'SIGHUP');
		await until('the new configuration', () => done.test(this.log.slice(from)), ms);
		return this.log.slice(from);
	}

	async unlock() {
		const r = await run(vaxel, ['key', 'unlock', '-c', this.conf], { input: `${this.keys.passphrase}\n` });
		if (r.status) throw new Error(`key unlock: ${r.stdout}${r.stderr}`);
	}

	password(agent) {
		return fs.readFileSync(path.join(path.dirname(this.conf), 'passwords', agent), 'utf8').trim();
	}

	// JSON lines of a subcommand that takes -c
	async json(...args) {
		const r = await run(vaxel, [...args, '--json', '-c', this.conf]);
		if (r.status) throw new Error(`vaxel ${args.join(' ')}: ${r.status} ${r.stdout}${r.stderr}`);
		return r.stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l));
	}

	recordings() { return this.json('recording', 'list'); }

	// Wait for n recordings of the given state.
	sealed(n = 1, ms = 30000, state = 'sealed') {
		return until(`${n} ${state}`, async () => {
			const all = (await this.recordings()).filter((r) => r.state === state);
			return all.length >= n && all;
		}, ms, 100);
	}

	// Details of the ledger's events of a kind, in order.
	async events(type) {
		const rows = await this.select(`SELECT details FROM entries WHERE type = '${type}' ORDER BY entry`);
		return rows.map((e) => JSON.parse(e.details));
	}

	// Rows of the ledger's database. Of a copy: the ledger lets nobody else into
	// its own.
	async select(sql) {
		const copy = path.join(this.dir, 'copy.sqlite');
		for (const end of ['', '-wal']) fs.copyFileSync(path.join(this.state, 'ledger', `db.sqlite${end}`), copy + end);
		const r = await run('sqlite3', ['-json', copy, sql]);
		for (const end of ['', '-wal', '-shm']) fs.rmSync(copy + end, { force: true });
		if (r.status) throw new Error(`sqlite3: ${r.stderr}`);
		return JSON.parse(r.stdout || '[]');
	}

	metrics() {
		return new Promise((done, fail) => {
			let text = '';
			const s = net.connect(path.join(this.runtime, 'metrics.sock'));
			s.on('data', (d) => { text += d; });
			s.on('error', fail);
			s.on('close', () => done(text));
		});
	}

	// Sum of one metric over all processes.
	async metric(name) {
		let sum = 0;
		for (const line of (await this.metrics()).split('\n')) {
			const m = /^([a-z_]+)(?:\{[^}]*\})? (\d+)$/.exec(line);
			if (m && (m[1] === `vaxel_${name}` || m[1] === `vaxel_${name}_total`)) sum += Number(m[2]);
		}
		return sum;
	}

	// Sound passes both ways (50 packets a second each): in one second of a
	// patience of ten, since the machine may have other work.
	heard() {
		return until('sound both ways', async () => {
			const from = await this.metric('rtp_relayed'), began = Date.now();
			await sleep(1000);
			return (await this.metric('rtp_relayed') - from) / (Date.now() - began) * 1000 > 75;
		});
	}

	// pid of one of our processes ("switch", "media", ...)
	pids(name) {
		const pids = [];
		for (const pid of fs.readdirSync('/proc').filter((d) => /^\d+$/.test(d))) {
			try {
				const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
				if (Number(/^PPid:\s+(\d+)/m.exec(status)[1]) !== this.process.pid) continue;
				const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
				if (!name || line[2] === name) pids.push(Number(pid));
			} catch { /* gone meanwhile */ }
		}
		return pids;
	}

	async kill(name, signal = 'SIGKILL') {
		const [pid] = await until(`a process ${name}`, () => {
			const p = this.pids(name);
			return p.length && p;
		});
		process.kill(pid, signal);
		return pid;
	}

	// End it; what is left of its processes is a fault.
	async stop(signal = 'SIGTERM', ms = 15000) {
		const left = this.process ? this.pids() : [];
		const status = this.process ? await this.process.stop(signal, ms) : 0;
		await sleep(50);
		for (const pid of left) {
			try { process.kill(pid, 'SIGKILL'); } catch { /* ended */ }
		}
		return status;
	}

	async remove() {
		await this.stop('SIGTERM', 8000);
		if (!process.env.KEEP) fs.rmSync(this.dir, { recursive: true, force: true });
	}
}

module.exports = { Node, top, vaxel, section };
