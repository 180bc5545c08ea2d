// pair: a supplier's node, which records and holds no identity, and the
// provider's, which pulls and opens.
'use strict';
const fs = require('node:fs');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const { Authority } = require('./certificates.js');
const { Node } = require('./node.js');
const { Phone } = require('./phone.js');
const { freePort, sleep, until } = require('./wait.js');

class Pair {
	// at: { supplier, provider }: addresses; under: what the provider's node is
	// run by; letGo: whether envelopes leave the supplier
	static async make({ at = '127.0.0.1', under, letGo = false, url } = {}) {
		const p = new Pair();
		p.at = at;
		p.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-pair-'));
		fs.chmodSync(p.dir, 0o755);
		p.authority = await Authority.make(p.dir, 'ca');
		p.server = await p.authority.sign('supplier', [`IP:${at}`]);
		p.client = await p.authority.sign('provider', ['DNS:provider.test']);
		p.port = await freePort(at);
		p.provider = await Node.make('provider', { under, dir: path.join(p.dir, 'provider') });
		p.supplier = await Node.make('supplier', {
			dir: path.join(p.dir, 'supplier'),
			recipients: [p.provider.keys.recipient, p.provider.keys.recovery_recipient],
		});
		p.letGo = letGo;
		p.url = url || `https://${at}:${p.port}`;
		p.configure();
		return p;
	}

	configure({ feed = {}, desk = {}, more = {} } = {}) {
		this.supplier.configure({
			'line 1177': {
				controller: 'Region Test', 'position-every': 0,
				'notice sv': { version: '1', text: 'Ring ett ett två.' }, 'notice en': null,
			},
			desk: {
				'https-listen': `${this.at}:${this.port}`, certificate: this.server.certificate, key: this.server.key,
				'client-ca': this.authority.certificate,
				'peer provider.test': { controller: 'Region Test', 'let-go': this.letGo }, ...desk,
			},
		});
		const keys = this.provider.keys;
		this.provider.configure({
			sip: null, media: null, 'trunk carrier': null,
			'recipient controller': { key: keys.recipient }, 'recipient recovery': { key: keys.recovery_recipient },
			'feed supplier': {
				url: this.url, controller: 'Region Test', certificate: this.client.certificate, key: this.client.key,
				ca: this.authority.certificate, every: 1, ...feed,
			},
			...more,
		});
	}

	// A caller and a nurse in a call that is being recorded.
	async talk({ caller = {}, nurse = {} } = {}) {
		const n = await Phone.make({
			user: 'agent1', password: this.supplier.password('agent1'), registrar: this.supplier.address,
			tone: 880, answer: 'auto', role: 'nurse', ...nurse,
		});
		const c = await Phone.make({ user: 'caller', registrar: this.supplier.address, tone: 440, role: 'caller', ...caller });
		try {
			await n.registered();
			c.dial(this.supplier.uri);
			await n.event('CALL_ESTABLISHED', 40000);
			await until('a recording in progress', async () => await this.supplier.metric('recordings_active') === 1);
		} catch (e) {
			await c.stop();
			await n.stop();
			throw e;
		}
		return { caller: c, nurse: n };
	}

	// A call of so long; its recording at the supplier.
	async call(ms = 1500, who) {
		const before = (await this.supplier.recordings()).map((r) => r.id);
		const { caller, nurse } = await this.talk(who);
		try {
			await sleep(ms);
			caller.hangup();
			return await until('the recording', async () =>
				(await this.supplier.recordings()).find((r) => r.state === 'sealed' && !before.includes(r.id)));
		} finally {
			await caller.stop();
			await nurse.stop();
		}
	}

	// A request to the supplier's desk, as whoever has that certificate.
	ask(method, where, { as = this.client, headers = {}, ...options } = {}) {
		return new Promise((done, fail) => {
			const q = https.request({
				host: this.at, port: this.port, method, path: where, ca: fs.readFileSync(this.authority.certificate),
				cert: as && fs.readFileSync(as.certificate), key: as && fs.readFileSync(as.key), agent: false, headers, ...options,
			}, (r) => {
				const parts = [];
				r.on('data', (d) => parts.push(d));
				r.on('error', fail);
				r.on('end', () => done({ status: r.statusCode, headers: r.headers, body: Buffer.concat(parts) }));
			});
			q.on('error', fail);
			q.end();
		});
	}

	async list(after = '') {
		const r = await this.ask('GET', `/feed?after=${after}`);
		if (r.status !== 200) throw new Error(`feed: ${r.status} ${r.body}`);
		return r.body.toString().split('\n').filter(Boolean).map((l) => JSON.parse(l));
	}

	async remove() {
		await this.provider?.remove();
		await this.supplier?.remove();
		if (!process.env.KEEP) fs.rmSync(this.dir, { recursive: true, force: true });
	}
}

module.exports = { Pair };
