// listener: a person who is enrolled, asks for a recording and opens it.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./wait.js');

class Listener {
	// An officer signs for whom she enrols; the first officer for herself.
	static async make(node, { name = 'officer1', role = 'officer', enrol = true, by } = {}) {
		const l = new Listener();
		Object.assign(l, { node, name, signing: path.join(node.dir, `${name}.key`), identity: path.join(node.dir, `${name}.age`) });
		const made = await run('age-keygen', ['-o', l.identity]);
		if (made.status) throw new Error(`age-keygen: ${made.stderr}`);
		l.recipient = (await run('age-keygen', ['-y', l.identity])).stdout.trim();
		if (enrol) {
			const officer = by ? ['--by', by.name, '--by-key', by.signing] : [];
			const added = await node.vaxel(['user', 'add', name, '--role', role, '--key-file', l.signing, ...officer, '-c', node.conf]);
			if (added.status) throw new Error(`user add: ${added.stdout}${added.stderr}`);
		}
		return l;
	}

	// { status, stdout: bytes, stderr }
	ask(id, { purpose = 'care', as = this.name, key = this.signing, to = this.recipient, more = [] } = {}) {
		return this.node.vaxel(['recording', 'open', id, '--as', as, '--key-file', key, '--to', to,
			'--purpose', purpose, ...more, '-c', this.node.conf], { binary: true });
	}

	async decrypt(age) {
		const r = await run('age', ['-d', '-i', this.identity], { input: age, binary: true });
		if (r.status) throw new Error(`age: ${r.stderr}`);
		return r.stdout;
	}

	// The recording in the clear.
	async open(id, options) {
		const r = await this.ask(id, options);
		if (r.status) throw new Error(`recording open: ${r.status} ${r.stderr}`);
		return this.decrypt(r.stdout);
	}

	async openFile(id, name = 'opened.mka') {
		const file = path.join(this.node.dir, name);
		fs.writeFileSync(file, await this.open(id));
		return file;
	}
}

module.exports = { Listener };
