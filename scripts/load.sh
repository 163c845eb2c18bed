#!/usr/bin/env bash
# Drives a real node with as many neurons, rows and subnets as a chain may have, and measures blocks, epochs, views, memory
# and state; --help lists the flags. Builds the node first, unless --node or LOAD_NODE names one. Run it on a machine that
# does nothing else. docs/performance.md says what is measured and how.
set -euo pipefail
. "$(dirname "$0")/env.sh"

load=$CARGO_TARGET_DIR/debug/load
export LOAD_REPORT=${LOAD_REPORT:-$ROOT/target/load}
case " $* " in
*" --help "* | *" -h "*) [ ! -x "$load" ] || exec "$load" "$@" ;;
esac

"$ROOT/scripts/setup.sh"
# Set-up may have changed which toolchain builds the wasm.
. "$ROOT/scripts/env.sh"
case "${LOAD_NODE:+--node} $*" in
*--node*) BUILD=(-p load) ;;
*)
	# The whole workspace, as test.sh does, so that few crates are compiled twice.
	BUILD=(--workspace "${QUICK_NODE[@]}")
	export LOAD_NODE=$CARGO_TARGET_DIR/debug/root-weights-node
	;;
esac
(cd "$ROOT" && cargo build --locked "${BUILD[@]}")
exec "$load" "$@"
