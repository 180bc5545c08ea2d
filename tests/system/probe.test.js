// The probe: what would have found 2019 in minutes. A machine set up as then,
// with real servers, is named fault for fault; ours has none. And whatever a
// stranger answers, the probe comes to its end.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const net = require('node:net');
const tls = require('node:tls');
const path = require('node:path');
const audio = require('./lib/audio.js');
const { Node, vaxel } = require('./lib/node.js');
const { Network } = require('./lib/netns.js');
const { Authority } = require('./lib/certificates.js');
const { run, start, until } = require('./lib/wait.js');

// Where something is to be found, a busy machine may take its time.
const PATIENT = ['--patience', '6'];
const NUMBER = '46701740611';
const HERE = '10.83.0.1', THERE = '10.83.0.2';

// Faults as "RULE TARGET", those of one rule at one place once.
const named = (faults) => [...new Set(faults.map((f) => `${f.rule} ${f.target}`))].sort();
const faultsOf = (r) => r.stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l));
const tone = () => audio.wav(Int16Array.from({ length: 8000 }, (_, i) => 8000 * Math.sin(i / 5)));

async function probe(...args) {
	const r = await run(vaxel, ['probe', ...args, '--json'], { ms: 100000 });
	assert.ok(r.status === 0 || r.status === 1, `${r.status} ${r.stderr}`);
	const faults = faultsOf(r);
	assert.equal(r.status, faults.length ? 1 : 0);
	return faults;
}

