// SPDX-License-Identifier: Apache-2.0
//! How much each of our own sampled elements moves in an outer step.

use serde::{Deserialize, Serialize};

use super::Samples;

/// Part of the newest change in the average.
const NEWEST: f32 = 0.2;

/// What our own sampled elements move in a step, as a moving average. [`Default`] is that of a model not seen yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
	last: Samples,
	average: Samples,
}

impl Changes {
	/// Takes in our samples after another step. The first change of a parameter is its average.
	///
	/// One that is not finite is left out: our model is broken then, and its peers are not to be measured by it.
	pub fn observe(&mut self, own: &Samples) {
		for (name, values) in own {
			let Some(last) = self.last.get(name).filter(|last| last.len() == values.len()) else { continue };
			let changes: Vec<f32> = values.iter().zip(last).map(|(now, last)| (now - last).abs()).collect();
			if !changes.iter().all(|change| change.is_finite()) {
				continue;
			}
			let average = self.average.entry(name.clone()).or_insert_with(|| changes.clone());
			for (average, change) in average.iter_mut().zip(&changes) {
				*average += (change - *average) * NEWEST;
			}
		}
		self.last.clone_from(own);
	}

	/// By parameter; only those of which a change is known.
	pub fn average(&self) -> &Samples {
		&self.average
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn observed(values: &[f32]) -> Changes {
		let mut changes = Changes::default();
		for value in values {
			changes.observe(&Samples::from([("a".to_owned(), vec![*value])]));
		}
		changes
	}

	#[test]
	fn the_first_change_is_the_average_and_each_later_one_a_fifth_of_it() {
		assert!(observed(&[1.0]).average().is_empty());
		assert_eq!(observed(&[1.0, 3.0]).average()["a"], [2.0]);
		assert_eq!(observed(&[1.0, 3.0, 2.0]).average()["a"], [1.8]);
	}

	#[test]
	fn a_broken_model_moves_nothing() {
		assert_eq!(observed(&[1.0, 3.0, f32::NAN, 3.0]).average()["a"], [2.0]);
	}
}
