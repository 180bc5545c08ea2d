// netns: networks of one's own, in which nothing listens but what a test puts
// there, with a wire between two of them.
'use strict';
const { run, start, until } = require('./wait.js');
const fs = require('node:fs');

const own = (pid) => {
	try { return fs.readlinkSync(`/proc/${pid}/ns/net`); } catch { return null; }
};

class Network {
	// inside: another one, whose rights over it this one's wire needs
	static async make(inside) {
		const n = new Network();
		const [program, ...args] = [...inside ? inside.under : [], 'unshare', '-n', 'cat']; // ends with its standard input, so with us
		n.keeper = start(program, args);
		const here = inside ? own(inside.keeper.pid) : own(process.pid);
		await until('a network of its own', () => own(n.keeper.pid) && own(n.keeper.pid) !== here &&
			own(n.keeper.pid) !== own(process.pid));
		await n.run('ip', ['link', 'set', 'lo', 'up']);
		return n;
	}

	get under() { return ['nsenter', '-t', String(this.keeper.pid), '-n', '--']; }

	async run(program, args, options) {
		const r = await run('nsenter', [...this.under.slice(1), program, ...args], options);
		return r;
	}

	// A wire to another that was made inside this one.
	async wire(other, here, there) {
		const say = async (n, ...args) => {
			const r = await n.run('ip', args);
			if (r.status) throw new Error(`ip ${args.join(' ')}: ${r.stderr}`);
		};
		await say(this, 'link', 'add', 'here', 'type', 'veth', 'peer', 'name', 'there', 'netns', String(other.keeper.pid));
		await say(this, 'addr', 'add', `${here}/24`, 'dev', 'here');
		await say(this, 'link', 'set', 'here', 'up');
		await say(other, 'addr', 'add', `${there}/24`, 'dev', 'there');
		await say(other, 'link', 'set', 'there', 'up');
	}

	async remove() { await this.keeper.stop('SIGTERM', 5000); }
}

module.exports = { Network };
