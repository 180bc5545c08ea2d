// Calls to a line between real phones: answered, queued, held, transferred.
'use strict';
const { test, describe, before, after, afterEach } = require('node:test');
const assert = require('node:assert');
const { Node } = require('./lib/node.js');
const { Phone } = require('./lib/phone.js');
const { sleep, until } = require('./lib/wait.js');
const audio = require('./lib/audio.js');

const CALLER = 440, FIRST = 880, SECOND = 1320;

// A second of notice is enough to be played to its end.
const short = {
	'line 1177': {
		'notice sv': { version: 'v7', text: 'Fara för liv: ring ett ett två.' },
		'notice en': null,
	},
};

// Nothing of what happens is left running, whatever fails.
class Stage {
	phones = [];

	static async make(options = {}) {
		const s = new Stage();
		s.node = await Node.make('one-machine', { locked: true, sections: short, ...options });
		await s.node.start();
		return s;
	}

	async phone(options) {
		const p = await Phone.make({ registrar: this.node.address, ...options });
		this.phones.push(p);
		return p;
	}

	async nurse(name, options = {}) {
		const p = await this.phone({
			user: name, password: this.node.password(name), answer: 'auto', role: name, ...options,
		});
		await p.registered();
		return p;
	}

	async caller(options = {}) {
		const p = await this.phone({ user: 'caller', role: 'caller', tone: CALLER, ...options });
		p.dial(this.node.uri);
		return p;
	}

	// None while the switch starts again.
	async calls() {
		try {
			return await this.node.json('calls');
		} catch (e) {
			if (/may be starting again/.test(e.message)) return undefined;
			throw e;
		}
	}

	async until(state, ms = 30000) {
		return until(`a call that is ${state}`, async () =>
			(await this.calls())?.find((c) => c.state === state), ms, 100);
	}

	async outcome(recording, ms = 10000) {
		return until(`a recording that is ${recording}`, async () =>
			(await this.calls())?.find((c) => c.recording === recording), ms, 100);
	}

	// Recordings that were not there before; what ended reaches the ledger
	// some moments after the call.
	async fresh() {
		let all;
		await until('recordings that ended', async () => {
			all = await this.node.recordings();
			return all.every((r) => r.state !== 'running');
		}, 5000, 100);
		const fresh = all.filter((r) => !this.seen?.has(r.id));
		this.seen = new Set(all.map((r) => r.id));
		return fresh;
	}

	async over(ms = 8000) {
		return until('the end of all calls', async () => (await this.calls())?.length === 0, ms, 100);
	}

	async close() {
		for (const p of this.phones) await p.stop();
		this.phones = [];
	}

	async end() {
		await this.close();
		await this.node.remove();
	}
}

// Is this tone most of what was heard, in the part given by seconds?
async function hears(phone, hz, from = 0, to = Infinity) {
	const samples = await phone.heard();
	return audio.share(samples, hz, Math.floor(from * audio.RATE),
		Math.min(samples.length, Math.floor(to * audio.RATE)));
}

