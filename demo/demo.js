// The demo: two minutes that show why. Every line that has a tick was just seen
// to hold; one that did not hold makes the demo fail.
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { Node, top, vaxel } = require('../tests/system/lib/node.js');
const { Phone } = require('../tests/system/lib/phone.js');
const audio = require('../tests/system/lib/audio.js');
const search = require('../tests/system/lib/search.js');
const { Witnesses } = require('../tests/system/lib/witnesses.js');
const { run, sleep, start, until } = require('../tests/system/lib/wait.js');
const { title, begin, say, bad, ok, check, plain, json, failures, seconds } = require('./tell.js');

// Numbers that the Swedish authority keeps free for fiction.
const NUMBER = '+46846500417';
const NURSE = 'Astrid Demosdotter';
const CALLER_SAYS = 'Hej, min dotter är tre år och har hög feber sedan igår kväll. Hon vill inte dricka något. ' +
	'Vad ska jag göra? Hon har också ont i örat och sover mycket.';
const NURSE_SAYS = 'Hej, du har kommit till sjuksköterskan. Berätta vad som har hänt. Är hon vaken och går det att få kontakt med henne? ' +
	'Ge henne små klunkar vatten ofta, och ring igen om det blir värre.';

// The register and the routes of examples/1177, but somebody has written the
// subcontractor of 2019 into both, before everybody else.
const examples = path.join(top, 'examples/1177');
const SUBCONTRACTOR = `
organisation "subcontractor" {
	name = "The subcontractor, Co. Ltd."
	number = "0105559000000"
	country = "TH"
	kind = "provider"
	contact = "info@subcontractor.example"
}
`;
const BANGKOK_FIRST = `
route "bangkok" {
	kind = subcontractor
	regions = {"01", "04", "17"}
	organisation = "subcontractor"
	priority = 1
	trunk = "bangkok"
}
`;

const running = [];
const home = process.env.STATE || fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-demo-'));

// ---- act 1: as it was

async function ordinaryRecorder() {
	begin('An ordinary recorder, as in 2019');
	const dir = path.join(home, 'as-in-2019');
	fs.mkdirSync(dir, { recursive: true });
	const name = `${NUMBER.replace('+', '')}-2019-02-18-0412.wav`;
	await audio.speak(path.join(dir, name), CALLER_SAYS);
	const server = http.createServer((request, response) => {
		if (request.url === '/') {
			response.end(fs.readdirSync(dir).map((f) => `<a href="/${f}">${f}</a>`).join('\n'));
			return;
		}
		try {
			response.end(fs.readFileSync(path.join(dir, path.basename(request.url))));
		} catch {
			response.statusCode = 404;
			response.end();
		}
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	const at = `http://127.0.0.1:${server.address().port}`;
	const listing = await (await fetch(`${at}/`)).text();
	const found = /href="\/([^"]+\.wav)"/.exec(listing)[1];
	bad(`somebody finds ${at}/ : no password, and a file named ${found}`);
	const bytes = Buffer.from(await (await fetch(`${at}/${found}`)).arrayBuffer());
	const file = path.join(home, 'found.wav');
	fs.writeFileSync(file, bytes);
	const samples = audio.readWav(file);
	bad(`it plays: ${(samples.length / audio.RATE).toFixed(1)} s of a mother about her child, and her number is the file's name`);
	fs.rmSync(file);
	fs.rmSync(dir, { recursive: true });
	server.close();
	server.closeAllConnections?.();
}

// ---- act 2: the call

