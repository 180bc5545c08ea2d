// The national node leads calls by register and routes: own provision, a
// contracted provider and a partner region live together at three providers'
// nodes, a night begins between two calls, and what goes wrong has its outcome.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Node, top } = require('./lib/node.js');
const { Ua, Dialog, sdp } = require('./lib/ua.js');
const { register } = require('./lib/register.js');
const { sipp } = require('./lib/sipp.js');
const { sleep, until, freePort } = require('./lib/wait.js');

const law = fs.readFileSync(path.join(top, 'examples/1177/register.conf'), 'utf8');

// Sections of routes.conf: { name: [kind, counties, organisation, trunk, more] }.
const routesText = (routes) => Object.entries(routes).map(([name, [kind, counties, organisation, trunk, more = '']]) => `
route "${name}" {
	kind = ${kind}
	${counties.length ? `regions = {${counties.map((c) => `"${c}"`).join(', ')}}` : 'for = "region-01"'}
	organisation = "${organisation}"
	place = "${organisation}-nurses"
	record-by = "vaxelhuset"
	trunk = "${trunk}"
	${more}
}`).join('\n');

const beside = (node, name, text) => fs.writeFileSync(path.join(path.dirname(node.conf), name), text);

// A national node that leads by these routes; trunks: { name: host:port }.
async function nationalNode(trunks, routes, options = 0) {
	const n = await Node.make('national', {
		sections: {
			sip: { 'calls-max': 1000 },
			'trunk carrier': { municipality: 'prefix' },
			...Object.fromEntries(Object.entries(trunks).map(([name, host]) =>
				[`trunk ${name}`, { host, from: ['127.0.0.9'], options, trusted: true }])),
			'line 1177': { controller: 'The region in which the caller is', record: false },
			register: 'register.conf', routes: 'routes.conf',
		},
	});
	beside(n, 'register.conf', law);
	beside(n, 'routes.conf', routesText(routes));
	return n.start();
}

const called = (ua, national, municipality) => Dialog.to(ua, `sip:${municipality}1177@${national.address}`, national.port);

// What the ledger says of each routed call, once it is `count` times.
const routed = (national, count) => until(`${count} routes in the ledger`, async () => {
	const events = await national.events('call.routed');
	return events.length >= count && events;
}, 10000, 100);

