// dns: a name server of a few lines: A and SRV records of a table, and a note
// of what was asked.
'use strict';
const dgram = require('node:dgram');

const TYPES = { 1: 'A', 28: 'AAAA', 33: 'SRV' };

function name(text) {
	return Buffer.concat([...text.split('.').map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)])), Buffer.from([0])]);
}

function record(type, value) {
	if (type === 'A') return Buffer.from(value.split('.').map(Number));
	const head = Buffer.alloc(6);
	head.writeUInt16BE(value.priority, 0);
	head.writeUInt16BE(value.weight || 0, 2);
	head.writeUInt16BE(value.port, 4);
	return Buffer.concat([head, name(value.target)]);
}

// records: { 'SRV _sip._udp.x.test': [{ priority, port, target }], 'A a.test': ['127.0.0.1'] }
async function nameserver(records) {
	const socket = dgram.createSocket('udp4'), asked = [];
	socket.on('message', (q, from) => {
		let at = 12;
		const labels = [];
		while (q[at]) {
			labels.push(q.toString('latin1', at + 1, at + 1 + q[at]));
			at += q[at] + 1;
		}
		const end = at + 5, type = TYPES[q.readUInt16BE(at + 1)], key = `${type} ${labels.join('.').toLowerCase()}`;
		asked.push(key);
		const answers = (records[key] || []).map((value) => {
			const data = record(type, value), head = Buffer.alloc(12);
			head.writeUInt16BE(0xc00c, 0);
			q.copy(head, 2, at + 1, at + 5);
			head.writeUInt32BE(60, 6);
			head.writeUInt16BE(data.length, 10);
			return Buffer.concat([head, data]);
		});
		const head = Buffer.from(q.subarray(0, 12));
		const known = Object.keys(records).some((k) => k.endsWith(` ${labels.join('.').toLowerCase()}`));
		head.writeUInt16BE(0x8180 | (known ? 0 : 3), 2);
		head.writeUInt16BE(answers.length, 6);
		head.writeUInt16BE(0, 8);
		head.writeUInt16BE(0, 10);
		socket.send(Buffer.concat([head, q.subarray(12, end), ...answers]), from.port, from.address);
	});
	await new Promise((bound) => socket.bind(0, '127.0.0.1', bound));
	return { asked, address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}

module.exports = { nameserver };
