// kamailio: what a plain proxy costs for the same calls in the same run, on
// core 0: how fast this machine is today.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { start, freePort } = require('../../tests/system/lib/wait.js');
const { Load, until, CORE_UNDER_TEST } = require('./house.js');
const { cpuByRole, less, sum } = require('./tree.js');

const PROGRAM = '/usr/sbin/kamailio';
const REDIRECTED = 'redirected'; // whom it sends elsewhere, in place of proxying

function modules() {
	return fs.readdirSync('/usr/lib').map((d) => path.join('/usr/lib', d, 'kamailio/modules'))
		.find((d) => fs.existsSync(d));
}

// One worker that relays, stays in the route, and keeps nothing.
function config(port, phone) {
	return `#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=1
disable_tcp=yes
dns=no
rev_dns=no
listen=udp:127.0.0.1:${port}
mpath="${modules()}/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
request_route {
	if (is_method("INVITE") && $rU == "${REDIRECTED}") {
		append_to_reply("Contact: <sip:1177@127.0.0.1:${phone}>\\r\\n");
		sl_send_reply("302", "Moved Temporarily");
		exit;
	}
	if (has_totag()) {
		if (loose_route()) t_relay();
		else if (is_method("ACK") && t_check_trans()) t_relay();
		exit;
	}
	if (is_method("INVITE")) record_route();
	$du = "sip:127.0.0.1:${phone}";
	if (!t_relay()) sl_reply_error();
	exit;
}
`;
}

class Kamailio extends Load {
	static is_here() { return fs.existsSync(PROGRAM) && !!modules(); }

	static async make({ dir }) {
		const k = new Kamailio();
		const port = await freePort();
		k.dir = dir;
		k.phone = await freePort();
		k.address = `127.0.0.1:${port}`;
		const file = path.join(dir, 'kamailio.cfg');
		fs.writeFileSync(file, config(port, k.phone));
		k.process = start('taskset', ['-c', CORE_UNDER_TEST, PROGRAM, '-x', 'fm', '-X', 'fm', '-b', '4194304',
			'-m', '512', '-M', '32', '-DD', '-E', '-w', dir, '-Y', dir, '-f', file], { cwd: dir });
		k.pid = k.process.pid;
		await until('kamailio', () => fs.readFileSync('/proc/net/udp', 'latin1')
			.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `), 5000, 100);
		return k;
	}

	async end() { await this.process.stop('SIGTERM', 5000); }
}

// CPU seconds for 1,000 calls through it; scenario: "caller" or "redirected".
async function measure({ rate, seconds, hold_ms, folder, scenario = 'caller' }) {
	const calls = rate * seconds;
	const k = await Kamailio.make({ dir: folder('kamailio') });
	let phones, callers;
	try {
		phones = k.phones(9);
		const before = cpuByRole(k.pid);
		callers = await k.callers({ calls, rate, hold_ms, sinkPort: 9, scenario, called: scenario === 'caller' ? '1177' : REDIRECTED });
		await callers.exited;
		const spent = less(cpuByRole(k.pid), before);
		return {
			kind: 'kamailio', calls, spent,
			failed: calls - Number(callers.statistics()['SuccessfulCall(C)']),
			per1000: 1000 * sum(spent) / calls,
		};
	} finally {
		if (callers) await callers.stop('SIGKILL');
		if (phones) await phones.stop('SIGKILL');
		await k.end();
	}
}

module.exports = { Kamailio, measure };
