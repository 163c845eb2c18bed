// SPDX-License-Identifier: Apache-2.0

//! What a node publishes of its model after each window: a few elements of every parameter, by which others see whether
//! it has kept step.

use mechanisms::templar::sync::Samples;
use mechanisms::Uid;
use serde::{Deserialize, Serialize};

use crate::clock::Window;

/// Bytes that one parameter may take: its name and two numbers, with room to spare.
const BYTES_PER_PARAMETER: usize = 512;

/// Samples of a model after the outer step of one window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Debug {
	/// The window.
	pub window: Window,
	/// A few elements of each parameter that has so many.
	pub samples: Samples,
	/// Whose gradients made the step.
	pub successful_peers: Vec<Uid>,
	/// Whose should have and did not.
	pub skipped_peers: Vec<Uid>,
}

impl Debug {
	/// As JSON.
	pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
		serde_json::to_vec(self)
	}

	/// Reads what a peer has written for `window`; none if it is anything else.
	pub fn decode(bytes: &[u8], window: Window) -> Option<Self> {
		serde_json::from_slice(bytes).ok().filter(|debug: &Self| debug.window == window)
	}

	/// An upper bound of an honest object's size.
	pub fn max_bytes(n_parameters: usize) -> usize {
		n_parameters.saturating_add(8).saturating_mul(BYTES_PER_PARAMETER)
	}
}

#[cfg(test)]
mod tests {
	use std::collections::BTreeMap;

	use super::*;

	fn debug() -> Debug {
		let samples = BTreeMap::from([("model.norm.weight".into(), vec![1.0, -0.5])]);
		Debug { window: 7, samples, successful_peers: vec![2, 3], skipped_peers: vec![] }
	}

	#[test]
	fn what_is_written_is_read() {
		let bytes = debug().encode().expect("it is plain data");
		assert_eq!(Debug::decode(&bytes, 7), Some(debug()));
		assert!(bytes.len() < Debug::max_bytes(1));
	}

	#[test]
	fn another_window_and_rubbish_are_not_read() {
		let bytes = debug().encode().expect("it is plain data");
		assert_eq!(Debug::decode(&bytes, 8), None);
		for rubbish in [b"".as_slice(), b"[]", b"{\"window\":7}", &[0xff; 100], &b"[".repeat(100_000)] {
			assert_eq!(Debug::decode(rubbish, 7), None);
		}
	}
}
