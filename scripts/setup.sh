#!/usr/bin/env bash
# Installs what the build needs and this machine lacks: system packages, the runtime's wasm target, libtorch.
# Asks nothing, says what it installs, does nothing when all is there.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. "$ROOT/scripts/packages.sh"

system_packages() {
	local missing=()
	{ command -v cc && command -v c++; } >/dev/null || missing+=(build-essential)
	command -v protoc >/dev/null || missing+=(protobuf-compiler)
	# The node's network library links OpenSSL.
	pkg-config --exists openssl 2>/dev/null || missing+=(pkg-config libssl-dev)
	[ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

# Debian ships a second, newer Rust with the sources of its standard library. A private sysroot around that compiler
# takes what it lacks, the core library for the wasm target, built here from those sources.
wasm_toolchain_from_debian() {
	local prefix=$CACHE/wasm-toolchain host rustc
	host=$(rustc -vV | sed -n 's/^host: //p')
	rustc=/usr/bin/rustc
	{ [ -x "$rustc" ] && [ -d "$("$rustc" --print sysroot)/lib/rustlib/src/rust/library/core" ]; } ||
		install_packages rustc-web cargo-web rust-web-src
	local system lld
	system=$("$rustc" --print sysroot)
	[ -d "$system/lib/rustlib/src/rust/library/core" ] ||
		fail "$rustc has no standard library sources: run 'rustup target add $WASM_TARGET' where rustup can download"
	lld=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
	[ -x "$lld" ] || fail "the rustup toolchain has no rust-lld: run 'rustup component add llvm-tools' or reinstall it"

	echo "setup: building the $WASM_TARGET core library with $("$rustc" --version)"
	rm -rf "$prefix"
	mkdir -p "$prefix/bin" "$prefix/lib/rustlib/$host/bin" "$prefix/lib/rustlib/$WASM_TARGET/lib"
	printf '#!/bin/sh\nexec %s --sysroot %s "$@"\n' "$rustc" "$prefix" >"$prefix/bin/rustc"
	chmod +x "$prefix/bin/rustc"
	ln -s /usr/bin/cargo "$prefix/bin/cargo"
	ln -s "$system/lib/rustlib/$host/lib" "$prefix/lib/rustlib/$host/lib"
	ln -s "$system/lib/rustlib/src" "$prefix/lib/rustlib/src"
	ln -s "$lld" "$prefix/lib/rustlib/$host/bin/rust-lld"
	rustup toolchain link "$WASM_TOOLCHAIN" "$prefix"

	local crate=$prefix/core
	mkdir -p "$crate/src"
	printf '[package]\nname = "core-probe"\nversion = "0.0.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n[workspace]\n[profile.release]\npanic = "abort"\n' >"$crate/Cargo.toml"
	printf '#![no_std]\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n' >"$crate/src/lib.rs"
	# Without the bitcode the runtime's link-time optimisation finds no section to work on.
	(cd "$crate" && CARGO_TARGET_DIR=$crate/target RUSTFLAGS='-C embed-bitcode=yes' RUSTC_BOOTSTRAP=1 \
		cargo "+$WASM_TOOLCHAIN" build -q --release -Z build-std=core,alloc --target "$WASM_TARGET") ||
		fail "could not build the $WASM_TARGET core library: run 'rustup target add $WASM_TARGET' where rustup can download"
	cp "$crate"/target/"$WASM_TARGET"/release/deps/lib{core,alloc,compiler_builtins}-*.rlib "$prefix/lib/rustlib/$WASM_TARGET/lib/"
	rm -rf "$crate"
}

wasm_target() {
	has_wasm_target && return
	has_wasm_target "+$WASM_TOOLCHAIN" && return
	echo "setup: adding the $WASM_TARGET target"
	timeout 300 rustup target add "$WASM_TARGET" >/dev/null 2>&1 && has_wasm_target && return
	wasm_toolchain_from_debian
	has_wasm_target "+$WASM_TOOLCHAIN" || fail "no $WASM_TARGET target: run 'rustup target add $WASM_TARGET'"
}

has_gpu() {
	[ -e /proc/driver/nvidia/version ] || nvidia-smi -L >/dev/null 2>&1
}

# libtorch out of the Python package: with all it depends on, some 5 GB, where there is a GPU. Else without its dependencies: of
# the CUDA packages the processor's library links two small ones.
libtorch() {
	local folder=$CACHE/libtorch-$LIBTORCH_VERSION packages
	if [ "$LIBTORCH" != "$folder/torch" ]; then
		[ -e "$LIBTORCH/lib/libtorch_cpu.so" ] || fail "LIBTORCH is $LIBTORCH, which has no lib/libtorch_cpu.so"
		return 0
	fi
	if has_gpu; then
		compgen -G "$folder/nvidia/*/lib/libcublas.so.*" >/dev/null && return
		packages=("torch==$LIBTORCH_VERSION")
	else
		[ -e "$LIBTORCH/lib/libtorch_cpu.so" ] && return
		packages=(--no-deps "torch==$LIBTORCH_VERSION" nvidia-cuda-cupti==13.\* nvidia-cuda-runtime==13.\*)
	fi
	python3 -m pip --version >/dev/null 2>&1 || install_packages python3-pip
	echo "setup: installing libtorch $LIBTORCH_VERSION"
	rm -rf "$folder.new"
	mkdir -p "$CACHE"
	python3 -m pip install --quiet --target "$folder.new" --disable-pip-version-check "${packages[@]}" \
		>"$CACHE/libtorch.log" 2>&1 ||
		fail "pip could not install torch $LIBTORCH_VERSION: see $CACHE/libtorch.log, or set LIBTORCH to a libtorch of that version"
	rm -rf "$folder"
	mv "$folder.new" "$folder"
}

command -v cargo >/dev/null && command -v rustup >/dev/null ||
	fail "no Rust toolchain: install rustup and its stable toolchain first"
system_packages
wasm_target
libtorch
