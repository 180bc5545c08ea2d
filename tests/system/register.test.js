// `vaxel register` and what `vaxel check` says of a register.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const top = path.resolve(__dirname, '../..');
const vaxel = process.env.VAXEL || path.join(top, 'build/vaxel');
const good = 'examples/1177/register.conf';
const incident = 'examples/1177/incident-2019-register.conf';

function run(args, options = {}) {
	const r = spawnSync(vaxel, args, { cwd: top, encoding: 'utf8', maxBuffer: 1 << 24, ...options });
	return { status: r.status, out: r.stdout, err: r.stderr };
}

const register = (file, ...args) => run(['register', ...args, '--register', file]);
const objects = (out) => out.trim().split('\n').map((l) => JSON.parse(l));
const rules = (out) => new Set([...out.matchAll(/^\S+:\d+: ([A-Z0-9-]+): /gm)].map((m) => m[1]));

test('show: everything, and no fault in the lawful register', () => {
	const r = register(good, 'show');
	assert.strictEqual(r.status, 0, r.err);
	assert.match(r.out, /\n0 faults\n$/);
	const sum = crypto.createHash('sha256').update(fs.readFileSync(path.join(top, good))).digest('hex');
	assert.ok(r.out.includes(`sha256 ${sum}`));
	const o = objects(register(good, 'show', '--json').out);
	assert.strictEqual(o[0].sha256, sum);
	const regions = o.filter((x) => x.type === 'organisation' && x.kind === 'region');
	assert.strictEqual(regions.length, 21);
	const roles = (id) => o.find((x) => x.type === 'organisation' && x.id === id).roles;
	assert.deepStrictEqual(roles('vardlinjen').answering, ['controller']);
	assert.deepStrictEqual(roles('vaxelhuset').recording, ['processor']);
	assert.deepStrictEqual(roles('bergrummet').storing, ['sub-processor']);
	assert.ok(o.filter((x) => x.type === 'agreement' && x.makes === 'processor')
		.every((x) => x.parts.length === 14));
});

test('at: what is in force then', () => {
	const now = objects(register(good, 'at', '2026-11-21', '--json').out);
	assert.ok(now.some((x) => x.type === 'agreement'));
	const before = objects(register(good, 'at', '2024-12-31T23:59:00+01:00', '--json').out);
	assert.ok(!before.some((x) => x.type === 'agreement'));
	assert.ok(before.some((x) => x.type === 'fault' && x.rule === 'ROUTE-GAP'));
	assert.strictEqual(register(good, 'at', 'yesterday').status, 2);
});

test('article30: the record, word by word', () => {
	for (const [file, org, status] of [[good, 'vaxelhuset', 0], [good, 'region-09', 0], [good, 'vardlinjen', 0],
		[incident, 'provider', 0], [incident, 'supplier', 1]]) {
		const r = register(file, 'article30', org);
		const golden = path.join(top, 'tests/golden', `article30-${file === good ? '' : 'incident-'}${org}.txt`);
		if (process.env.WRITE_GOLDEN) fs.writeFileSync(golden, r.out);
		assert.strictEqual(r.out, fs.readFileSync(golden, 'utf8'), org);
		assert.strictEqual(r.status, status, org);
		const gaps = objects(register(file, 'article30', org, '--json').out).filter((x) => x.gap).length;
		assert.strictEqual(gaps, Number(/(\d+) gaps\n$/.exec(r.out)[1]));
	}
	assert.strictEqual(register(good, 'article30', 'nobody').status, 1);
});

test('what-if: an agreement that ends turns answers into no', () => {
	const r = register(good, 'what-if', 'end region-04-vardlinjen at 2026-12-01');
	assert.strictEqual(r.status, 1);
	assert.match(r.out, /^no answering by vardlinjen for region-04 at vardlinjen-nurses: GDPR-28-3: /m);
	assert.doesNotMatch(r.out, /for region-05/);
	const o = objects(register(good, 'what-if', 'end vaxelhuset-bergrummet at 2026-12-01', '--json').out);
	assert.ok(o.every((x) => x.by === 'bergrummet' && x.activity === 'storing'));
	assert.strictEqual(o.length, 21);
	assert.strictEqual(register(good, 'what-if', 'end nothing at 2026-12-01').status, 1);
	assert.strictEqual(register(good, 'what-if', 'stop everything').status, 2);
	// a second agreement between the two still carries them
	const text = fs.readFileSync(path.join(top, good), 'utf8');
	const again = /agreement "vaxelhuset-bergrummet"[^]*?\n}\n/.exec(text)[0].replace('"vaxelhuset-bergrummet"', '"again"');
	const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-')), 'r.conf');
	fs.writeFileSync(file, text + again);
	const s = register(file, 'what-if', 'end vaxelhuset-bergrummet at 2026-12-01');
	fs.rmSync(path.dirname(file), { recursive: true });
	assert.strictEqual(s.status, 0);
	assert.strictEqual(s.out, '0 answers change from yes to no\n');
});