describe('the probe', { concurrency: 2 }, () => {
describe('a machine', { concurrency: false }, () => {
	let here, there, dir;

	before(async () => {
		dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-probe-'));
		fs.chmodSync(dir, 0o755);
		here = await Network.make();
		there = await Network.make(here);
		await here.wire(there, HERE, THERE);
	});
	after(async () => {
		await there?.remove();
		await here?.remove();
		fs.rmSync(dir, { recursive: true, force: true });
	});

	const look = async (where, ...args) => {
		const r = await where.run(vaxel, ['probe', ...args, '--json'], { ms: 100000 });
		assert.ok(r.status === 0 || r.status === 1, `${r.status} ${r.stderr}`);
		return { faults: faultsOf(r), stderr: r.stderr, status: r.status, stdout: r.stdout };
	};

	test('as in 2019: each fault is named, from inside and from the network', async () => {
		const n = await Node.make('one-machine');
		const home = path.dirname(n.conf);
		const files = path.join(dir, 'nas', 'medicall');
		const store = path.join(n.state, 'store');
		fs.mkdirSync(files, { recursive: true });
		fs.mkdirSync(store, { recursive: true });
		fs.writeFileSync(path.join(files, `${NUMBER}-0412.wav`), tone());
		fs.writeFileSync(path.join(store, `${NUMBER}.wav`), tone());
		fs.chmodSync(n.state, 0o751);
		fs.chmodSync(store, 0o777);
		fs.chmodSync(path.join(home, 'keys/identity.age'), 0o644);
		fs.writeFileSync(path.join(home, 'passwords/agent1'), 'agent1\n');
		// plain HTTP, on the port of HTTPS, to all the world: as it was
		const server = start(here.under[0], [...here.under.slice(1), 'python3', '-u', '-m', 'http.server', '443',
			'--directory', path.dirname(files)]);
		try {
			await until('the server', () => /Serving/.test(server.out));
			const inside = await look(here, '-c', n.conf, ...PATIENT);
			assert.deepEqual(named(inside.faults), [
				'GDPR-32-OPEN 0.0.0.0:443', `GDPR-32-OPEN ${store}`, `GDPR-32-OPEN ${store}/xxxxxxxxxxx.wav`,
				`GDPR-32-KEY ${home}/keys/identity.age`, `GDPR-32-OPEN ${home}/passwords/agent1`,
				'GDPR-32-PLAIN 0.0.0.0:443', `GDPR-32-PLAIN ${store}/xxxxxxxxxxx.wav`, 'HSLF-3-15 0.0.0.0:443',
			].sort());
			assert.equal(inside.status, 1);
			const found = inside.faults.map((f) => f.found).join('\n');
			assert.match(found, /lists its files to anybody/);
			assert.match(found, /answers with audio \(WAV\)/);
			assert.match(found, /HTTP without TLS/);
			assert.match(found, /sound lies here in clear/);
			assert.match(found, /every user of this machine may write it/);
			// nobody's number goes on into a log
			assert.ok(!inside.stdout.includes(NUMBER));
			for (const at of [HERE, `http://${HERE}:443/`]) {
				const outside = await look(there, at, ...PATIENT);
				assert.deepEqual([...new Set(outside.faults.map((f) => f.rule))].sort(),
					['GDPR-32-OPEN', 'GDPR-32-PLAIN', 'HSLF-3-15'], `${at}: ${outside.stderr}`);
			}
		} finally {
			await server.stop('SIGKILL');
			await n.remove();
		}
	});

	test('ours: none, from inside and from the network', async () => {
		const authority = await Authority.make(dir, 'ours');
		const cert = await authority.sign('node', [`IP:${HERE}`, 'DNS:node.example']);
		fs.chmodSync(cert.key, 0o600);
		const n = await Node.make('one-machine', {
			under: here.under,
			sections: {
				sip: {
					listen: [`udp:${HERE}:5060`, `tcp:${HERE}:5060`, `tls:${HERE}:5061`], 'tls-certificate': cert.certificate,
					'tls-key': cert.key, 'tls-ca': authority.certificate,
				},
				media: { address: HERE, address6: null },
			},
		});
		try {
			await n.start();
			// the node looks, too: from inside, as it does by its clock
			assert.equal((await n.vaxel(['probe', '--by-node', '-c', n.conf])).status, 0);
			const [inside, clear, sealed, [own]] = await Promise.all([look(here, '-c', n.conf),
				look(there, `${HERE}:5060`), look(there, `${HERE}:5061`),
				until('its own look', async () => {
					const seen = [...await n.events('probe.passed'), ...await n.events('probe.failed')];
					return seen.length && seen;
				}, 60000, 200)]);
			assert.deepEqual([own.faults, own.found, own['left-out']], [0, [], 0]);
			assert.ok(own.looked > 10);
			// the log has told it so, and it is gone
			await until('the end of its look', () => n.pids('prober').length === 0, 20000);
			assert.doesNotMatch(n.log, /did not take/);
			assert.deepEqual(inside.faults, [], inside.stderr);
			assert.doesNotMatch(inside.stderr, /no node runs/);
			for (const outside of [clear, sealed]) {
				assert.deepEqual(outside.faults, [], outside.stderr);
				assert.doesNotMatch(outside.stderr, /nothing answers/);
			}
			const store = path.join(n.state, 'store');
			fs.chmodSync(n.state, 0o751);
			fs.chmodSync(store, 0o755);
			await n.vaxel(['probe', '--by-node', '-c', n.conf]);
			const [failed] = await until('a failed look', async () => {
				const seen = await n.events('probe.failed');
				return seen.length && seen;
			}, 60000, 200);
			assert.deepEqual(failed.found.map((f) => [f.rule, f.target]), [['GDPR-32-OPEN', store]]);
			assert.match(await n.metrics(), /vaxel_alarm_active\{alarm="probe-failed"\} 1/);
			assert.match(n.log, /every user of this machine may read it/);
			// and each look ended once its entry was durable
			assert.doesNotMatch(n.log, /did not take what the probe|did not come to its end/);
		} finally {
			await n.remove();
		}
	});
});

describe('a stranger', { concurrency: 4 }, () => {
	const servers = [];
	let dir;
	before(() => { dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-probe-')); });
	after(() => {
		for (const s of servers) s.close();
		fs.rmSync(dir, { recursive: true, force: true });
	});

	// A server that does this with each connection; its address.
	async function serve(handler, options) {
		const s = options ? tls.createServer(options, handler) : net.createServer(handler);
		servers.push(s);
		s.on('connection', (c) => c.on('error', () => {}));
		s.on('tlsClientError', () => {});
		await new Promise((done) => s.listen(0, '127.0.0.1', done));
		return `127.0.0.1:${s.address().port}`;
	}
	// Answers the words that match, in order of the list.
	const talk = (...pairs) => (c) => {
		c.on('error', () => {});
		c.on('data', (d) => {
			const [, answer] = pairs.find(([word]) => word.test(d.toString('latin1'))) || [];
			c.end(answer, 'latin1');
		});
	};
	// One that keeps talking.
	const greet = (words, ...pairs) => (c) => {
		c.write(words, 'latin1');
		c.on('data', (d) => {
			const [, answer] = pairs.find(([word]) => word.test(d.toString('latin1'))) || [];
			if (answer) c.write(answer, 'latin1');
		});
	};
	const page = (body, head = '') => [/^GET /, `HTTP/1.0 200 OK\r\n${head}\r\n${body}`];

	// A certificate of 2019: over since, its key short, no name in it.
	async function expired(at) {
		const openssl = async (...args) => {
			const r = await run('openssl', args, { cwd: dir });
			assert.equal(r.status, 0, r.stderr);
		};
		fs.writeFileSync(`${at}.cnf`, '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\n' +
			'default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n');
		fs.writeFileSync(path.join(dir, 'index'), '');
		fs.writeFileSync(path.join(dir, 'serial'), '01\n');
		await openssl('req', '-new', '-newkey', 'rsa:1024', '-nodes', '-subj', '/CN=old', '-keyout', `${at}.key`, '-out', `${at}.csr`);
		await openssl('ca', '-batch', '-notext', '-config', `${at}.cnf`, '-selfsign', '-keyfile', `${at}.key`, '-in', `${at}.csr`,
			'-startdate', '190101000000Z', '-enddate', '190219000000Z', '-out', `${at}.pem`);
	}

	const openings = [
		['names recordings', talk(page('[{"id":"abcdefghijklmnopqrstuvwxya"}]')), 'GDPR-32-OPEN', /names recordings/],
		['lists a bucket', talk(page('<ListBucketResult><Key>a.bin</Key>')), 'GDPR-32-OPEN', /lists its files/],
		['sends sound at once', (c) => c.end(tone()), 'GDPR-32-OPEN', /audio \(WAV\)/],
		['sends Matroska', talk(page('\x1a\x45\xdf\xa3rest')), 'GDPR-32-OPEN', /Matroska/],
		['sends a key', talk(page('AGE-SECRET-KEY-1QQQ')), 'GDPR-32-KEY', /private key/],
		['has a default secret', talk([/^GET [^]*Basic YWRtaW46YWRtaW4=/, 'HTTP/1.0 200 OK\r\n\r\nhello'],
			[/^GET /, 'HTTP/1.0 401 No\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n']), 'GDPR-32-OPEN', /admin:admin/],
		['is Redis', talk([/^PING/, '+PONG\r\n'], [/./, '-ERR unknown\r\n']), 'GDPR-32-OPEN', /Redis/],
		['is an FTP server', greet('220 hello\r\n', [/^USER anon/, '331 say\r\n'], [/^PASS/, '230 in\r\n']), 'GDPR-32-OPEN', /anonymous/],
		['is rsync', greet('@RSYNCD: 31.0\n', [/#list/, 'calls\tall of them\n@RSYNCD: EXIT\n']), 'GDPR-32-OPEN', /rsync lists/],
		['is a switchboard', greet('Content-Type: auth/request\n\n', [/^auth ClueCon/, 'Content-Type: command/reply\nReply-Text: +OK accepted\n\n']),
			'GDPR-32-OPEN', /default password/],
		['streams', talk([/RTSP/, 'RTSP/1.0 200 OK\r\n\r\nv=0\r\n']), 'GDPR-32-OPEN', /RTSP/],
		['shares files', talk([/\xfeSMB/, '\0\0\0\x40\xfeSMB\x40\0']), 'GDPR-32-OPEN', /SMB/],
	];
	for (const [what, handler, rule, found] of openings)
		test(`that ${what}`, async () => {
			const at = await serve(handler);
			const faults = await probe(at, ...PATIENT);
			assert.ok(faults.some((f) => f.rule === rule && f.target === at && found.test(f.found)), JSON.stringify(faults));
		});

	test('with TLS of yesterday, and with TLS that protects', async () => {
		const authority = await Authority.make(dir, 'their');
		const good = await authority.sign('good', ['IP:127.0.0.1']);
		const key = fs.readFileSync(good.key), cert = fs.readFileSync(good.certificate);
		const file = (name) => path.join(dir, name);
		await expired(file('old'));
		const answer = talk([/^GET /, 'HTTP/1.0 403 No\r\n\r\n']);
		const old = await serve(answer, {
			key: fs.readFileSync(file('old.key')), cert: fs.readFileSync(file('old.pem')),
			minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0',
		});
		const found = (await probe(old, ...PATIENT)).map((f) => f.found).join('\n');
		for (const it of [/has expired/, /no name/, /too short/, /TLS 1.0 or 1.1/, /nobody but itself/])
			assert.match(found, it);
		const conf = file('tls.conf');
		fs.writeFileSync(conf, `role = provider\nsip { tls-ca = "${authority.certificate}" }\n`);
		for (const options of [{}, { requestCert: true, rejectUnauthorized: true, ca: fs.readFileSync(authority.certificate) }])
			assert.deepEqual(await probe(await serve(answer, { key, cert, ...options }), '-c', conf), []);
	});

	const noise = Buffer.alloc(1 << 16, 0xa5);
	const hostile = [
		['closes at once', (c) => c.destroy()],
		['says nothing, for ever', () => {}],
		['never ends', (c) => { c.on('drain', () => c.write(noise)); c.write(noise); }],
		['drips', (c) => { const t = setInterval(() => c.write('x'), 50); c.on('close', () => clearInterval(t)); }],
		['has a head without an end', talk([/^GET /, `HTTP/1.0 200 OK\r\n${'X: y\r\n'.repeat(20000)}`])],
		['links to itself without end', talk([/^GET (\S+)/, `HTTP/1.0 200 OK\r\n\r\n${'<a href="a/">'.repeat(500)}<a href="/../../x"><a href="`])],
		['sends back what steers terminals', talk(page('<a href="\x1b[2J.wav">'))],
	];
	for (const [what, handler] of hostile)
		test(`that ${what}`, async () => {
			const at = await serve((c) => { c.on('error', () => {}); handler(c); });
			const faults = await probe(at);
			assert.ok(!/[\x00-\x1f]/.test(faults.map((f) => f.found).join('')));
		});
});
});
