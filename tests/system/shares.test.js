// `vaxel key split` and `vaxel key join`: a key in shares, and every mistake.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const vaxel = process.env.VAXEL || path.resolve(__dirname, '../../build/vaxel');

function key(args, input) {
	const r = spawnSync(vaxel, ['key', ...args], { input, encoding: 'utf8' });
	return { status: r.status, out: r.stdout, err: r.stderr };
}

function lines(args, input) {
	const r = key([...args, '--json'], input);
	assert.strictEqual(r.status, 0, r.err);
	return r.out.trim().split('\n').map((l) => JSON.parse(l));
}

const recovery = lines(['new', '--recovery'])[0];
const shares = lines(['split', '--need', '3', '--of', '5'], recovery.identity);
const words = shares.map((s) => s.words);
const join = (...list) => key(['join', '--without-entry', '--json'], list.join('\n'));

function refused(r, text) {
	assert.strictEqual(r.status, 1, r.err);
	assert.match(r.err, text);
	assert.strictEqual(r.out, '');
	for (const w of words) assert.ok(!r.err.includes(w.split(' ').slice(8, 11).join(' ')), 'no words of shares in messages');
}

test('asked for help, none of them does anything', () => {
	for (const word of ['new', 'split', 'join', 'propose', 'approve', 'rotate', 'unlock', 'lock']) {
		const r = key([word, '--help'], '');
		assert.strictEqual(r.status, 0, `${word}: ${r.err}`);
		assert.match(r.out, /^usage: vaxel key new/);
	}
});

test('any three of five give the key that age knows', () => {
	assert.deepStrictEqual(shares.map((s) => [s.share, s.of, s.need]),
		[1, 2, 3, 4, 5].map((n) => [n, 5, 3]));
	for (const pick of [[0, 1, 2], [4, 2, 0], [1, 3, 4], [0, 1, 2, 3, 4]]) {
		const r = join(...pick.map((i) => words[i]));
		assert.strictEqual(r.status, 0, r.err);
		assert.deepStrictEqual(JSON.parse(r.out), recovery);
	}
	const again = spawnSync('age-keygen', ['-y'],
		{ input: key(['join', '--without-entry'], words.slice(2).join('\r\n')).out, encoding: 'utf8' });
	assert.strictEqual(again.stdout.trim(), recovery.recipient);
});

test('each mistake has its own word', () => {
	const w = words[1].split(' ');
	const with2 = (list) => join(words[0], list.join(' '), words[2]);
	refused(join(words[0], words[1]), /too few shares: 3 are needed, 2 given/);
	refused(join(''), /no share was given/);
	refused(with2([...w.slice(0, 6), 'vaxel', ...w.slice(7)]), /share 2: word 7 is not of the list/);
	refused(with2(w.slice(0, 32)), /share 2: no share has so many words/);
	refused(with2([...w.slice(0, 31), w[31] === 'zero' ? 'yoga' : 'zero', w[32]]), /share 2: its checksum is wrong/);
	refused(join(words[0], words[0], words[1]), /share 2: was given before/);
	const other = lines(['split', '--need', '2', '--of', '2'], recovery.identity);
	refused(join(words[0], words[1], other[0].words), /share 3: is of another set/);
	refused(key(['join', '--without-entry', '--recipient', 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg'],
		words.join('\n')), /another key than that of age1lggyhqrw/);
	refused(key(['split', '--need', '2', '--of', '3'], recovery.identity.replace(/.$/, (c) => (c === 'Q' ? 'P' : 'Q'))), /no key|mistyped/);
	for (const args of [['--need', '1', '--of', '3'], ['--need', '4', '--of', '3'], ['--need', '2', '--of', '17'], []])
		assert.strictEqual(key(['split', ...args], recovery.identity).status, 2);
});

test('files for their owners alone, and a passphrase that is missed', () => {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-shares-'));
	try {
		const out = path.join(dir, 'out');
		const args = ['split', '--need', '2', '--of', '3', '--passphrase', '--out', out];
		const r = key(args, `vinter\n${recovery.identity}\n`);
		assert.strictEqual(r.status, 0, r.err);
		assert.strictEqual(r.out + r.err, '');
		const files = fs.readdirSync(out).map((f) => path.join(out, f));
		assert.strictEqual(files.length, 3);
		for (const f of files) assert.strictEqual(fs.statSync(f).mode & 0o777, 0o600);
		const two = files.slice(1).map((f) => fs.readFileSync(f, 'utf8')).join('');
		const good = key(['join', '--without-entry', '--passphrase', '--json'], `vinter\n${two}`);
		assert.deepStrictEqual(JSON.parse(good.out), recovery);
		refused(key(['join', '--without-entry'], two), /were they made with a passphrase/);
		refused(key(['join', '--without-entry', '--passphrase'], `sommar\n${two}`), /is the passphrase right/);
		// what is there stays, and nothing is added beside it
		fs.unlinkSync(files[0]);
		const before = fs.readFileSync(files[1], 'utf8');
		refused(key(args, `vinter\n${recovery.identity}\n`), /share-2: File exists/);
		assert.deepStrictEqual(fs.readdirSync(out), ['share-2', 'share-3']);
		assert.strictEqual(fs.readFileSync(files[1], 'utf8'), before);
	} finally {
		fs.rmSync(dir, { recursive: true });
	}
});
