// SPDX-License-Identifier: Apache-2.0
//! The angle between two vectors, from sums that may be added up over parameters.

/// Norms below this count as this, so that next to nothing has next to no direction.
pub(super) const EPSILON: f64 = 1e-8;

/// The three sums that the cosine of `a` and `b` is made of.
///
/// In `f64`, where no sum of products of finite `f32` overflows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Products {
	dot: f64,
	a: f64,
	b: f64,
}

impl Products {
	/// Of two vectors, value by value.
	pub(super) fn of(pairs: impl Iterator<Item = (f64, f64)>) -> Self {
		let mut sums = Self::default();
		pairs.for_each(|(a, b)| sums.add(Self { dot: a * b, a: a * a, b: b * b }));
		sums
	}

	/// Takes in those of two further parts of the vectors.
	pub(super) fn add(&mut self, other: Self) {
		self.dot += other.dot;
		self.a += other.a;
		self.b += other.b;
	}

	/// `a·b / (‖a‖·‖b‖)`, `[-1, 1]`; zero when either is.
	pub(super) fn cosine(&self) -> f64 {
		self.dot / (self.a.sqrt().max(EPSILON) * self.b.sqrt().max(EPSILON))
	}

	/// Whether `b` is made of finite numbers and is not zero.
	pub(super) fn has_direction(&self) -> bool {
		self.b.is_finite() && self.b > 0.0
	}
}
