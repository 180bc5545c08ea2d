// costs: single steps, measured by the program of that name.
'use strict';
const path = require('node:path');
const { run: execute } = require('../tests/system/lib/wait.js');
const { median, table } = require('./lib/say.js');

async function run(options) {
	const steps = new Map();
	for (let round = 0; round < options.rounds; round++) {
		const r = await execute(path.join(__dirname, '../build/bench/costs'), [options.folder('costs')], { ms: 60000 });
		if (r.status) throw new Error(`costs: ${r.stderr}`);
		for (const line of r.stdout.trim().split('\n')) {
			const [name, , cpu, elapsed] = line.split('\t');
			if (!steps.has(name)) steps.set(name, []);
			steps.get(name).push({ cpu: Number(cpu), elapsed: Number(elapsed) });
		}
	}
	table(['step', 'CPU us', 'range', 'elapsed us', 'a second'], [...steps].map(([name, runs]) => {
		const cpu = median(runs.map((r) => r.cpu)), elapsed = median(runs.map((r) => r.elapsed));
		return [name, cpu.text(1), cpu.range(1), elapsed.text(1), Math.round(1e6 / elapsed.value)];
	}));
	return true;
}

module.exports = { run };
