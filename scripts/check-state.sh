#!/usr/bin/env bash
# Builds what checks the state of a running chain and runs it; --help says what it takes and what its exit status means.
set -euo pipefail
. "$(dirname "$0")/env.sh"

NOT_CHECKED=3

# The checker's runtime has another feature than the node's, so it is named; that it is named beside the whole workspace
# lets it share with the other builds all that lies below the runtime. Its wasm would be of no use.
build() {
	"$ROOT/scripts/setup.sh" &&
		cd "$ROOT" &&
		SKIP_WASM_BUILD=1 cargo build --locked --workspace --features check-state/try-runtime --bin check-state
}

(build) || exit $NOT_CHECKED
exec "$CARGO_TARGET_DIR/debug/check-state" "$@"