// A region and the authority: each a witness, on a machine of its own.
async function startNodes() {
	const witnesses = await Witnesses.make(path.join(home, 'witnesses'));
	running.push(witnesses);
	const provider = await Node.make('one-machine', {
		dir: path.join(home, 'provider'), host: '127.0.0.1',
		sections: {
			...witnesses.settings,
			'trunk carrier': { from: ['127.0.0.3'] },
			'line 1177': {
				controller: 'Vårdlinjen i Sverige AB', 'position-every': 0,
				'notice sv': {
					version: '2026-1',
					text: 'Fara för liv: ring ett ett två. Vårdlinjen ansvarar. ' +
						'När en sjuksköterska svarar spelas samtalet in.',
				},
				'notice en': { version: '2026-1', text: 'Danger to life: call one one two. Vårdlinjen is responsible. When a nurse answers, the call is recorded.' },
			},
		},
	});
	const national = await Node.make('national', {
		dir: path.join(home, 'national'), host: '127.0.0.3',
		sections: {
			'trunk carrier': { from: ['127.0.0.1'], municipality: 'parameter:kommun' },
			'trunk vardlinjen': { host: `127.0.0.1:${provider.port}`, from: ['127.0.0.9'], trusted: true, options: 0 },
			...Object.fromEntries(['gotland', 'vasternorrland', 'jamtland', 'bangkok'].map((name) =>
				[`trunk ${name}`, { host: '127.0.0.1:9', from: ['127.0.0.9'], options: 0 }])),
			'line 1177': { controller: 'The region in which the caller is', record: false },
			register: 'register.conf',
			routes: 'routes.conf',
		},
	});
	const law = (name, more) => fs.writeFileSync(path.join(path.dirname(national.conf), name),
		fs.readFileSync(path.join(examples, name), 'utf8') + more);
	law('register.conf', SUBCONTRACTOR);
	law('routes.conf', BANGKOK_FIRST);
	running.push(provider, national);
	await witnesses.start(provider.keys.log_key);
	await Promise.all([provider.start(), national.start()]);
	return { provider, national, witnesses };
}

async function callState(node) {
	const r = await node.vaxel(['calls', '--json', '-c', node.conf]);
	return r.stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l))[0];
}

async function theCall({ provider, national }) {
	begin('A call to 1177 from Nyköping: real phones, two nodes');
	const nurseWav = await audio.speak(path.join(home, 'nurse.wav'), NURSE_SAYS, { seconds: 90 });
	const callerWav = await audio.speak(path.join(home, 'caller.wav'), CALLER_SAYS, { seconds: 90 });
	const nurse = await Phone.make({
		user: 'agent1', display: NURSE, registrar: provider.address,
		password: provider.password('agent1'), answer: 'manual', wav: nurseWav, host: '127.0.0.1',
	});
	running.push(nurse);
	await nurse.registered();
	ok('a nurse has signed in her phone');
	const caller = await Phone.make({ user: NUMBER, host: '127.0.0.1', wav: callerWav });
	running.push(caller);
	const dialled = Date.now();
	caller.dial(`sip:1177@${national.address};kommun=0480`);
	await caller.event('CALL_ESTABLISHED', 10000);
	ok('1177 dialled; the national node finds municipality 0480 Nyköping → Region Sörmland → its provider, records nothing and carries no sound');
	say('the notice begins: "Fara för liv: ring ett ett två. Vårdlinjen ansvarar. …"');
	await nurse.event('CALL_INCOMING', 30000);
	ok(`the notice was played to its end (${((Date.now() - dialled) / 1000).toFixed(1)} s); then the queue; the nurse who was idle longest is rung`);
	check((await provider.metric('recordings_active')) === 0, 'until now nothing is recorded');
	nurse.accept();
	await nurse.event('CALL_ESTABLISHED');
	await until('recording', async () => (await provider.metric('recordings_active')) === 1);
	ok('the nurse answers; recording begins, sealed as it is captured to two public keys');
	await sleep(4000);
	const pid = await provider.kill('recorder');
	bad(`kill -9 ${pid}: the recorder, in mid-call`);
	await sleep(4000);
	const c = await callState(provider);
	check(c && provider.pids('recorder').length === 1, 'the call goes on; a new recorder has taken over from memory', { call: c });
	caller.hangup();
	await nurse.event('CALL_CLOSED');
	const [recording] = await provider.sealed(1, 10000);
	ok(`the caller hangs up; the recording is sealed: ${(recording.ms / 1000).toFixed(1)} s`);
	await sleep(300);
	return { recording, callerWav, caller, nurse };
}

// ---- act 3: where a call may go

