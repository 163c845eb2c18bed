// SPDX-License-Identifier: Apache-2.0

//! What a miner says of the text that it has trained on.

use crate::data::{pool, Assigned};
use crate::gradient::StatedText;

/// What is true of a miner that was assigned this.
pub(super) fn stated(assigned: &Assigned) -> StatedText {
	match assigned {
		Assigned::Pages(pages) => StatedText::Pages(pages.clone()),
		Assigned::Sequences(numbers) => StatedText::Sequences {
			digest: pool::digest(numbers),
			count: u32::try_from(numbers.len()).unwrap_or(u32::MAX),
		},
	}
}
