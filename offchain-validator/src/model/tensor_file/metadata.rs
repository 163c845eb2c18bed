// SPDX-License-Identifier: Apache-2.0

//! What a file says of itself: text under names, each of which a reader knows or leaves to whoever wrote it.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::TensorFileError;

/// Longest part of a stranger's text that is told.
const TOLD: usize = 40;

/// The entry of this name.
pub(crate) fn entry<'a>(metadata: &'a BTreeMap<String, String>, key: &'static str) -> Result<&'a str, TensorFileError> {
	metadata.get(key).map(String::as_str).ok_or(TensorFileError::MissingMetadata { key })
}

/// Refuses any other entry of this name than the one `expected`.
pub(crate) fn expect(
	metadata: &BTreeMap<String, String>,
	key: &'static str,
	expected: &str,
) -> Result<(), TensorFileError> {
	match entry(metadata, key)? {
		value if value == expected => Ok(()),
		value => Err(bad(key, value, expected)),
	}
}

/// The number under this name. `expected` is for people: what numbers there can be.
pub(crate) fn number<N: FromStr + ToString>(
	metadata: &BTreeMap<String, String>,
	key: &'static str,
	expected: &str,
) -> Result<N, TensorFileError> {
	let value = entry(metadata, key)?;
	parse(value).ok_or_else(|| bad(key, value, expected))
}

/// An entry that cannot be: its `value` is another than `expected`.
pub(crate) fn bad(key: &'static str, value: &str, expected: &str) -> TensorFileError {
	TensorFileError::Metadata { key, value: value.chars().take(TOLD).collect(), expected: expected.into() }
}

/// A number written the one way in which we write it: no sign, no leading zero.
pub(crate) fn parse<N: FromStr + ToString>(text: &str) -> Option<N> {
	text.parse().ok().filter(|number: &N| number.to_string() == text)
}
