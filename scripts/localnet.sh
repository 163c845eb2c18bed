#!/usr/bin/env bash
# Builds what a local network needs and runs it from genesis to report; --help lists the flags.
set -euo pipefail
. "$(dirname "$0")/env.sh"

localnet=$CARGO_TARGET_DIR/debug/localnet
export LOCALNET_REPORT=${LOCALNET_REPORT:-$ROOT/target/localnet/report}
export LOCALNET_SHARDS=${LOCALNET_SHARDS:-$ROOT/target/localnet/shards}
export LOCALNET_WORKSPACE=$ROOT
case " $* " in
*" --help "* | *" -h "*) [ ! -x "$localnet" ] || exec "$localnet" "$@" ;;
esac

"$ROOT/scripts/setup.sh"
# Set-up may have changed which toolchain builds the wasm.
. "$ROOT/scripts/env.sh"
# The whole workspace, as test.sh does, so that neither compiles the other's crates with other features again. Built from
# its root, whatever folder this was called from; paths among the flags stay relative to that folder.
(cd "$ROOT" && cargo build --locked --workspace)
exec "$localnet" "$@"
