// A witness: cosigns what continues the log, nothing else, and nothing that it
// could forget; in the hands of strangers it stays up.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { vaxel } = require('./lib/node.js');
const { Authority } = require('./lib/certificates.js');
const { Log, readKey, cosigned } = require('./lib/tlog.js');
const { run, start, until } = require('./lib/wait.js');

let dir, authority, certificate, key, vkey, mine, witness, port;
const at = (name) => path.join(dir, name);
const one = new Log('one.example/log'), two = new Log('two.example/log');
const agent = new https.Agent({ keepAlive: true, maxSockets: 8 });

function args(key = 'w.key') {
	fs.writeFileSync(at('witness.conf'), `key = "${key}"\nlogs = "logs"\nstate = "state"\n` +
		`certificate = "${certificate.certificate}"\ntls-key = "${certificate.key}"\nlisten = "127.0.0.1:0"\n`);
	return ['witness', '-c', at('witness.conf')];
}

async function up() {
	witness = start(vaxel, args());
	await until('ready', () => {
		if (witness.status !== null) throw new Error(`ended: ${witness.status}\n${witness.err}`);
		return /^ready https port=(\d+) logs=3$/m.test(witness.out);
	});
	port = Number(/port=(\d+)/.exec(witness.out)[1]);
}

function ask(method, where, body, options = {}) {
	return new Promise((done, fail) => {
		const q = https.request({
			host: '127.0.0.1', port, method, path: where, ca: fs.readFileSync(authority.certificate),
			servername: 'witness.test', agent, ...options,
		}, (r) => {
			const parts = [];
			r.on('data', (d) => parts.push(d));
			r.on('error', fail);
			r.on('end', () => done({ status: r.statusCode, type: r.headers['content-type'], headers: r.headers, body: Buffer.concat(parts).toString() }));
		});
		q.on('error', fail);
		q.end(body);
	});
}
const add = (body, options) => ask('POST', '/add-checkpoint', body, options);
const textOf = (note) => note.slice(0, note.indexOf('\n\n') + 1);

before(async () => {
	dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-test-'));
	fs.chmodSync(dir, 0o755); // the witness's own user passes through
	authority = await Authority.make(dir, 'ca');
	certificate = await authority.sign('witness', ['DNS:witness.test', 'IP:127.0.0.1']);
	const made = await run(vaxel, ['key', 'new', '--witness', 'w.example', '--out', at('w.key')]);
	assert.equal(made.status, 0, made.stderr);
	vkey = made.stdout.trim();
	key = readKey(vkey);
	const log = await run(vaxel, ['key', 'new', '--handover', 'mine.example/log', '--out', at('mine.key')]);
	mine = log.stdout.trim();
	assert.equal(key.type, 4);
	fs.mkdirSync(at('state'));
	fs.writeFileSync(at('logs'), `# whom we watch\nlog ${one.vkey}\nlog ${two.vkey} https://two.example\nlog ${mine}\nquorum none\n`);
	await up();
});
after(async () => {
	agent.destroy();
	await witness?.stop();
	fs.rmSync(dir, { recursive: true, force: true });
});

test('it cosigns a log as it grows, and says where it stands', async () => {
	let from = 0;
	for (const size of [1, 2, 9, 9, 64, 300]) {
		one.grow(size);
		const began = Math.floor(Date.now() / 1000);
		const r = await add(one.request(from));
		assert.equal(r.status, 200, r.body);
		const time = cosigned(r.body, textOf(one.note()), key);
		assert.ok(time >= began && time <= Date.now() / 1000, `${time}`);
		const kept = await ask('GET', `/${one.hash}/checkpoint`);
		assert.equal(kept.status, 200);
		assert.equal(kept.body, one.note() + r.body);
		from = size;
	}
	const conflict = await add(one.request(9));
	assert.equal(conflict.status, 409);
	assert.equal(conflict.type, 'text/x.tlog.size');
	assert.equal(conflict.body, '300\n');
});

test('each refusal has its status', async () => {
	const status = async (body) => (await add(body)).status;
	const other = new Log('three.example/log'), impostor = new Log('one.example/log');
	other.grow(1);
	impostor.grow(300);
	assert.equal(await status(other.request(0)), 404);
	assert.equal(await status(impostor.request(300)), 403);
	assert.equal(await status(one.request(300).replace('\n300\n', '\n299\n')), 403);
	assert.equal(await status(one.request(301)), 400);
	assert.equal(await status(one.request(300).replace('old 300', 'old 0300')), 400);
	assert.equal(await status(''), 400);
	assert.equal((await ask('GET', `/${two.hash}/checkpoint`)).status, 404);
	assert.equal((await ask('GET', `/${other.hash}/checkpoint`)).status, 404);
	assert.equal((await ask('GET', '/../../etc/passwd')).status, 404);
	const get = await ask('GET', '/add-checkpoint');
	assert.equal(get.status, 405);
	assert.equal(get.headers.allow, 'POST');
	assert.equal((await ask('POST', '/', 'x')).status, 405);
});

