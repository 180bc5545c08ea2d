// Whoever has the disk, the log, the lists of processes and their cores learns
// nothing of a call: no number, no name, no sound. The same search finds each of
// them where they were planted, and finds the sound in the opened recording.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Stage } = require('./lib/stage.js');
const { Listener } = require('./lib/listener.js');
const search = require('./lib/search.js');
const audio = require('./lib/audio.js');
const { sleep, start, until, run } = require('./lib/wait.js');

// One of the numbers that are kept free for fiction.
const NUMBER = '+46701740611', CALLER = 'Moa Påhittsson', NURSE = 'Sigbritt Fantasidotter';
const SAYS = 'Hej, min son har fått utslag över hela magen och klagar över att det kliar. Han har ingen feber, ' +
	'men han är trött och vill inte äta. Vi har provat en salva från apoteket, men den hjälper inte alls.';
const ANSWERS = 'Det låter besvärligt. Hur länge har han haft utslagen, och har han fått någon ny medicin eller ' +
	'ätit något ovanligt? Tryck med ett glas mot huden och berätta om prickarna bleknar.';

const everywhere = (list) => list.map((h) => `${h.kind} in ${h.where}`).join('\n');

// Files that came to be or changed since then, but for those of this test's own
// phones, and for what is too large to be of ours.
function leftovers(dir, since, but) {
	const files = [];
	const look = (at, depth) => {
		let entries = [];
		try { entries = fs.readdirSync(at, { withFileTypes: true }); } catch { return; }
		for (const e of entries) {
			const file = path.join(at, e.name);
			if (but.some((b) => file.startsWith(b))) continue;
			if (e.isDirectory() && depth) look(file, depth - 1);
			try {
				const st = fs.statSync(file);
				if (e.isFile() && st.mtimeMs >= since && st.size < 32 << 20) files.push(file);
			} catch { /* gone */ }
		}
	};
	look(dir, 2);
	return files;
}

const everyProcess = () => fs.readdirSync('/proc').filter((d) => /^\d+$/.test(d)).map(Number);

