#!/usr/bin/env bash
# Runs the tests that need a GPU, and the benchmark of evaluation, on a machine that has one and needs nothing else but Python
# with torch 2.11 (and transformers, for the other side of the benchmark): programs built here are carried there.
#
#   scripts/gpu.sh pack        builds them into target/gpu; carry that folder by hand
#   scripts/gpu.sh HOST        packs, copies it to HOST by ssh, runs it there and brings the figures back
#   ./gpu.sh run [ARGUMENT...] in that folder, on the machine with the GPU; arguments go to the benchmark
set -euo pipefail

# Each test in a process of its own: one of them breaks the device for the rest of its process.
run() {
	local python=${PYTHON:-python3} failed=0 test
	LIBTORCH_CUDA=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')
	export LIBTORCH_CUDA LD_LIBRARY_PATH=$LIBTORCH_CUDA${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	nvidia-smi -L
	for test in $(./tests --ignored --list --format terse gpu_ | sed -n 's/: test$//p'); do
		./tests --ignored --exact "$test" --nocapture || failed=1
	done
	[ "$failed" = 0 ] || { echo "error: a test failed on the GPU" >&2; exit 1; }
	# Eight batches of one sequence each, as the published validator measures.
	[ $# -gt 0 ] || set -- --shapes 125m,1b
	./evaluate --device cuda --precision bf16 --tokens 2048 --sequence 2048 --batches 8 --budget 2000000 \
		--threads "$(nproc)" --libtorch-cuda "$LIBTORCH_CUDA" --python "$python" --work work --out cases.json "$@"
}

pack() {
	. "$(dirname "$0")/env.sh"
	cd "$ROOT"
	scripts/setup.sh
	. scripts/env.sh
	PACKED=$CARGO_TARGET_DIR/gpu
	rm -rf "$PACKED"
	mkdir -p "$PACKED"
	local build=(--locked -p offchain-validator --message-format json-render-diagnostics)
	local crate
	for crate in offchain-validator tch; do build+=(--config "profile.dev.package.$crate.opt-level=3"); done
	built() { # name, kind
		python3 -c '
import json, sys
for line in sys.stdin:
    artifact = json.loads(line)
    target = artifact.get("target", {})
    if artifact.get("executable") and target.get("name") == sys.argv[1] and sys.argv[2] in target["kind"]:
        print(artifact["executable"])' "$@"
	}
	strip -o "$PACKED/tests" "$(cargo test --lib --no-run "${build[@]}" | built offchain_validator lib)"
	strip -o "$PACKED/evaluate" "$(cargo bench --profile dev --bench evaluate --no-run "${build[@]}" | built evaluate bench)"
	cp offchain-validator/benches/evaluate/evaluate.py scripts/gpu.sh "$PACKED"
	du -sh "$PACKED"
}

case ${1:-} in
run) run "${@:2}" ;;
pack) pack ;;
"" | -*) sed -n '2,8s/^# \?//p' "$0"; exit 2 ;;
*)
	pack
	there=root-weights-gpu
	scp -qr "$PACKED/." "$1:$there/"
	# shellcheck disable=SC2029
	ssh "$1" "cd $there && ./gpu.sh run ${*:2}"
	scp -q "$1:$there/cases.json" "$CARGO_TARGET_DIR/bench-evaluate-gpu.json"
	;;
esac
