// The examples: what vaxel check says of them, and that they run. Keys,
// certificates and passwords that they name are made here, in a copy.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Authority } = require('./lib/certificates.js');
const { run, start, until } = require('./lib/wait.js');

const top = path.resolve(__dirname, '../..');
const vaxel = process.env.VAXEL || path.join(top, 'build/vaxel');
const examples = path.join(top, 'examples/1177');
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-examples-'));
const GOOD = ['national', 'supplier', 'provider', 'one-machine'];

const read = (name) => fs.readFileSync(path.join(dir, name), 'utf8');
const write = (name, text) => fs.writeFileSync(path.join(dir, name), text);
const check = (name) => run(vaxel, ['check', '-c', path.join(dir, `${name}.conf`)]);
const rules = (out) => new Set([...out.matchAll(/^\S+:\d+: ([A-Z0-9-]+): (?!weakness)/gm)].map((m) => m[1]));

// Weaknesses of the examples, not of the machine that runs this.
const weaknesses = (out) => [...out.matchAll(/^\S+:\d+: ([A-Z0-9-]+): weakness: (.*); mend: /gm)]
	.map((m) => `${m[1]} ${m[2]}`).filter((w) => !/machine swaps|kdump|hibernate|share one user/.test(w));

before(async () => {
	fs.chmodSync(dir, 0o755);
	fs.cpSync(examples, dir, { recursive: true });
	for (const folder of ['keys', 'passwords']) fs.mkdirSync(path.join(dir, folder));
	const authority = await Authority.make(path.join(dir, 'made'), 'ca');
	fs.copyFileSync(authority.certificate, path.join(dir, 'keys/ca.pem'));
	for (const name of ['national', 'supplier', 'provider', 'one-machine']) {
		const it = await authority.sign(name, ['DNS:1177.national.example']);
		fs.renameSync(it.certificate, path.join(dir, `keys/${name}.pem`));
		fs.renameSync(it.key, path.join(dir, `keys/${name}.key`));
	}
	const key = await run(vaxel, ['key', 'new', '--handover', 'test.example/handover', '--out', path.join(dir, 'keys/handover.key')]);
	assert.equal(key.status, 0, key.stderr);
	for (const name of ['nurse1', 'nurse2']) write(`passwords/${name}`, `secret of ${name}\n`);
	const made = await run(vaxel, ['init', path.join(dir, 'made/node'), '--role', 'provider']);
	assert.equal(made.status, 0, made.stderr);
	fs.copyFileSync(path.join(dir, 'made/node/keys/identity.age'), path.join(dir, 'keys/identity.age'));
});

after(() => fs.rmSync(dir, { recursive: true }));

test('no fault in the four, and the weakness of one machine is named', async () => {
	for (const name of GOOD) {
		const r = await check(name);
		assert.match(r.stdout, /^0 faults\n$/m, `${name}: ${r.stdout}`);
		assert.equal(r.status, 0);
		assert.deepEqual(weaknesses(r.stdout), [
			...name === 'one-machine' ? ['GDPR-32-KEY one machine holds the recordings and the key that opens them'] : [],
			'CONFIG judged as of 2026-11-21, not of today'], name);
	}
});

test('they have no fault where their keys are not, but do not run there', async () => {
	for (const name of GOOD) {
		const file = path.join(examples, `${name}.conf`), r = await run(vaxel, ['check', '-c', file]);
		assert.match(r.stdout, /^0 faults\n$/m, `${name}: ${r.stdout}`);
		const started = await run(vaxel, ['run', '-c', file]);
		assert.equal(started.status, 1, name);
		assert.match(started.stderr, /\.conf:\d+: CONFIG: \S+ cannot be used: No such file or directory; mend: /, name);
	}
});

test('all four by the same register and routes, with all regions', () => {
	for (const name of GOOD) assert.match(read(`${name}.conf`), /^register = "register.conf"\nroutes = "routes.conf"$/m);
	const counties = new Set([...read('routes.conf').matchAll(/"(\d\d)"/g)].map((m) => m[1]));
	assert.equal(counties.size, 21);
});

test('who answers takes 1177 from the national node, or from a carrier by its token', () => {
	const trunks = (text) => [...text.matchAll(/^trunk "(.*)" \{\n([^}]*)\}/gm)].map(([, name, body]) => ({ name, body }));
	const routes = [...read('routes.conf').matchAll(/^route "(.*)" \{\n([^]*?\n)\}/gm)].map(([, name, body]) =>
		({ name, of: /organisation = "(.*)"/.exec(body)[1], trunk: /trunk = "(.*)"/.exec(body)[1] }));
	for (const [name, trunk] of [['supplier', 'vardlinjen'], ['one-machine', 'gotland']]) {
		const text = read(`${name}.conf`);
		assert.deepEqual(JSON.parse(/^takes = \{(.*)\}$/m.exec(text)[0].replace(/^takes = \{/, '[').replace(/\}$/, ']')),
			routes.filter((r) => r.trunk === trunk).map((r) => `${r.of}/${r.name}`));
		for (const t of trunks(text)) assert.equal(/^\trequire-token = yes$/m.test(t.body), t.name !== 'national', t.name);
	}
	const [carrier, ...providers] = trunks(read('national.conf'));
	assert.match(carrier.body, /^\thand-over = refer$/m);
	for (const p of providers) assert.match(p.body, /provider-key = .*\n\tprovider-recipient = /, p.name);
});

