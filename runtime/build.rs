// SPDX-License-Identifier: Apache-2.0
//! Builds the runtime's wasm alongside the native crate.

fn main() {
	#[cfg(feature = "std")]
	substrate_wasm_builder::WasmBuilder::build_using_defaults();
}
