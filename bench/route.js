// route: one decision by 21 regions, 290 municipalities and 200 agreements, by
// the program of that name.
'use strict';
const path = require('node:path');
const { run: execute } = require('../tests/system/lib/wait.js');
const { median, table } = require('./lib/say.js');

async function run(options) {
	const cases = new Map();
	for (let round = 0; round < options.rounds; round++) {
		const r = await execute(path.join(__dirname, '../build/bench/route'), [], { ms: 60000 });
		if (r.status) throw new Error(`route: ${r.stderr}`);
		for (const line of r.stdout.trim().split('\n')) {
			const [name, usual, late] = line.split('\t');
			if (!cases.has(name)) cases.set(name, []);
			cases.get(name).push({ usual: Number(usual) / 1000, late: Number(late) / 1000 });
		}
	}
	table(['case', 'CPU us, median', 'range', '99.9 %'], [...cases].map(([name, runs]) => {
		const usual = median(runs.map((r) => r.usual)), late = median(runs.map((r) => r.late));
		return [name, usual.text(1), usual.range(1), late.text(1)];
	}));
	return true;
}

module.exports = { run };
