// relay: packets of many calls through the bare floor, our media worker and
// rtpengine in turns; then recorded, through a whole node and rtpengine.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { start, run, until, freePort } = require('../tests/system/lib/wait.js');
const { House, CORE_UNDER_TEST, CORE_OF_LOAD } = require('./lib/house.js');
const { Rtpengine } = require('./lib/rtpengine.js');
const { tree, role, memoryByRole, sum, less } = require('./lib/tree.js');
const { median, table } = require('./lib/say.js');

const media = path.join(__dirname, '../build/bench/media');
const HOLD_MS = 600000;

// The line that the load prints, as numbers.
function figures(line) {
	const n = (name) => Number(new RegExp(`${name} (-?[0-9.]+)`).exec(line)?.[1]);
	return { sent: n('sent'), loss: n('loss'), late: n('late'), core: n('core%'), ns: n('ns/packet'),
		p50: n('p50'), p99: n('p99'), behind: n('behind'), waited: n('waited%'), stolen: n('stolen%') };
}

// On a machine that others use too: what is measured and the load go before
// them, by so many steps of nice between sessions, ours and the peer alike. A
// worker that had itself preferred before stays as far before its neighbours.
const AHEAD = 14;

function goAhead(pids, steps) {
	const seen = new Set();
	for (const pid of pids) {
		const file = `/proc/${pid}/autogroup`;
		const [, group, nice] = /(\d+) nice (-?\d+)/.exec(fs.readFileSync(file, 'utf8'));
		if (!seen.has(group)) fs.writeFileSync(file, String(nice - steps));
		seen.add(group);
	}
}

async function load(options, pids) {
	if (!options.ahead) return loadOnce(options, pids);
	const all = [...pids, process.pid];
	goAhead(all, AHEAD);
	try {
		return await loadOnce(options, pids);
	} finally {
		goAhead(all, -AHEAD);
	}
}

async function loadOnce(options, pids) {
	const { a, b } = options;
	const r = await run('taskset', ['-c', CORE_OF_LOAD, path.join(media, 'load'), String(options.calls),
		String(a), String(b), options.dir, String(options.seconds), 'plain', pids.join(',')],
	{ ms: (options.seconds + 30) * 1000 });
	if (r.status) throw new Error(`load: ${r.stderr}`);
	return figures(r.stdout);
}

function writeLists(dir, ports) {
	fs.writeFileSync(path.join(dir, 'a.list'), `${ports.a.join('\n')}\n`);
	fs.writeFileSync(path.join(dir, 'b.list'), `${ports.b.join('\n')}\n`);
}

// floor and worker write the lists themselves and print "ready".
async function own(program, mode, options) {
	const it = start('taskset', ['-c', CORE_UNDER_TEST, path.join(media, program), String(options.calls),
		String(options.a), String(options.b), String(options.low), options.dir, mode]);
	try {
		await until(`${program}`, () => {
			if (it.status !== null) throw new Error(`${program} ended: ${it.err}`);
			return it.out.includes('ready');
		}, 10000);
		return await load(options, [it.pid]);
	} finally {
		await it.stop('SIGKILL');
	}
}

async function peer(record, options) {
	const r = await Rtpengine.start({ dir: options.dir, low: options.low, record });
	try {
		writeLists(options.dir, await r.calls(options.calls, options.a, options.b));
		return await load(options, [r.pid]);
	} finally {
		await r.stop();
	}
}

// What a node holds that has room for next to no call. Rings and prompts are as
// large as ever; the rest of what a full house holds is there for its calls,
// much of it locked from the start.
async function emptyHouse(options) {
	const house = await House.make({ agents: options.calls, calls: 2, record: true, low: options.low, dir: options.folder('empty') });
	try {
		return memoryByRole(house.pid);
	} finally {
		await house.end();
	}
}

// Real calls through the whole node: each told, queued, answered by a nurse
// and, with record, recorded and sealed.
async function node(record, options) {
	const house = await House.make({ agents: options.calls, calls: options.calls + 16,
		record, low: options.low, dir: options.folder('node') });
	let phones, callers;
	try {
		phones = house.phones(options.b);
		callers = await house.callers({ calls: options.calls, rate: 100, hold_ms: HOLD_MS, sinkPort: options.a });
		await until('all calls answered', async () =>
			await house.node.metric('calls_answered') >= options.calls, 60000, 200);
		if (record)
			await until('all recordings running', async () =>
				await house.node.metric('recordings_active') >= options.calls, 10000, 200);
		const ports = { a: callers.ports(), b: phones.ports() };
		if (ports.a.length !== options.calls || ports.b.length !== options.calls)
			throw new Error(`${ports.a.length} callers and ${ports.b.length} nurses know their port`);
		// caller i and nurse i are not in the same call: no matter to the load
		writeLists(options.dir, ports);
		// the one that relays first: its waiting is told
		const f = await load(options, tree(house.pid).sort((x, y) => (role(y) === 'media') - (role(x) === 'media')));
		f.memory = less(memoryByRole(house.pid), options.empty);
		f.per_call = sum(f.memory) / options.calls;
		f.lost = await house.node.metric('ring_lost') + await house.node.metric('rtp_ring_full');
		f.fsyncs = await house.node.metric('spool_fsyncs');
		f.fsync_ms = await house.node.metric('spool_fsync_us') / 1000 / f.fsyncs;
		return f;
	} finally {
		if (callers) await callers.stop('SIGKILL');
		if (phones) await phones.stop('SIGKILL');
		await house.end();
	}
}

