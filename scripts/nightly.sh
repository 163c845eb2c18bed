#!/usr/bin/env bash
# What is too long for every change: everything test.sh does, three full runs of the local network for each mechanism, ten
# times as many cases for every property, a hundred thousand steps of the state machine, a million simulated blocks, each
# decoder fuzzed until ten minutes reach nothing new, whether blocks take as long as they are charged for, the lints and
# documentation of the whole workspace, and the chain client where libtorch is missing.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

scripts/test.sh
# Luck may favour one run: what honest miners and cheats must earn, they must earn three times in a row.
for mechanism in templar boltzmann finetuning; do
	for run in 1 2 3; do
		printf '\n== %s, run %s of 3\n' "$mechanism" "$run"
		LOCALNET_REPORT=$ROOT/target/localnet/report-$mechanism-$run scripts/localnet.sh --mechanism "$mechanism"
	done
done
scripts/localnet.sh --experiment copier
PROPTEST_CASES=2560 cargo test --locked --workspace --lib
# 100,000 random calls and blocks; arbitrary bytes for the state of the root network.
PROPTEST_CASES=10000 cargo test --locked --workspace --lib nothing_breaks_whatever_happens
# A million blocks of random calls on small chains, the money counted after each.
PROPTEST_CASES=13000 cargo test --locked --profile simulation -p pallet-subnets --lib not_one_rao_is_lost
PROPTEST_CASES=100000 cargo test --locked --workspace --test fuzz
FUZZ_SEED=$(date +%Y%m%d) scripts/fuzz.sh until-dry
KILLS=20 cargo test --locked --workspace --test suite a_node_that_is_killed
scripts/benchmark.sh --check
cargo clippy --locked --workspace --all-targets -- -D warnings
# What the workspace's own features leave out.
SKIP_WASM_BUILD=1 cargo clippy --locked --workspace --features check-state/try-runtime --bin check-state --test state \
	-- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items
LIBTORCH=/nonexistent cargo check --locked -p offchain-validator --no-default-features