describe('a line', { concurrency: false }, () => {
	let s;

	before(async () => { s = await Stage.make(); });
	afterEach(async () => { await s.close(); });
	after(async () => { await s.end(); });

	test('a call is answered, and both hear each other', async () => {
		const nurse = await s.nurse('agent1', { tone: FIRST });
		const caller = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		const call = await s.outcome('running');
		assert.equal(call.state, 'talking');
		assert.equal(call.line, '1177');
		await sleep(3000);
		caller.hangup();
		await nurse.event('CALL_CLOSED');
		await s.over();
		const recordings = await s.fresh();
		assert.equal(recordings.length, 1);
		assert.equal(recordings[0].state, 'sealed');
		assert.equal(recordings[0].org, 'Region Test');
		assert.ok(recordings[0].ms > 2500 && recordings[0].ms < 5000, `${recordings[0].ms} ms`);
		await s.close();
		const whole = (await nurse.heard()).length / audio.RATE;
		assert.ok(whole > 2, `the nurse heard ${whole} s`);
		assert.ok(await hears(nurse, CALLER, 0.5, whole - 0.5) > 0.8, 'the nurse hears the caller');
		const caller_s = (await caller.heard()).length / audio.RATE;
		assert.ok(await hears(caller, FIRST, caller_s - 2, caller_s - 0.5) > 0.8, 'the caller hears the nurse');
	});

	test('who gives up in the queue is gone from it', async () => {
		const caller = await s.caller();
		await caller.event('CALL_ESTABLISHED');
		const call = await s.until('queued', 30000);
		assert.equal(call.position, 1);
		const [queue] = await s.node.json('queues');
		assert.equal(queue.waiting, 1);
		assert.equal(queue.agents, 0);
		caller.hangup();
		await s.over();
		assert.equal((await s.node.json('queues'))[0].waiting, 0);
		await s.close();
	});

	test('a nurse who does not answer: the next one is rung', async () => {
		const first = await s.nurse('agent1', { answer: 'manual' });
		const second = await s.nurse('agent2', { tone: SECOND });
		const caller = await s.caller();
		await first.event('CALL_INCOMING', 30000);
		await second.event('CALL_ESTABLISHED', 30000);
		await first.event('CALL_CLOSED');
		assert.equal((await s.calls()).length, 1);
		second.hangup();
		await caller.event('CALL_CLOSED');
		await s.over();
		await s.close();
	});

	// The phone stops writing down what it hears once it was held, so what
	// passes is counted: 50 packets a second each way.
	test('hold: nothing passes while held; then all is as before', async () => {
		const nurse = await s.nurse('agent1', { tone: FIRST });
		const caller = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		await s.node.heard();
		nurse.hold();
		await s.until('held');
		await sleep(200);
		const before = await s.node.metric('rtp_relayed');
		await sleep(1000);
		assert.equal(await s.node.metric('rtp_relayed'), before, 'nothing passes');
		nurse.resume();
		await s.until('talking');
		await s.node.heard();
		// and by the caller
		caller.hold();
		await s.until('held');
		caller.resume();
		await s.until('talking');
		caller.hangup();
		await s.over();
	});

	test('blind transfer to another nurse', async () => {
		const first = await s.nurse('agent1', { tone: FIRST });
		const caller = await s.caller();
		await first.event('CALL_ESTABLISHED', 30000);
		const second = await s.nurse('agent2', { tone: SECOND });
		first.transfer(`sip:agent2@${s.node.address}`);
		await second.event('CALL_ESTABLISHED', 30000);
		await first.event('CALL_CLOSED', 30000);
		await sleep(2500);
		const [call] = await s.calls();
		assert.equal(call.state, 'talking');
		caller.hangup();
		await second.event('CALL_CLOSED');
		await s.over();
		await s.close();
		const end = (await caller.heard()).length / audio.RATE;
		assert.ok(await hears(caller, SECOND, end - 1.5, end - 0.3) > 0.8);
	});

	test('the switch dies in mid-call: the call goes on and can be ended', async () => {
		await s.fresh();
		const nurse = await s.nurse('agent1', { tone: FIRST });
		const caller = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		await sleep(500);
		await s.outcome('running');
		await s.node.kill('switch');
		await s.until('talking');
		await sleep(2500);
		assert.equal(nurse.count('CALL_CLOSED'), 0);
		caller.hangup();
		await nurse.event('CALL_CLOSED', 30000);
		await s.over();
		const recordings = await s.fresh();
		assert.equal(recordings.length, 1);
		assert.equal(recordings[0].state, 'sealed');
		assert.ok(recordings[0].ms > 2500, `${recordings[0].ms} ms`);
		await s.close();
		const end = (await caller.heard()).length / audio.RATE;
		assert.ok(await hears(caller, FIRST, end - 2, end - 0.3) > 0.8);
	});

	test('the recorder dies in mid-call and is back in time: nothing is lost', async () => {
		await s.fresh();
		const nurse = await s.nurse('agent1', { tone: FIRST });
		const caller = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		await s.outcome('running');
		await sleep(1000);
		await s.node.kill('recorder');
		await sleep(3500);
		assert.equal((await s.calls())[0].recording, 'running');
		caller.hangup();
		await s.over();
		const recordings = await s.fresh();
		assert.equal(recordings.length, 1);
		assert.equal(recordings[0].state, 'sealed');
		assert.ok(recordings[0].ms > 4000, `${recordings[0].ms} ms`);
	});

	test('the recorder hangs: the call goes on, and an alarm says so', async () => {
		await s.fresh();
		const nurse = await s.nurse('agent1', { tone: FIRST });
		const alarms = await s.node.metric('recordings_alarm');
		const pid = s.node.pids('recorder')[0];
		process.kill(pid, 'SIGSTOP');
		try {
			const caller = await s.caller();
			await nurse.event('CALL_ESTABLISHED', 30000);
			await s.outcome('alarm');
			assert.equal((await s.calls())[0].state, 'talking');
			assert.equal(await s.node.metric('recordings_alarm'), alarms + 1);
			await until('the alarm', () => /alarm switch: the recorder is away/.test(s.node.log));
			caller.hangup();
			await s.over();
		} finally {
			process.kill(pid, 'SIGCONT');
		}
	});

	test('a media worker dies: its call ends on both sides', async () => {
		await s.fresh();
		const nurse = await s.nurse('agent1', { tone: FIRST });
		const caller = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		await s.outcome('running');
		await s.node.kill('media');
		await nurse.event('CALL_CLOSED', 30000);
		await caller.event('CALL_CLOSED', 30000);
		await s.over();
		const ended = await until('the end of its recording', async () =>
			(await s.node.recordings()).find((r) => !s.seen.has(r.id) && r.state !== 'running'));
		assert.equal(ended.state, 'sealed');
	});

	test('SIGTERM: no new calls, the running one ends by itself', async () => {
		const nurse = await s.nurse('agent1', { tone: FIRST });
		const caller = await s.caller();
		await nurse.event('CALL_ESTABLISHED', 30000);
		s.node.process.child.kill('SIGTERM');
		await sleep(500);
		const late = await s.caller();
		const closed = await late.event('CALL_CLOSED');
		assert.match(closed.param, /503/);
		assert.equal(caller.count('CALL_CLOSED'), 0);
		caller.hangup();
		assert.equal(await s.node.process.exited, 0);
		await s.close();
	});
});

