// tree: what a process and all that it started cost, from /proc.
'use strict';
const fs = require('node:fs');

const read = (file) => {
	try { return fs.readFileSync(file, 'utf8'); } catch { return ''; }
};

// The process and its descendants.
function tree(pid) {
	const all = [pid];
	let tasks = [];
	try { tasks = fs.readdirSync(`/proc/${pid}/task`); } catch { return []; }
	for (const t of tasks)
		for (const child of read(`/proc/${pid}/task/${t}/children`).split(' ').filter(Boolean))
			all.push(...tree(Number(child)));
	return all;
}

// "switch", "media" ... of a Växel process; otherwise its name.
function role(pid) {
	const line = read(`/proc/${pid}/cmdline`).split('\0');
	return line[1] === 'run' ? 'parent' : line[2] || line[0];
}

// CPU seconds so far, user and system, of all threads of a process, exact to
// the nanosecond. (utime and stime of /proc/PID/stat are the same, in ticks of
// 10 ms.)
function cpu(pid) {
	let ns = 0;
	let tasks = [];
	try { tasks = fs.readdirSync(`/proc/${pid}/task`); } catch { return 0; }
	for (const t of tasks)
		ns += Number(read(`/proc/${pid}/task/${t}/schedstat`).split(' ')[0] || 0);
	return ns / 1e9;
}

// { role: CPU seconds } of a whole tree.
function cpuByRole(pid) {
	const by = {};
	for (const p of tree(pid)) {
		const r = role(p);
		by[r] = (by[r] || 0) + cpu(p);
	}
	return by;
}

const sum = (by) => Object.values(by).reduce((a, b) => a + b, 0);

function less(after, before) {
	return Object.fromEntries(Object.entries(after).map(([k, v]) => [k, v - (before[k] || 0)]));
}

// { role: kB } that the processes hold; what they share is divided among them.
// Pages of files (programs and libraries) are left out: how they are divided
// depends on who else runs on the machine, and no call adds any.
function memoryByRole(pid) {
	const by = {};
	for (const p of tree(pid)) {
		const r = role(p);
		for (const [, kb] of read(`/proc/${p}/smaps_rollup`).matchAll(/^Pss_(?:Anon|Shmem):\s+(\d+)/mg))
			by[r] = (by[r] || 0) + Number(kb);
	}
	return by;
}

module.exports = { tree, role, cpu, cpuByRole, memoryByRole, sum, less };
