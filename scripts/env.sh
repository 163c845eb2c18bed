# Sourced by every script: where things are, and what the build needs to know about this machine. Changes nothing.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${ROOT_WEIGHTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/root-weights}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}
# A target folder outside the checkout hides Cargo.lock from the wasm builder, so it is told where the workspace is.
export WASM_BUILD_WORKSPACE_HINT=$ROOT

WASM_TARGET=wasm32v1-none
WASM_TOOLCHAIN=root-weights-wasm
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

has_wasm_target() { # [+toolchain]
	[ -d "$(rustc "$@" --print sysroot 2>/dev/null)/lib/rustlib/$WASM_TARGET/lib" ]
}
# The machine's own toolchain builds the runtime where it can; else the one that `setup.sh` made of Debian's packages.
if ! has_wasm_target && has_wasm_target "+$WASM_TOOLCHAIN"; then
	export WASM_BUILD_TOOLCHAIN=$WASM_TOOLCHAIN
fi

# The off-chain programs link libtorch. A machine that has version 2.11 already may name its folder.
LIBTORCH_VERSION=2.11.0
export LIBTORCH=${LIBTORCH:-$CACHE/libtorch-$LIBTORCH_VERSION/torch}

# Builds the way from the wasm to the state for speed, too, for which the profile of tests and local networks has no need.
QUICK_NODE=()
for crate in root-weights-node sc-allocator sc-client-db sc-executor sc-executor-{common,wasmtime}; do
	QUICK_NODE+=(--config "profile.dev.package.$crate.opt-level=3")
done

fail() {
	echo "error: $*" >&2
	exit 1
}
