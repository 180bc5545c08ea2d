// What a carrier may send to a line, by sipp: each scenario is a file.
'use strict';
const { test, before, after, describe } = require('node:test');
const assert = require('node:assert');
const { Node } = require('./lib/node.js');
const { sipp } = require('./lib/sipp.js');
const { until } = require('./lib/wait.js');

const sections = {
	'line 1177': {
		'notice sv': { version: 'v7', text: 'Fara för liv: ring ett ett två.' },
		'notice en': null,
	},
};

describe('a line, spoken to by a carrier', { concurrency: false }, () => {
	let node;

	before(async () => {
		node = await Node.make('one-machine', { locked: true, sections });
		await node.start();
	});
	after(async () => { await node.remove(); });

	async function over() {
		await until('the end of all calls', async () => (await node.json('calls')).length === 0);
	}

	async function scenario(name, options = {}) {
		const it = await sipp(name, { target: node.address, service: '1177', extra: ['-d', '500'], ...options });
		const messages = await it.done();
		await over();
		return messages;
	}

	test('answered, abandoned in the notice; video is declined in its place', async () => {
		const messages = await scenario('caller');
		assert.doesNotMatch(messages, /SIP\/2\.0 4\d\d/);
	});
	test('over TCP', () => scenario('caller', { transport: 't1' }));
	test('unknown line: 404', () => scenario('refused_404', { service: '1178' }));
	test('unknown extension: 420', () => scenario('refused_420'));
	test('no common codec: 488', () => scenario('refused_488'));
	test('offerless INVITE', () => scenario('offerless'));
	test('PRACK required', () => scenario('prack_required'));
	test('UPDATE', () => scenario('update'));
	test('fifty calls at once', async () => {
		await scenario('caller', { calls: 50, rate: 50, ms: 30000 });
		assert.equal(await node.metric('calls_active'), 0);
	});
	test('more calls than fit: 503 without Retry-After, and the others go on', async () => {
		const it = await sipp('caller', {
			target: node.address, service: '1177', calls: 80, rate: 200, extra: ['-d', '2000'], ms: 30000,
		});
		await it.exited;
		const messages = it.messages();
		assert.match(messages, /SIP\/2\.0 503/);
		assert.doesNotMatch(messages, /Retry-After/i);
		await over();
	});
});

describe('a stranger', () => {
	test('is refused with 403', async () => {
		const node = await Node.make('one-machine', {
			locked: true, sections: { ...sections, 'trunk carrier': { from: ['127.0.0.9'] } },
		});
		try {
			await node.start();
			const it = await sipp('refused_403', { target: node.address, service: '1177' });
			await it.done();
		} finally {
			await node.remove();
		}
	});
});

describe('IPv6', () => {
	test('answered over IPv6, media too', async () => {
		const node = await Node.make('one-machine', { locked: true, sections, host: '::1' });
		try {
			await node.start();
			const it = await sipp('caller', {
				target: node.address, service: '1177', host: '::1', extra: ['-d', '500', '-mi', '::1'],
			});
			const messages = await it.done();
			assert.match(messages, /c=IN IP6 ::1/);
		} finally {
			await node.remove();
		}
	});
});
