// witnesses: real ones, each a process of its own, and the policy that names
// them. `await Witnesses.make(dir, n)`, then the node's settings, then run(log).
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Authority } = require('./certificates.js');
const { freePort, run, start, until } = require('./wait.js');

const vaxel = process.env.VAXEL || path.resolve(__dirname, '../../../build/vaxel');

class Witness {
	constructor(dir, name, port) {
		Object.assign(this, { dir, name, port });
		fs.mkdirSync(path.join(dir, 'state'), { recursive: true });
	}

	get url() { return `https://localhost:${this.port}/`; }
	at(name) { return path.join(this.dir, name); }

	async start() {
		fs.writeFileSync(this.at('conf'), Object.entries({
			key: 'key', logs: 'logs', state: 'state', certificate: this.certificate.certificate,
			'tls-key': this.certificate.key, listen: `127.0.0.1:${this.port}`,
		}).map(([name, value]) => `${name} = "${value}"\n`).join(''));
		this.process = start(vaxel, ['witness', '-c', this.at('conf')]);
		await until(`${this.name} ready`, () => {
			if (this.process.status !== null) throw new Error(`${this.name} ended: ${this.process.err}`);
			return /^ready https /m.test(this.process.out);
		});
	}

	async stop() {
		await this.process?.stop();
		this.process = null;
	}
}

class Witnesses {
	static async make(dir, count = 2, quorum = 'all') {
		const w = Object.assign(new Witnesses(), { dir, all: [] });
		fs.mkdirSync(dir, { recursive: true });
		w.authority = await Authority.make(dir, 'ca');
		const certificate = await w.authority.sign('witness', ['DNS:localhost']);
		const lines = [];
		for (let i = 1; i <= count; i++) {
			const one = new Witness(path.join(dir, `w${i}`), `w${i}`, await freePort());
			one.certificate = certificate;
			const made = await run(vaxel, ['key', 'new', '--witness', `w${i}.example`, '--out', one.at('key')]);
			if (made.status) throw new Error(made.stderr);
			one.vkey = made.stdout.trim();
			lines.push(`witness w${i} ${one.vkey} ${one.url}`);
			w.all.push(one);
		}
		w.policy = path.join(dir, 'policy');
		fs.writeFileSync(w.policy, `${lines.join('\n')}\ngroup q ${quorum} ${w.all.map((one) => one.name).join(' ')}\nquorum q\n`);
		return w;
	}

	// What a node's configuration says of them.
	get settings() { return { witnesses: this.policy, 'witness-ca': this.authority.certificate }; }

	// Of logs with these verifier keys.
	async start(...vkeys) {
		for (const one of this.all) {
			fs.writeFileSync(one.at('logs'), `${vkeys.map((key) => `log ${key.trim()}`).join('\n')}\nquorum none\n`);
			await one.start();
		}
	}

	async stop() {
		for (const one of this.all) await one.stop();
	}
}

module.exports = { Witnesses };
