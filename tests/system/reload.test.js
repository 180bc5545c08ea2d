// SIGHUP: a new configuration while people talk.
'use strict';
const { test, describe, before, after, afterEach } = require('node:test');
const assert = require('node:assert');
const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { Node } = require('./lib/node.js');
const { Stage } = require('./lib/stage.js');
const { Listener } = require('./lib/listener.js');
const audio = require('./lib/audio.js');
const { sipp } = require('./lib/sipp.js');
const { register } = require('./lib/register.js');
const { sleep, until, freePort } = require('./lib/wait.js');

const short = {
	'line 1177': {
		'position-every': 0, 'notice sv': { version: 'v1', text: 'Ring ett ett två.' }, 'notice en': null,
	},
	'trunk other': { from: ['192.0.2.1'], options: 0 },
	'agent agent3': { 'password-file': 'passwords/agent3' },
};

const five = { ...short, 'agent agent5': { 'password-file': 'passwords/agent5' } };

// The file with its agents and trunks last, in the order that `order` makes.
function rearrange(conf, order) {
	const sections = /^(?:agent|trunk) \S+ \{[\s\S]*?^\}\n/gm;
	const text = fs.readFileSync(conf, 'utf8');
	fs.writeFileSync(conf, text.replace(sections, '') + order(text.match(sections)).join(''));
}

function password(node, agent, text = `${agent}-secret`) {
	fs.writeFileSync(path.join(path.dirname(node.conf), 'passwords', agent), `${text}\n`, { mode: 0o600 });
}

// How often that text stands in the memory of a process.
function inMemory(pid, text) {
	const fd = fs.openSync(`/proc/${pid}/mem`, 'r');
	let found = 0;
	for (const line of fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
		const m = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line);
		if (!m || /vvar|vsyscall/.test(line)) continue;
		const from = parseInt(m[1], 16), bytes = Buffer.alloc(parseInt(m[2], 16) - from);
		try {
			fs.readSync(fd, bytes, 0, bytes.length, from);
		} catch { continue; }
		for (let at = -1; (at = bytes.indexOf(text, at + 1)) >= 0;) found++;
	}
	fs.closeSync(fd);
	return found;
}

