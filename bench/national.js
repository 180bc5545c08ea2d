// national: what a call costs at a national node, beside Kamailio in the same
// rounds: told to call elsewhere (302), or led on to the provider.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Node, top } = require('../tests/system/lib/node.js');
const { Load, pin, until, CORE_UNDER_TEST } = require('./lib/house.js');
const { freePort } = require('../tests/system/lib/wait.js');
const { cpuByRole, less, sum, tree } = require('./lib/tree.js');
const { table, median } = require('./lib/say.js');
const { Kamailio, measure: kamailio } = require('./lib/kamailio.js');

const MUNICIPALITY = '0480';
// Quoted, of another day and machine: README.md.
const PEER = { redirected: 0.013, caller: 0.078 };

// signed: with a token for the provider, and what may be kept of the call.
const KINDS = {
	redirect: { scenario: 'redirected', target: 0.04 },
	'redirect, signed': { scenario: 'redirected', signed: true },
	'dial-out': { scenario: 'caller', target: 0.3 },
	'dial-out, signed': { scenario: 'caller', signed: true },
};

// A national node by the register and routes of the examples, on core 0; where
// its routes lead sipp answers.
class National extends Load {
	static async make({ dir, most, kind: { scenario, signed } }) {
		const h = new National(), examples = path.join(top, 'examples/1177');
		h.dir = dir;
		h.phone = await freePort();
		const routes = fs.readFileSync(path.join(examples, 'routes.conf'), 'utf8');
		const trunk = (key) => ({
			host: `127.0.0.1:${h.phone}`, from: ['127.0.0.9'], options: 0, trusted: true, ...key,
		});
		const sections = (keys) => ({
			sip: { 'calls-max': most },
			register: path.join(examples, 'register.conf'), routes: path.join(examples, 'routes.conf'),
			...signed ? { 'handover-key': 'keys/handover.key', 'keep-calls': 600 } : {},
			'trunk carrier': { municipality: 'prefix', 'hand-over': scenario === 'redirected' ? 'redirect' : 'stay' },
			...Object.fromEntries([...new Set([...routes.matchAll(/trunk = "(.*)"/g)].map((m) => m[1]))]
				.map((name) => [`trunk ${name}`, trunk(keys)])),
			'line 1177': { controller: 'The region in which the caller is', record: false },
		});
		h.node = await Node.make('national', { dir, level: 'notice', sections: sections({}) });
		if (signed)
			h.node.configure(sections({
				'provider-key': h.node.keys.handover_key,
				'provider-recipient': /recipient = "(age1.*)"/.exec(fs.readFileSync(path.join(examples, 'register.conf'), 'utf8'))[1],
			}));
		await h.node.start();
		h.pid = h.node.process.pid;
		await until('every process', () => tree(h.pid).length >= 4, 5000);
		pin(tree(h.pid), CORE_UNDER_TEST);
		h.address = h.node.address;
		return h;
	}

	async end() { await this.node.stop('SIGTERM', 8000); }
}

async function measure(name, { rate, seconds, hold_ms, folder }) {
	const kind = KINDS[name], calls = rate * seconds;
	const h = await National.make({ dir: folder('national'), most: Math.ceil(rate * hold_ms / 500) + 500, kind });
	let phones, callers;
	try {
		if (kind.scenario === 'caller') phones = h.phones(9);
		const before = cpuByRole(h.pid);
		callers = await h.callers({ calls, rate, hold_ms, sinkPort: 9, scenario: kind.scenario, called: `${MUNICIPALITY}1177` });
		await callers.exited;
		await until('an empty node', async () =>
			!await h.node.metric('calls_active') && !await h.node.metric('ledger_waiting'), 10000, 200);
		const spent = less(cpuByRole(h.pid), before), said = callers.statistics();
		const kept = kind.signed ? await h.node.metric('calls_kept') : calls;
		return {
			kind: name, calls, spent, failed: calls - Math.min(Number(said['SuccessfulCall(C)']), kept),
			retransmitted: Number(said['Retransmissions(C)']), per1000: 1000 * sum(spent) / calls,
		};
	} finally {
		if (callers) await callers.stop('SIGKILL');
		if (phones) await phones.stop('SIGKILL');
		await h.end();
	}
}

function say(m) {
	const by = Object.entries(m.spent).filter(([, s]) => s > 0.0005)
		.map(([role, s]) => `${role} ${(1000 * s / m.calls).toFixed(3)}`).join(', ');
	console.log(`  ${m.kind.padEnd(20)} ${m.calls} calls: ${m.failed} failed, ${m.per1000.toFixed(3)} CPU s per 1,000 (${by})` +
		(m.retransmitted ? `; ${m.retransmitted} sent again` : ''));
}

async function run(options) {
	const rows = [], peers = Kamailio.is_here() ? Object.keys(PEER) : [];
	// held for no longer than a call takes to be led on
	const o = { ...options, hold_ms: 200 };
	if (!peers.length) console.log('  kamailio is missing: no comparison with it');
	for (let round = 0; round < o.rounds; round++) {
		for (const name of Object.keys(KINDS)) rows.push(await measure(name, o));
		for (const scenario of peers) rows.push({ ...await kamailio({ ...o, scenario }), kind: `kamailio ${scenario}` });
		for (const m of rows.slice(-Object.keys(KINDS).length - peers.length)) say(m);
	}
	const of = (kind) => rows.filter((r) => r.kind === kind);
	table(['CPU s per 1,000 calls', 'median', 'range', 'target', 'to Kamailio, same round', 'range', 'target\'s own ratio'],
		Object.entries(KINDS).map(([name, { scenario, target }]) => {
			const m = median(of(name).map((r) => r.per1000)), peer = of(`kamailio ${scenario}`);
			const to = peer.length && median(of(name).map((r, i) => r.per1000 / peer[i].per1000));
			return [name, m.text(3), m.range(3), target || '-', to ? to.text(2) : '-', to ? to.range(2) : '-',
				target ? (target / PEER[scenario]).toFixed(1) : '-'];
		}));
	for (const scenario of peers) {
		const m = median(of(`kamailio ${scenario}`).map((r) => r.per1000));
		console.log(`Kamailio, ${scenario === 'caller' ? 'proxying' : 'redirecting'}: ${m.text(3)} (${m.range(3)}); quoted: ${PEER[scenario]}`);
	}
	return rows.every((r) => r.failed === 0);
}

module.exports = { run, one: measure };
