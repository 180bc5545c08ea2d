// law: recordings made quickly, and a model of what may become of them, held
// against what keeper and ledger do, with kills and restarts between.
'use strict';
const assert = require('node:assert');
const { Phone } = require('./phone.js');
const { vaxel } = require('./node.js');
const { sleep, until, run } = require('./wait.js');

// n calls, one after the other; the ids of all recordings.
async function record(node, n) {
	const had = (await node.recordings()).length;
	const nurse = await Phone.make({
		user: 'agent1', password: node.password('agent1'), registrar: node.address,
		tone: 880, answer: 'auto', role: 'nurse',
	});
	await nurse.registered();
	for (let i = 1; i <= n; i++) {
		const caller = await Phone.make({ user: 'caller', registrar: node.address, tone: 440, role: 'caller' });
		caller.dial(node.uri);
		await until('the recording', async () => await node.metric('recordings_active') === 1, 30000);
		await sleep(1000);
		caller.hangup();
		await node.sealed(had + i);
		await caller.stop();
	}
	await nurse.stop();
	return (await node.recordings()).map((r) => r.id);
}

// The same numbers for the same seed (mulberry32).
function dice(seed) {
	return (n) => {
		seed = (seed + 0x6d2b79f5) | 0;
		let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) % n;
	};
}

// What is to be expected, by nothing but what was done before.
class Model {
	constructor(ids) {
		this.recordings = new Map(ids.map((id) => [id, { held: false, erased: false }]));
		this.released = this.erased = this.kept = 0;
	}

	open(id, who, entry) {
		const r = this.recordings.get(id);
		if (!entry) return 'no-entry';
		if (who === 'oskar') return 'wrong-role';
		if (r.erased) return 'erased';
		this.released++;
		return '';
	}

	act(what, id, who) {
		const r = this.recordings.get(id);
		if (who !== 'olga') return 'not-signed';
		if (r.erased) return 'erased';
		if (what === 'release-hold' && !r.held) return 'not-held';
		if (what === 'erase' && r.held) {
			this.kept++;
			return 'held';
		}
		if (what === 'erase') {
			r.erased = true;
			this.erased++;
		} else r.held = what === 'hold';
		return '';
	}
}

// olga an officer, rut a reviewer, oskar an operator; `to` a recipient.
class World {
	constructor(node, home, to, ids) {
		Object.assign(this, { node, home, to, ids, model: new Model(ids) });
	}

	v(args) {
		return run(vaxel, [...args, '-c', this.node.conf], { env: { ...process.env, HOME: this.home }, binary: true });
	}

	// '' or the reason of a refusal. While a part of the node starts again it
	// says so, and has done nothing.
	said(args) {
		return until(`an answer to ${args.join(' ')}`, async () => {
			const r = await this.v(args);
			const refused = /^refused (\S+)$/m.exec(r.stderr);
			if (r.status === 0) return { word: '' };
			return refused && refused[1] !== 'locked' && { word: refused[1] };
		}, 20000, 100);
	}

	async ready() {
		await until('the keeper unlocked', () => this.node.unlock().then(() => true, () => false), 20000, 100);
	}

	// One step at random: what was done, what came of it, what should have.
	async step(roll) {
		const id = this.ids[roll(this.ids.length)], n = roll(100);
		const who = ['olga', 'olga', 'olga', 'rut', 'oskar'][roll(5)];
		if (n < 4) {
			const name = ['keeper', 'ledger', 'desk', 'recorder'][roll(4)];
			await this.node.kill(name);
			await this.ready();
			return [`kill ${name}`, '', ''];
		}
		if (n < 6) {
			await this.node.stop();
			await this.node.start();
			await this.ready();
			return ['restart', '', ''];
		}
		if (n < 50) {
			const entry = roll(8) > 0;
			const { word } = await this.said(['recording', 'open', id, '--as', who, '--to', this.to, '--purpose', 'care',
				...entry ? [] : ['--without-entry']]);
			return [`open ${id} as ${who}`, word, this.model.open(id, who, entry)];
		}
		const what = n < 68 ? 'hold' : n < 92 ? 'release-hold' : 'erase';
		const { word } = await this.said(['recording', what, id, '--as', who, '--reason', 'at random']);
		return [`${what} ${id} as ${who}`, word, this.model.act(what, id, who)];
	}

	async walk(steps, seed) {
		const roll = dice(seed);
		for (let i = 0; i < steps; i++) {
			const [what, word, expected] = await this.step(roll);
			assert.equal(word, expected, `seed ${seed}, step ${i}: ${what}`);
		}
	}

	// The log has as much of each as the model counted.
	async count(before = {}) {
		const n = async (type) => (await this.node.events(type)).length - (before[type] || 0);
		assert.equal(await n('disclosure.released'), this.model.released);
		assert.equal(await n('recording.erased'), this.model.erased);
		assert.equal(await n('recording.erase-refused'), this.model.kept);
	}
}

module.exports = { record, World };
