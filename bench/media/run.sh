#!/bin/sh
# run.sh BUILD CALLS SECONDS ROUNDS: the relay against the bare floor
#
# Device under test on core 0, generator on core 1, in turns, so that what
# changes on the machine changes for all. One line a run. LOW is the first port
# of those under test (12000), PORT that of the generator (9000).
set -eu
build=$1 calls=$2 seconds=$3 rounds=$4
low=${LOW:-12000} a=${PORT:-9000}
b=$((a + 2))
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
ulimit -n "$(ulimit -Hn)"

one() { # NAME MODE COMMAND...
	name=$1 mode=$2
	shift 2
	: > "$dir/out"
	taskset -c 0 "$@" > "$dir/out" &
	pid=$!
	while ! grep -q ready "$dir/out"; do
		kill -0 "$pid" || exit 1
		sleep 0.1
	done
	printf '%-18s ' "$name"
	taskset -c 1 "$build/bench/media/load" "$calls" "$a" "$b" "$dir" \
		"$seconds" "$mode" "$pid"
	kill "$pid"
	wait "$pid" 2> /dev/null || true
}

for _ in $(seq "$rounds"); do
	one floor-recvfrom plain "$build/bench/media/floor" "$calls" "$a" "$b" \
		"$low" "$dir" recvfrom
	one floor-connected plain "$build/bench/media/floor" "$calls" "$a" "$b" \
		"$low" "$dir" connected
	one relay plain "$build/bench/media/worker" "$calls" "$a" "$b" "$low" \
		"$dir" none
	one relay-capture plain "$build/bench/media/worker" "$calls" "$a" "$b" \
		"$low" "$dir" capture
	one relay-srtp srtp "$build/bench/media/worker" "$calls" "$a" "$b" "$low" \
		"$dir" srtp
done
