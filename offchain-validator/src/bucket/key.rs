// SPDX-License-Identifier: Apache-2.0

//! Names of objects in a bucket. Pure.

use std::fmt;
use std::str::FromStr;

/// What an object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
	/// What a miner submits for a window.
	Gradient,
	/// A few parameters of a model after a window, to compare with.
	Debug,
	/// A slice of a miner's parameters before its step.
	State,
	/// The same slice after its step.
	Delta,
	/// The shared model after a window.
	Checkpoint,
	/// Whose gradients count from a window on.
	Peers,
	/// The first window of a run.
	Start,
}

/// Names an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
	/// What it holds.
	pub kind: Kind,
	/// The window it is for.
	pub window: u32,
	/// Whose it is.
	pub uid: u16,
	/// Version of the run. Objects of other runs are not seen.
	pub version: u32,
}

/// The text is no name of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not of the form KIND-WINDOW-UID-vVERSION.EXTENSION, such as `gradient-7-3-v1.safetensors`")]
pub struct InvalidKey;

impl Kind {
	const ALL: [Self; 7] =
		[Self::Gradient, Self::Debug, Self::State, Self::Delta, Self::Checkpoint, Self::Peers, Self::Start];

	fn around(self) -> (&'static str, &'static str) {
		match self {
			Self::Gradient => ("gradient-", ".safetensors"),
			Self::Debug => ("debug-", ".json"),
			Self::State => ("state-", ".safetensors"),
			Self::Delta => ("delta-", ".safetensors"),
			Self::Checkpoint => ("checkpoint-", ".safetensors"),
			Self::Peers => ("peers-", ".json"),
			Self::Start => ("start-", ".json"),
		}
	}
}

impl fmt::Display for ObjectKey {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self { kind, window, uid, version } = self;
		let (before, after) = kind.around();
		write!(f, "{before}{window}-{uid}-v{version}{after}")
	}
}

impl FromStr for ObjectKey {
	type Err = InvalidKey;

	fn from_str(text: &str) -> Result<Self, InvalidKey> {
		let key = Kind::ALL.into_iter().find_map(|kind| {
			let (before, after) = kind.around();
			let mut numbers = text.strip_prefix(before)?.strip_suffix(after)?.splitn(3, '-');
			let (window, uid) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
			let version = numbers.next()?.strip_prefix('v')?.parse().ok()?;
			Some(Self { kind, window, uid, version })
		});
		// One object has one name: no `+7`, no `007`.
		key.filter(|key| key.to_string() == text).ok_or(InvalidKey)
	}
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[test]
	fn names_are_those_others_look_for() {
		let gradient = ObjectKey { kind: Kind::Gradient, window: 7, uid: 3, version: 1 };
		assert_eq!(gradient.to_string(), "gradient-7-3-v1.safetensors");
		assert_eq!(ObjectKey { kind: Kind::Debug, ..gradient }.to_string(), "debug-7-3-v1.json");
	}

	#[test]
	fn other_names_are_refused() {
		for text in [
			"",
			"gradient-7-3-v1.json",
			"gradient-07-3-v1.safetensors",
			"gradient-+7-3-v1.safetensors",
			"gradient-7-65536-v1.safetensors",
			"gradient-4294967296-3-v1.safetensors",
			"gradient-7-3-v1-v2.safetensors",
			"gradient-7-3-1.safetensors",
			"gradient-7-3.safetensors",
			"a/gradient-7-3-v1.safetensors",
			"model-7-3-v1.safetensors",
		] {
			assert_eq!(text.parse::<ObjectKey>(), Err(InvalidKey), "{text}");
		}
	}

	proptest! {
		#[test]
		fn a_name_reads_back(kind in prop::sample::select(&Kind::ALL[..]), window: u32, uid: u16, version: u32) {
			let key = ObjectKey { kind, window, uid, version };
			prop_assert_eq!(key.to_string().parse(), Ok(key));
		}
	}
}
