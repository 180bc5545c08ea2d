// What nobody well-behaved sends: the torture tests of RFC 4475 and 5118,
// mutations of a good INVITE, garbage to the ports of a running call. After
// each a normal call goes through, by the same processes.
'use strict';
const { test, describe, before, after } = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { top } = require('./lib/node.js');
const { Stage } = require('./lib/stage.js');
const { sipp } = require('./lib/sipp.js');
const { sleep, until } = require('./lib/wait.js');
const audio = require('./lib/audio.js');

const seed = Number(process.env.SEED || crypto.randomInt(1 << 30));
const MUTATIONS = 2000;
const vectors = path.join(process.env.VECTORS || path.join(top, '../shared/vectors'), 'sip');

// mulberry32: the same numbers for the same seed
function random(state) {
	return (below) => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return Math.floor(((t ^ (t >>> 14)) >>> 0) / 4294967296 * below);
	};
}

function torture() {
	return ['rfc4475', 'rfc5118'].flatMap((d) => {
		const folder = path.join(vectors, d);
		return fs.existsSync(folder) ? fs.readdirSync(folder).map((f) => fs.readFileSync(path.join(folder, f))) : [];
	});
}

function goodInvite(node, n) {
	const body = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0',
		'm=audio 4000 RTP/AVP 8 101', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', ''].join('\r\n');
	return Buffer.from([`INVITE sip:1177@${node.address} SIP/2.0`, `Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK${n}x${seed}`,
		`From: "Anna" <sip:+46701740605@127.0.0.1>;tag=${n}`, `To: <sip:1177@${node.address}>`, `Call-ID: ${n}-${seed}@h`,
		'CSeq: 1 INVITE', 'Max-Forwards: 70', 'Contact: <sip:caller@127.0.0.1:9>', 'Supported: timer, 100rel',
		'Session-Expires: 1800;refresher=uac', 'P-Asserted-Identity: <tel:+46701740605>', 'Allow: INVITE, ACK, BYE, UPDATE',
		'Content-Type: application/sdp', `Content-Length: ${body.length}`, '', body].join('\r\n'));
}

// One to four changes: a byte, a piece cut out, doubled or put elsewhere.
function mutate(bytes, rnd) {
	for (let i = 1 + rnd(4); i > 0; i--) {
		const at = rnd(bytes.length), piece = bytes.subarray(at, at + 1 + rnd(40)), to = rnd(bytes.length);
		const kind = rnd(6);
		if (kind === 0) {
			bytes = Buffer.from(bytes);
			bytes[at] = rnd(256);
		} else if (kind === 1) {
			bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + piece.length)]);
		} else if (kind === 2) {
			bytes = Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]);
		} else if (kind === 3) {
			bytes = bytes.subarray(0, 1 + at);
		} else if (kind === 4) {
			const number = Buffer.from(['-1', '0', '4294967296', '99999999999999999999', '%s%n', '\0'][rnd(6)]);
			bytes = Buffer.concat([bytes.subarray(0, to), number, bytes.subarray(to)]);
		} else {
			bytes = Buffer.concat([bytes.subarray(0, to), Buffer.alloc(1 + rnd(3000), piece), bytes.subarray(to)]);
		}
		if (!bytes.length) bytes = Buffer.from('\r\n');
	}
	return bytes.subarray(0, 60000);
}

// By UDP, a few at a time: what is dropped by a full socket tests nothing.
async function throwUdp(port, all) {
	const socket = dgram.createSocket('udp4');
	await new Promise((done) => socket.bind(0, '127.0.0.1', done));
	socket.on('message', () => {});
	for (let i = 0; i < all.length; i++) {
		await new Promise((done) => socket.send(all[i], port, '127.0.0.1', done));
		if (i % 10 === 9) await sleep(4);
	}
	await sleep(200);
	socket.close();
}

