// sipp: one side of a call from a scenario file.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { freePort, start, until } = require('./wait.js');

const folder = path.join(__dirname, '../sipp');

// options: target host:port (client), scenario, keys {name: value}, calls,
// transport 'u1'|'t1'|'l1', ms, host, extra []. Without a target it is called,
// and is there to be called when this returns.
function listens(port) {
	const wanted = new RegExp(`^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} `, 'm');
	return ['udp', 'udp6'].some((f) => wanted.test(fs.readFileSync(`/proc/net/${f}`, 'utf8')));
}

async function sipp(scenario, options = {}) {
	const host = options.host || '127.0.0.1';
	const port = options.port || await freePort(host);
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vaxel-sipp-'));
	const args = [];
	if (options.target) args.push(options.target);
	args.push('-sf', path.join(folder, `${scenario}.xml`), '-i', host.includes(':') ? `[${host}]` : host,
		'-p', String(port), '-m', String(options.calls || 1), '-l', String(options.calls || 1),
		'-timeout', `${Math.ceil((options.ms || 40000) / 1000)}s`, '-timeout_error',
		'-t', options.transport || 'u1', '-nostdin', '-trace_err', '-error_file', path.join(dir, 'errors'),
		'-trace_msg', '-message_file', path.join(dir, 'messages'));
	if (options.media) args.push('-mi', host, '-min_rtp_port', String(options.media));
	if (options.service) args.push('-s', options.service);
	if (options.calls > 1) args.push('-r', String(options.rate || 10));
	for (const [k, v] of Object.entries(options.keys || {})) args.push('-key', k, v);
	args.push(...options.extra || []);
	const it = start('sipp', args, { cwd: folder });
	it.port = port;
	const read = (f) => (fs.existsSync(path.join(dir, f)) ? fs.readFileSync(path.join(dir, f), 'utf8') : '');
	it.messages = () => read('messages');
	it.errors = () => read('errors');
	it.done = async () => {
		const status = await it.exited;
		const messages = it.messages(), errors = it.errors();
		if (!process.env.KEEP) fs.rmSync(dir, { recursive: true, force: true });
		if (status !== 0)
			throw new Error(`sipp ${scenario}: ${status}\n${errors}\n${it.err}\n${messages.slice(-6000)}`);
		return messages;
	};
	if (!options.target) {
		await until('sipp to listen', () => {
			if (it.status !== null) throw new Error(`sipp ${scenario}: ${it.status}\n${it.err}`);
			return listens(port);
		});
	}
	return it;
}

module.exports = { sipp };