function say(name, f) {
	console.log(`  ${name.padEnd(26)} ${f.ns.toFixed(0).padStart(6)} ns a packet, ${f.core.toFixed(1)} % of a core, ` +
		`loss ${f.loss.toFixed(3)} %, added delay p50 ${(f.p50 / 1000).toFixed(2)} p99 ${(f.p99 / 1000).toFixed(2)} ms ` +
		`(the relay waited for its core ${f.waited.toFixed(1)} % of the time, the host took ${f.stolen.toFixed(1)} %; the load was behind by ` +
		`p99 ${(f.behind / 1000).toFixed(2)} ms${f.late ? `, late ${f.late} times` : ''})`);
	if (f.per_call !== undefined)
		console.log(`${' '.repeat(29)}${f.per_call.toFixed(1)} kB a call (${Object.entries(f.memory).filter(([, kb]) => Math.abs(kb) > 50)
			.map(([r, kb]) => `${r} ${(kb / 1000).toFixed(1)} MB`).join(', ')}), ${f.lost} frames lost, ` +
			`${f.fsyncs} fsyncs of ${f.fsync_ms.toFixed(1)} ms`);
}

// Each contender once a round, so that what changes on the machine changes for all.
async function alternate(contenders, rounds) {
	const all = contenders.map(() => []);
	for (let r = 0; r < rounds; r++)
		for (const [i, [name, one]] of contenders.entries()) {
			const f = await one();
			say(name, f);
			all[i].push(f);
		}
	return all;
}

const ratios = (ours, theirs) => median(ours.map((f, i) => f.ns / theirs[i].ns));

async function ready(options) {
	options.dir = options.folder('relay');
	options.a = await freePort();
	options.b = await freePort();
}

const missing = () => !Rtpengine.version() && console.log('  rtpengine is missing: no comparison with it');

async function relay(options) {
	await ready(options);
	const contenders = [
		['floor, epoll', () => own('floor', 'recvfrom', options)],
		['ours', () => own('worker', 'none', options)],
	];
	if (!missing()) contenders.push(['rtpengine', () => peer(false, options)]);
	const [floor, ours, theirs] = await alternate(contenders, options.rounds);
	const row = (name, f) => {
		const r = ratios(f, floor);
		return [name, median(f.map((x) => x.ns)).text(0), median(f.map((x) => x.core / options.calls)).text(4),
			median(f.map((x) => x.p99 / 1000)).text(2), `${r.text(2)} (${r.range(2)})`];
	};
	table([`relay, ${options.calls} calls`, 'ns a packet', 'core-% a call', 'p99 ms', 'to the floor (range)'],
		[row('floor', floor), row('ours', ours), ...theirs ? [row('rtpengine', theirs)] : []]);
	console.log(`target: ours at most 1.5 times the floor${theirs ? ', and under rtpengine' : ''}`);
	if (theirs) {
		const r = ratios(ours, theirs);
		console.log(`ours to rtpengine: ${r.text(2)} (${r.range(2)})`);
	}
	return true;
}

async function recorded(options) {
	await ready(options);
	options.empty = await emptyHouse(options);
	const contenders = [['node, recorded and sealed', () => node(true, options)]];
	if (!missing()) contenders.push(['rtpengine, pcap', () => peer(true, options)]);
	const [ours, theirs] = await alternate(contenders, options.rounds);
	const row = (name, f) => [name, median(f.map((x) => x.ns)).text(0),
		median(f.map((x) => x.core / options.calls)).text(4), median(f.map((x) => x.p99 / 1000)).text(2),
		Math.max(...f.map((x) => x.loss)).toFixed(3),
		f[0].per_call === undefined ? '' : median(f.map((x) => x.per_call)).text(1)];
	table([`recorded, ${options.calls} calls`, 'ns a packet', 'core-% a call', 'p99 ms', 'worst loss %', 'kB a call'],
		[row('ours, whole node', ours), ...theirs ? [row('rtpengine, pcap', theirs)] : []]);
	console.log('target: p99 under 20 ms, at most 96 kB a call' + (theirs ? ', at most rtpengine' : ''));
	if (theirs) {
		const r = ratios(ours, theirs);
		console.log(`ours to rtpengine: ${r.text(2)} (${r.range(2)})`);
	}
	return ours.every((f) => f.lost === 0);
}

module.exports = { relay, recorded };
