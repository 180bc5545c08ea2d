// namespace: a test file run once more, in networks of its own; they go with the
// processes that hold them.
'use strict';
const { run, start, until } = require('./wait.js');

async function must(command, ...args) {
	const r = await run(command, args);
	if (r.status) throw new Error(`${command} ${args.join(' ')}: ${r.stderr}`);
	return r.stdout;
}

const inside = () => process.env.VAXEL_TEST_NETWORK === '1';

// Run the file in a network where nothing is but its own loopback.
async function apart(file, ms = 240000) {
	const env = { ...process.env, VAXEL_TEST_NETWORK: '1' };
	delete env.NODE_TEST_CONTEXT; // it reports as a program of its own
	return run('unshare', ['--net', '--', process.execPath, '--test-reporter=tap', file], { env, ms });
}

// From within: a second network, joined to this one by a pair of devices.
async function second(here, there) {
	// it ends with its standard input, so with us, however we end
	const holder = start('unshare', ['--net', '--', 'cat']);
	try {
		return await join(holder, here, there);
	} catch (e) {
		await holder.stop('SIGKILL');
		throw e;
	}
}

async function join(holder, here, there) {
	const own = `${await must('readlink', '/proc/self/ns/net')}`;
	await until('a second network', async () => {
		const r = await run('readlink', [`/proc/${holder.pid}/ns/net`]);
		return !r.status && r.stdout !== own;
	});
	const under = ['nsenter', `--net=/proc/${holder.pid}/ns/net`, '--'];
	await must('ip', 'link', 'set', 'lo', 'up');
	await must('ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1', 'netns', String(holder.pid));
	await must('ip', 'addr', 'add', `${here}/30`, 'dev', 'v0');
	await must('ip', 'link', 'set', 'v0', 'up');
	await must(...under, 'ip', 'addr', 'add', `${there}/30`, 'dev', 'v1');
	await must(...under, 'ip', 'link', 'set', 'v1', 'up');
	await must(...under, 'ip', 'link', 'set', 'lo', 'up');
	return { under, end: () => holder.stop('SIGKILL') };
}

module.exports = { apart, inside, second };
