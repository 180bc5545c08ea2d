// A faulty configuration, a new one, an end in good order, and one without any.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const dgram = require('node:dgram');
const fs = require('node:fs');
const { vaxel } = require('./lib/node.js');
const { Stage } = require('./lib/stage.js');
const { Listener } = require('./lib/listener.js');
const { laidOut, ms, missing } = require('./lib/recorded.js');
const { sleep, until, run, alive } = require('./lib/wait.js');

const CALLER = 440, NURSE = 880;
const short = { 'line 1177': {
	'position-every': 0, 'notice sv': { version: '1', text: 'Ring ett ett två.' }, 'notice en': null,
} };

// An INVITE from nobody in particular: the final answer to it, whole.
function invite(node, number = '1178') {
	return new Promise((done, fail) => {
		const s = dgram.createSocket('udp4');
		const timer = setTimeout(() => { s.close(); fail(new Error('no answer to an INVITE')); }, 5000);
		s.on('message', (m) => {
			const text = m.toString();
			if (/^SIP\/2.0 1/.test(text)) return;
			clearTimeout(timer);
			s.close();
			done(text);
		});
		s.bind(0, node.host, () => {
			const { port } = s.address(), n = Math.random().toString(36).slice(2);
			s.send(`INVITE sip:${number}@${node.address} SIP/2.0\r\nVia: SIP/2.0/UDP ${node.host}:${port};branch=z9hG4bK${n}\r\n` +
				`From: <sip:a@${node.host}>;tag=${n}\r\nTo: <sip:${number}@${node.address}>\r\nCall-ID: ${n}@${node.host}\r\nCSeq: 1 INVITE\r\n` +
				`Contact: <sip:a@${node.host}:${port}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`, node.port, node.host);
		});
	});
}

// The line of the configuration that holds that text, counted from 1.
const lineOf = (conf, text) => fs.readFileSync(conf, 'utf8').split('\n').findIndex((l) => l.includes(text)) + 1;

