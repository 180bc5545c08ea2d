// vaxel route and vaxel check on the examples: what a lawyer and an operator
// read, and how scripts read it.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { run } = require('./lib/wait.js');

const top = path.resolve(__dirname, '../..');
const vaxel = process.env.VAXEL || path.join(top, 'build/vaxel');
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-route-'));

function configuration(name, register, routes) {
	const file = path.join(dir, name);
	fs.writeFileSync(file, `role = national
organisation = "The national body"
log-origin = "vaxel.example/national"
register = "${path.join(top, 'examples/1177', register)}"
routes = "${routes}"
${['gotland', 'vasternorrland', 'jamtland', 'vardlinjen'].map((t) => `trunk ${t} { host = "127.0.0.1:5070" }`).join('\n')}
trunk supplier { host = "127.0.0.1:5070" }
trunk subcontractor { host = "127.0.0.1:5071" }
line 1177 { controller = "The regions" record = false }
`);
	return file;
}

let national, incident;

before(() => {
	national = configuration('national.conf', 'register.conf', path.join(top, 'examples/1177/routes.conf'));
	incident = configuration('incident.conf', 'incident-2019-register.conf',
		path.join(top, 'examples/1177/incident-2019-routes.conf'));
});

after(() => fs.rmSync(dir, { recursive: true }));

const route = (file, ...args) => run(vaxel, ['route', '1177', ...args, '-c', file]);

test('a call by day: yes, and by which agreement', async () => {
	const r = await route(national, '--municipality', '0480', '--at', '2026-11-23T12:00:00+01:00');
	assert.equal(r.status, 0);
	assert.deepEqual(r.stdout.split('\n')[0], 'yes vardlinjen vardlinjen');
	assert.match(r.stdout, /^taken vardlinjen - .*Region Sörmland.*responsible by law.*region-04-vardlinjen$/m);
});

test('regions that pool their nights', async () => {
	const night = await route(national, '--municipality', '2380', '--at', '2026-11-21T23:30:00+01:00');
	assert.match(night.stdout, /^yes jamtland-night-by-vasternorrland region-22\npassed jamtland - not in its hours: Saturday /);
	const day = await route(national, '--municipality', '2380', '--at', '2026-11-23T12:00:00+01:00');
	assert.match(day.stdout, /^yes jamtland region-23\n/);
});

test('nobody knows where: the national queue; a code that is none: the same, and said', async () => {
	const nowhere = await route(national);
	assert.match(nowhere.stdout, /^yes national-queue /);
	const wrong = await route(national, '--municipality', '9999');
	assert.match(wrong.stdout, /^yes national-queue /);
	assert.match(wrong.stderr, /no municipality 9999/);
});

test('the night call to Bangkok: refused, by which rules, and where it went instead', async () => {
	const r = await route(incident, '--municipality', '0480', '--at', '2019-02-18T23:30:00+01:00');
	assert.equal(r.status, 0);
	const lines = r.stdout.trim().split('\n');
	assert.equal(lines[0], 'yes national-queue provider');
	for (const rule of ['SE-HSL', 'SE-SECRECY', 'GDPR-28-3', 'GDPR-44'])
		assert.ok(lines.some((l) => l.startsWith(`passed bangkok ${rule} answering: `)), rule);
	assert.match(lines.at(-1), /^taken national-queue - and must not be recorded/);
	for (const line of lines.slice(1)) assert.match(line, /^(taken|passed) [a-z0-9-]+ (-|[A-Z0-9-]+) .+$/);
});

test('as JSON', async () => {
	const r = await route(incident, '--municipality', '0480', '--at', '2019-02-18T23:30:00+01:00', '--json');
	const o = JSON.parse(r.stdout);
	assert.equal(o.answer, 'yes');
	assert.equal(o.record, false);
	assert.equal(o.at, '2019-02-18T23:30+01:00');
	assert.ok(o.considered.some((c) => c.route === 'bangkok' && c.rule === 'SE-SECRECY' && c.verdict === 'passed'));
	assert.equal(o.considered.at(-1).verdict, 'taken');
});

test('no lawful route at all: no, and exit status 1', async () => {
	const routes = path.join(dir, 'routes.conf');
	const text = fs.readFileSync(path.join(top, 'examples/1177/incident-2019-routes.conf'), 'utf8');
	fs.writeFileSync(routes, text.replace(/organisation = "provider"\n\tplace = "provider-nurses"/g,
		'organisation = "subcontractor"'));
	const file = configuration('nobody.conf', 'incident-2019-register.conf', routes);
	const r = await route(file, '--municipality', '0480', '--at', '2019-02-18T12:00:00+01:00');
	assert.equal(r.status, 1);
	assert.match(r.stdout, /^no\npassed days SE-HSL /);
});

test('wrong use', async () => {
	for (const args of [['route', '-c', national], ['route', '1177', '--at', 'noon', '-c', national],
		['route', '1177', '--nonsense', '-c', national]])
		assert.equal((await run(vaxel, args)).status, 2, args.join(' '));
	const other = await run(vaxel, ['route', '113', '-c', national]);
	assert.equal(other.status, 1);
	assert.match(other.stderr, /no line 113/);
});

test('check: no gap in the example; in the incident every night is one', async () => {
	const good = await run(vaxel, ['check', '-c', national]);
	assert.doesNotMatch(good.stdout, /ROUTE-GAP/);
	const bad = await run(vaxel, ['check', '-c', incident]);
	assert.equal(bad.status, 1);
	assert.match(bad.stdout, /incident-2019-routes\.conf:\d+: ROUTE-GAP: Region Sörmland has no lawful route .*bangkok: SE-HSL; mend: /);
});

test('check: a trunk that is not there', async () => {
	const routes = path.join(dir, 'trunk.conf');
	fs.writeFileSync(routes, fs.readFileSync(path.join(top, 'examples/1177/routes.conf'), 'utf8')
		.replace('trunk = "gotland"', 'trunk = "elsewhere"'));
	const r = await run(vaxel, ['check', '-c', configuration('trunk-node.conf', 'register.conf', routes)]);
	assert.match(r.stdout, /CONFIG: route gotland leads to an unknown trunk elsewhere; mend: /);
});