test('show --picture: drawn where Graphviz is, its text elsewhere', () => {
	const dot = register(incident, 'show', '--dot');
	assert.match(dot.out, /^digraph register \{/);
	assert.match(dot.out, /<B>3 regions<\/B>/);
	assert.match(dot.out, /broken: [^>]*SE-SECRECY/);
	const none = run(['register', 'show', '--picture', '--register', incident], { env: { PATH: '/nowhere' } });
	assert.strictEqual(none.out, dot.out);
	assert.match(none.err, /Graphviz/);
	if (spawnSync('dot', ['-V']).error) return;
	const svg = register(good, 'show', '--picture');
	assert.strictEqual(svg.status, 0, svg.err);
	assert.match(svg.out, /<svg[\s\S]*<\/svg>\s*$/);
	assert.ok(svg.out.includes('18 regions'));
});

test('check: the world of 2019, each fault by its rule', () => {
	const r = run(['check', '-c', 'examples/1177/incident-2019.conf']);
	assert.strictEqual(r.status, 1);
	for (const id of ['SE-HSL', 'SE-SECRECY', 'GDPR-13', 'GDPR-28-2', 'GDPR-28-3', 'GDPR-32-OPEN', 'GDPR-32-PLAIN',
		'GDPR-32-RESTORE', 'GDPR-33-NOTIFIER', 'GDPR-44', 'HSLF-3-15', 'PDL-3-17', 'ROLE-CONFLICT'])
		assert.ok(rules(r.out).has(id), id);
	const known = fs.readFileSync(path.join(top, 'data/rules.tsv'), 'utf8');
	for (const id of rules(r.out)) assert.ok(id === 'CONFIG' || known.includes(`\t${id}\t`), id);
	assert.notStrictEqual(run(['run', '-c', 'examples/1177/incident-2019.conf']).status, 0);
});

test('check: a node with the lawful register has no fault', () => {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-'));
	const at = path.join(dir, 'n');
	assert.strictEqual(run(['init', at, '--role', 'one-machine']).status, 0);
	const conf = path.join(at, 'vaxel.conf');
	const says = (file) => {
		const own = path.join(at, 'register.conf');
		fs.writeFileSync(own, file);
		return run(['check', '-c', conf]);
	};
	const made = `register = "register.conf"\n${fs.readFileSync(conf, 'utf8')}`;
	fs.writeFileSync(conf, made);
	const text = fs.readFileSync(path.join(top, good), 'utf8');
	// what init wrote is in no register yet
	assert.match(says(text).out, /: GDPR-13: the notice in sv of line 1177 is not in the register; mend: /);
	const named = made.replace(/controller = "[^"]*"/, 'controller = "Region Gotland"')
		.replace(/(notice sv \{\s*version = )"[^"]*"/, '$1"2026-1"\nregistered = {"notice-region-09"}')
		.replace(/(notice en \{\s*version = )"[^"]*"/, '$1"2026-1"\nregistered = {"notice-region-09-en"}');
	fs.writeFileSync(conf, named.replace('2026-1', '2026-2'));
	assert.match(says(text).out, /: GDPR-13: line 1177 plays version 2026-2 in sv; registered as notice-region-09 is version 2026-1 in sv; mend: /);
	fs.writeFileSync(conf, named);
	const r = says(text);
	assert.match(r.out, /\n0 faults\n$/);
	assert.strictEqual(r.status, 0);
	assert.match(r.out, /weakness: judged as of 2026-11-21/);
	// and it would say so if it had one
	const secret = says(text.replace(/(organisation "vardlinjen"[^]*?)\tduty "secrecy".*\n/, '$1'));
	assert.strictEqual(secret.status, 1);
	const broken = says(text.replace('232100-0016', '232100-0017'));
	assert.match(broken.out, /register\.conf:\d+: CONFIG: the organisation number is wrong/);
	// the register is reached by way of the configuration too
	says(text);
	assert.match(run(['register', 'show', '-c', conf]).out, /\n0 faults\n$/);
	fs.rmSync(dir, { recursive: true });
});

test('wrong use', () => {
	for (const args of [[], ['show', 'x'], ['article30'], ['sing', 'x'], ['show', '--loud']])
		assert.strictEqual(register(good, ...args).status, 2, args.join(' '));
	assert.strictEqual(register('/nowhere', 'show').status, 1);
	assert.strictEqual(run(['register', '--help']).status, 0);
});
