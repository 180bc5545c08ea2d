// Where a caller is, at a whole national node: each way, and each forged from
// a trunk that is not trusted.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const dgram = require('node:dgram');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Node } = require('./lib/node.js');
const { until, run } = require('./lib/wait.js');

const CARRIER = '127.0.0.1', STRICT = '127.0.0.2', STRANGER = '127.0.0.3';

let node, provider, called = [];

const header = (text, name) => new RegExp(`^${name}: ?(.*)\r$`, 'mi').exec(text)?.[1];

// Answers every INVITE with 486, and ACK with nothing.
function busy(socket) {
	socket.on('message', (bytes, from) => {
		const text = String(bytes);
		if (!text.startsWith('INVITE ')) return;
		called.push(text);
		const keep = text.split('\r\n').filter((l) => /^(Via|From|Call-ID|CSeq):/i.test(l));
		socket.send([`SIP/2.0 486 Busy Here`, ...keep, `To: ${header(text, 'To')};tag=p`, 'Content-Length: 0', '', ''].join('\r\n'), from.port, from.address);
	});
}

before(async () => {
	provider = dgram.createSocket('udp4');
	busy(provider);
	await new Promise((bound) => provider.bind(0, '127.0.0.1', bound));
	const at = `127.0.0.1:${provider.address().port}`;
	node = await Node.make('national', {
		sections: {
			'trunk carrier': { from: [CARRIER], trusted: true, municipality: 'digits:5-8', options: 0 },
			'trunk strict': { from: [STRICT], trusted: true, municipality: 'header:X-Kommun', 'geolocation-errors': 'refuse', options: 0 },
			'trunk stranger': { from: [STRANGER], trusted: false, municipality: 'header:X-Kommun', options: 0 },
			'trunk sormland': { host: at, options: 0 },
			'trunk queue': { host: at, options: 0 },
			'line 1177': { controller: 'Region Test', record: false },
			'region 04': { trunk: 'sormland', organisation: 'Region Sörmland' },
			'national-trunk': 'queue', 'kommun-ids': 'kommun-ids.tsv', cells: 'cells.tsv',
		},
	});
	const table = (name, text) => fs.writeFileSync(path.join(path.dirname(node.conf), name), text);
	table('kommun-ids.tsv', '# a carrier\'s codes\n4101\t0480\n9990\tnomadic\n');
	table('cells.tsv', 'utran-cell-id-3gpp=24001AB\t0480\n');
	await node.start();
});

after(async () => {
	provider?.close();
	await node?.remove();
});

// The ledger keeps its database to itself: a copy is read.
const events = async (type) => {
	const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-location-'));
	for (const name of fs.readdirSync(path.join(node.state, 'ledger')).filter((n) => /^db\.sqlite(-wal)?$/.test(n)))
		fs.copyFileSync(path.join(node.state, 'ledger', name), path.join(copy, name));
	const r = await run('sqlite3', ['-json', path.join(copy, 'db.sqlite'),
		`SELECT details FROM entries WHERE type = '${type}' ORDER BY entry`]);
	fs.rmSync(copy, { recursive: true });
	assert.equal(r.status, 0, r.stderr);
	return r.stdout.trim() ? JSON.parse(r.stdout).map((e) => JSON.parse(e.details)) : [];
};

// One call: the final response, and what the ledger says of its route.
async function call({ from = CARRIER, user = '1177', headers = [], body = '', type = '' }) {
	const socket = dgram.createSocket('udp4'), id = crypto.randomUUID(), before = (await events('call.routed')).length;
	called = [];
	await new Promise((bound) => socket.bind(0, from, bound));
	const at = `${from}:${socket.address().port}`;
	const send = (method, to = '', more = [], content = '') => socket.send([
		`${method} sip:${user}@${node.address} SIP/2.0`, `Via: SIP/2.0/UDP ${at};branch=z9hG4bK${id}`, 'Max-Forwards: 70',
		`From: <sip:anonymous@carrier>;tag=${id}`, `To: <sip:${user}@${node.address}>${to}`, `Call-ID: ${id}`, `CSeq: 1 ${method}`,
		`Contact: <sip:a@${at}>`, ...more, `Content-Length: ${Buffer.byteLength(content)}`, '', content,
	].join('\r\n'), node.port, '127.0.0.1');
	const response = await new Promise((done, fail) => {
		const timer = setTimeout(() => fail(new Error('no answer')), 15000);
		socket.on('message', (bytes) => {
			const text = String(bytes);
			if (Number(text.split(' ')[1]) < 200) return;
			clearTimeout(timer);
			send('ACK', `;tag=${/^To:.*;tag=([^;\r]+)/mi.exec(text)[1]}`);
			done(text);
		});
		send('INVITE', '', [...headers, ...type ? [`Content-Type: ${type}`] : []], body);
	});
	socket.close();
	const code = Number(response.split(' ')[1]);
	const routed = code === 424 ? null : (await until('its route in the ledger', async () => {
		const all = await events('call.routed');
		return all.length > before && all;
	})).at(-1);
	return { code, response, routed };
}

