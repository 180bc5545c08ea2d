// calls: set-up and release through a whole node, at a fixed rate.
'use strict';
const { House, sink, until } = require('./lib/house.js');
const { cpuByRole, less, sum } = require('./lib/tree.js');
const { table, median } = require('./lib/say.js');
const kamailio = require('./lib/kamailio.js');

// Quoted, of another day and machine: README.md.
const ASTERISK = { plain: 2.07, recorded: 2.65 };
const KAMAILIO = 0.078;
const TARGET = { plain: 0.4, recorded: 0.9 };

async function measure(kind, { rate, seconds, hold_ms, low, folder }) {
	const calls = rate * seconds;
	const most = Math.ceil(rate * hold_ms / 1000 * 1.4) + 50;
	const house = await House.make({ agents: Math.min(most, 1000), calls: 2 * most, record: kind === 'recorded', low, dir: folder(kind) });
	const nowhere = await sink();
	const port = nowhere.address().port;
	let phones, callers;
	try {
		phones = house.phones(port);
		const before = cpuByRole(house.pid);
		callers = await house.callers({ calls, rate, hold_ms, sinkPort: port });
		await callers.exited;
		// what is owed for these calls: the last seals and entries too
		if (kind === 'recorded')
			await until('all recordings sealed', async () =>
				await house.node.metric('recordings_sealed') + await house.node.metric('recordings_alarm') >= calls, 15000, 200)
				.catch(() => {});
		await until('an empty house', async () =>
			!await house.node.metric('calls_active') && !await house.node.metric('ledger_waiting'), 10000, 200);
		const spent = less(cpuByRole(house.pid), before);
		const said = callers.statistics();
		const answered = await house.node.metric('calls_answered');
		const sealed = await house.node.metric('recordings_sealed');
		if (process.env.VERBOSE)
			console.log({ successful: said['SuccessfulCall(C)'], answered, sealed,
				alarms: await house.node.metric('recordings_alarm'),
				not: await house.node.metric('recordings_not_recorded'),
				lost: await house.node.metric('events_lost'), log: house.node.log });
		return {
			kind, calls, spent,
			failed: calls - Math.min(Number(said['SuccessfulCall(C)']), answered, kind === 'recorded' ? sealed : calls),
			retransmitted: Number(said['Retransmissions(C)']),
			entries: await house.node.metric('ledger_entries'),
			fsyncs: await house.node.metric('spool_fsyncs'),
			commits: await house.node.metric('ledger_commits'),
			per1000: 1000 * sum(spent) / calls,
		};
	} finally {
		if (callers) await callers.stop('SIGKILL');
		if (phones) await phones.stop('SIGKILL');
		nowhere.close();
		await house.end();
	}
}

function say(m) {
	const by = Object.entries(m.spent).filter(([, s]) => s > 0.0005)
		.map(([role, s]) => `${role} ${(1000 * s / m.calls).toFixed(3)}`).join(', ');
	console.log(`  ${m.kind.padEnd(9)} ${m.calls} calls: ${m.failed} failed, ${m.per1000.toFixed(3)} CPU s per 1,000` +
		(m.entries ? ` (${by}); ${m.retransmitted} sent again, ${m.entries} entries, ${m.commits} commits, ` +
			`${m.fsyncs} spool fsyncs` : ''));
}

// The same work by the peer in the same round: what of a figure is the machine?
function ratios(rows) {
	const peer = rows.filter((r) => r.kind === 'kamailio');
	table(['to Kamailio\'s proxying, same round', 'median', 'range', 'targets, as quoted'],
		['plain', 'recorded'].map((kind) => {
			const mine = rows.filter((r) => r.kind === kind);
			const m = median(mine.map((r, i) => r.per1000 / peer[i].per1000));
			return [kind, m.text(2), m.range(2), (TARGET[kind] / KAMAILIO).toFixed(2)];
		}));
	const m = median(peer.map((r) => r.per1000));
	console.log(`Kamailio itself: ${m.text(3)} (${m.range(3)}); quoted: ${KAMAILIO}`);
}

async function run(options) {
	const rows = [];
	const with_peer = kamailio.Kamailio.is_here();
	if (!with_peer) console.log('  kamailio is missing: no comparison with it');
	for (let round = 0; round < options.rounds; round++)
		for (const kind of ['plain', 'recorded', ...with_peer ? ['kamailio'] : []]) {
			const m = kind === 'kamailio' ? await kamailio.measure(options) : await measure(kind, options);
			rows.push(m);
			say(m);
		}
	table(['CPU s per 1,000 calls', 'median', 'range', 'target', 'Asterisk, quoted', 'failed'],
		['plain', 'recorded'].map((kind) => {
			const mine = rows.filter((r) => r.kind === kind);
			const m = median(mine.map((r) => r.per1000));
			return [kind, m.text(3), m.range(3), TARGET[kind], ASTERISK[kind],
				mine.reduce((a, r) => a + r.failed, 0)];
		}));
	if (with_peer) ratios(rows);
	return rows.every((r) => r.failed === 0);
}

module.exports = { run, one: measure };
