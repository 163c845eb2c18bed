// SPDX-License-Identifier: Apache-2.0
//! Means of what was measured on pages, and how surely they are known.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::PageLoss;

/// Number, mean and mean squared deviation from it, of finite values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moments {
	pub count: usize,
	pub mean: f64,
	pub square: f64,
}

/// A loss below this is nothing left to reduce, in nats per token.
const NOTHING: f64 = 1e-9;

/// A mean with its standard error. What is known of the true one has Student's distribution around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mean {
	pub value: f64,
	/// Infinite where a single page cannot tell.
	pub error: f64,
	/// Degrees of freedom of the error.
	freedom: f64,
}

impl Moments {
	/// In two passes, so that a mean that is large beside the deviations takes nothing from them. Zero of no values.
	pub fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
		let count = values.clone().count();
		let over = |sum: f64| sum / count.max(1) as f64;
		let mean = over(values.clone().sum());
		Self { count, mean, square: over(values.map(|value| (value - mean) * (value - mean)).sum()) }
	}
}

impl Mean {
	/// That of values.
	pub fn of(Moments { count, mean, square }: Moments) -> Self {
		let freedom = count.saturating_sub(1) as f64;
		let error = if freedom > 0.0 { (square / freedom).sqrt() } else { f64::INFINITY };
		Self { value: mean, error, freedom }
	}

	/// The reduction of the loss on `pages`, in nats per token.
	pub fn reduction(pages: &[PageLoss]) -> Self {
		Self::of(Moments::of(pages.iter().map(|loss| loss.before - loss.after)))
	}

	/// The part of the loss on `pages` that is gone, `Σ(before − after) / Σ before`, its error to the first order; zero where
	/// there was no loss to reduce.
	pub fn relative(pages: &[PageLoss]) -> Self {
		let before = Moments::of(pages.iter().map(|loss| loss.before)).mean;
		if before <= NOTHING {
			return Self { value: 0.0, ..Self::reduction(pages) };
		}
		let value = Moments::of(pages.iter().map(|loss| loss.before - loss.after)).mean / before;
		// W. G. Cochran, "Sampling Techniques", 1977, section 6.4: a ratio errs by the mean of its residuals.
		let residual = |loss: &PageLoss| (loss.before - loss.after - value * loss.before) / before;
		Self { value, ..Self::of(Moments::of(pages.iter().map(residual))) }
	}

	/// The difference to another mean of other pages (B. L. Welch, "The generalization of 'Student's' problem when several
	/// different population variances are involved", Biometrika 34, 1947).
	pub fn minus(self, other: Self) -> Self {
		let [one, two] = [self, other].map(|mean| mean.error * mean.error);
		let parts = one * one / self.freedom + two * two / other.freedom;
		let freedom = if parts > 0.0 { (one + two) * (one + two) / parts } else { self.freedom.min(other.freedom) };
		Self { value: self.value - other.value, error: (one + two).sqrt(), freedom }
	}

	/// The chance that the true mean is above `least`, of all values beforehand as likely as each other. A half if nothing
	/// is known.
	pub fn chance_above(self, least: f64) -> f64 {
		let distance = self.value - least;
		if self.error == 0.0 {
			return 0.5 + 0.5 * if distance == 0.0 { 0.0 } else { distance.signum() };
		}
		let place = distance / self.error;
		let known = place.is_finite() && self.freedom.is_finite();
		let student = StudentsT::new(0.0, 1.0, self.freedom).ok().filter(|_| known);
		student.map_or(0.5, |student| student.cdf(place).clamp(0.0, 1.0))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn mean(values: &[f64]) -> Mean {
		Mean::of(Moments::of(values.iter().copied()))
	}

	#[test]
	fn an_error_is_the_deviation_over_the_root_of_the_number() {
		let mean = mean(&[1.0, 2.0, 3.0, 4.0]);
		assert_eq!(mean.value, 2.5);
		assert!((mean.error - (5.0 / 3.0f64).sqrt() / 2.0).abs() < 1e-15, "deviation √(5/3) of four values");
	}

	/// Of Student's own table: 3 degrees of freedom, 2.353 is exceeded with 5 %.
	#[test]
	fn chances_are_those_of_students_table() {
		let mean = mean(&[1.0, 2.0, 3.0, 4.0]);
		assert!((mean.chance_above(mean.value - 2.353 * mean.error) - 0.95).abs() < 1e-4);
		assert!((mean.chance_above(mean.value + 2.353 * mean.error) - 0.05).abs() < 1e-4);
		assert_eq!(mean.chance_above(mean.value), 0.5);
	}

	#[test]
	fn nothing_is_known_of_one_value_and_all_of_equal_ones() {
		assert_eq!(mean(&[]).chance_above(0.0), 0.5);
		assert_eq!(mean(&[7.0]).chance_above(0.0), 0.5);
		assert_eq!(mean(&[7.0, 7.0]).chance_above(0.0), 1.0);
		assert_eq!(mean(&[-7.0, -7.0]).chance_above(0.0), 0.0);
		assert_eq!(mean(&[0.0, 0.0]).chance_above(0.0), 0.5);
		assert_eq!(mean(&[7.0]).minus(mean(&[1.0, 2.0])).chance_above(0.0), 0.5);
	}

	/// Welch's degrees of freedom for equal errors and numbers are those of both together.
	#[test]
	fn a_difference_has_both_errors() {
		let (one, two) = (mean(&[1.0, 2.0, 3.0, 4.0]), mean(&[0.0, 1.0, 2.0, 3.0]));
		let difference = one.minus(two);
		assert_eq!(difference.value, 1.0);
		assert!((difference.error - one.error * 2.0f64.sqrt()).abs() < 1e-15);
		assert!((difference.freedom - 6.0).abs() < 1e-12);
	}

	#[test]
	fn a_relative_reduction_is_that_of_the_sums() {
		let pages = [PageLoss { before: 4.0, after: 3.0 }, PageLoss { before: 2.0, after: 2.0 }];
		assert_eq!(Mean::relative(&pages).value, 1.0 / 6.0);
		assert_eq!(Mean::relative(&[PageLoss { before: 0.0, after: 0.0 }]).value, 0.0);
	}
}
