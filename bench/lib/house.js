// house: a whole one-machine node on core 0, with nurses, and sipp on core 1
// as the carrier before it and the phones behind it.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const dgram = require('node:dgram');
const { execFileSync } = require('node:child_process');
const { Node } = require('../../tests/system/lib/node.js');
const { start, sleep, until, freePort } = require('../../tests/system/lib/wait.js');
const audio = require('../../tests/system/lib/audio.js');
const { register } = require('./nurses.js');
const { tree } = require('./tree.js');

const CORE_UNDER_TEST = '0', CORE_OF_LOAD = '1';
const NOTICE_S = 0.1;
const RING_MEGABYTES = 64; // more than two seconds of 1,000 calls
const DOMAIN = 'vaxel.test';

function pin(pids, core) {
	for (const pid of pids)
		execFileSync('taskset', ['-a', '-p', '-c', core, String(pid)], { stdio: 'ignore' });
}

// A socket that takes audio and forgets it: without one each packet to a
// phone that has none would come back as an ICMP error.
async function sink() {
	const s = dgram.createSocket('udp4');
	await new Promise((done) => s.bind(0, '127.0.0.1', done));
	s.on('message', () => {});
	return s;
}

// The last line of sipp's statistics.
function statistics(file) {
	const lines = fs.readFileSync(file, 'utf8').trim().split('\n').map((l) => l.split(';'));
	const last = lines[lines.length - 1];
	return Object.fromEntries(lines[0].map((name, i) => [name, last[i]]));
}

// Callers and phones on either side of what is measured, which listens at
// `address` and finds the phones at the port `phone`.
class Load {
	sipp(name, scenario, args) {
		const file = (what) => path.join(this.dir, `${name}.${what}`);
		for (const what of ['csv', 'log']) fs.rmSync(file(what), { force: true });
		const it = start('taskset', ['-c', CORE_OF_LOAD, 'sipp', ...args,
			'-sf', path.join(__dirname, `../sipp/${scenario}.xml`), '-i', '127.0.0.1',
			'-nostdin', '-buff_size', '4194304', '-l', '100000',
			'-trace_stat', '-fd', '1', '-stf', file('csv'),
			'-trace_logs', '-log_file', file('log')], { cwd: this.dir });
		it.statistics = () => statistics(file('csv'));
		// the ports that the node told this side, in the order of its calls
		it.ports = () => fs.readFileSync(file('log'), 'utf8').split('\n').filter((l) => /^\d+$/.test(l));
		return it;
	}

	// Phones that answer; sink: the port where they say that audio goes.
	phones(sinkPort) {
		return this.sipp('phones', 'nurse', ['-p', String(this.phone), '-key', 'sink', String(sinkPort)]);
	}

	// So many calls at that rate, each for so long.
	async callers({ calls, rate, hold_ms, sinkPort, scenario = 'caller', called = '1177' }) {
		const port = await freePort();
		return this.sipp('callers', scenario, [this.address, '-s', called, '-p', String(port),
			'-m', String(calls), '-r', String(rate), '-d', String(hold_ms), '-key', 'sink', String(sinkPort),
			'-timeout', `${Math.ceil(calls / rate + hold_ms / 1000 + 30)}s`, '-timeout_error',
			'-recv_timeout', '15000']);
	}
}

class House extends Load {
	// options: dir (empty), agents, calls (most at a time), record, low (port)
	static async make(options) {
		const h = new House();
		h.dir = options.dir;
		h.names = Array.from({ length: options.agents }, (_, i) => `n${i}`);
		const wav = audio.writeTone(path.join(h.dir, 'notice.wav'), 400, NOTICE_S);
		const music = audio.writeTone(path.join(h.dir, 'music.wav'), 400, 5);
		const notice = (language) => ({ version: '1', text: 'x', audio: wav });
		const sections = {
			sip: { 'calls-max': options.calls, domain: DOMAIN },
			media: { workers: 1, silence: 0, 'ring-megabytes': RING_MEGABYTES, ports: `${options.low}-${options.low + 9999}` },
			'line 1177': {
				record: options.record, 'notice sv': notice('sv'), 'notice en': null,
				music, 'position-every': 30, busy: 'Vänta.', position: 'Plats %u.',
				'queue-max': options.calls,
			},
			'agent agent1': null,
			'agent agent2': null,
		};
		for (const n of h.names) sections[`agent ${n}`] = { 'password-file': 'passwords/agent1' };
		h.node = await Node.make('one-machine', { dir: h.dir, locked: true, level: 'notice', sections });
		await h.node.start();
		h.pid = h.node.process.pid;
		await until('every process', () => tree(h.pid).length >= 7, 5000);
		pin(tree(h.pid), CORE_UNDER_TEST);
		h.address = h.node.address;
		h.phone = await freePort();
		await register({
			target: h.node.port, port: h.phone, names: h.names,
			domain: DOMAIN, password: h.node.password('agent1'),
		});
		return h;
	}

	async end() {
		await this.node.stop('SIGTERM', 8000);
	}
}

module.exports = { House, Load, sink, pin, sleep, until, CORE_UNDER_TEST, CORE_OF_LOAD };
