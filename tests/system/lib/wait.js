// wait: conditions and child processes, each with a bound in time.
'use strict';
const { spawn, execFile } = require('node:child_process');
const net = require('node:net');
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

// A UDP and TCP port that nobody has right now, and as many after it.
async function freePort(address = '127.0.0.1', count = 1) {
	for (let i = 0; i < 50; i++) {
		const port = 10000 + Math.floor(Math.random() * 9000);
		let n = 0;
		while (n < count && await isFree(port + n, address)) n++;
		if (n === count) return port;
	}
	throw new Error('no free port');
}

const alive = (pid) => {
	try { return process.kill(pid, 0); } catch { return false; }
};

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