async function nightsIn2019({ national }) {
	begin('A night call that 2019 would have sent to Bangkok');
	const conf = path.join(examples, 'incident-2019.conf');
	const checked = await run(vaxel, ['check', '-c', conf]);
	const faults = Number(/^(\d+) faults$/m.exec(checked.stdout)?.[1]);
	const rules = [...new Set([...checked.stdout.matchAll(/^\S+:\d+: ([A-Z0-9-]+): (?!weakness)/gm)].map((m) => m[1]))]
		.filter((id) => id !== 'CONFIG').sort();
	bad(`vaxel check, on the register of that world: ${faults} faults, by ${rules.join(', ')}`);
	const refused = await run(vaxel, ['run', '-c', conf]);
	check(faults > 0 && refused.status === 1 && /not started/.test(refused.stderr), 'vaxel run refuses to start it');
	const night = await run(vaxel, ['route', '1177', '--municipality', '0480', '--at', '2019-02-18T23:30:00+01:00', '--json', '-c', conf]);
	const d = JSON.parse(night.stdout);
	const broken = (route, what) => [...new Set(d.considered.filter((c) => c.route === route && c.verdict === 'passed' &&
		c.text.startsWith(what)).map((c) => c.rule))];
	say('18 February 2019, half past eleven at night, from Nyköping:');
	check(broken('bangkok', 'answering').includes('SE-SECRECY'),
		`Bangkok is refused, by ${broken('bangkok', 'answering').join(', ')}: no care provider under Swedish law, and under no statutory secrecy`);
	check(d.answer === 'yes' && d.organisation === 'provider' && !d.record && broken(d.route, 'recording').includes('GDPR-32-OPEN'),
		`the caller gets through: to the ${d.route.replace('-', ' ')}, nurses in Sweden, not recorded: the storage lay open (GDPR-32-OPEN)`);
	const [e] = await until('the route in the ledger', async () => {
		const events = await national.events('call.routed');
		return events.length && events;
	}, 5000, 200);
	check(e.passed?.bangkok === 'SE-HSL' && e.route === 'vardlinjen' && e.agreements.length === 1,
		`the call of a moment ago: somebody has written a route to Bangkok before all others. The national node's ledger: passed by ` +
		`${e.passed?.bangkok}; taken ${e.route}; responsible by law: ${e.controller}, by agreement ${e.agreements?.join(', ')}`, e);
}

// ---- act 4: the finder again

async function finderAgain({ provider, national }, { callerWav, nurse }) {
	begin('The finder again, with the whole disk in hand');
	const needles = search.needlesFor({
		number: NUMBER, names: [NURSE, 'Demosdotter'],
		samples: audio.readWav(callerWav),
	});
	const disk = [path.join(provider.dir, 'node'), path.join(national.dir, 'node')];
	const logs = path.join(home, 'logs');
	fs.mkdirSync(logs, { recursive: true });
	fs.writeFileSync(path.join(logs, 'provider'), provider.log);
	fs.writeFileSync(path.join(logs, 'national'), national.log);
	const r = search.inFolders([...disk, logs], needles);
	const p = search.inProcesses([...provider.pids(), ...national.pids(), provider.process.pid, national.process.pid], needles);
	check(!r.hits.length && !p.length,
		`${r.files} files, ${(r.bytes / 1e6).toFixed(1)} MB, logs and command lines: nothing that plays, no number, no name`,
		{ hits: [...r.hits, ...p] });
	let played = 0;
	for (const file of search.filesUnder(path.join(provider.state, 'store')))
		played += (await run('ffprobe', ['-v', 'error', file])).status === 0;
	check(played === 0, 'ffprobe finds no sound in any file of the store');
	const planted = path.join(disk[0], 'state', 'store', 'planted');
	const samples = audio.readWav(callerWav);
	fs.writeFileSync(planted, Buffer.concat([Buffer.from(`x${NUMBER}x${NURSE}`), audio.alaw(samples).subarray(12000, 20000)]));
	const again = search.inFolders([disk[0]], needles);
	fs.rmSync(planted);
	check(['number', 'name', 'audio'].every((k) => again.hits.some((h) => h.kind === k)),
		'and the same search does find a number, a name and a second of sound when we plant them');
	return nurse;
}

// ---- acts 5 to 7: opening

async function withoutTheKey({ provider }, { recording }) {
	begin('Stock age, with the sealed recording but not the key');
	const dir = path.join(home, 'export');
	const e = await provider.vaxel(['recording', 'export', recording.id, dir, '-c', provider.conf]);
	check(e.status === 0, `exported: ${fs.existsSync(dir) ? fs.readdirSync(dir).join(', ') : e.stderr}`);
	const other = path.join(home, 'other.key');
	await run('age-keygen', ['-o', other]);
	const whole = Buffer.concat([fs.readFileSync(path.join(dir, 'envelope')), fs.readFileSync(path.join(dir, 'body'))]);
	const r = await run('age', ['-d', '-i', other], { input: whole });
	check(r.status !== 0 && !r.stdout.length, `age says: ${r.stderr.split('\n')[0].replace(/^age: (error: )?/, '')}`);
}