describe('the configuration', { concurrency: false }, () => {
	let s, right;

	before(async () => {
		s = await Stage.make({ sections: short, locked: true });
		right = fs.readFileSync(s.node.conf, 'utf8');
	});
	after(async () => { await s?.end(); });

	const faults = [
		['a word that does not exist', (t) => t.replace('silence = ', 'silense = '), 'silense', 'CONFIG'],
		['a number that is none', (t) => t.replace(/calls-max = \d+/, 'calls-max = many'), 'calls-max', 'CONFIG'],
		['one recipient alone', (t) => t.replace(/recipient recovery \{[^}]*\}/, ''), 'recipient controller', 'CONFIG'],
		['no key in a recipient', (t) => t.replace(/(recipient recovery \{\s*key = )"[^"]*"/, '$1"age1nothing"'), 'recipient recovery', 'CONFIG'],
		['a recipient with one letter wrong', (t) => t.replace(/(recipient recovery \{\s*key = "age1.{20})(.)/, (all, before, c) => before + (c === 'q' ? 'p' : 'q')), 'recipient recovery', 'CONFIG'],
		['a section that is not closed', (t) => t.replace(/\}\s*$/, ''), 'keeper {', 'CONFIG'],
	];

	test('a faulty one is not started on; file, line, rule and what mends it are said', async () => {
		for (const [what, spoil, text, rule] of faults) {
			const conf = s.write('node/faulty.conf', spoil(right));
			const r = await run(vaxel, ['run', '-c', conf], { ms: 20000 });
			assert.equal(r.status, 1, what);
			assert.equal(r.stdout, '', what);
			const said = r.stderr.split('\n').find((l) => l.includes('faulty.conf:') && !l.includes('weakness'));
			const m = /^(.*faulty\.conf):(\d+): ([A-Z0-9-]+): (.+); mend: (.+)$/.exec(said);
			assert.ok(m, `${what}: ${r.stderr}`);
			assert.equal(m[1], conf);
			assert.equal(m[3], rule, what);
			if (text) assert.ok(Math.abs(Number(m[2]) - lineOf(conf, text)) <= 1, `${what}: line ${m[2]}, and ${text} is in ${lineOf(conf, text)}`);
			const c = await run(vaxel, ['check', '-c', conf]);
			assert.equal(c.status, 1, what);
			assert.match(c.stdout.trim().split('\n').pop(), /^[1-9]\d* faults?$/, what);
		}
		fs.rmSync(s.file('node/faulty.conf'));
	});

	test('SIGHUP with a faulty file: the old one stays in force, and that is said', async () => {
		const nurse = await s.nurse('agent1', { tone: NURSE });
		const from = s.node.log.length;
		fs.writeFileSync(s.node.conf, faults[0][1](right));
		process.kill(s.node.process.pid, 'SIGHUP');
		await until('the alarm', () => /the old one stays in force/.test(s.node.log.slice(from)));
		assert.match(s.node.log.slice(from), /vaxel\.conf:\d+: CONFIG: .*silense.*; mend: /);
		assert.match(await s.node.metrics(), /vaxel_alarm_active\{alarm="reload-failed"\} 1/);
		const caller = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		await s.recording();
		caller.hangup();
		// the command line goes by the file too, so the metrics are asked
		await until('the end of the call', async () => await s.node.metric('calls_active') === 0);
		fs.writeFileSync(s.node.conf, right);
		process.kill(s.node.process.pid, 'SIGHUP');
		await until('the new configuration', () => /loaded again/.test(s.node.log.slice(from)));
		await sleep(500);
		assert.doesNotMatch(s.node.log.slice(from), /could not be read/);
		assert.match(await s.node.metrics(), /vaxel_alarm_active\{alarm="reload-failed"\} 0/);
		await s.close();
	});

	test('a second node in the same place is not started, and does no harm', async () => {
		const r = await run(vaxel, ['run', '-c', s.node.conf], { ms: 20000 });
		assert.equal(r.status, 1);
		assert.match(r.stderr, /a node runs already/);
		assert.equal((await s.calls()).length, 0, 'the first one is asked as before');
		assert.match(await s.node.metrics(), /vaxel_process_up/);
	});
});

describe('the end', { concurrency: false }, () => {
	let s, listener;

	before(async () => {
		s = await Stage.make({ sections: short });
		listener = await Listener.make(s.node);
	});
	after(async () => { await s?.end(); });

	test('SIGTERM: what runs goes on, who calls anew is told when to try again', async () => {
		const { caller, nurse, answered } = await s.talk({ caller: { tone: CALLER }, nurse: { tone: NURSE } });
		assert.match(await invite(s.node), /^SIP\/2.0 404 /, 'before: there is no such line');
		s.node.process.child.kill('SIGTERM');
		await until('draining', () => /draining/.test(s.node.log));
		await sleep(200);
		const refused = await invite(s.node);
		assert.match(refused, /^SIP\/2.0 503 /);
		assert.match(refused, /^Retry-After: \d+/mi);
		await s.node.heard();
		assert.equal(caller.count('CALL_CLOSED') + nurse.count('CALL_CLOSED'), 0);
		caller.hangup();
		const length = Date.now() - answered;
		await nurse.event('CALL_CLOSED');
		const ended = await Promise.race([s.node.process.exited, sleep(15000)]);
		assert.equal(ended, 0, 'all ended by themselves');
		await s.close();
		await s.node.start();
		const [r] = await s.node.sealed(1);
		const { tracks } = await laidOut(await listener.openFile(r.id));
		assert.ok(Math.abs(ms(tracks[0]) - length) < 1500 && missing(tracks[0], CALLER) <= 40 && missing(tracks[1], NURSE) <= 40);
	});

	test('all processes die at once: alarm at the next start, then recovered', async () => {
		const { nurse, caller, answered } = await s.talk({ caller: { tone: CALLER }, nurse: { tone: NURSE } });
		await sleep(2500);
		const pids = s.node.pids();
		process.kill(s.node.process.pid, 'SIGSTOP'); // so that it restarts none
		for (const pid of pids) process.kill(pid, 'SIGKILL');
		process.kill(s.node.process.pid, 'SIGKILL');
		const length = Date.now() - answered;
		await s.node.process.exited;
		await until('the end of all processes', () => !pids.some(alive));
		s.node.options.locked = true;
		await s.node.start();
		const [alarm] = await s.node.sealed(1, 15000, 'alarm');
		assert.equal(alarm.reason, 'interrupted');
		await until('the alarm', () => / alarm recorder: .*interrupted/.test(s.node.log));
		caller.hangup();
		await s.close();
		await s.node.unlock();
		const [r] = await s.node.sealed(1, 20000, 'recovered');
		assert.equal(r.id, alarm.id);
		const { tracks } = await laidOut(await listener.openFile(r.id));
		for (const [i, hz] of [CALLER, NURSE].entries()) {
			assert.ok(ms(tracks[i]) >= length - 300, `track ${i}: ${ms(tracks[i])} ms of ${length}`);
			assert.ok(missing(tracks[i], hz) <= 40, `track ${i}: ${missing(tracks[i], hz)} ms are missing`);
		}
		assert.equal(nurse.count('CALL_ESTABLISHED'), 1);
	});
});