describe('a reload', { concurrency: false }, () => {
	let s, listener;

	before(async () => {
		s = await Stage.make({ sections: short, prepare: (node) => password(node, 'agent3') });
		listener = await Listener.make(s.node);
	});
	afterEach(async () => { await s?.close(); });
	after(async () => { await s?.end(); });

	// The values of one fact in the card of a recording.
	const facts = async (id, kind) => JSON.parse(await listener.open(id, { more: ['--scope', 'card'] }))
		.facts.filter((f) => f.kind === kind).map((f) => f.value);

	test('sections in another order, one gone, one new: calls keep their names', async () => {
		const nurse = await s.nurse('agent2');
		const third = await s.nurse('agent3', { tone: 1320 });
		// agent2, who is idle for longer, is rung
		const caller = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		await s.recording();
		const now = async () => (({ state, line, trunk, agent }) => ({ state, line, trunk, agent }))((await s.calls())[0]);
		assert.deepEqual(await now(), { state: 'talking', line: '1177', trunk: 'carrier', agent: 'agent2' });
		password(s.node, 'agent4');
		rearrange(s.node.conf, (all) => ['trunk extra {\nfrom = { "192.0.2.2" }\noptions = 0\n}\n',
			'agent agent4 {\npassword-file = "passwords/agent4"\n}\n',
			...all.reverse().filter((section) => !/^agent agent1 /.test(section))]);
		await s.node.reload();
		assert.deepEqual(await now(), { state: 'talking', line: '1177', trunk: 'carrier', agent: 'agent2' });
		assert.deepEqual((await s.node.json('trunks')).map((t) => [t.trunk, t.calls]).sort(), [['carrier', 1], ['extra', 0], ['other', 0]]);
		await s.node.heard();
		nurse.transfer(`sip:agent3@${s.node.address}`);
		await third.event('CALL_ESTABLISHED', 30000);
		await until('the transfer', async () => (await now())?.agent === 'agent3');
		// the switch dies: what it takes up has the same names
		await s.node.kill('switch');
		await until('the switch again', async () => (await s.calls())?.length === 1);
		assert.deepEqual(await now(), { state: 'talking', line: '1177', trunk: 'carrier', agent: 'agent3' });
		caller.hangup();
		await s.over();
		const [r] = await s.node.sealed(1);
		assert.deepEqual(await facts(r.id, 'agent'), ['agent2']);
		assert.deepEqual(await facts(r.id, 'transfer'), ['agent3']);
	});

	test('a nurse who is new registers; a changed password counts from then on', async () => {
		const known = (user, text) => freePort().then((port) => register({ node: s.node, user, port, password: text }));
		s.node.configure(short);
		await s.node.reload();
		await known('agent1', s.node.password('agent1'));
		await assert.rejects(known('agent5', 'agent5-secret'), /403/);
		password(s.node, 'agent5');
		s.node.configure(five);
		await s.node.reload();
		await known('agent5', 'agent5-secret');
		const old = s.node.password('agent1');
		await known('agent1', old);
		password(s.node, 'agent1', 'another one');
		await known('agent1', old);
		const [before] = await s.node.json('queues');
		await s.node.reload();
		const [after] = await s.node.json('queues');
		assert.equal(before.agents - after.agents, 1, 'who registered by the old password is not rung');
		await assert.rejects(known('agent1', old), /403/);
		await known('agent1', 'another one');
		await known('agent5', 'agent5-secret');
	});

	test('a password that cannot be read: the old configuration stays, and that is said', async () => {
		const file = path.join(path.dirname(s.node.conf), 'passwords', 'agent5');
		fs.writeFileSync(file, '\n');
		const said = await s.node.reload(/the old one stays in force/);
		const line = fs.readFileSync(s.node.conf, 'utf8').split('\n').indexOf('agent agent5 {') + 1;
		assert.match(said, new RegExp(`vaxel\\.conf:${line}: CONFIG: password-file of agent5 cannot be used: .*; mend: `));
		await register({ node: s.node, user: 'agent5', port: await freePort(), password: 'agent5-secret' });
		fs.writeFileSync(file, 'agent5-secret\n');
		await s.node.reload();
		assert.match(await s.node.metrics(), /vaxel_alarm_active\{alarm="reload-failed"\} 0/);
	});

	test('a brace too many: the node that runs can still be asked', async () => {
		const text = fs.readFileSync(s.node.conf, 'utf8');
		fs.writeFileSync(s.node.conf, text.replace('line 1177 {', 'line 1177 { {'));
		const asked = await s.node.vaxel(['status', '-c', s.node.conf]);
		fs.writeFileSync(s.node.conf, text);
		assert.equal(asked.status, 0, asked.stderr);
		assert.match(asked.stderr, /has faults \(vaxel check .*vaxel\.conf names them\): asking the node as it runs/);
		assert.match(asked.stdout, /switch/);
	});

	test('no password is left in any process but where it is used', async () => {
		password(s.node, 'agent5', 'x7-very-odd-password-x7');
		s.node.configure(five);
		await s.node.reload();
		await register({ node: s.node, user: 'agent5', port: await freePort(), password: 'x7-very-odd-password-x7' });
		await s.node.kill('switch');
		await until('the switch again', async () => await s.calls());
		await register({ node: s.node, user: 'agent5', port: await freePort(), password: 'x7-very-odd-password-x7' });
		for (const pid of [s.node.process.pid, ...s.node.pids()]) {
			const found = inMemory(pid, 'x7-very-odd-password-x7');
			assert.equal(found, s.node.pids('switch').includes(pid) ? 1 : 0, `process ${pid}`);
		}
	});

	test('a trunk and an agent that are removed in mid-call end it in good order', async () => {
		const { caller, nurse } = await s.talk({ agent: 'agent2' });
		rearrange(s.node.conf, (all) => [...all.filter((section) => !/^(agent agent2|trunk carrier) /.test(section)),
			'trunk again {\nfrom = { "127.0.0.1" }\ntrusted = true\noptions = 0\n}\n']);
		await s.node.reload();
		const [call] = await s.calls();
		assert.deepEqual([call.state, call.trunk, call.agent], ['talking', 'carrier', 'agent2']);
		assert.equal((await s.node.json('trunks')).find((t) => t.trunk === 'carrier').state, 'removed');
		await sleep(500);
		nurse.hangup();
		await caller.event('CALL_CLOSED');
		await s.over();
		assert.equal((await s.node.json('trunks')).some((t) => t.trunk === 'carrier'), false);
		for (const r of await s.node.sealed(2)) assert.deepEqual(await facts(r.id, 'agent'), ['agent2']);
	});
});

