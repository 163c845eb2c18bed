#!/usr/bin/env bash
# Tests the pallets where a fork would have them: in a workspace with subtensor's dependency keys, on its polkadot-sdk.
# `run.sh lock` brings Cargo.lock up to date after a pallet has taken or left a dependency.
set -euo pipefail
. "$(dirname "$0")/../../scripts/env.sh"
cd "$ROOT"

FORK=$ROOT/tests/fork
GUIDE=$ROOT/pallets/root-weights/README.md
mkdir -p "$CARGO_TARGET_DIR/fork"
WORKSPACE=$(cd "$CARGO_TARGET_DIR/fork" && pwd)
export CARGO_TARGET_DIR=$WORKSPACE/target

# What the manifest adds to subtensor's has to stand in the guide, or a fork that follows it would not build; so has the
# adapter, or what the guide shows would be another than what is tested.
guide_says_what_is_tested() {
	[ -f "$GUIDE" ] || fail "there is no guide for forks yet: $GUIDE"
	local line lines=0
	while IFS= read -r line; do
		case $line in '' | '#'*) continue ;; esac
		grep -qxF -- "$line" "$GUIDE" || fail "$GUIDE lacks a line that tests/fork/Cargo.toml needs: $line"
		lines=$((lines + 1))
	done < <(sed -n '/^# The guide lists/,/^$/p' "$FORK/Cargo.toml")
	[ $lines -gt 0 ] || fail "tests/fork/Cargo.toml marks no line as the guide's"
	[[ $(<"$GUIDE") == *"$(sed -n '/^use/,$p' "$FORK/chain/src/adapter.rs")"* ]] ||
		fail "$GUIDE does not show tests/fork/chain/src/adapter.rs, from its first 'use' on, as it is"
}

# A file that has not changed keeps its time, so that cargo does not compile it again.
copy_changed() { # from to
	cmp -s "$1" "$2" || {
		mkdir -p "$(dirname "$2")"
		cp "$1" "$2"
	}
}

# Mirrors a folder; what is gone goes.
mirror() { # from to
	local file
	mkdir -p "$2"
	(cd "$1" && find . -type f) | while IFS= read -r file; do copy_changed "$1/$file" "$2/$file"; done
	(cd "$2" && find . -type f) | while IFS= read -r file; do [ -f "$1/$file" ] || rm "$2/$file"; done
	# A folder without a manifest would not do as a member.
	find "$2" -mindepth 1 -type d -empty -delete
}

make_workspace() {
	mirror "$ROOT/pallets" "$WORKSPACE/pallets"
	mirror "$FORK/chain" "$WORKSPACE/chain"
	copy_changed "$FORK/Cargo.toml" "$WORKSPACE/Cargo.toml"
	copy_changed "$FORK/Cargo.lock" "$WORKSPACE/Cargo.lock"
}

make_workspace
cd "$WORKSPACE"
case ${1:-test} in
test)
	guide_says_what_is_tested
	cargo tree --locked --workspace >/dev/null ||
		fail "if a pallet's dependencies have changed, run 'tests/fork/run.sh lock' and look at what it locks"
	# What takes many random cases is shown in our own workspace.
	PROPTEST_CASES=${PROPTEST_CASES:-50} cargo test --locked --workspace --lib --tests
	;;
lock)
	cargo update --workspace
	copy_changed Cargo.lock "$FORK/Cargo.lock"
	;;
*) fail "what is '$1'? Run it with nothing, or with 'lock'" ;;
esac