describe('SRTP', () => {
	test('a nurse with SRTP, a caller without: both hear each other', async () => {
		const s = await Stage.make({ sections: { ...short, 'agent agent2': { srtp: 'required' } } });
		try {
			const nurse = await s.nurse('agent2', { tone: SECOND, srtp: 'srtp-mand' });
			const caller = await s.caller();
			await nurse.event('CALL_ESTABLISHED', 30000);
			await s.outcome('running');
			await sleep(2500);
			caller.hangup();
			await nurse.event('CALL_CLOSED');
			await s.over();
			await s.close();
			const end = (await caller.heard()).length / audio.RATE;
			assert.ok(await hears(caller, SECOND, end - 1.5, end - 0.3) > 0.8, 'the caller hears the nurse');
			const whole = (await nurse.heard()).length / audio.RATE;
			assert.ok(await hears(nurse, CALLER, 0.5, whole - 0.3) > 0.8, 'the nurse hears the caller');
			assert.equal((await s.fresh())[0].state, 'sealed');
		} finally {
			await s.end();
		}
	});

	test('a nurse without SRTP where it is required is not reached', async () => {
		const s = await Stage.make({ sections: { ...short, 'agent agent2': { srtp: 'required' } } });
		try {
			const nurse = await s.nurse('agent2');
			const caller = await s.caller();
			await s.until('queued');
			await sleep(1500);
			assert.equal(nurse.count('CALL_ESTABLISHED'), 0);
			caller.hangup();
			await s.over();
		} finally {
			await s.end();
		}
	});
});
