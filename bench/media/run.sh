#!/bin/sh
# run.sh BUILD CALLS SECONDS ROUNDS: the relay against the bare floor
#
# Device under test on core 0, generator on core 1, in turns, so that what
# changes on the machine changes for all. One line a run.
set -eu
build=$1 calls=$2 seconds=$3 rounds=$4
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
ulimit -n "$(ulimit -Hn)"

one() { # NAME MODE COMMAND...
	name=$1 mode=$2
	shift 2
	rm -f "$dir/out"
	taskset -c 0 "$@" > "$dir/out" &
	pid=$!
	while ! grep -q ready "$dir/out" 2> /dev/null; do sleep 0.1; done
	printf '%-18s ' "$name"
	taskset -c 1 "$build/bench/media/load" "$calls" 9000 9002 "$dir" \
		"$seconds" "$mode" "$pid"
	kill "$pid"
	wait "$pid" 2> /dev/null || true
}

for _ in $(seq "$rounds"); do
	one floor-recvfrom plain "$build/bench/media/floor" "$calls" 9000 9002 \
		20000 "$dir" recvfrom
	one floor-connected plain "$build/bench/media/floor" "$calls" 9000 9002 \
		20000 "$dir" connected
	one relay plain "$build/bench/media/worker" "$calls" 9000 9002 20000 \
		"$dir" none
	one relay-capture plain "$build/bench/media/worker" "$calls" 9000 9002 \
		20000 "$dir" capture
	one relay-srtp srtp "$build/bench/media/worker" "$calls" 9000 9002 20000 \
		"$dir" srtp
done