test('the provider pulls from the supplier, and shows a certificate', () => {
	const peer = /^\tpeer "(.*)" \{\n\t\tcontroller = "(.*)"$/m.exec(read('supplier.conf'));
	const feed = /^feed "(.*)" \{\n\turl = "https:\/\/.*:8443"\n\tcontroller = "(.*)"$/m.exec(read('provider.conf'));
	assert.equal(peer[2], feed[2]);
	assert.equal(/controller = "(.*)"/.exec(read('supplier.conf'))[1], peer[2]);
	const keys = (name) => [...read(`${name}.conf`).matchAll(/^\tkey = "(age1.*)"$/gm)].map((m) => m[1]);
	assert.deepEqual(keys('provider'), keys('supplier'));
});

test('no address that others reach, without asking who they are', async () => {
	write('open.conf', read('supplier.conf').replace(/\tclient-ca = .*\n/, '').replace(/\tpeer [^}]*\}\n/, ''));
	const r = await check('open');
	assert.equal(r.status, 1);
	assert.deepEqual([...rules(r.stdout)], ['GDPR-32-OPEN'], r.stdout);
	const not = await run(vaxel, ['run', '-c', path.join(dir, 'open.conf')]);
	assert.equal(not.status, 1);
	assert.match(not.stderr, /GDPR-32-OPEN.*\n[^]*not started: mend the faults above/);
});

test('a supplier with an identity is at fault, wrapped or not', async () => {
	const text = read('supplier.conf');
	assert.doesNotMatch(text, /^keeper|identity =|passphrase-file/m);
	fs.copyFileSync(path.join(dir, 'made/node/keys/identity.age'), path.join(dir, 'keys/wrapped.age'));
	write('keys/plain.age', 'AGE-SECRET-KEY-1QQQ\n');
	for (const key of ['wrapped', 'plain']) {
		write('supplier-with-key.conf', `${text}keeper {\n\tidentity = "keys/${key}.age"\n}\n`);
		const r = await check('supplier-with-key');
		assert.equal(r.status, 1);
		assert.deepEqual([...rules(r.stdout)], ['GDPR-32-KEY'], r.stdout);
	}
});

// The hosts of the examples are nobody's and their addresses are not here; the
// folder with the log is one that vaxel init has made.
async function here(name) {
	const home = path.join(dir, `node-${name}`), conf = `here-${name}.conf`;
	const keys = Array(2).fill(['--recipient', 'age10j4j7kmyhhlpfcaflw8sltctjqjpnt24rz6e3wlcrecaajkrc4fsjcahjy']).flat();
	const made = await run(vaxel, ['init', home, '--role', name, ...name === 'supplier' ? keys : []]);
	assert.equal(made.status, 0, made.stderr);
	write(conf, read(`${name}.conf`).replace(/192\.0\.2\.\d+:(5061|8443)/g, '127.0.0.1:0').replace(/192\.0\.2\.\d+/, '127.0.0.1')
		.replace(/log-origin = ".*"/, `log-origin = "vaxel.example/${name}"`)
		.replace('/var/lib/vaxel', path.join(home, 'state')).replace('/run/vaxel', path.join(home, 'run'))
		.replace(/\thost = .*\n/g, ''));
	return path.join(dir, conf);
}

test('the four run', async () => {
	for (const name of GOOD) {
		const node = start(vaxel, ['run', '-c', await here(name)]);
		try {
			await until(`${name} to be ready`, () => {
				assert.equal(node.status, null, node.err);
				return /^ready/m.test(node.out);
			}, 30000);
		} finally {
			await node.stop('SIGTERM', 8000);
		}
	}
});

test('what vaxel init shows for a provider makes a supplier', async () => {
	const made = await run(vaxel, ['init', path.join(dir, 'provider'), '--role', 'provider']);
	const line = /^ {2}vaxel (init DIR --role supplier --recipient age1\S+ --recipient age1\S+)$/m.exec(made.stdout);
	assert.ok(line, made.stdout);
	const supplier = await run(vaxel, line[1].replace('DIR', path.join(dir, 'supplier')).split(' '));
	assert.equal(supplier.status, 0, supplier.stderr);
	for (const name of ['provider/vaxel', 'supplier/vaxel']) assert.match((await check(name)).stdout, /^0 faults$/m);
});

test('the world of 2019: what was wrong by its rules, and it is not run', async () => {
	const r = await check('incident-2019');
	assert.equal(r.status, 1);
	for (const id of ['SE-HSL', 'SE-SECRECY', 'GDPR-13', 'GDPR-28-2', 'GDPR-28-3', 'GDPR-32-OPEN', 'GDPR-32-PLAIN',
		'GDPR-32-RESTORE', 'GDPR-44', 'ROUTE-GAP'])
		assert.ok(rules(r.stdout).has(id), id);
	assert.doesNotMatch(r.stdout, /unknown trunk|cannot be read/);
	for (const line of r.stdout.trim().split('\n').slice(0, -1)) assert.match(line, /^\S+:\d+: [A-Z0-9-]+: .+; mend: .+$/);
	const not = await run(vaxel, ['run', '-c', path.join(dir, 'incident-2019.conf')]);
	assert.equal(not.status, 1);
	assert.match(not.stderr, /not started: mend the faults above/);
	assert.ok(!fs.existsSync('/var/lib/vaxel-2019'));
});
