// SPDX-License-Identifier: Apache-2.0
//! Builds the wasm. It is a crate of its own because the wasm builder keeps one folder per crate.

fn main() {
	#[cfg(feature = "std")]
	substrate_wasm_builder::WasmBuilder::build_using_defaults();
}
