// index: the ledger with millions of recordings in its database, measured by
// the program of that name. Targets: asks 20 ms (99 of 100), start-up 2 s,
// 10,000 entries a second.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { run: execute } = require('../tests/system/lib/wait.js');
const { table } = require('./lib/say.js');

async function run(options) {
	const dir = options.folder('index');
	const r = await execute(path.join(__dirname, '../build/bench/index'), [dir, `${options.recordings}`], { ms: 900000 });
	fs.rmSync(dir, { recursive: true, force: true });
	if (r.status) throw new Error(`index: ${r.stderr}`);
	const rows = r.stdout.trim().split('\n').map((line) => line.split('\t'));
	const entries = Number(rows.find(([name]) => name === 'durable entries a second')[2]);
	console.log(`${options.recordings} recordings; ${entries} durable entries a second`);
	table(['what', 'times', 'median ms', '99 of 100', 'most'], rows.filter((row) => row[3]));
	return rows.every(([name, , , p99]) => !/^(list|show|envelope)/.test(name) || Number(p99) < 20) &&
		Number(rows.find(([name]) => name === 'start-up')[2]) < 2000 && entries >= 10000;
}

module.exports = { run };
