// Releases, holds and erasures at random, with kills and restarts between: a
// model agrees with what the keeper did each time. SEED=N repeats a course.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Node, vaxel } = require('../lib/node.js');
const { record, World } = require('../lib/law.js');
const { run } = require('../lib/wait.js');

const STEPS = 500, RECORDINGS = 12;

test(`${STEPS} steps at random`, { timeout: 1800000 }, async (t) => {
	const seed = Number(process.env.SEED) || Date.now() % 1e9;
	const sections = {
		'line 1177': { 'notice sv': { version: '1', text: 'Ring 112.' }, 'notice en': null }, keeper: { quota: 1000 },
	};
	const node = await Node.make('one-machine', { sections });
	t.diagnostic(`seed ${seed}`);
	console.log(`# seed ${seed}`);
	try {
		const home = path.join(node.dir, 'home'), key = path.join(node.dir, 'me.key');
		fs.mkdirSync(home);
		await node.start();
		const enrol = (name, role) => run(vaxel, ['user', 'add', name, '--role', role, '-c', node.conf],
			{ env: { ...process.env, HOME: home } });
		for (const [name, role] of [['olga', 'officer'], ['rut', 'reviewer'], ['oskar', 'operator']])
			assert.equal((await enrol(name, role)).status, 0);
		await run('age-keygen', ['-o', key]);
		const to = (await run('age-keygen', ['-y', key])).stdout.trim();
		const world = new World(node, home, to, await record(node, RECORDINGS));
		await world.walk(STEPS, seed);
		await world.count();
		await node.stop();
		const ledger = path.join(node.state, 'ledger');
		const fsck = await run(vaxel, ['ledger', 'fsck', path.join(ledger, 'log'), '--key', node.keys.log_key,
			'--database', path.join(ledger, 'db.sqlite')]);
		assert.match(fsck.stdout, /^ok size=/);
		console.log(`# released ${world.model.released}, erased ${world.model.erased}, refused for a hold ${world.model.kept}`);
	} finally {
		await node.remove();
	}
});
