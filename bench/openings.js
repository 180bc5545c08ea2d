// openings: a recording opened by right, with two witnesses on loopback: from
// the command line's start to its last byte, logged, cosigned and judged anew
// each time.
'use strict';
const path = require('node:path');
const { Listener } = require('../tests/system/lib/listener.js');
const { Node } = require('../tests/system/lib/node.js');
const { Phone } = require('../tests/system/lib/phone.js');
const { Witnesses } = require('../tests/system/lib/witnesses.js');
const { sleep } = require('../tests/system/lib/wait.js');
const { table } = require('./lib/say.js');

const OPENINGS = 60;
const notice = { 'line 1177': { 'notice sv': { version: '1', text: 'Fara för liv: ring 112.' }, 'notice en': null } };

async function record(node) {
	const nurse = await Phone.make({ user: 'agent1', password: node.password('agent1'), registrar: node.address, tone: 880, answer: 'auto', role: 'nurse' });
	const caller = await Phone.make({ user: 'caller', registrar: node.address, tone: 440, role: 'caller' });
	try {
		await nurse.registered();
		caller.dial(node.uri);
		await nurse.event('CALL_ESTABLISHED', 30000);
		await sleep(3000);
		caller.hangup();
		return (await node.sealed(1))[0].id;
	} finally {
		await caller.stop();
		await nurse.stop();
	}
}

async function measure(node) {
	const id = await record(node);
	const listener = await Listener.make(node);
	const ms = [];
	for (let i = 0; i < OPENINGS; i++) {
		const began = process.hrtime.bigint();
		const r = await listener.ask(id);
		if (r.status) throw new Error(r.stderr);
		if (node.witnessed && !/cosigned=2\/2/.test(r.stderr)) throw new Error(r.stderr);
		ms.push(Number(process.hrtime.bigint() - began) / 1e6);
	}
	return ms.sort((a, b) => a - b);
}

async function run(options) {
	const rows = [];
	for (const witnessed of [false, true]) {
		const dir = options.folder('openings');
		const witnesses = witnessed && await Witnesses.make(path.join(dir, 'witnesses'));
		const node = await Node.make('one-machine', { dir, level: 'notice', sections: { ...notice, ...witnesses?.settings } });
		node.witnessed = witnessed;
		try {
			if (witnesses) await witnesses.start(node.keys.log_key);
			await node.start();
			const ms = await measure(node);
			const at = (share) => ms[Math.floor(ms.length * share)].toFixed(0);
			rows.push([witnessed ? 'two witnesses on loopback' : 'no witnesses', at(0.5), at(0.9), at(0.99)]);
		} finally {
			await node.stop();
			if (witnesses) await witnesses.stop();
		}
	}
	table([`${OPENINGS} openings, ms`, 'p50', 'p90', 'p99'], rows);
	return true;
}

module.exports = { run };