async function withoutAnEntry({ provider }, { recording }, listener) {
	begin('Listening without leaving a trace');
	const r = await provider.vaxel(['recording', 'open', recording.id, '--as', listener.user, '--key-file', listener.signing,
		'--to', listener.recipient, '--purpose', 'care', '--without-entry', '-c', provider.conf]);
	check(r.status === 1 && /refused no-entry/.test(r.stderr), `a rightful listener, but no entry in the log: ${r.stderr.trim().split('\n').pop()}`);
}

async function byRight({ provider, witnesses }, { recording, callerWav }, listener) {
	begin('Listening by right');
	const r = await run(vaxel, ['recording', 'open', recording.id, '--as', listener.user, '--key-file', listener.signing,
		'--to', listener.recipient, '--purpose', 'care', '-c', provider.conf], { binary: true });
	check(r.status === 0 && /cosigned=2\/2/.test(r.stderr), `${r.stderr.trim().split('\n').pop()}: asked for in the log, and two witnesses have signed that`);
	const plain = await run('age', ['-d', '-i', listener.identity], { input: r.stdout, binary: true });
	const file = path.join(home, 'opened.mka');
	fs.writeFileSync(file, plain.stdout);
	const probe = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,codec_type:stream_tags=title', '-of', 'json', file]);
	const streams = JSON.parse(probe.stdout || '{"streams":[]}').streams.filter((s) => s.codec_type === 'audio');
	const lengths = [];
	for (let i = 0; i < Math.min(streams.length, 2); i++) lengths.push((await audio.track(file, i)).length / audio.RATE);
	check(lengths.length === 2 && lengths.every((l) => Math.abs(l - recording.ms / 1000) < 1),
		`stock age opens it: caller ${lengths[0]?.toFixed(1)} s, nurse ${lengths[1]?.toFixed(1)} s`, { lengths, ms: recording.ms });
	const said = audio.readWav(callerWav);
	const probes = search.audioProbes(said);
	const kept = search.countAudio(plain.stdout, search.audioIndex(probes));
	check(kept > 100, `it is what the caller said: ${kept} hundredths of a second of hers, bit for bit`);
	fs.rmSync(file);
	let v; // what was released is an entry of its own, cosigned in its turn
	const verify = ['ledger', 'verify', path.join(provider.state, 'ledger', 'log'), '--key', provider.keys.log_key, '--policy', witnesses.policy];
	await until('the last entry to be cosigned', async () => (v = await provider.vaxel(verify)).status === 0);
	check(/cosigned=2\/2/.test(v.stdout), `the log, every entry of it, verified: ${v.stdout.trim()}`);
}

async function withoutAWitness({ provider, witnesses }, { recording }, listener) {
	begin('One witness does not answer');
	const [, away] = witnesses.all;
	await away.stop();
	const asked = start(vaxel, ['recording', 'open', recording.id, '--as', listener.user, '--key-file', listener.signing,
		'--to', listener.recipient, '--purpose', 'care', '-c', provider.conf]);
	await until('what is waited for', () => /^waiting /m.test(asked.err), 20000);
	check(!asked.out && asked.status === null, `nothing is released; who asks is told: ${/^waiting .*$/m.exec(asked.err)[0]}`);
	await away.start();
	const status = await asked.exited;
	check(status === 0 && /cosigned=2\/2/.test(asked.err), `it is back: ${asked.err.trim().split('\n').pop()}`);
}

// ---- the end of a recording

