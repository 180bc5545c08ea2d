// tell: the demo's voice. People get a story, JSON=1 gets one event a line.
'use strict';
const json = process.env.JSON === '1';
const colour = process.stdout.isTTY && !json && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
const started = Date.now();
let act = 0, failed = 0;

// Lines of a story end before the terminal does, and go on below their text.
function wrapped(text) {
	const width = Math.min(process.stdout.columns || 100, 100) - 6, lines = [''];
	for (const word of text.split(' ')) {
		const line = lines.at(-1);
		if (line && line.length + 1 + word.length > width) lines.push(word);
		else lines[lines.length - 1] = line ? `${line} ${word}` : word;
	}
	return lines.join('\n     ');
}

function event(kind, text, facts) {
	console.log(JSON.stringify({ t: Date.now() - started, act, kind, text, ...facts }));
}

function title(text, sub) {
	if (json) return event('title', text, { sub });
	console.log(`\n  ${paint('1', text)}\n  ${paint('2', sub)}`);
}

function begin(text) {
	act++;
	if (json) return event('act', text);
	console.log(`\n${paint('1;36', ` ${act} `)} ${paint('1', text)}`);
}

function say(text, facts) {
	if (json) return event('say', text, facts);
	console.log(`     ${paint('2', wrapped(text))}`);
}

function bad(text, facts) {
	if (json) return event('exposed', text, facts);
	console.log(`   ${paint('31', '●')} ${wrapped(text)}`);
}

function ok(text, facts) {
	if (json) return event('ok', text, facts);
	console.log(`   ${paint('32', '✓')} ${wrapped(text)}`);
}

function check(holds, text, facts) {
	if (holds) return ok(text, facts);
	failed++;
	if (json) return event('FAILED', text, facts);
	console.log(`   ${paint('1;31', '✗')} ${wrapped(text)} ${paint('1;31', '— did not hold')} ${facts ? JSON.stringify(facts) : ''}`);
}

function plain(text = '') {
	if (!json) console.log(text);
}

module.exports = { title, begin, say, bad, ok, check, plain, json, paint, failures: () => failed, seconds: () => (Date.now() - started) / 1000 };
