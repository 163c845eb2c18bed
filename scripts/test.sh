#!/usr/bin/env bash
# Runs the whole test suite from nothing, set-up included, and prints how long each phase took.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

phases=()
phase() { # name, command...
	local name=$1 start=$SECONDS
	shift
	printf '\n== %s\n' "$name"
	"$@" || {
		phases+=("$name|$((SECONDS - start))|failed")
		table
		exit 1
	}
	phases+=("$name|$((SECONDS - start))|ok")
}

table() {
	printf '\n%-34s %8s  %s\n' phase seconds result
	local row
	for row in "${phases[@]}"; do
		IFS='|' read -r name seconds result <<<"$row"
		printf '%-34s %8s  %s\n' "$name" "$seconds" "$result"
	done
	printf '%-34s %8s\n' total "$SECONDS"
}

# Every build names the whole workspace: cargo chooses the features of shared crates by what is named, and another
# choice would compile them a second time.
build() {
	cargo test --locked --workspace --no-run
	cargo build --locked --workspace --bins
}

phase "set-up" scripts/setup.sh
# Set-up may have changed which toolchain builds the wasm.
. scripts/env.sh
phase "public clients" tests/clients/install.sh
phase "format" cargo fmt --all --check
phase "build" build
phase "unit tests and recorded vectors" cargo test --locked --workspace --lib --bins \
	--test baseline --test chain --test decisions --test fuzz --test hostile --test mechanisms --test memory \
	--test owners --test tidy
phase "fuzzing" scripts/fuzz.sh 6
phase "pallets in a fork's workspace" tests/fork/run.sh
phase "scripts" tests/scripts.sh
phase "end to end" cargo test --locked --workspace --test suite
# Another feature for the runtime than the node's; what lies below FRAME is shared with the builds before.
phase "state check" env SKIP_WASM_BUILD=1 \
	cargo test --locked --workspace --features check-state/try-runtime --test state
phase "end to end, public clients" cargo test --locked --workspace --test clients
table