describe('a new notice', { concurrency: false }, () => {
	const OLD = 500, NEW = 1100, LATER = 1700;
	let s, listener;

	const sections = (version, hz, seconds) => ({
		'line 1177': {
			'position-every': 0, 'notice en': null,
			'notice sv': { version, text: 'Samtalet spelas in.', audio: audio.writeTone(s.file(`${version}.wav`), hz, seconds) },
		},
	});

	before(async () => {
		s = new Stage();
		s.node = await Node.make('one-machine', {});
		s.node.configure(sections('v1', OLD, 6));
		await s.node.start();
		listener = await Listener.make(s.node);
	});
	afterEach(async () => { await s?.close(); });
	after(async () => { await s?.end(); });

	const notice = async (id) => JSON.parse(await listener.open(id, { more: ['--scope', 'card'] }))
		.facts.find((f) => f.kind === 'notice').value;
	const waiting = (state) => until(`a call that is ${state}`, async () => (await s.calls())?.some((c) => c.state === state));
	const samples = (seconds) => seconds * 8000;

	test('whoever hears the old one hears it to its end; the next call hears the new one', async () => {
		const nurse = await s.nurse('agent1');
		const first = await s.caller();
		await waiting('notice');
		s.node.configure(sections('v2', NEW, 2));
		await s.node.reload();
		assert.equal((await s.calls())[0].state, 'notice', 'it is still heard');
		await nurse.event('CALL_ESTABLISHED', 30000);
		await s.recording();
		first.hangup();
		await s.over();
		nurse.forget();
		const second = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		await s.recording();
		second.hangup();
		await s.over();
		const said = await Promise.all((await s.node.sealed(2)).map((r) => notice(r.id)));
		assert.deepEqual(said.map((text) => text.split(' ').slice(0, 4).join(' ')).sort(),
			[`version=v1 language=sv samples=${samples(6)} of=${samples(6)}`,
				`version=v2 language=sv samples=${samples(2)} of=${samples(2)}`]);
		assert.equal(new Set(said.map((text) => /audio-sha256=(\w+)/.exec(text)[1])).size, 2, 'of each its own sound');
		await s.close();
		const [heard, after] = [await first.heard(), await second.heard()];
		assert.ok(audio.heard(heard, OLD) >= 5.5 && audio.heard(heard, NEW) < 0.3, `${audio.heard(heard, OLD)} s of the old one`);
		assert.ok(audio.heard(after, NEW) >= 1.5 && audio.heard(after, OLD) < 0.3, `${audio.heard(after, NEW)} s of the new one`);
	});

	test('one that cannot be rendered: old prompts and configuration stay, and that is said', async () => {
		const right = fs.readFileSync(s.node.conf, 'utf8');
		s.node.configure(sections('v3', NEW, 2));
		fs.writeFileSync(s.file('v3.wav'), 'this is no sound');
		const said = await s.node.reload(/could not be rendered/);
		assert.match(said, /v3\.wav: not a WAV file.*mend: /);
		assert.doesNotMatch(said, /loaded again/);
		assert.match(await s.node.metrics(), /vaxel_alarm_active\{alarm="prompts-failed"\} 1/);
		const nurse = await s.nurse('agent1');
		const caller = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		await s.recording();
		caller.hangup();
		await s.over();
		assert.match(await notice((await s.node.sealed(3)).at(-1).id), /^version=v2 /);
		fs.writeFileSync(s.node.conf, right);
		await s.node.reload();
		assert.match(await s.node.metrics(), /vaxel_alarm_active\{alarm="prompts-failed"\} 0/);
	});

	test('a third one waits until the first is heard no more; media and switch may die', async () => {
		s.node.configure(sections('v4', OLD, 7));
		await s.node.reload();
		await s.caller();
		await waiting('notice');
		const began = Date.now();
		s.node.configure(sections('v5', NEW, 2));
		await s.node.reload();
		s.node.configure(sections('v6', LATER, 2));
		await s.node.reload();
		const took = Date.now() - began;
		assert.ok(took > 6000, `after ${took} ms: the first one was still heard`);
		assert.equal((await s.calls())[0].state, 'queued');
		await s.close();
		await s.over();
		await s.node.kill('media');
		await s.node.kill('switch');
		await until('both again', async () => (await s.calls()) && s.node.pids('media').length === 1);
		const nurse = await s.nurse('agent1');
		const caller = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		await s.recording();
		caller.hangup();
		await s.over();
		assert.match(await notice((await s.node.sealed(4)).at(-1).id), /^version=v6 language=sv samples=16000 of=16000/);
		await s.close();
		assert.ok(audio.heard(await caller.heard(), LATER) >= 1.5);
	});
});

