#!/bin/sh
# Stands between cargo and rustc for the packages of the workspace: the libraries of the off-chain programs, where all decoders
# are, tell the fuzzer which of their code has run. With the stable compiler, and without another build of all they depend on.
case "$CARGO_MANIFEST_DIR $* " in
*/offchain-validator*" --crate-type lib "*)
	set -- "$@" -C passes=sancov-module -C codegen-units=1 -C llvm-args=-sanitizer-coverage-level=4 \
		-C llvm-args=-sanitizer-coverage-inline-8bit-counters -C llvm-args=-sanitizer-coverage-pc-table \
		-C llvm-args=-sanitizer-coverage-trace-compares
	;;
esac
exec "$@"
