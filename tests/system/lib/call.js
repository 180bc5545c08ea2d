// call: one call to the line, answered and recorded.
'use strict';
const { Phone } = require('./phone.js');
const { sleep } = require('./wait.js');

// The id of the n-th recording, once it is sealed.
async function oneCall(node, n = 1) {
	const nurse = await Phone.make({
		user: 'agent1', password: node.password('agent1'), registrar: node.address,
		tone: 880, answer: 'auto', role: 'nurse',
	});
	await nurse.registered();
	const caller = await Phone.make({ user: 'caller', registrar: node.address, tone: 440, role: 'caller' });
	try {
		caller.dial(node.uri);
		await nurse.event('CALL_ESTABLISHED', 30000);
		await sleep(2000);
		caller.hangup();
		return (await node.sealed(n))[n - 1].id;
	} finally {
		await caller.stop();
		await nurse.stop();
	}
}

module.exports = { oneCall };
