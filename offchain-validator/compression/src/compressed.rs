// SPDX-License-Identifier: Apache-2.0

//! What is sent of one parameter.

use std::borrow::Cow;

use crate::quantise::Quantised;

/// What is sent of one parameter, chunk by chunk, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compressed {
	/// Positions in a chunk, ascending: equal gradients have equal bytes, and no index comes twice.
	pub indices: Vec<u16>,
	/// What is kept at these positions.
	pub values: Values,
}

/// Kept numbers as they travel.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
	/// As they are.
	Plain(Vec<f32>),
	/// A byte each, with the table that they look up.
	Quantised(Quantised),
}

impl Values {
	/// How many there are.
	pub fn len(&self) -> usize {
		match self {
			Self::Plain(values) => values.len(),
			Self::Quantised(quantised) => quantised.codes.len(),
		}
	}

	/// Whether there are none.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}

	/// The numbers that were meant.
	pub fn numbers(&self) -> Cow<'_, [f32]> {
		match self {
			Self::Plain(values) => values.into(),
			Self::Quantised(quantised) => quantised.numbers().into(),
		}
	}
}

impl Default for Values {
	fn default() -> Self {
		Self::Plain(Vec::new())
	}
}

impl From<Vec<f32>> for Values {
	fn from(values: Vec<f32>) -> Self {
		Self::Plain(values)
	}
}