describe('three providers', { concurrency: false }, () => {
	let nodes, national, caller, uas = [];

	before(async () => {
		nodes = {};
		for (const name of ['gotland', 'vardlinjen', 'vasternorrland']) {
			nodes[name] = await Node.make('one-machine', {
				locked: true, sections: {
					media: { silence: 0 },
					'line 1177': {
						controller: name, 'ring-timeout': 30, 'position-every': 0,
						'notice sv': { version: '1', text: 'Ring ett ett två.' }, 'notice en': null,
					},
				},
			});
			await nodes[name].start();
		}
		national = await nationalNode(Object.fromEntries(Object.entries(nodes).map(([name, n]) => [name, n.address])),
			world('daily 00:00-24:00'), 1);
		caller = await Ua.make();
	});

	after(async () => {
		for (const ua of [caller, ...uas]) ua?.close();
		await national?.remove();
		for (const n of Object.values(nodes)) await n.remove();
	});

	// Jämtland's callers: by day the provider, in these hours the partner region.
	function world(night) {
		return {
			gotland: ['own', ['09'], 'region-09', 'gotland'],
			sormland: ['contracted', ['04'], 'vardlinjen', 'vardlinjen'],
			'jamtland-day': ['contracted', ['23'], 'vardlinjen', 'vardlinjen', `except = {"${night}"}`],
			'jamtland-night': ['partner', ['23'], 'region-22', 'vasternorrland', `when = {"${night}"}`],
			queue: ['national-queue', [], 'vardlinjen', 'vardlinjen'],
		};
	}

	async function nurse(name, agent) {
		const port = await freePort();
		await register({ node: nodes[name], user: agent, port });
		const ua = await Ua.make(port);
		ua.name = `${agent} of ${name}`;
		uas.push(ua);
		return ua;
	}

	async function answers(ua) {
		const invite = await ua.request('INVITE', 30000);
		ua.answer(invite, 200, { body: sdp() });
		await ua.request('ACK');
	}

	const states = async (name) => (await nodes[name].json('calls')).map((c) => c.state).sort();
	const inState = (name, wanted) => until(`${name}: ${wanted}`, async () =>
		(await states(name)).join() === wanted.join(), 20000, 100);

	test('each by its own route; a night and the end of an agreement between two calls', async () => {
		// the next minute that leaves time for the calls before it
		const boundary = new Date(Math.ceil((Date.now() + 20000) / 60000) * 60000);
		const clock = (d) => d.toLocaleTimeString('sv-SE', { timeZone: 'Europe/Stockholm', hour: '2-digit', minute: '2-digit' });
		const end = new Date(boundary.getTime() + 3600 * 1000);
		beside(national, 'routes.conf', routesText(world(`daily ${clock(boundary)}-${clock(end)}`)));
		beside(national, 'register.conf', law.replace(/(agreement "region-04-vardlinjen" \{[^]*?from = "2025-01-01"\n)/,
			`$1\tuntil = "${boundary.toISOString().replace('.000Z', 'Z')}"\n`));
		await national.reload();

		const call = async (municipality) => {
			const d = called(caller, national, municipality);
			assert.equal((await d.invite({ body: sdp(), ms: 15000 })).code, 200);
			return d;
		};
		const islander = await nurse('gotland', 'agent1');
		const before = [await call('0980'), await call('2380'), await call('0480')];
		await answers(islander);
		await inState('gotland', ['talking']);
		await inState('vardlinjen', ['queued', 'queued']);
		assert.deepEqual(await states('vasternorrland'), []);
		assert.ok(Date.now() < boundary.getTime(), 'the first three before the night');

		await sleep(boundary.getTime() - Date.now() + 200);
		const neighbour = await nurse('vasternorrland', 'agent1');
		before.push(await call('2380'), await call('0480'));
		await answers(neighbour);
		await inState('vasternorrland', ['talking']);

		// whoever was in the queue when the night began keeps his place in it
		await inState('vardlinjen', ['queued', 'queued', 'queued']);
		for (const agent of ['agent1', 'agent2']) await answers(await nurse('vardlinjen', agent));
		await inState('vardlinjen', ['queued', 'talking', 'talking']);

		const events = await routed(national, 5);
		assert.deepEqual(events.map((e) => [e.route, e.kind, e.organisation, e.controller]), [
			['gotland', 'own', 'region-09', 'region-09'],
			['jamtland-day', 'contracted', 'vardlinjen', 'vardlinjen'],
			['sormland', 'contracted', 'vardlinjen', 'vardlinjen'],
			['jamtland-night', 'partner', 'region-22', 'region-22'],
			['queue', 'national-queue', 'vardlinjen', 'vardlinjen'],
		]);
		assert.deepEqual(events.map((e) => e.agreements.join()),
			['', 'region-23-vardlinjen', 'region-04-vardlinjen', 'nights-23-by-22', 'region-01-vardlinjen']);
		assert.equal(events[3].passed['jamtland-day'], 'hours');
		assert.equal(events[4].passed.sormland, 'GDPR-28-3');
		for (const d of before) assert.equal((await d.bye()).code, 200);
		for (const name of Object.keys(nodes)) await inState(name, []);
		assert.deepEqual(await national.json('calls'), []);
	});

	test('overflow: the provider\'s queue is long, and the next lawful route is taken', async () => {
		const routes = world('daily 00:00-24:00');
		routes.sormland[4] = 'queue-max = 1';
		routes.overflow = ['contracted', ['04'], 'vardlinjen', 'gotland', 'priority = 50'];
		beside(national, 'routes.conf', routesText(routes));
		beside(national, 'register.conf', law);
		await national.reload();
		const known = (await national.events('call.routed')).length;
		const waiting = (n) => until(`${n} waiting`, async () =>
			(await national.json('trunks')).find((t) => t.trunk === 'vardlinjen').waiting === n, 10000, 100);
		const call = async () => {
			const d = called(caller, national, '0480');
			assert.equal((await d.invite({ body: sdp(), ms: 15000 })).code, 200);
			return d;
		};
		await waiting(0);
		const calls = [await call()];
		await waiting(1);
		calls.push(await call());
		await calls[0].bye();
		await waiting(0);
		calls.push(await call());
		const events = (await routed(national, known + 3)).slice(known);
		assert.deepEqual(events.map((e) => [e.route, e.passed.sormland]),
			[['sormland', undefined], ['overflow', 'queue'], ['sormland', undefined]]);
		for (const d of calls.slice(1)) await d.bye();
		for (const name of Object.keys(nodes)) await inState(name, []);
	});
});

describe('what goes wrong', { concurrency: false }, () => {
	let providers, national, caller;

	before(async () => {
		providers = {};
		for (const name of ['first', 'second', 'queue']) {
			providers[name] = await Ua.make();
			providers[name].name = name;
		}
		caller = await Ua.make();
		national = await nationalNode(Object.fromEntries(Object.entries(providers).map(([name, ua]) => [name, `127.0.0.1:${ua.port}`])), {
			first: ['contracted', ['04'], 'vardlinjen', 'first'],
			second: ['contracted', ['04'], 'vardlinjen', 'second', 'priority = 30'],
			queue: ['national-queue', [], 'vardlinjen', 'queue'],
		});
	});

	after(async () => {
		for (const ua of [caller, ...Object.values(providers)]) ua?.close();
		await national?.remove();
	});

	// A call from Nyköping, answered by `name`; what the ledger says of its routes.
	async function takenBy(name, ms, { meanwhile = async () => {} } = {}) {
		const known = (await national.events('call.routed')).length;
		const d = called(caller, national, '0480');
		const final = d.invite({ body: sdp(), ms: ms + 10000 });
		await meanwhile();
		const invite = await providers[name].request('INVITE', ms);
		providers[name].answer(invite, 200, { body: sdp({ port: 5000 }) });
		assert.equal((await final).code, 200);
		await providers[name].request('ACK');
		const bye = d.bye();
		providers[name].answer(await providers[name].request('BYE'), 200);
		assert.equal((await bye).code, 200);
		const events = await until('the route in the ledger', async () => {
			const all = await national.events('call.routed');
			return all.length > known && all.at(-1).route === name && all;
		}, 10000, 100);
		return events.filter((e) => e.call === events.at(-1).call);
	}

	test('a provider says 5xx: the next lawful route, at once', async () => {
		const began = Date.now();
		const events = await takenBy('second', 5000, {
			meanwhile: async () => providers.first.answer(await providers.first.request('INVITE'), 500),
		});
		assert.ok(Date.now() - began < 5000);
		assert.deepEqual(events.map((e) => [e.route, e.attempt, e.passed.first]), [['first', 1, undefined], ['second', 2, 'tried']]);
	});

	test('a provider refuses: that is its answer, and the caller hears it', async () => {
		const refused = called(caller, national, '0480').invite({ body: sdp(), ms: 5000 });
		providers.first.answer(await providers.first.request('INVITE'), 486);
		assert.equal((await refused).code, 486);
	});

	test('all providers of the region are silent: the national queue', async () => {
		const events = await takenBy('queue', 25000);
		assert.deepEqual(events.map((e) => e.route), ['first', 'second', 'queue']);
		for (const name of ['first', 'second']) providers[name].seen = [];
	});

	test('a register that is broken at SIGHUP: the old one stays in force, and an alarm says so', async () => {
		const [{ register: version }] = await national.events('call.routed');
		beside(national, 'register.conf', `${law}\norganisation "half" {\n`);
		const said = await national.reload(/the old one stays in force/);
		assert.match(said, /register\.conf:\d+: .*; mend: /);
		assert.match(await national.metrics(), /vaxel_alarm_active\{alarm="reload-failed"\} 1/);
		const [e] = await takenBy('first', 5000);
		assert.deepEqual([e.route, e.register], ['first', version]);
		// lawless is as good as broken
		beside(national, 'register.conf', law.replace(/(organisation "vardlinjen" \{[^]*?)\tduty "secrecy".*\n/, '$1'));
		assert.match(await national.reload(/the old one stays in force/), /SE-SECRECY/);
		assert.equal((await takenBy('first', 5000))[0].register, version);
		beside(national, 'register.conf', `${law}\n# another version\n`);
		await national.reload();
		assert.match(await national.metrics(), /vaxel_alarm_active\{alarm="reload-failed"\} 0/);
		const [after] = await takenBy('first', 5000);
		assert.notEqual(after.register, version);
		assert.equal((await national.events('register.loaded')).length, 2);
	});

	test('ten reloads under load: no call is dropped', async () => {
		const calls = 300;
		const { port } = providers.first;
		providers.first.close();
		delete providers.first;
		// with some to spare: a keep-alive counts as a call here
		const phones = await sipp('agent_answers', { port, calls: calls + 50, ms: 60000 });
		const callers = await sipp('caller_1177', { target: national.address, service: '04801177', calls, rate: 20, ms: 60000, extra: ['-d', '2000'] });
		for (let i = 0; i < 10; i++) {
			await sleep(1000);
			assert.equal(callers.status, null, `still calling at reload ${i}`);
			beside(national, 'register.conf', `${law}\n# version ${i}\n`);
			await national.reload();
		}
		await callers.done();
		await phones.stop();
		await until('the end of all calls', async () => !(await national.json('calls')).length);
		assert.ok((await national.events('register.loaded')).length >= 11);
	});
});
