// say: medians and tables.
'use strict';

function median(values) {
	const v = [...values].sort((a, b) => a - b);
	const middle = v.length % 2 ? v[(v.length - 1) / 2] : (v[v.length / 2 - 1] + v[v.length / 2]) / 2;
	return {
		value: middle,
		text: (digits) => middle.toFixed(digits),
		range: (digits) => `${v[0].toFixed(digits)} to ${v[v.length - 1].toFixed(digits)}`,
	};
}

function table(heads, rows) {
	const all = [heads, ...rows].map((r) => r.map(String));
	const widths = heads.map((_, i) => Math.max(...all.map((r) => r[i].length)));
	const line = (r) => `| ${r.map((c, i) => (i ? c.padStart(widths[i]) : c.padEnd(widths[i]))).join(' | ')} |`;
	console.log();
	console.log(line(all[0]));
	console.log(`|${widths.map((w) => '-'.repeat(w + 2)).join('|')}|`);
	for (const r of all.slice(1)) console.log(line(r));
	console.log();
}

module.exports = { median, table };
