// SPDX-License-Identifier: Apache-2.0

//! What became of the object that a miner should have uploaded. What a peer did wrong is a value here, never an error.

use std::collections::BTreeMap;
use std::fmt;

use mechanisms::Uid;

use crate::bucket::Fetched;

/// What a miner's bucket held: a `T`, or what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub enum Submission<T, E> {
	/// What was asked for.
	Content {
		/// The content; it has passed its checks.
		content: T,
		/// When it was uploaded, in milliseconds since 1970.
		uploaded_ms: u64,
	},
	/// Nothing.
	Missing,
	/// An upload from before the window had ended.
	TooEarly,
	/// An upload from after the deadline.
	TooLate,
	/// More bytes than such an object can have.
	TooLarge {
		/// How many.
		size: u64,
	},
	/// The bucket could not be read.
	Unreachable(String),
	/// Something else than was asked for.
	Invalid(E),
}

impl<T, E> Submission<T, E> {
	/// What `decode` makes of what was `fetched`.
	pub fn new(fetched: Fetched, decode: impl FnOnce(&[u8]) -> Result<T, E>) -> Self {
		match fetched {
			Fetched::Object { bytes, uploaded_ms } => match decode(&bytes) {
				Ok(content) => Self::Content { content, uploaded_ms },
				Err(why) => Self::Invalid(why),
			},
			Fetched::Missing => Self::Missing,
			Fetched::TooEarly { .. } => Self::TooEarly,
			Fetched::TooLate { .. } => Self::TooLate,
			Fetched::TooLarge { size } => Self::TooLarge { size },
			Fetched::Unreachable(why) => Self::Unreachable(why),
		}
	}

	/// The content, if there is any.
	pub fn content(&self) -> Option<&T> {
		match self {
			Self::Content { content, .. } => Some(content),
			_ => None,
		}
	}
}

impl<T, E: fmt::Display> fmt::Display for Submission<T, E> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Content { .. } => f.write_str("in time"),
			Self::Missing => f.write_str("missing"),
			Self::TooEarly => f.write_str("uploaded before the window ended"),
			Self::TooLate => f.write_str("uploaded after the deadline"),
			Self::TooLarge { size } => write!(f, "too large: {size} bytes"),
			Self::Unreachable(why) => write!(f, "bucket cannot be read: {why}"),
			Self::Invalid(why) => write!(f, "invalid: {why}"),
		}
	}
}

/// Whether none of the buckets could be read, which is no miner's fault.
pub fn all_unreachable<T, E>(submissions: &BTreeMap<Uid, Submission<T, E>>) -> bool {
	!submissions.is_empty() && submissions.values().all(|submission| matches!(submission, Submission::Unreachable(_)))
}

#[cfg(test)]
mod tests {
	use super::*;

	type Number = Submission<u8, std::num::ParseIntError>;

	fn number(bytes: &'static [u8]) -> Number {
		let fetched = Fetched::Object { bytes: bytes.into(), uploaded_ms: 5 };
		Submission::new(fetched, |bytes| String::from_utf8_lossy(bytes).parse())
	}

	#[test]
	fn an_object_is_what_it_decodes_to_or_invalid() {
		assert_eq!(number(b"7"), Submission::Content { content: 7, uploaded_ms: 5 });
		assert_eq!(number(b"7").content(), Some(&7));
		assert_eq!(number(b"x").to_string(), "invalid: invalid digit found in string");
		assert_eq!(number(b"x").content(), None);
	}

	#[test]
	fn one_bucket_that_can_be_read_clears_us() {
		let gone = || Number::Unreachable("gone".into());
		assert!(all_unreachable(&[(1, gone()), (2, gone())].into()));
		assert!(!all_unreachable(&[(1, gone()), (2, Number::Missing)].into()));
		assert!(!all_unreachable(&BTreeMap::<Uid, Number>::new()));
	}
}
