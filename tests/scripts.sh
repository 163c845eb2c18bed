#!/usr/bin/env bash
# The scripts themselves: what a second set-up costs, and what they say when something is missing.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
passed=0

ok() {
	passed=$((passed + 1))
	echo "ok: $1"
}
die() {
	echo "FAILED: $1" >&2
	exit 1
}

start=$SECONDS
said=$("$ROOT/scripts/setup.sh")
[ $((SECONDS - start)) -lt 5 ] || die "a second set-up takes 5 s or more"
[ -z "$said" ] || die "a second set-up says: $said"
ok "a second set-up does nothing, in under 5 s"

# A machine with coreutils but without Rust.
bare=$(mktemp -d)
trap 'rm -rf "$bare"' EXIT
for tool in bash dirname sed id mkdir env; do ln -s "$(command -v $tool)" "$bare/$tool"; done
if said=$(HOME=$bare CARGO_HOME=$bare PATH=$bare bash "$ROOT/scripts/setup.sh" 2>&1); then
	die "set-up succeeds without Rust"
fi
[ "$(echo "$said" | wc -l)" = 1 ] && [[ $said == *rustup* ]] || die "without Rust set-up says: $said"
ok "without Rust one line says what to install"

echo "$passed passed, 0 failed"