const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n';
const pidf = (a2, dtd = '') => `<?xml version="1.0"?>${dtd}<presence xmlns="urn:ietf:params:xml:ns:pidf" ` +
	'xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"><ca:civicAddress><ca:country>SE</ca:country>' +
	`<ca:A2>${a2}</ca:A2></ca:civicAddress></presence>`;
const geolocation = (xml, routing = 'yes') => ({
	headers: ['Geolocation: <cid:there@carrier.example>', `Geolocation-Routing: ${routing}`],
	type: 'multipart/mixed;boundary=b1',
	body: `--b1\r\nContent-Type: application/sdp\r\n\r\n${sdp}\r\n--b1\r\nContent-Type: application/pidf+xml\r\n` +
		`Content-ID: <there@carrier.example>\r\n\r\n${xml}\r\n--b1--\r\n`,
});
const plain = (headers) => ({ headers, type: 'application/sdp', body: sdp });
const cell = ['P-Access-Network-Info: 3GPP-UTRAN-FDD; utran-cell-id-3gpp=24001AB; network-provided'];
const nykoping = ['P-Asserted-Identity: <sip:+46155123456@carrier>'];

const bomb = pidf('&i;', `<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa">${'bcdefghi'.split('').map((c, i) =>
	`<!ENTITY ${c} "${`&${'abcdefghi'[i]};`.repeat(10)}">`).join('')}]>`);

function is(it, method, confidence, route) {
	assert.deepEqual([it.routed.method, it.routed.confidence, it.routed.route], [method, confidence, route]);
}

test('1: the carrier\'s own code, among the digits that are called', async () => {
	is(await call({ ...plain([]), user: '11774101' }), 'kommun-id', 'high', 'region-04');
	assert.match(called[0], /^INVITE sip:1177@/);
});

test('1: a code without a place: the national queue', async () => {
	is(await call({ ...plain([]), user: '11779990' }), 'none', 'none', 'national');
});

test('2: Geolocation', async () => {
	is(await call(geolocation(pidf('Nyköping'))), 'geolocation', 'high', 'region-04');
});

test('3: P-Access-Network-Info that the network wrote', async () => {
	is(await call(plain(cell)), 'access-network', 'medium', 'region-04');
	is(await call(plain([cell[0].replace('; network-provided', '')])), 'none', 'none', 'national');
});

test('4: an area code of one county', async () => {
	is(await call(plain(nykoping)), 'area-code', 'low', 'region-04');
});

test('6: nothing is known: the national queue', async () => {
	is(await call(plain([])), 'none', 'none', 'national');
});

test('the first way decides, and the others are a conflict', async () => {
	const g = geolocation(pidf('Kiruna'));
	const it = await call({ ...g, headers: [...g.headers, ...nykoping], user: '11774101' });
	assert.equal(it.routed.method, 'kommun-id');
	assert.equal(it.routed.conflicts, 1);
	assert.equal(await node.metric('location_conflicts'), 1);
});

test('each forged from a trunk that is not trusted: ignored, and counted', async () => {
	const forged = [plain(['X-Kommun: 4101']), geolocation(pidf('Nyköping')), plain(cell), plain(nykoping)];
	for (const [i, f] of forged.entries()) {
		const seen = await node.metric('sip_untrusted');
		is(await call({ ...f, from: STRANGER }), 'none', 'none', 'national');
		assert.equal(await node.metric('sip_untrusted'), seen + 1, `way ${i + 1}`);
	}
	// the same, from one that is
	is(await call({ ...forged[0], from: STRICT }), 'kommun-id', 'high', 'region-04');
});

test('a PIDF-LO that is a bomb: no place, nothing worse, and it is said where the trunk wants it so', async () => {
	const began = Date.now();
	is(await call(geolocation(bomb)), 'none', 'none', 'national');
	const refused = await call({ ...geolocation(bomb), from: STRICT });
	assert.equal(refused.code, 424);
	assert.equal(header(refused.response, 'Geolocation-Error'), '100;code="Cannot Process Location"');
	assert.equal(called.length, 0);
	assert.ok(Date.now() - began < 5000);
});

test('what may not be used for routing is not, and is refused where the trunk wants it so', async () => {
	is(await call(geolocation(pidf('Nyköping'), 'no')), 'none', 'none', 'national');
	const refused = await call({ ...geolocation(pidf('Nyköping'), 'no'), from: STRICT });
	assert.equal(refused.code, 424);
	assert.match(header(refused.response, 'Geolocation-Error'), /^202;/);
	await until('both refusals in the ledger', async () =>
		(await events('call.refused')).filter((e) => e.code === 424).length === 2);
});
