// waiting: how long processes stood ready to run and did not, since the machine
// was busy with others. A measured time is wrong by at most that much.
'use strict';
const fs = require('node:fs');

// Milliseconds that all threads of a process have waited for a processor.
function waitedBy(pid) {
	let ns = 0;
	try {
		for (const task of fs.readdirSync(`/proc/${pid}/task`))
			ns += Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[1]);
	} catch { /* gone, or not told by this kernel */ }
	return ns / 1e6;
}

class Waiting {
	// pids: a function, since they change
	constructor(pids, every = 50) {
		this.samples = [];
		this.last = new Map();
		this.timer = setInterval(() => this.sample(pids()), every);
		this.sample(pids());
	}

	sample(pids) {
		let waited = 0;
		for (const pid of pids) {
			const now = waitedBy(pid);
			waited += Math.max(0, now - (this.last.get(pid) ?? now));
			this.last.set(pid, now);
		}
		this.samples.push({ at: Date.now(), waited });
	}

	// Between two times of the wall clock, and what the sample after it saw.
	between(from, to) {
		let waited = 0;
		for (const s of this.samples) {
			if (s.at >= from) waited += s.waited;
			if (s.at > to) break;
		}
		return waited;
	}

	stop() { clearInterval(this.timer); }
}

module.exports = { Waiting };
