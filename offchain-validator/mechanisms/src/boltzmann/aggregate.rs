// SPDX-License-Identifier: Apache-2.0
//! The update that all peers make: the mean of the slices, written over the elements they hold.
//!
//! A mean has no defence of its own: one slice of huge numbers moves it anywhere. So only slices that pass
//! [`Baseline::check`](super::Baseline::check) may enter; of those, each moves a parameter by no more than the largest
//! relative change divided by the number of slices. The plain mean of what is accepted is the reference's.

/// Why slices make no update. Only checked slices may be passed, so this is the caller's mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AggregateError {
	/// Values do not stand for the same elements.
	#[error("one list has {found} values where another has {expected}")]
	LengthsDiffer {
		/// Length of the first list.
		expected: usize,
		/// Length of the other.
		found: usize,
	},
	/// The parameter is not the one that the slices are of.
	#[error("position {position} is past the end of a parameter of {length} elements")]
	OutOfRange {
		/// The position asked for.
		position: usize,
		/// Elements of the parameter.
		length: usize,
	},
}

/// The mean of one parameter's `slices`, value by value; `None` without slices. Finite if all values are.
pub fn mean<Values: AsRef<[f32]>>(slices: &[Values]) -> Result<Option<Vec<f32>>, AggregateError> {
	let Some(first) = slices.first() else { return Ok(None) };
	let mut sums = vec![0.0; first.as_ref().len()];
	for slice in slices {
		same_length(sums.len(), slice.as_ref().len())?;
		for (sum, value) in sums.iter_mut().zip(slice.as_ref()) {
			*sum += f64::from(*value); // In f64, where no sum of finite f32 overflows.
		}
	}
	Ok(Some(sums.into_iter().map(|sum| (sum / slices.len() as f64) as f32).collect()))
}

/// Writes `values` over the elements at `positions` of a flattened `parameter`. On an error nothing is written.
pub fn write(parameter: &mut [f32], positions: &[usize], values: &[f32]) -> Result<(), AggregateError> {
	same_length(positions.len(), values.len())?;
	let length = parameter.len();
	if let Some(&position) = positions.iter().find(|position| **position >= length) {
		return Err(AggregateError::OutOfRange { position, length });
	}
	for (position, value) in positions.iter().zip(values) {
		if let Some(element) = parameter.get_mut(*position) {
			*element = *value;
		}
	}
	Ok(())
}

fn same_length(expected: usize, found: usize) -> Result<(), AggregateError> {
	if found == expected {
		Ok(())
	} else {
		Err(AggregateError::LengthsDiffer { expected, found })
	}
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[test]
	fn the_mean_is_written_where_the_slices_are_from() {
		let mut parameter = [1.0, 2.0, 3.0, 4.0];
		let values = mean(&[[10.0, 0.0], [20.0, 1.0]]).unwrap().unwrap();
		assert_eq!(write(&mut parameter, &[3, 0], &values), Ok(()));
		assert_eq!(parameter, [0.5, 2.0, 3.0, 15.0]);
	}

	#[test]
	fn without_slices_nothing_changes() {
		assert_eq!(mean::<Vec<f32>>(&[]), Ok(None));
	}

	#[test]
	fn lists_that_do_not_fit_are_refused() {
		let mut parameter = [1.0, 2.0];
		let differ = AggregateError::LengthsDiffer { expected: 2, found: 1 };
		assert_eq!(mean(&[vec![1.0, 2.0], vec![1.0]]), Err(differ));
		assert_eq!(write(&mut parameter, &[0, 1], &[5.0]), Err(differ));
		let out = AggregateError::OutOfRange { position: 2, length: 2 };
		assert_eq!(write(&mut parameter, &[0, 2], &[5.0, 6.0]), Err(out));
		assert_eq!(parameter, [1.0, 2.0]);
	}

	proptest! {
		#[test]
		fn a_mean_lies_between_its_slices(values in prop::collection::vec(prop::num::f32::NORMAL, 1..10)) {
			let slices: Vec<_> = values.iter().map(|value| [*value]).collect();
			let mean = mean(&slices).unwrap().unwrap()[0];
			let (least, most) = values.iter().fold((f32::MAX, f32::MIN), |(a, b), value| (a.min(*value), b.max(*value)));
			prop_assert!((least..=most).contains(&mean));
		}
	}
}
