// SPDX-License-Identifier: Apache-2.0
//! How well a miner's step agrees with the gradient that the validator computed on the miner's pages.

use super::{
	baseline::{Baseline, InvalidSlice},
	cosine::{Products, EPSILON},
	params::ScoreForm,
	state::Verdict,
};

/// What a comparison tells about a slice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Judgement {
	/// How far the step goes along the gradient; finite, negative for one that goes against it.
	Scored(f64),
	/// The slice is unusable: the miner's doing.
	Invalid(InvalidSlice),
	/// Our own gradient is unusable or has no direction: no ground to judge anybody.
	NoBaseline,
}

/// Compares the step that a miner's `slice` is with our `gradients` at the same positions.
///
/// Both have one list of values for each parameter; a parameter without a gradient does not count. No slice makes a score
/// that is not finite.
pub fn judge<Values: AsRef<[f32]>>(
	baseline: &Baseline,
	gradients: &[Option<&[f32]>],
	slice: &[Values],
	form: ScoreForm,
) -> Judgement {
	if let Err(invalid) = baseline.check(slice) {
		return Judgement::Invalid(invalid);
	}
	if gradients.len() != baseline.parameters().len() {
		return Judgement::NoBaseline;
	}
	let (mut whole, mut norm_weighted) = (Products::default(), 0.0);
	for ((own, gradient), values) in baseline.parameters().iter().zip(gradients).zip(slice) {
		let Some(gradient) = gradient else { continue };
		if gradient.len() != own.values.len() {
			return Judgement::NoBaseline;
		}
		let products = Products::of(own.step_to(values.as_ref()).zip(gradient.iter().copied().map(f64::from)));
		norm_weighted += (own.norm + EPSILON) * products.cosine();
		whole.add(products);
	}
	if !whole.has_direction() {
		return Judgement::NoBaseline;
	}
	Judgement::Scored(match form {
		ScoreForm::Cosine { alpha } => alpha * whole.cosine(),
		ScoreForm::NormWeighted => norm_weighted,
	})
}

impl From<Judgement> for Verdict {
	fn from(judgement: Judgement) -> Self {
		match judgement {
			Judgement::Scored(score) => Verdict::Scored(score),
			Judgement::Invalid(_) => Verdict::Invalid,
			Judgement::NoBaseline => Verdict::Unjudged,
		}
	}
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	const COSINE: ScoreForm = ScoreForm::Cosine { alpha: 1.0 };
	const OWN: [&[f32]; 2] = [&[3.0, 4.0], &[1.0]];
	const GRADIENTS: [Option<&[f32]>; 2] = [Some(&[1.0, 0.0]), Some(&[1.0])];

	fn judged(gradients: &[Option<&[f32]>], slice: &[&[f32]], form: ScoreForm) -> Judgement {
		judge(&Baseline::new(&OWN, 0.5).unwrap(), gradients, slice, form)
	}

	#[track_caller]
	fn check_score(slice: &[&[f32]], form: ScoreForm, expected: f64) {
		let Judgement::Scored(score) = judged(&GRADIENTS, slice, form) else { panic!("scored") };
		assert!((score - expected).abs() < 1e-5, "{score} is not {expected}");
	}

	#[test]
	fn a_step_down_the_gradient_scores_one() {
		check_score(&[&[2.9, 4.0], &[0.9]], COSINE, 1.0);
		check_score(&[&[3.1, 4.0], &[1.1]], COSINE, -1.0);
		check_score(&[&[3.0, 4.1], &[1.0]], COSINE, 0.0);
		check_score(&OWN, COSINE, 0.0);
		check_score(&[&[2.9, 4.0], &[0.9]], ScoreForm::Cosine { alpha: 7.0 }, 7.0);
	}

	#[test]
	fn the_coded_form_weighs_each_parameter_by_its_norm() {
		check_score(&[&[2.9, 4.0], &[1.01]], ScoreForm::NormWeighted, 5.0 - 1.0);
		check_score(&[&[2.9, 4.0], &[1.01]], COSINE, 0.09 / (0.0101f64.sqrt() * 2f64.sqrt()));
	}

	#[test]
	fn a_parameter_without_gradient_does_not_count() {
		for (form, expected) in [(COSINE, 1.0), (ScoreForm::NormWeighted, 5.0)] {
			let judgement = judged(&[GRADIENTS[0], None], &[&[2.9, 4.0], &[1.4]], form);
			let Judgement::Scored(score) = judgement else { panic!("{judgement:?}") };
			assert!((score - expected).abs() < 1e-6);
		}
	}

	#[test]
	fn an_unusable_slice_is_the_miners_doing() {
		let judgement = judged(&GRADIENTS, &[&[f32::NAN, 4.0], &[1.0]], COSINE);
		assert_eq!(judgement, Judgement::Invalid(InvalidSlice::NotFinite { parameter: 0 }));
		assert_eq!(Verdict::from(judgement), Verdict::Invalid);
	}

	#[test]
	fn an_unusable_gradient_is_ours() {
		let unusable: [&[Option<&[f32]>]; 6] = [
			&[None, None],
			&[Some(&[0.0, 0.0]), Some(&[0.0])],
			&[Some(&[f32::NAN, 0.0]), Some(&[1.0])],
			&[Some(&[f32::INFINITY, 0.0]), Some(&[1.0])],
			&[Some(&[1.0]), Some(&[1.0])],
			&[Some(&[1.0, 0.0])],
		];
		for gradients in unusable {
			assert_eq!(judged(gradients, &OWN, COSINE), Judgement::NoBaseline, "{gradients:?}");
		}
		assert_eq!(Verdict::from(Judgement::NoBaseline), Verdict::Unjudged);
	}

	proptest! {
		#[test]
		fn a_score_is_finite_and_bounded_whatever_is_sent(
			slice in prop::collection::vec(prop::num::f32::ANY, 3),
			gradient in prop::collection::vec(prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL, 3),
		) {
			let own = [f32::MAX, 1.0, -1e-30];
			let baseline = Baseline::new(&[&own], 1e3).unwrap();
			for (form, most) in [(COSINE, 1.0), (ScoreForm::NormWeighted, f64::from(f32::MAX))] {
				match judge(&baseline, &[Some(&gradient)], &[&slice], form) {
					Judgement::Scored(score) => prop_assert!(score.abs() <= most * (1.0 + 1e-9)),
					Judgement::Invalid(_) => prop_assert!(slice.iter().any(|value| !value.is_finite())),
					Judgement::NoBaseline => prop_assert!(gradient.iter().all(|value| *value == 0.0)),
				}
			}
		}
	}
}
