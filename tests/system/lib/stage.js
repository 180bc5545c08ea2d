// stage: one node, its phones, and a caller and a nurse who talk.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Node } = require('./node.js');
const { Phone } = require('./phone.js');
const { until } = require('./wait.js');

// Nothing of what happens is left running, whatever fails.
class Stage {
	phones = [];

	static async make(options = {}) {
		const s = new Stage();
		s.node = await Node.make('one-machine', options);
		try {
			await options.prepare?.(s.node);
			await s.node.start();
		} catch (e) {
			await s.node.remove();
			throw e;
		}
		return s;
	}

	async phone(options) {
		const p = await Phone.make({ registrar: this.node.address, ...options });
		this.phones.push(p);
		return p;
	}

	async nurse(name, options = {}) {
		const p = await this.phone({
			user: name, password: this.node.password(name), answer: 'auto', role: name, tone: 880, ...options,
		});
		await p.registered();
		return p;
	}

	async caller(options = {}) {
		const p = await this.phone({ user: 'caller', role: 'caller', tone: 440, ...options });
		p.dial(this.node.uri);
		return p;
	}

	// A caller and a nurse in a call that is being recorded.
	async talk({ caller = {}, nurse = {}, agent = 'agent1', recorded = true } = {}) {
		const n = await this.nurse(agent, nurse);
		const c = await this.caller(caller);
		const answered = await n.event('CALL_ESTABLISHED', 40000).catch((e) => {
			const seen = [c, n].map((p) => p.events.filter((v) => v.event).map((v) => `${v.type} ${v.param}`).join('; '));
			throw new Error(`${e.message}\ncaller: ${seen[0]}\nnurse: ${seen[1]}\n${this.node.log.split('\n').slice(-12).join('\n')}`);
		});
		if (recorded) await this.recording();
		return { caller: c, nurse: n, answered: answered.at };
	}

	recording(n = 1) {
		return until('a recording in progress', async () => await this.node.metric('recordings_active') === n);
	}

	// None while the switch or the desk starts again.
	async calls() {
		try {
			return await this.node.json('calls');
		} catch (e) {
			if (/starting again|not running|refused|reset/i.test(e.message)) return undefined;
			throw e;
		}
	}

	async over(ms = 30000) {
		return until('the end of all calls', async () => (await this.calls())?.length === 0, ms, 100);
	}

	async close() {
		for (const p of this.phones.splice(0)) await p.stop();
	}

	async end() {
		await this.close();
		await this.node.remove();
	}

	file(name) { return path.join(this.node.dir, name); }

	write(name, bytes) {
		fs.writeFileSync(this.file(name), bytes);
		return this.file(name);
	}
}

module.exports = { Stage };
