// SPDX-License-Identifier: Apache-2.0

//! Slices of a model, as miners of Boltzmann upload them, held against our own.

use std::num::{NonZeroU32, NonZeroUsize};

use bytes::Bytes;
use mechanisms::boltzmann::params::ScoreForm;
use mechanisms::boltzmann::{Params, Verdict};
use mechanisms::Policy;
use offchain_validator::boltzmann::acceptance::{findings, Finding as Held};
use offchain_validator::boltzmann::slice::{self, Origin, Part, Selection, Values};
use offchain_validator::bucket::Fetched;
use offchain_validator::participant::Submission;

use super::of_json;
use crate::{Decoder, Finding, Reading, OFFENDER, WINDOW};

/// Reads what the offender uploaded after its step.
pub struct Slice;

impl Decoder for Slice {
	fn name(&self) -> &'static str {
		"slice"
	}

	fn honest(&self) -> Vec<Vec<u8>> {
		vec![encoded(&ORIGIN)]
	}

	fn read(&self, bytes: &[u8]) -> Reading {
		let fetched = Fetched::Object { bytes: Bytes::copy_from_slice(bytes), uploaded_ms: 0 };
		let submission = Submission::new(fetched, |bytes| slice::decode(bytes, &ORIGIN, &selection()));
		let found = findings(&own(), &[(OFFENDER, submission.clone())].into(), &PARAMS).expect("ours are finite");
		match found.get(&OFFENDER) {
			Some(Held::Accepted) => Reading { said: "accepted".into(), finding: Finding::Sound },
			Some(held) => Reading { said: held.to_string(), finding: Finding::Slice(Verdict::Invalid) },
			None => Reading { said: submission.to_string(), finding: Finding::Slice(Verdict::Invalid) },
		}
	}

	/// What is larger than any slice is refused before it is looked at.
	fn most_memory(&self, size: usize) -> usize {
		size + of_json(size.min(selection().max_bytes()))
	}
}

/// Whose slice is asked for.
pub const ORIGIN: Origin = Origin { part: Part::Delta, window: WINDOW, uid: OFFENDER };
/// One element in four.
const COMPRESSION: NonZeroUsize = NonZeroUsize::new(4).unwrap();
const PARAMS: Params = Params {
	compression: COMPRESSION,
	validator_moving_alpha: 0.9,
	windows_per_weights: NonZeroU32::MIN,
	score_form: ScoreForm::Cosine { alpha: 1.0 },
	max_relative_change: 0.5,
	average_floor: 0.0,
	copy_similarity: 0.99,
	policy: Policy::Corrected,
};

/// Of a model with a matrix and a vector: eight elements of the one, two of the other.
pub fn selection() -> Selection {
	let shapes = [("m".into(), vec![4, 8]), ("v".into(), vec![8])];
	Selection::of_block(&[7; 32], COMPRESSION, &shapes)
}

/// The file of an honest slice; 40 bytes of data.
pub fn encoded(origin: &Origin) -> Vec<u8> {
	let step = own().into_iter().map(|values| values.into_iter().map(|value| value * 1.01).collect()).collect();
	slice::encode(&step, origin, &selection())
}

/// What we hold at the same places.
fn own() -> Values {
	vec![vec![1.0; 8], vec![-2.0; 2]]
}
