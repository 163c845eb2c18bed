// SPDX-License-Identifier: Apache-2.0

//! Off-chain side of a Bittensor-family chain: a validator and miners that train one model together, window by window.
//!
//! [`chain`] is the only module that names subxt; everything else speaks in the words it offers. There is no crate edge
//! to the runtime or a pallet: calls and storage are found by name in the metadata the node serves, so the same program
//! works against any chain of this shape. libtorch is named in [`model`] and [`gradient`] alone, object_store in
//! [`bucket`]. Scores are the `mechanisms` crate's.
//!
//! [`participant`] is what takes part in every mechanism; each mechanism at work is a module of its own: [`templar`],
//! [`boltzmann`], [`finetuning`]. With the feature `torch`, which is on by default, each has a `validator` and a `miner`:
//! participants with an engine.

mod atomic;
pub mod boltzmann;
pub mod bucket;
pub mod chain;
pub mod chain_info;
pub mod clock;
pub mod data;
pub mod finetuning;
pub mod gradient;
pub mod hparams;
pub mod journal;
pub mod model;
pub mod participant;
#[cfg(feature = "torch")]
pub mod shared_model;
pub mod state;
pub mod table;
pub mod templar;

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write as _};

/// An error and its causes on one line.
///
/// A cause that the line already quotes is left out: some libraries print their causes as part of themselves.
pub fn one_line(error: &(dyn Error + 'static)) -> String {
	let causes = std::iter::successors(Some(error), |error| (*error).source());
	causes.fold(String::new(), |line, cause| {
		let text = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
		match line {
			line if line.is_empty() => text,
			line if line.contains(&text) => line,
			line => format!("{line}: {text}"),
		}
	})
}

/// Prints `result` to stdout. A reader that has seen enough, such as `head`, may close the pipe early.
pub fn print(result: impl Display) -> io::Result<()> {
	match write!(io::stdout(), "{result}").and_then(|()| io::stdout().flush()) {
		Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
		outcome => outcome,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[derive(Debug, thiserror::Error)]
	#[error("{text}")]
	struct Layer {
		text: &'static str,
		source: Option<Box<Layer>>,
	}

	fn layer(text: &'static str, source: Option<Layer>) -> Layer {
		Layer { text, source: source.map(Box::new) }
	}

	#[test]
	fn causes_follow_on_the_same_line() {
		let error = layer("no vote", Some(layer("no chain\n  answers", None)));
		assert_eq!(one_line(&error), "no vote: no chain answers");
	}

	#[test]
	fn a_cause_already_quoted_is_not_repeated() {
		let error = layer("no vote: refused", Some(layer("refused", None)));
		assert_eq!(one_line(&error), "no vote: refused");
	}
}
