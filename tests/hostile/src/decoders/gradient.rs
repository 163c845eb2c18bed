// SPDX-License-Identifier: Apache-2.0

//! Gradients, as miners of Templar upload them, in both forms.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use offchain_validator::bucket::Fetched;
use offchain_validator::gradient::{
	self, Codec, Coding, Compressed, CompressedGradient, Header, Layouts, Quantised, Quantiser, StatedText, Values,
};
use offchain_validator::templar::gather::{judge, verdict, Submission};

use super::of_json;
use crate::{Decoder, Finding, Reading, OFFENDER, WINDOW};

/// Reads what the offender uploaded for the window, if that is of its form.
pub enum Gradient {
	/// The first form.
	Plain,
	/// The later form.
	Quantised,
}

// They have threads of their own, which would take longer to start than all the rest.
static PLAIN: LazyLock<Codec> = LazyLock::new(|| Codec::new(Gradient::Plain.layouts()));
static QUANTISED: LazyLock<Codec> = LazyLock::new(|| Codec::new(Gradient::Quantised.layouts()));

impl Decoder for Gradient {
	fn name(&self) -> &'static str {
		match self {
			Self::Plain => "gradient",
			Self::Quantised => "quantised gradient",
		}
	}

	fn honest(&self) -> Vec<Vec<u8>> {
		vec![self.encoded(WINDOW, OFFENDER)]
	}

	fn read(&self, bytes: &[u8]) -> Reading {
		let layouts = self.layouts();
		let fetched = Fetched::Object { bytes: Bytes::copy_from_slice(bytes), uploaded_ms: 0 };
		let submission = judge(fetched, WINDOW, OFFENDER, &layouts);
		if let Some(gradient) = submission.content() {
			let again = gradient::decode(&gradient::encode(gradient, &layouts), &layouts);
			assert_eq!(again.as_ref(), Ok(gradient));
			self.check_finite(gradient);
		}
		submission.into()
	}

	/// What is larger than any gradient is refused before it is looked at.
	fn most_memory(&self, size: usize) -> usize {
		size + of_json(size.min(gradient::max_bytes(&self.layouts())))
	}
}

impl From<Submission> for Reading {
	fn from(submission: Submission) -> Self {
		let finding = verdict(&submission).map_or(Finding::Sound, Finding::Gradient);
		Self { said: submission.to_string(), finding }
	}
}

impl Gradient {
	/// Of a model with a matrix and a vector.
	pub fn layouts(&self) -> Layouts {
		let shapes = [("m".into(), vec![4, 8]), ("v".into(), vec![6])];
		let coding = match self {
			Self::Plain => Coding::Dct,
			Self::Quantised => Coding::Quantised(Quantiser { bins: 4, range: 6.0 }),
		};
		Layouts::with_coding(&shapes, 4, 3, coding).expect("they can be cut")
	}

	/// Whether all that is made of a gradient is finite: what it alone is measured by, and the step that all take.
	fn check_finite(&self, gradient: &CompressedGradient) {
		let codec = match self {
			Self::Plain => PLAIN.plain(),
			Self::Quantised => QUANTISED.plain(),
		};
		for (parameter, layout) in codec.layouts().iter() {
			let sent = gradient.get(parameter).expect("it is complete");
			let mut decoded = vec![0.0; layout.elements()];
			codec.decode(parameter, sent, None, &mut decoded).expect("it fits");
			assert!(decoded.iter().all(|value| value.is_finite()), "{parameter}: {sent:?} gives {decoded:?}");
			codec.aggregate(parameter, &[sent], &mut decoded).expect("it fits");
			assert!(decoded.iter().all(|value| value.is_finite()), "{parameter}: {sent:?} aggregates to {decoded:?}");
		}
	}

	/// The file of an honest gradient. Of the first form it has 72 bytes of data: 6 values of each parameter, then the indices
	/// of each. Of the later form, which sends two of a chunk, 68: 6 numbers that codes of each parameter are read by, then 4
	/// codes of each, then 6 bytes of packed indices of each.
	pub fn encoded(&self, window: u32, uid: u16) -> Vec<u8> {
		let layouts = self.layouts();
		let [m, v] = match self {
			Self::Plain => [
				Compressed { indices: vec![0, 5, 15, 1, 2, 3], values: vec![1.0, -2.0, 3.0, 0.0, -0.5, 9.0].into() },
				Compressed { indices: vec![0, 1, 2, 0, 1, 2], values: vec![1.0; 6].into() },
			],
			Self::Quantised => [
				Compressed { indices: vec![0, 5, 1, 2], values: quantised(vec![0, 3, 2, 1]) },
				Compressed { indices: vec![0, 1, 0, 2], values: quantised(vec![2; 4]) },
			],
		};
		let tensors = BTreeMap::from([("m".to_owned(), m), ("v".to_owned(), v)]);
		let header = Header { window, uid, text: StatedText::Pages(vec![7, 8]) };
		let gradient = CompressedGradient::new(header, tensors, &layouts);
		gradient::encode(&gradient.expect("it is sound"), &layouts)
	}
}

/// Of the first form.
pub fn layouts() -> Layouts {
	Gradient::Plain.layouts()
}

/// Of the first form.
pub fn encoded(window: u32, uid: u16) -> Vec<u8> {
	Gradient::Plain.encoded(window, uid)
}

fn quantised(codes: Vec<u8>) -> Values {
	Values::Quantised(Quantised { codes, lookup: vec![-2.0, -1.0, 1.0, 2.0], shift: 0.5, scale: 1.0 })
}
