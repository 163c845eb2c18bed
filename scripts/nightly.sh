#!/usr/bin/env bash
# What is too long for every change: everything test.sh does, a full run of the local network, ten times as many cases
# for every property, the lints and documentation of the whole workspace, and the chain client where libtorch is missing.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

scripts/test.sh
scripts/localnet.sh
PROPTEST_CASES=2560 cargo test --locked --workspace --lib
cargo clippy --locked --workspace --all-targets -- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items
LIBTORCH=/nonexistent cargo check --locked -p offchain-validator --no-default-features