test('of two pasts it cosigns one, and keeps the proof of the other', async () => {
	const fork = Object.assign(new Log('one.example/log'), { keys: one.keys, id: one.id });
	fork.grow(300, 'another');
	const longer = Object.assign(new Log('one.example/log'), { keys: one.keys, id: one.id });
	longer.grow(310, 'another');
	assert.equal((await add(longer.request(300))).status, 422);
	assert.ok(!fs.existsSync(at(`state/${one.hash}/fork`)), 'a proof that does not hold is no fork');
	assert.equal((await add(fork.request(300))).status, 422);
	assert.equal(fs.readFileSync(at(`state/${one.hash}/fork`), 'utf8'), fork.request(300));
	await until('the alarm', () => /alarm witness: one.example\/log has signed two checkpoints of size 300/.test(witness.err));
	assert.equal((await ask('GET', `/${one.hash}/checkpoint`)).body.split('\n')[1], '300');
});

test('of two at once, one', async () => {
	two.grow(5);
	assert.equal((await add(two.request(0))).status, 200);
	for (let i = 0; i < 10; i++) {
		const size = two.leaves.length;
		two.grow(size + 4);
		const both = await Promise.all([add(two.request(size, size + 2)), add(two.request(size))]);
		assert.deepEqual(both.map((r) => r.status).sort(), [200, 409]);
		const won = both[0].status === 200 ? size + 2 : size + 4;
		assert.equal(both.find((r) => r.status === 409).body, `${won}\n`);
		assert.equal((await add(two.request(won))).status, 200);
	}
});

test('what it answered it has kept, whenever it is killed', async () => {
	for (let i = 0; i < 4; i++) {
		const size = two.leaves.length;
		two.grow(size + 3);
		const r = await add(two.request(size));
		assert.equal(r.status, 200);
		await witness.stop('SIGKILL');
		await up();
		assert.equal((await ask('GET', `/${two.hash}/checkpoint`)).body, two.note() + r.body);
		assert.equal((await add(two.request(size))).status, 409);
	}
});

test('a log on the disk is cosigned, and stands before its policy', async () => {
	const append = async (n, entry = 'entry') => {
		const r = await run(vaxel, ['ledger', 'append', at('mine'), '--key-file', at('mine.key')], { input: `${entry}\n`.repeat(n) });
		assert.equal(r.status, 0, r.stderr);
	};
	const policy = (url) => fs.writeFileSync(at('policy'), `witness w ${vkey} ${url}\nquorum w\n`);
	const on = (what, ...more) => run(vaxel, ['ledger', what, at('mine'), '--key', mine, '--policy', at('policy'), ...more]);
	const cosign = () => on('cosign', '--ca', authority.certificate);
	policy(`https://127.0.0.1:${port}`);
	for (const n of [3, 300, 1]) {
		await append(n);
		assert.match((await on('verify')).stdout, /^bad entry=0 no-quorum$/m);
		const r = await cosign();
		assert.equal(r.status, 0, r.stderr);
		assert.equal(r.stderr, 'w: cosigned\n');
		fs.writeFileSync(at('mine/checkpoint'), r.stdout);
		assert.match((await on('verify')).stdout, /^ok size=\d+ root=\S+ cosigned=1\/1$/m);
	}
	// an older copy of the log, and then another past
	fs.renameSync(at('mine'), at('newer'));
	await append(5, 'another');
	const behind = await cosign();
	assert.equal(behind.status, 1);
	assert.equal(behind.stdout, '');
	assert.match(behind.stderr, /^w: has seen more: this log was put back$/m);
	await append(400, 'another');
	const forked = await cosign();
	assert.equal(forked.stdout, '');
	assert.match(forked.stderr, /^w: has seen another past: this log forked$/m);
	// nobody there, and nobody whom the authority knows
	policy('https://127.0.0.1:1');
	const away = await cosign();
	assert.equal(away.status, 1);
	assert.match(away.stderr, /^w: away\nno quorum$/m);
	policy(`https://127.0.0.1:${port}`);
	assert.match((await on('cosign')).stderr, /^w: away\nno quorum$/m);
});

test('a page shows each log, and when', async () => {
	const size = two.leaves.length;
	two.grow(size + 1);
	assert.equal((await add(two.request(size))).status, 200);
	const r = await ask('GET', '/');
	assert.equal(r.status, 200);
	assert.match(r.type, /^text\/html/);
	const rowOf = (log) => new RegExp(`<tr><th scope="row">${log.origin}.*`).exec(r.body)[0];
	assert.match(rowOf(one), new RegExp(`<a href="/${one.hash}/checkpoint">300 entries</a></td><td><time datetime="\\d{4}-.*It forked`));
	assert.match(rowOf(two), new RegExp(`<a href="/${two.hash}/checkpoint">${two.leaves.length} entries.*less than a minute ago.*Up to date`));
	assert.equal(r.headers['content-security-policy'], "default-src 'none'; style-src 'self'");
	const style = await ask('GET', '/style.css');
	assert.match(style.type, /^text\/css/);
});

