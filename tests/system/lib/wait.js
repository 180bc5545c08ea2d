// wait: conditions and child processes, each with a bound in time.
'use strict';
const { spawn, execFile } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const dgram = require('node:dgram');

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Resolve with what `look` returns once it is truthy.
async function until(what, look, ms = 30000, every = 20) {
	const end = Date.now() + ms;
	for (;;) {
		const seen = await look();
		if (seen) return seen;
		if (Date.now() > end) throw new Error(`waited ${ms} ms for: ${what}`);
		await sleep(every);
	}
}

async function isFree(port, address) {
	const udp = await new Promise((done) => {
		const s = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
		s.once('error', () => { s.close(); done(false); });
		s.bind(port, address, () => s.close(() => done(true)));
	});
	return udp && new Promise((done) => {
		const s = net.createServer();
		s.once('error', () => done(false));
		s.listen(port, address, () => s.close(() => done(true)));
	});
}

const alive = (pid) => {
	try { return process.kill(pid, 0); } catch { return false; }
};

// A port is free until its program binds it, so other tests are told that it
// is taken: by a file that says whose it is, until that one ends.
const claims = path.join(os.tmpdir(), 'vaxel-test-ports');
const mine = new Set();

function claim(port) {
	const file = path.join(claims, String(port));
	fs.mkdirSync(claims, { recursive: true });
	try {
		fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
		mine.add(file);
		return true;
	} catch { /* somebody has it */ }
	try {
		const owner = Number(fs.readFileSync(file, 'utf8'));
		// left by one that was killed: gone for the next who asks
		if (owner && !alive(owner)) fs.rmSync(file, { force: true });
	} catch { /* gone meanwhile */ }
	return false;
}
process.on('exit', () => { for (const file of mine) fs.rmSync(file, { force: true }); });

// A UDP and TCP port that nobody has, and as many after it: for this process.
async function freePort(address = '127.0.0.1', count = 1) {
	for (let i = 0; i < 100; i++) {
		const port = 10000 + Math.floor(Math.random() * 9000);
		let n = 0;
		while (n < count && claim(port + n) && await isFree(port + n, address)) n++;
		if (n === count) return port;
	}
	throw new Error('no free port');
}

// Run to the end: { status, stdout, stderr }. Never throws for a status.
function run(command, args, { input, env, cwd, ms = 30000, binary = false } = {}) {
	return new Promise((done, fail) => {
		const child = execFile(command, args, {
			env, cwd, timeout: ms, killSignal: 'SIGKILL', maxBuffer: 256 << 20,
			encoding: binary ? 'buffer' : 'utf8',
		}, (error, stdout, stderr) => {
			if (error && error.killed) {
				fail(new Error(`${command} ${args.join(' ')}: took more than ${ms} ms\n${stderr}`));
				return;
			}
			if (error && typeof error.code === 'string') {
				fail(error);
				return;
			}
			done({ status: error ? error.code ?? 1 : 0, stdout, stderr: String(stderr) });
		});
		child.stdin.on('error', () => {});
		child.stdin.end(input);
	});
}

// Start, keep what it says, end with stop().
function start(command, args, options = {}) {
	const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
	const it = { child, pid: child.pid, out: '', err: '', status: null };
	it.exited = new Promise((done) => {
		child.on('exit', (code, signal) => {
			it.status = code ?? signal;
			done(it.status);
		});
		child.on('error', (e) => { it.err += e.message; it.status = 'error'; done('error'); });
	});
	child.stdout.on('data', (d) => { it.out += d; });
	child.stderr.on('data', (d) => { it.err += d; });
	child.stdin.on('error', () => {});
	it.stop = async (signal = 'SIGTERM', ms = 15000) => {
		if (it.status !== null) return it.status;
		child.kill(signal);
		const timer = setTimeout(() => child.kill('SIGKILL'), ms);
		const status = await it.exited;
		clearTimeout(timer);
		return status;
	};
	return it;
}

module.exports = { alive, sleep, until, freePort, run, start };
