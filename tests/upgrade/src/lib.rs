// SPDX-License-Identifier: Apache-2.0
//! The runtime with its feature `upgraded`: the same code with a higher version and another constant.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

#[cfg(target_family = "wasm")]
pub use root_weights_runtime::*;