// The codes that a request from nobody in particular gets there; none within
// a second: nobody listens.
function options(port, host = '127.0.0.1') {
	return new Promise((done) => {
		const s = dgram.createSocket('udp4'), n = Math.random().toString(36).slice(2);
		const end = (code) => { clearTimeout(timer); s.close(); done(code); };
		const timer = setTimeout(() => end(null), 1000);
		s.on('error', () => {});
		s.on('message', (m) => end(Number(m.toString().split(' ')[1])));
		s.bind(0, host, () => s.send(`OPTIONS sip:${host}:${port} SIP/2.0\r\nVia: SIP/2.0/UDP ${host}:${s.address().port};branch=z9hG4bK${n}\r\n` +
			`From: <sip:a@${host}>;tag=${n}\r\nTo: <sip:${host}:${port}>\r\nCall-ID: ${n}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`, port, host));
	});
}

// What a TCP connection there comes to.
const connects = (port) => new Promise((done) => {
	const s = net.connect(port, '127.0.0.1');
	s.on('connect', () => { s.destroy(); done(true); });
	s.on('error', () => done(false));
});

describe('addresses', { concurrency: false }, () => {
	let s, second, third;
	const listening = (...more) => ({ ...short, sip: { listen: [`udp:${s.node.address}`, `tcp:${s.node.address}`, ...more] } });

	before(async () => {
		s = await Stage.make({ locked: true, sections: short, prepare: (node) => password(node, 'agent3') });
		[second, third] = [await freePort(), await freePort()];
	});
	afterEach(async () => { await s?.close(); });
	after(async () => { await s?.end(); });

	test('one is added, and one is removed while a call goes over it', async () => {
		assert.equal(await options(second), null);
		s.node.configure(listening(`udp:127.0.0.1:${second}`, `tcp:127.0.0.1:${second}`));
		await s.node.reload();
		assert.equal(await options(second), 200);
		assert.ok(await connects(second));
		const nurse = await s.nurse('agent1');
		const caller = await s.phone({ user: 'caller', role: 'caller', tone: 440 });
		caller.dial(`sip:1177@127.0.0.1:${second}`);
		await nurse.event('CALL_ESTABLISHED', 30000);
		s.node.configure(listening(`udp:127.0.0.1:${third}`));
		await s.node.reload();
		assert.equal(await options(third), 200);
		assert.equal(await options(s.node.port), 200);
		await until('nothing new at the old one', async () => await options(second) === 503, 15000);
		assert.ok(!await connects(second));
		await sleep(1000);
		assert.equal((await s.calls())[0].state, 'talking');
		// both directions of the dialog: on hold by the caller, and ended by us
		caller.hold();
		await until('held', async () => (await s.calls())[0].state === 'held');
		caller.resume();
		await until('not held', async () => (await s.calls())[0].state === 'talking');
		// no other node may take the address while the call needs it
		s.node.configure(listening(`udp:127.0.0.1:${second}`));
		assert.match(await s.node.reload(/the old one stays in force/), new RegExp(`vaxel\\.conf:\\d+: CONFIG: listen: udp:127.0.0.1:${second}: .*; mend: `));
		nurse.hangup();
		await caller.event('CALL_CLOSED');
		await s.over();
		// a little later it is free, and the reload waits for that
		await s.node.reload();
		assert.equal(await options(second), 200);
		assert.match(await s.node.metrics(), /vaxel_alarm_active\{alarm="reload-failed"\} 0/);
	});

	test('one that another has is refused, and all is as it was', async () => {
		const other = dgram.createSocket('udp4');
		await new Promise((done) => other.bind(0, '127.0.0.1', done));
		await until('the address to be free', async () => await options(third) === null);
		s.node.configure(listening(`udp:127.0.0.1:${third}`, `udp:127.0.0.1:${other.address().port}`));
		assert.match(await s.node.reload(/the old one stays in force/), /vaxel\.conf:\d+: CONFIG: listen: udp:127\.0\.0\.1:\d+: Address already in use; mend: /);
		assert.equal(await options(third), null, 'not even the other one');
		assert.equal(await options(second), 200);
		other.close();
		await s.node.reload();
		assert.equal(await options(second), 503, 'this one was removed');
		assert.equal(await options(third), 200);
	});

	test('what a running node cannot change is refused', async () => {
		const right = fs.readFileSync(s.node.conf, 'utf8');
		for (const [option, value] of [['calls-max', '65'], ['workers', '2'], ['ports', '"21000-21199"']]) {
			const text = right.replace(new RegExp(`^${option} = .*$`, 'm'), `${option} = ${value}`);
			assert.notEqual(text, right);
			fs.writeFileSync(s.node.conf, text);
			const line = text.split('\n').findIndex((l) => l.startsWith(`${option} =`)) + 1;
			assert.match(await s.node.reload(/the old one stays in force/),
				new RegExp(`vaxel\\.conf:${line}: CONFIG: ${option} cannot be changed while the node runs; mend: `));
		}
		fs.writeFileSync(s.node.conf, right);
		await s.node.reload();
	});

	test('ten reloads under load: no call fails', async () => {
		await s.nurse('agent1');
		const load = await sipp('caller', { target: s.node.address, service: '1177', calls: 40, rate: 8, ms: 60000, extra: ['-d', '4000'] });
		const ended = load.done();
		for (let i = 0; i < 10; i++) {
			const more = i % 2 ? [`udp:127.0.0.1:${await freePort()}`] : [`tcp:127.0.0.1:${second}`];
			const sections = listening(...more);
			sections['line 1177'] = { ...short['line 1177'], 'notice sv': { version: `v${i}`, text: `Ring ett ett ${i % 3}.` } };
			sections[`trunk extra${i}`] = { from: [`192.0.2.${i + 10}`], options: 0 };
			s.node.configure(sections);
			rearrange(s.node.conf, (all) => (i % 2 ? all.reverse() : all));
			await s.node.reload(/loaded again|stays in force/).then((said) => assert.match(said, /loaded again/));
		}
		const messages = await ended;
		assert.equal((messages.match(/^SIP\/2\.0 [4-6]\d\d/gm) || []).length, 0);
		await s.over(20000);
		assert.equal(await s.node.metric('calls_active'), 0);
		assert.doesNotMatch(s.node.log, /was killed by signal|ended with status|cannot take event/);
	});
});
