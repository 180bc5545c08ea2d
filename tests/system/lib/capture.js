// capture: packets as the kernel saw them, by tcpdump.
'use strict';
const { start, until } = require('./wait.js');

const HEAD = 24, RECORD = 16;

// The times of the records of a capture, milliseconds since 1970.
function times(bytes) {
	const all = [];
	for (let at = HEAD; at + RECORD <= bytes.length; at += RECORD + bytes.readUInt32LE(at + 8))
		all.push(bytes.readUInt32LE(at) * 1000 + bytes.readUInt32LE(at + 4) / 1000);
	return all;
}

// A running capture on the loopback interface, or null where none is permitted.
async function capture(filter) {
	// -U: no buffer in tcpdump; --immediate-mode: none in the kernel
	const dump = start('tcpdump', ['-i', 'lo', '-n', '-U', '--immediate-mode', '-s', '128', '-B', '8192', '-w', '-', filter]);
	const chunks = [];
	dump.child.stdout.on('data', (d) => chunks.push(d));
	await until('tcpdump', () => dump.status !== null || /listening on/.test(dump.err));
	if (dump.status !== null) {
		if (/permi|privilege|ENOENT|no such device|not supported/i.test(dump.err)) return null;
		throw new Error(`tcpdump: ${dump.err}`);
	}
	return {
		times: () => times(Buffer.concat(chunks)),
		// the same, after the last packet has come; none may have been lost
		async stop() {
			await dump.stop('SIGINT');
			const lost = /(\d+) packets? dropped by kernel/.exec(dump.err);
			if (!lost || lost[1] !== '0') throw new Error(`tcpdump: ${dump.err}`);
			return times(Buffer.concat(chunks));
		},
	};
}

module.exports = { capture };