describe('the disk', { concurrency: false }, () => {
	const since = Date.now();
	let s, said, needles, account, phones, recording, callerSays;

	before(async () => {
		said = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-said-'));
		const wavs = [await audio.speak(path.join(said, 'caller.wav'), SAYS), await audio.speak(path.join(said, 'nurse.wav'), ANSWERS)];
		const samples = wavs.map((f) => audio.readWav(f));
		callerSays = samples[0];
		// said over and over: a phone whose file ends hangs up
		for (const [i, file] of wavs.entries()) {
			const once = Math.ceil(samples[i].length / 160) * 160;
			const often = new Int16Array(once * 10);
			for (let n = 0; n < 10; n++) often.set(samples[i], n * once);
			fs.writeFileSync(file, audio.wav(often));
		}
		needles = search.needlesFor({ number: NUMBER, names: [CALLER, 'Påhittsson', NURSE, 'Fantasidotter'], samples: samples[0] });
		needles.push(...search.needlesFor({ number: NUMBER, names: [], samples: samples[1] }).filter((n) => n.kind === 'audio'));
		account = [{ kind: 'account', bytes: Buffer.from('agent1') }];
		// cores may be as large as they like, were it for the limit alone
		s = await Stage.make({
			level: 'debug', under: ['bash', '-c', 'ulimit -c unlimited; exec "$0" "$@"'],
			sections: { 'line 1177': {
				'position-every': 0,
				'notice sv': { version: '1', text: 'Ring ett ett två.' }, 'notice en': { version: '1', text: 'Call one one two.' },
			} },
		});
		// the first to be rung declines, which the log tells at its lowest level
		const busy = await s.nurse('agent2', { wav: wavs[1], answer: 'manual' });
		const nurse = await s.nurse('agent1', { wav: wavs[1], display: NURSE });
		const caller = await s.phone({ user: NUMBER, display: CALLER, wav: wavs[0] });
		phones = { nurse, caller };
		caller.dial(s.node.uri);
		await busy.event('CALL_INCOMING', 40000);
		busy.hangup();
		await nurse.event('CALL_ESTABLISHED', 40000);
		await s.recording();
		await sleep(3000);
	});
	after(async () => {
		await s?.end();
		fs.rmSync(said, { recursive: true, force: true });
	});

	// Nothing is to be found anywhere.
	function nothing(when) {
		const log = s.write('log-as-written', s.node.log);
		const disk = search.inFolders([s.node.dir], needles);
		assert.ok(disk.files > 10 && disk.bytes > 100000, `${disk.files} files, ${disk.bytes} bytes`);
		assert.equal(everywhere(disk.hits), '', `${when}: on the disk, or in the log`);
		// the account stands in the configuration, and nowhere else
		const state = search.inFolders([s.node.state, s.node.runtime], account);
		assert.equal(everywhere(state.hits), '', `${when}: the nurse's account`);
		assert.ok(!s.node.log.includes('agent1'), `${when}: the nurse's account in the log`);
		assert.equal(everywhere(search.inProcesses(everyProcess(), needles)), '', `${when}: command lines and environments`);
		for (const dir of [os.tmpdir(), '/var/tmp', '/dev/shm', '/']) {
			const depth = leftovers(dir, since, ['/proc', '/sys', '/dev/pts', said, s.node.dir, ...s.phones.map((p) => p.dir)]
				.concat(dir === '/' ? fs.readdirSync('/').map((d) => `/${d}/`) : []));
			for (const file of depth) {
				let data;
				try { data = fs.readFileSync(file); } catch { continue; }
				assert.deepEqual(search.inBytes(data, needles), [], `${when}: ${file}`);
			}
		}
		fs.rmSync(log);
	}

	test('while they talk', () => {
		assert.match(s.node.log, / debug switch: /, 'the log tells everything it ever tells');
		nothing('while they talk');
	});

	test('after recorder and switch were killed in mid-call', async () => {
		for (const name of ['recorder', 'switch']) {
			const [pid] = s.node.pids(name);
			await s.node.kill(name);
			await until(`a new ${name}`, () => s.node.pids(name).some((p) => p !== pid));
		}
		await sleep(1500);
		nothing('after the kills');
	});

	test('no process leaves a core', async () => {
		const cores = () => [s.node.dir, s.node.state, s.node.runtime, process.cwd(), '/'].flatMap((dir) =>
			fs.readdirSync(dir).filter((f) => /^core(\.\d+)?$/.test(f)).map((f) => path.join(dir, f))
				.filter((f) => fs.statSync(f).isFile() && fs.statSync(f).mtimeMs >= since));
		// does this machine write one at all, for a program that allows it?
		const pattern = fs.readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim();
		const dir = fs.mkdtempSync(path.join(said, 'core-'));
		await run('bash', ['-c', 'ulimit -c unlimited; cd "$0"; sh -c "kill -SEGV \\$\\$"', dir]);
		const planted = fs.readdirSync(dir).some((f) => f.startsWith('core'));
		if (!pattern.includes('/') && !pattern.startsWith('|')) assert.ok(planted, 'a program that may leave a core leaves one');
		for (const name of ['recorder', 'ledger', 'keeper', 'desk', 'switch']) {
			const [pid] = s.node.pids(name);
			// a process that may not be dumped belongs to root in /proc; and
			// its limit is none, whatever the parent's was
			assert.equal(fs.statSync(`/proc/${pid}/mem`).uid, 0);
			assert.match(fs.readFileSync(`/proc/${pid}/limits`, 'utf8'), /Max core file size\s+0\s+0/);
			await s.node.kill(name, 'SIGSEGV');
			await until(`a new ${name}`, () => s.node.pids(name).some((p) => p !== pid), 15000);
			assert.deepEqual(cores(), []);
		}
		await sleep(1500);
		nothing('after five processes crashed');
	});

	test('after the call', async () => {
		assert.equal(phones.nurse.count('CALL_CLOSED'), 0, 'the call has gone on all the while');
		phones.caller.hangup();
		await phones.nurse.event('CALL_CLOSED');
		[recording] = await s.node.sealed(1, 30000);
		await sleep(500);
		nothing('after the call');
		// among random bytes ffprobe now and then sees a subtitle or a frame,
		// with a score of some few of 100; what plays has more than 50
		for (const file of search.filesUnder(path.join(s.node.state, 'store'))) {
			const probe = await run('ffprobe', ['-v', 'quiet', '-show_entries', 'format=probe_score', '-of', 'csv=p=0', file]);
			assert.ok(probe.status !== 0 || Number(probe.stdout) <= 50, `something in the store plays: ${probe.stdout}`);
		}
	});

	test('each of them is found where it was planted', async () => {
		const store = path.join(s.node.state, 'store');
		const part = callerSays.subarray(audio.RATE, audio.RATE * 1.2); // 200 ms
		const linear = Buffer.from(part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength));
		const plant = (name, bytes, kind) => {
			const file = path.join(store, name);
			fs.writeFileSync(file, bytes);
			const found = search.inFolders([store], needles).hits;
			fs.rmSync(file);
			assert.deepEqual([...new Set(found.map((h) => h.kind))], [kind]);
			assert.ok(found.every((h) => h.where.includes(name)));
		};
		plant('a-number', `....${NUMBER}....`, 'number');
		plant('another', 'tel:0701740611', 'number');
		plant('a-name', `xx${NURSE}`, 'name');
		plant('sound', Buffer.concat([Buffer.alloc(333), audio.alaw(part)]), 'audio');
		plant('linear', Buffer.concat([Buffer.alloc(33), linear]), 'audio');
		plant(`${NUMBER.slice(1)}.wav`, 'nothing', 'number');
		plant('Fantasidotter', 'nothing', 'name');
		const log = s.write('planted.log', `${s.node.log}switch debug: INVITE from ${NUMBER}\n`);
		assert.deepEqual(search.inFolders([s.node.dir], needles).hits, [{ where: log, kind: 'number' }]);
		fs.writeFileSync(log, `${s.node.log}media debug: ${NURSE}\n`);
		assert.deepEqual(search.inFolders([s.node.dir], needles).hits, [{ where: log, kind: 'name' }]);
		fs.rmSync(log);
		for (const [env, args, kind] of [[{ CALLER: NUMBER }, [], 'number'], [{ NURSE }, [], 'name'], [{}, [NUMBER], 'number']]) {
			const helper = start(process.execPath, ['-e', 'setTimeout(() => {}, 60000)', ...args], { env: { ...process.env, ...env } });
			await until('the helper', () => search.inProcesses([helper.pid], needles).length > 0, 3000).catch(() => {});
			const found = search.inProcesses(everyProcess(), needles);
			await helper.stop('SIGKILL');
			assert.ok(found.some((h) => h.kind === kind && h.where.endsWith(` ${helper.pid}`)), `a ${kind} in ${JSON.stringify(env)}`);
		}
	});

	test('the opened recording holds what was said', async () => {
		await s.node.unlock(); // the keeper was killed
		const listener = await Listener.make(s.node);
		const opened = await listener.open(recording.id);
		const found = search.countAudio(opened, search.audioIndex(search.audioProbes(callerSays)));
		assert.ok(found > 100, `${found} hundredths of a second`);
		// by whom and to whom is in the card, which is opened the same way
		const card = await listener.open(recording.id, { more: ['--scope', 'card'] });
		assert.ok(search.inBytes(card, needles).includes('number'), 'the card holds the number');
		assert.ok(search.inBytes(card, account).includes('account'), 'the card holds the nurse\'s account');
	});
});
