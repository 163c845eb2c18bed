// SPDX-License-Identifier: Apache-2.0

//! Gradients, as miners of Templar upload them.

use std::collections::BTreeMap;

use bytes::Bytes;
use offchain_validator::bucket::Fetched;
use offchain_validator::gradient::{self, Compressed, CompressedGradient, Header, Layouts};
use offchain_validator::templar::gather::{judge, verdict, Submission};

use super::of_json;
use crate::{Decoder, Finding, Reading, OFFENDER, WINDOW};

/// Reads what the offender uploaded for the window.
pub struct Gradient;

impl Decoder for Gradient {
	fn name(&self) -> &'static str {
		"gradient"
	}

	fn honest(&self) -> Vec<Vec<u8>> {
		vec![encoded(WINDOW, OFFENDER)]
	}

	fn read(&self, bytes: &[u8]) -> Reading {
		let layouts = layouts();
		let fetched = Fetched::Object { bytes: Bytes::copy_from_slice(bytes), uploaded_ms: 0 };
		let submission = judge(fetched, WINDOW, OFFENDER, &layouts);
		if let Some(gradient) = submission.content() {
			let again = gradient::decode(&gradient::encode(gradient, &layouts), &layouts);
			assert_eq!(again.as_ref(), Ok(gradient));
		}
		submission.into()
	}

	/// What is larger than any gradient is refused before it is looked at.
	fn most_memory(&self, size: usize) -> usize {
		size + of_json(size.min(gradient::max_bytes(&layouts())))
	}
}

impl From<Submission> for Reading {
	fn from(submission: Submission) -> Self {
		let finding = verdict(&submission).map_or(Finding::Sound, Finding::Gradient);
		Self { said: submission.to_string(), finding }
	}
}

/// Of a model with a matrix and a vector.
pub fn layouts() -> Layouts {
	let shapes = [("m".into(), vec![4, 8]), ("v".into(), vec![6])];
	Layouts::new(&shapes, 4, 3).expect("they can be cut")
}

/// The file of an honest gradient; 72 bytes of data: 6 values of each parameter, then the indices of each.
pub fn encoded(window: u32, uid: u16) -> Vec<u8> {
	let layouts = layouts();
	let m = Compressed { indices: vec![0, 5, 15, 1, 2, 3], values: vec![1.0, -2.0, 3.0, 0.0, -0.5, 9.0] };
	let v = Compressed { indices: vec![0, 1, 2, 0, 1, 2], values: vec![1.0; 6] };
	let tensors = BTreeMap::from([("m".to_owned(), m), ("v".to_owned(), v)]);
	let gradient = CompressedGradient::new(Header { window, uid, pages: vec![7, 8] }, tensors, &layouts);
	gradient::encode(&gradient.expect("it is sound"), &layouts)
}
