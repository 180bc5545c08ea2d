// linphone: a phone by others that knows REFER and Replaces, without a sound card.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { start, until, freePort } = require('./wait.js');

class Linphone {
	static async make(dir, user) {
		const p = new Linphone(), home = path.join(dir, 'linphone');
		const [sip, rtp] = [await freePort(), await freePort('127.0.0.1', 4)];
		for (const folder of ['.config/linphone', '.local/share/linphone']) fs.mkdirSync(path.join(home, folder), { recursive: true });
		fs.writeFileSync(path.join(home, 'rc'), ['[sip]', `sip_port=${sip}`, 'sip_tcp_port=0', 'sip_tls_port=0', 'use_ipv6=0',
			'guess_hostname=0', `contact="carrier" <sip:${user}@127.0.0.1>`, '[rtp]', `audio_rtp_port=${rtp}`,
			'[net]', 'firewall_policy=0', '[video]', 'enabled=0', 'capture=0', 'display=0', ''].join('\n'));
		p.process = start('linphonec', ['-c', path.join(home, 'rc')], { cwd: home, env: { ...process.env, HOME: home, TERM: 'dumb' } });
		await p.said(/linphonec>/);
		p.say('soundcard use files');
		await p.said(/Using wav files/);
		return p;
	}

	say(line) { this.process.child.stdin.write(`${line}\n`); }

	said(pattern, ms = 20000) {
		return until(`linphone to say ${pattern}`, () => {
			if (this.process.status !== null) throw new Error(`linphonec ended: ${this.process.out}${this.process.err}`);
			return pattern.exec(this.process.out);
		}, ms);
	}

	async stop() {
		if (this.process.status === null) this.say('quit');
		await this.process.stop('SIGTERM', 10000);
	}
}

module.exports = { Linphone };
