// SPDX-License-Identifier: Apache-2.0

//! Samples of a model, as miners of Templar publish them, held against our own.

use mechanisms::templar::sync::{self, Samples, Steps, SyncVerdict};
use offchain_validator::templar::debug::Debug;

use super::of_json;
use crate::{Decoder, Finding, Reading, WINDOW};

/// Reads what the offender says of its model.
pub struct DebugSamples;

impl Decoder for DebugSamples {
	fn name(&self) -> &'static str {
		"debug samples"
	}

	fn honest(&self) -> Vec<Vec<u8>> {
		let debug = Debug { window: WINDOW, samples: own(), successful_peers: vec![2, 3], skipped_peers: vec![] };
		vec![debug.encode().expect("it is plain data")]
	}

	fn read(&self, bytes: &[u8]) -> Reading {
		Reading::of_debug(Debug::decode(bytes, WINDOW).as_ref())
	}

	fn most_memory(&self, size: usize) -> usize {
		of_json(size)
	}
}

impl Reading {
	/// What is made of samples that could be read, or could not.
	pub fn of_debug(debug: Option<&Debug>) -> Self {
		let steps = Steps::Even { learning_rate: 0.5 };
		let verdict = sync::judge(&own(), debug.map(|debug| &debug.samples), steps);
		let said = match &verdict {
			SyncVerdict::Compared(compared) => {
				assert!((0.0..=1.0).contains(&compared.score()));
				format!("{:e} steps behind: score {}", compared.avg_steps_behind, compared.score())
			},
			SyncVerdict::Failed(failure) => format!("{failure:?}"),
			SyncVerdict::Unjudged => "unjudged".into(),
		};
		let is_sound = matches!(&verdict, SyncVerdict::Compared(compared) if compared.score() == 1.0);
		Self { said, finding: if is_sound { Finding::Sound } else { Finding::Sync(verdict) } }
	}
}

/// The samples of our own model.
fn own() -> Samples {
	[("m".to_owned(), vec![1.0, 2.0]), ("v".to_owned(), vec![3.0, 4.0])].into()
}
