// certificates: authorities and what they sign, made with openssl.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./wait.js');

async function openssl(...args) {
	const r = await run('openssl', args);
	if (r.status) throw new Error(`openssl ${args[0]}: ${r.stderr}`);
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

class Authority {
	static async make(dir, name) {
		const a = new Authority();
		a.dir = dir;
		a.name = name;
		a.certificate = path.join(dir, `${name}.pem`);
		a.key = path.join(dir, `${name}.key`);
		fs.mkdirSync(dir, { recursive: true });
		await openssl('req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name}`,
			'-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', a.key, '-out', a.certificate);
		return a;
	}

	// names: as in subjectAltName, "DNS:carrier.example". Gives the files
	// certificate, key, and both in one.
	async sign(title, names) {
		const at = (kind) => path.join(this.dir, `${this.name}-${title}.${kind}`);
		const it = { certificate: at('pem'), key: at('key'), both: at('both.pem') };
		fs.writeFileSync(at('ext'), `subjectAltName=${names.join(',')}\n`);
		await openssl('req', '-new', ...newKey, '-subj', `/CN=${title}`, '-keyout', it.key, '-out', at('csr'));
		await openssl('x509', '-req', '-in', at('csr'), '-CA', this.certificate, '-CAkey', this.key,
			'-set_serial', `0x${Date.now().toString(16)}${Math.floor(Math.random() * 4096).toString(16)}`,
			'-days', '2', '-extfile', at('ext'), '-out', it.certificate);
		fs.writeFileSync(it.both, fs.readFileSync(it.key, 'utf8') + fs.readFileSync(it.certificate, 'utf8'));
		fs.chmodSync(it.key, 0o644); // the processes' users read it
		return it;
	}
}

module.exports = { Authority };