test('it is confined', { skip: process.getuid() !== 0 && 'needs root' }, () => {
	const of = (name) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(fs.readFileSync(`/proc/${witness.pid}/status`, 'utf8'))[1];
	assert.notEqual(of('Uid'), '0');
	assert.equal(of('Seccomp'), '2');
	assert.equal(of('NoNewPrivs'), '1');
	assert.equal(of('CapEff').replace(/^0*(4000)?$/, ''), '', 'no right but to lock memory');
});

test('strangers do not bring it down', async () => {
	// too long, with and without saying so beforehand
	const long = Buffer.alloc(1 << 20, 'x');
	for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
		const r = await add(long, { headers, agent: false }).catch((e) => e);
		assert.ok(r.status === 413 || r.code, `${r.status}`);
	}
	const header = await ask('GET', '/', '', { headers: { long: 'x'.repeat(40000) }, agent: false }).catch((e) => e);
	assert.ok(header.status >= 400 || header.code, `${header.status}`);
	// what is no TLS, and what is TLS of yesterday
	for (const bytes of ['GET / HTTP/1.1\r\n\r\n', Buffer.alloc(5000, 0xff), Buffer.from([22, 3, 1, 255, 255])]) {
		const s = net.connect(port, '127.0.0.1');
		s.on('error', () => {});
		s.end(bytes);
		await new Promise((done) => s.on('close', done));
	}
	await assert.rejects(add(one.request(300), { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0', agent: false }));
	// requests that break off in their middle, half of them in the headers
	const half = [];
	for (let i = 0; i < 20; i++) {
		const s = tls.connect({ port, host: '127.0.0.1', servername: 'witness.test', ca: fs.readFileSync(authority.certificate) });
		s.on('error', () => {});
		half.push(new Promise((done) => s.on('close', done)));
		s.on('secureConnect', () => {
			s.write(i % 2 ? 'POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nold 3' : 'POST /add-');
			s.destroy();
		});
	}
	await Promise.all(half);
	// as many connections of one address as it takes, and then one more
	const idle = [];
	for (let i = 0; i < 40; i++) {
		const s = net.connect(port, '127.0.0.1');
		s.on('error', () => {});
		s.on('close', () => { s.gone = true; });
		idle.push(s);
	}
	await until('those beyond the limit are closed', () => idle.filter((s) => s.gone).length >= 8);
	for (const s of idle) s.destroy();
	agent.destroy();
	const r = await until('it answers', () => ask('GET', '/', '', { agent: false }).then((a) => a, () => null));
	assert.equal(r.status, 200);
	assert.equal(witness.status, null);
});

test('it does not work on what another works on, nor on what was altered', async () => {
	const second = await run(vaxel, args());
	assert.equal(second.status, 1);
	assert.match(second.stderr, /another witness works there/);
	assert.equal(await witness.stop(), 0);
	await until('its last word', () => /stopped/.test(witness.err));
	const file = at(`state/${one.hash}/checkpoint`), was = fs.readFileSync(file, 'utf8');
	fs.writeFileSync(file, was.replace('\n300\n', '\n200\n'));
	const altered = await run(vaxel, args());
	assert.equal(altered.status, 1);
	assert.match(altered.stderr, /one.example\/log is not a checkpoint that it signed/);
	fs.writeFileSync(file, was);
	// a log's key cosigns nothing
	const log = await run(vaxel, ['key', 'new', '--handover', 'w.example', '--out', at('log.key')]);
	assert.equal(log.status, 0, log.stderr);
	const wrong = await run(vaxel, args('log.key'));
	assert.equal(wrong.status, 1);
	assert.match(wrong.stderr, /not a witness's key/);
	assert.equal((await run(vaxel, ['witness', '--key'])).status, 2);
	fs.writeFileSync(at('witness.conf'), 'key = "w.key"\nlisten = "127.0.0.1:0"\n');
	const less = await run(vaxel, ['witness', '-c', at('witness.conf')]);
	assert.equal(less.status, 1);
	assert.match(less.stderr, /witness\.conf: logs is missing/);
	fs.writeFileSync(at('witness.conf'), 'key = "w.key"\nport = 1\n');
	assert.match((await run(vaxel, ['witness', '-c', at('witness.conf')])).stderr, /witness\.conf:2: no such option 'port'/);
	assert.match((await run(vaxel, ['witness', '-c', at('none.conf')])).stderr, /cannot read .*none\.conf: No such file/);
});
