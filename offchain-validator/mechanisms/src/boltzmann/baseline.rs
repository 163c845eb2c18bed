// SPDX-License-Identifier: Apache-2.0
//! What is to be held of a downloaded slice, before anything is made of it.

use serde::{Deserialize, Serialize};

/// Our own parameters at the positions of a window's slice, and how far from them a miner's may be.
///
/// Made once for a window; all slices are held against it.
#[derive(Clone, Debug)]
pub struct Baseline<'a> {
	parameters: Vec<Parameter<'a>>,
}

/// What is ours of one parameter. All values are finite.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter<'a> {
	pub(super) values: &'a [f32],
	/// Euclidean norm of the values.
	pub(super) norm: f64,
	/// Euclidean norm of the largest change that may be.
	largest_change: f64,
}

/// What is wrong with a slice. Parameters are counted from 0 in the model's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvalidSlice {
	/// It has more or fewer parameters than the model.
	WrongCount,
	/// It has more or fewer values of this parameter than the slice holds.
	WrongLength {
		/// Which parameter.
		parameter: usize,
	},
	/// Its values of this parameter hold NaN or infinity.
	NotFinite {
		/// Which parameter.
		parameter: usize,
	},
	/// Its values of this parameter are further from ours than training could take them.
	TooFar {
		/// Which parameter.
		parameter: usize,
	},
}

impl<'a> Baseline<'a> {
	/// Prepares to judge by our own `parameters`, one list of values each; `None` if one holds NaN or infinity, for then
	/// nobody can be judged.
	///
	/// Each parameter of a slice may differ from ours by `max_relative_change` of its norm. One that is smaller than the
	/// model's parameters are on average, such as a bias that starts at zero, is taken for one of that average.
	pub fn new(parameters: &[&'a [f32]], max_relative_change: f64) -> Option<Self> {
		let squares = || parameters.iter().map(|values| square_sum(values.iter().copied().map(f64::from)));
		let count: f64 = parameters.iter().map(|values| values.len() as f64).sum();
		let mean_square = squares().sum::<f64>() / count.max(1.0);
		let parameter = |(&values, square): (&&'a [f32], f64)| Parameter {
			values,
			norm: square.sqrt(),
			largest_change: max_relative_change * square.max(mean_square * values.len() as f64).sqrt(),
		};
		// No sum of squares of finite f32 overflows an f64.
		mean_square.is_finite().then(|| Self { parameters: parameters.iter().zip(squares()).map(parameter).collect() })
	}

	/// What is wrong with a miner's `slice`, which has one list of values for each parameter.
	pub fn check<Values: AsRef<[f32]>>(&self, slice: &[Values]) -> Result<(), InvalidSlice> {
		if slice.len() != self.parameters.len() {
			return Err(InvalidSlice::WrongCount);
		}
		for (parameter, (own, values)) in self.parameters.iter().zip(slice).enumerate() {
			if values.as_ref().len() != own.values.len() {
				return Err(InvalidSlice::WrongLength { parameter });
			}
			let change = square_sum(own.step_to(values.as_ref())).sqrt();
			if !change.is_finite() {
				return Err(InvalidSlice::NotFinite { parameter });
			}
			if change > own.largest_change {
				return Err(InvalidSlice::TooFar { parameter });
			}
		}
		Ok(())
	}

	pub(super) fn parameters(&self) -> &[Parameter<'a>] {
		&self.parameters
	}
}

impl Parameter<'_> {
	/// `δ = θ − slice`, value by value: what a step of descent took away, so that it points along the gradient.
	pub(super) fn step_to<'v>(&'v self, slice: &'v [f32]) -> impl Iterator<Item = f64> + 'v {
		self.values.iter().zip(slice).map(|(own, theirs)| f64::from(*own) - f64::from(*theirs))
	}
}

fn square_sum(values: impl Iterator<Item = f64>) -> f64 {
	values.map(|value| value * value).sum()
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	const OWN: [&[f32]; 2] = [&[3.0, 4.0], &[0.0, 0.0, 0.0]];

	#[track_caller]
	fn check(slice: &[&[f32]], expected: Result<(), InvalidSlice>) {
		assert_eq!(Baseline::new(&OWN, 0.5).unwrap().check(slice), expected);
	}

	#[test]
	fn a_step_within_the_bound_is_accepted() {
		check(&OWN, Ok(()));
		check(&[&[3.0, 6.4], &[0.0; 3]], Ok(()));
	}

	#[test]
	fn a_step_past_the_bound_is_too_far() {
		check(&[&[3.0, 6.6], &[0.0; 3]], Err(InvalidSlice::TooFar { parameter: 0 }));
		check(&[&[f32::MAX, -f32::MAX], &[0.0; 3]], Err(InvalidSlice::TooFar { parameter: 0 }));
	}

	#[test]
	fn a_parameter_of_zeros_may_be_trained() {
		// The mean square is 5, so the norm of three elements would be the root of 15.
		check(&[OWN[0], &[1.0, 1.0, 1.0]], Ok(()));
		check(&[OWN[0], &[2.0, 0.0, 0.0]], Err(InvalidSlice::TooFar { parameter: 1 }));
	}

	#[test]
	fn another_shape_is_refused() {
		check(&[], Err(InvalidSlice::WrongCount));
		check(&[OWN[0], OWN[1], &[]], Err(InvalidSlice::WrongCount));
		check(&[&[3.0], OWN[1]], Err(InvalidSlice::WrongLength { parameter: 0 }));
		check(&[OWN[0], &[0.0; 4]], Err(InvalidSlice::WrongLength { parameter: 1 }));
	}

	#[test]
	fn what_is_no_number_is_refused() {
		for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
			check(&[OWN[0], &[0.0, bad, 0.0]], Err(InvalidSlice::NotFinite { parameter: 1 }));
		}
	}

	#[test]
	fn parameters_of_ours_that_are_no_numbers_accuse_nobody() {
		assert!(Baseline::new(&[&[1.0], &[f32::NAN]], 0.5).is_none());
		assert!(Baseline::new(&[&[f32::INFINITY]], 0.5).is_none());
		assert!(Baseline::new(&[&[f32::MAX; 9]], 0.5).is_some());
		assert_eq!(Baseline::new(&[], 0.5).map(|baseline| baseline.check::<Vec<f32>>(&[])), Some(Ok(())));
	}

	proptest! {
		/// Of `n` accepted slices, each moves the mean by at most an `n`-th of the bound.
		#[test]
		fn an_accepted_slice_is_finite_and_near(values in prop::collection::vec(prop::num::f32::ANY, 2)) {
			if Baseline::new(&[OWN[0]], 0.5).unwrap().check(&[&values]).is_ok() {
				prop_assert!(f32::hypot(values[0] - 3.0, values[1] - 4.0) <= 2.5001);
			}
		}
	}
}