// By TCP, each on a connection of its own that is closed in mid-air.
async function throwTcp(port, all) {
	for (let i = 0; i < all.length; i += 20) {
		await Promise.all(all.slice(i, i + 20).map((bytes) => new Promise((done) => {
			const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
			socket.setTimeout(150, () => socket.destroy());
			socket.on('data', () => {});
			socket.on('error', () => {});
			socket.on('close', done);
		})));
	}
}

function memory(node, name) {
	const [pid] = node.pids(name);
	return Number(/^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

describe('hostile bytes', { concurrency: false }, () => {
	let s, before_mb;

	before(async () => {
		console.log(`# SEED=${seed}`);
		s = await Stage.make({
			locked: true,
			sections: {
				'line 1177': { 'notice sv': { version: 'v7', text: 'Ett ett två.' }, 'notice en': null },
			},
		});
		await normal();
		before_mb = { switch: memory(s.node, 'switch'), media: memory(s.node, 'media') };
	});
	after(async () => { await s?.end(); });

	async function normal() {
		const it = await sipp('caller', { target: s.node.address, service: '1177', extra: ['-d', '100'] });
		await it.done();
	}

	async function unharmed() {
		await until('a call to be taken', async () => {
			try {
				await normal();
				return true;
			} catch (e) {
				if (/ 503 /.test(e.message)) return false; // all places taken by the mutants
				throw e;
			}
		}, 40000, 500);
		assert.equal(await s.node.metric('process_restarts'), 0);
		for (const [name, mb] of Object.entries(before_mb))
			assert.ok(memory(s.node, name) < mb + 32, `${name}: ${mb} to ${memory(s.node, name)} MB`);
	}

	const messages = torture();
	test('the torture tests, over UDP and TCP', { skip: messages.length ? false : 'no vectors' }, async () => {
		const malformed = await s.node.metric('sip_malformed');
		await throwUdp(s.node.port, messages);
		await throwTcp(s.node.port, messages);
		await throwTcp(s.node.port, [Buffer.concat(messages)]);
		assert.ok(await s.node.metric('sip_malformed') > malformed);
		await unharmed();
	});

	test('mutations of a good INVITE, over UDP and TCP', async () => {
		const rnd = random(seed), received = await s.node.metric('sip_received');
		const all = Array.from({ length: MUTATIONS }, (_, n) => mutate(goodInvite(s.node, n), rnd));
		await throwUdp(s.node.port, all.slice(0, MUTATIONS - 400));
		await throwTcp(s.node.port, all.slice(MUTATIONS - 400));
		assert.ok(await s.node.metric('sip_received') > received + 100, 'they arrived');
		await unharmed();
	});

	test('garbage to the ports of a call: it is heard as before', async () => {
		const { caller, nurse } = await s.talk();
		const ports = fs.readFileSync(s.node.conf, 'utf8').match(/ports = "(\d+)-(\d+)"/).slice(1).map(Number);
		const rnd = random(seed + 1), socket = dgram.createSocket('udp4');
		const dropped = await s.node.metric('rtp_dropped');
		for (let i = 0; i < 6000; i++) {
			const bytes = Buffer.from(Array.from({ length: 1 + rnd(240) }, () => rnd(256)));
			// half of them look like RTP or RTCP for a while
			if (i & 1) bytes[0] = 0x80 | (bytes[0] & 0x1f);
			if (i & 2 && bytes.length > 1) bytes[1] = i & 4 ? 8 : 200 + rnd(5);
			await new Promise((done) => socket.send(bytes, ports[0] + i % (ports[1] - ports[0] + 1), '127.0.0.1', done));
			if (i % 20 === 19) await sleep(1);
		}
		socket.close();
		assert.ok(await s.node.metric('rtp_dropped') > dropped, 'some of it arrived at the call');
		await sleep(2500);
		caller.hangup();
		await nurse.event('CALL_CLOSED');
		await s.close();
		for (const [phone, hz, who] of [[nurse, 440, 'the nurse'], [caller, 880, 'the caller']]) {
			const heard = await phone.heard();
			assert.ok(audio.share(heard, hz, heard.length - 14000, heard.length - 3000) > 0.8, who);
		}
		await unharmed();
	});
});
