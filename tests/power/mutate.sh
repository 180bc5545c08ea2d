#!/bin/sh
# Take each sync out of the recorder and the store, one at a time, in a copy of
# the tree, and see that cutting the power then shows it. By hand: some minutes
# a sync.
#
#   tests/power/mutate.sh BUILD [RUNS [ONLY]]    BUILD: where power was built
#
# store_delete() is left out: the recorder never calls it.
set -eu
build=$(cd "$1" && pwd)
runs=${2:-400}
only=${3:-}
top=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
files="lib/store/store.c process/recorder/journal.c process/recorder/recorder.c"

(cd "$top" && git ls-files -z | tar cf - --null -T -) | tar xf - -C "$copy"
meson setup "$copy/build" "$copy" -Dtests=false >/dev/null
ninja -C "$copy/build" vaxel >/dev/null

kept=0
for file in $files; do
	sites=$(awk '/^[a-z].*\(/ { f = $0 }
		/[^a-z_](fsync|fdatasync|syncfs)\(/ && f !~ /store_delete/ {
			print NR }' "$top/$file")
	for line in $sites; do
		[ -z "$only" ] || [ "$only" = "$file:$line" ] || continue
		sed -E "${line}s/(fsync|fdatasync|syncfs)\(/0 \&\& &/" \
			"$top/$file" >"$copy/$file"
		ninja -C "$copy/build" vaxel >/dev/null
		if "$build/tests/power/power" "$copy/build/vaxel" \
			"$build/tests/power/power_shim.so" --runs "$runs" \
			--jobs 8 --first 1 >"$copy/log" 2>&1; then
			echo "$file:$line: taken out, and nothing was noticed"
			kept=$((kept + 1))
		else
			echo "$file:$line: noticed" \
				"($(grep -c . "$copy/log") lines," \
				"$(sed -n '2p' "$copy/log"))"
		fi
		cp "$top/$file" "$copy/$file"
	done
done
echo "$kept not noticed"
[ "$kept" = 0 ]
