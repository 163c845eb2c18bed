#!/usr/bin/env bash
# What is too long for every change: everything test.sh does, then lints and documentation of the whole workspace and a
# hundred times as many cases for every property.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

scripts/test.sh
PROPTEST_CASES=25600 cargo test --locked --workspace --lib
cargo clippy --locked --workspace --all-targets -- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items