async function erased({ provider }, { recording }, listener) {
	begin('The patient wants it erased');
	const receipt = path.join(home, 'receipt.json');
	const act = (what, reason, more = []) => provider.vaxel(['recording', what, recording.id, '--as', listener.user,
		'--key-file', listener.signing, '--reason', reason, ...more, '-c', provider.conf]);
	const held = await act('hold', 'a court has asked for it');
	const no = await act('erase', 'the patient asks');
	check(held.status === 0 && no.status === 1 && /^refused held\n/.test(no.stderr),
		`while a court's hold stands: ${no.stderr.split('\n')[0]}; what was asked, and why not, stays in the log`, { held, no });
	await act('release-hold', 'the court has decided');
	const yes = await act('erase', 'the patient asks', ['--receipt', receipt]);
	check(yes.status === 0, yes.status ? yes.stderr.trim() : `the hold ended, it is erased, by an officer's signature: ${yes.stdout.trim().split('; ').pop()}`);
	const r = await provider.vaxel(['recording', 'open', recording.id, '--as', listener.user, '--key-file', listener.signing,
		'--to', listener.recipient, '--purpose', 'care', '-c', provider.conf]);
	check(r.status === 1 && /^refused erased/.test(r.stderr), `the keeper, to a rightful listener: ${r.stderr.split('\n')[0]}`);
	// a copy of the body from before, and every key that there is
	const key = path.join(home, 'recovery.key');
	fs.writeFileSync(key, `${provider.keys.recovery_identity}\n`, { mode: 0o600 });
	const copy = fs.readFileSync(path.join(home, 'export', 'body'));
	const opened = await run('age', ['-d', '-i', key], { input: copy, binary: true });
	const envelope = fs.readFileSync(path.join(home, 'export', 'envelope'));
	const left = [...search.filesUnder(provider.state)].filter((f) => fs.readFileSync(f).includes(envelope.subarray(80, 112)));
	check(opened.status !== 0 && !left.length, 'a copy of the body that somebody kept, and the recovery key: nothing; the envelope is in no file of the node');
	const { entry, leaf } = JSON.parse(fs.readFileSync(receipt, 'utf8'));
	const proof = await provider.vaxel(['ledger', 'prove', path.join(provider.state, 'ledger', 'log'), String(entry), '--key', provider.keys.log_key]);
	const file = path.join(home, 'erased.proof');
	fs.writeFileSync(file, proof.stdout);
	const proved = await run(vaxel, ['ledger', 'check-proof', file, '--key', provider.keys.log_key], { input: leaf });
	check(proved.stdout === 'ok\n', `the receipt, checked against the log by its proof: entry ${entry} says so`, { proved });
}

async function makeListener({ provider }) {
	const l = { user: 'reviewer1', signing: path.join(home, 'reviewer1.key'), identity: path.join(home, 'reviewer1.age') };
	const added = await provider.vaxel(['user', 'add', l.user, '--role', 'officer', '--key-file', l.signing, '-c', provider.conf]);
	if (added.status) throw new Error(`user add: ${added.stdout}${added.stderr}`);
	await run('age-keygen', ['-o', l.identity]);
	l.recipient = (await run('age-keygen', ['-y', l.identity])).stdout.trim();
	return l;
}

// ---- the end

async function stopAll() {
	for (const it of running.splice(0).reverse()) {
		if (it instanceof Phone || it instanceof Witnesses) await it.stop();
		else await it.stop('SIGTERM', 8000);
	}
	if (!process.env.STATE) fs.rmSync(home, { recursive: true, force: true });
}

async function stayUp({ provider, national }) {
	if (json) say('ready', { caller: `sip:1177@${national.address};kommun=0480`, nurse: `agent2@${provider.address}`, conf: provider.conf });
	plain();
	plain('     Now you. With any SIP phone on this machine:');
	plain(`       be the caller   dial  sip:1177@${national.address};kommun=0480`);
	plain(`       be a nurse      register  agent2@${provider.address}  password ${provider.password('agent2')}`);
	plain(`       look            ${path.relative(process.cwd(), vaxel)} calls -c ${provider.conf}`);
	plain(`                       ${path.relative(process.cwd(), vaxel)} recording list -c ${provider.conf}`);
	plain('     Ctrl-C ends it.');
	await new Promise((done) => { process.once('SIGINT', done); process.once('SIGTERM', done); });
}

async function main() {
	title('Växel: steal the disk, you learn nothing. Listen, everyone can see that you did.',
		'A switchboard and call recorder for health advice lines.');
	fs.mkdirSync(home, { recursive: true });
	fs.chmodSync(home, 0o755);
	await ordinaryRecorder();
	const nodes = await startNodes();
	const call = await theCall(nodes);
	await nightsIn2019(nodes);
	await finderAgain(nodes, call);
	const listener = await makeListener(nodes);
	await withoutTheKey(nodes, call);
	await withoutAnEntry(nodes, call, listener);
	await byRight(nodes, call, listener);
	await withoutAWitness(nodes, call, listener);
	await erased(nodes, call, listener);
	plain();
	say(`${seconds().toFixed(0)} s; ${failures() ? `${failures()} did not hold` : 'everything held'}`, { failures: failures() });
	if (process.env.ONCE !== '1') await stayUp(nodes);
}

main().then(stopAll, async (error) => {
	console.error(`\n${error.stack}`);
	for (const it of running) if (it instanceof Node && it.process) console.error(it.log.split('\n').slice(-20).join('\n'));
	await stopAll();
	process.exitCode = 1;
}).finally(() => {
	if (failures()) process.exitCode = 1;
	setTimeout(() => process.exit(), 500).unref();
});
