// SPDX-License-Identifier: Apache-2.0
//! Which uids are evaluated in a window: those of about equal skill, by a draw that favours who has waited longest.

use std::cmp::Ordering;

use crate::Uid;

/// Parts of about equal skill and size, the most skilled first; each of `candidates` is a uid and its ordinal.
///
/// There are `bins` parts, the first ones larger by one where the number does not divide; but a single one, in the order
/// given, when there are fewer than `bins · per_bin` candidates to fill them. Of equal ordinals the order
/// given decides; NaN is the least.
pub fn bins(candidates: &[(Uid, f64)], bins: u32, per_bin: u32) -> Vec<Vec<Uid>> {
	let uids = |part: &[(Uid, f64)]| part.iter().map(|(uid, _)| *uid).collect();
	let (bins, per_bin) = (bins.max(1) as usize, per_bin as usize);
	if bins == 1 || candidates.len() < bins.saturating_mul(per_bin) {
		return vec![uids(candidates)];
	}
	let mut ordered = candidates.to_vec();
	ordered.sort_by(|(_, a), (_, b)| largest_first(*a, *b));
	let size = ordered.len().checked_div(bins).unwrap_or_default();
	let larger = ordered.len().checked_rem(bins).unwrap_or_default();
	let mut left = ordered.as_slice();
	let mut cut = |bin: usize| {
		let (part, rest) = left.split_at(size.saturating_add(usize::from(bin < larger)).min(left.len()));
		left = rest;
		uids(part)
	};
	(0..bins).map(&mut cut).collect()
}

/// Orders numbers from the largest to the least, with NaN last.
pub(super) fn largest_first(a: f64, b: f64) -> Ordering {
	// The sum makes one zero of both.
	let key = |value: f64| if value.is_nan() { f64::NEG_INFINITY } else { value + 0.0 };
	key(b).total_cmp(&key(a))
}

/// Uids drawn from `candidates`, in the order drawn, one for each of `draws`, fewer when candidates run out.
///
/// A candidate is `(uid, weight)`, and its chance in one draw is its part of the weight that is left. A draw is uniform
/// in `[0, 1)` and comes from the caller, who must take care that nobody can foretell it: a miner that knows when it is
/// looked at need not work else. A candidate of weight zero is never drawn.
pub fn sample(candidates: &[(Uid, u32)], draws: &[f64]) -> Vec<Uid> {
	let mut left: Vec<(Uid, u32)> = candidates.iter().copied().filter(|(_, weight)| *weight > 0).collect();
	let mut drawn = Vec::new();
	for draw in draws {
		let total: u64 = left.iter().map(|(_, weight)| u64::from(*weight)).sum();
		let mark = draw * total as f64;
		let mut sum = 0.0;
		let position = left.iter().position(|(_, weight)| {
			sum += f64::from(*weight);
			sum >= mark
		});
		// The last one where rounding, or a draw that is none, puts the mark past the end.
		let Some(position) = position.or(left.len().checked_sub(1)) else { break };
		drawn.push(left.remove(position).0);
	}
	drawn
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[test]
	fn a_draw_falls_where_the_running_sum_reaches_it() {
		let candidates = [(7, 1), (8, 2), (9, 1)];
		assert_eq!(sample(&candidates, &[0.0]), [7]);
		assert_eq!(sample(&candidates, &[0.25]), [7]);
		assert_eq!(sample(&candidates, &[0.26]), [8]);
		assert_eq!(sample(&candidates, &[0.99]), [9]);
	}

	#[test]
	fn who_has_not_waited_is_not_drawn() {
		assert_eq!(sample(&[(1, 0), (2, 5), (3, 0)], &[0.0, 0.0]), [2]);
		assert!(sample(&[(1, 0)], &[0.5]).is_empty());
	}

	#[test]
	fn a_draw_that_is_none_takes_the_last() {
		assert_eq!(sample(&[(1, 1), (2, 1)], &[f64::NAN]), [2]);
		assert_eq!(sample(&[(1, 1), (2, 1)], &[17.0]), [2]);
	}

	/// Trap 12.
	#[test]
	fn the_draws_alone_decide_and_other_draws_choose_others() {
		let candidates: Vec<_> = (0..100).map(|uid| (uid, 1)).collect();
		assert_eq!(sample(&candidates, &[0.3, 0.9]), sample(&candidates, &[0.3, 0.9]));
		assert_ne!(sample(&candidates, &[0.3, 0.9]), sample(&candidates, &[0.4, 0.1]));
	}

	#[test]
	fn bins_are_by_skill_and_the_first_are_larger() {
		let candidates = [(1, 0.5), (2, 3.0), (3, 0.5), (4, -1.0), (5, 9.0)];
		assert_eq!(bins(&candidates, 2, 2), [vec![5, 2, 1], vec![3, 4]]);
		assert_eq!(bins(&candidates, 2, 3), [vec![1, 2, 3, 4, 5]]);
		assert_eq!(bins(&candidates, 1, 1), [vec![1, 2, 3, 4, 5]]);
		assert_eq!(bins(&[], 5, 0), vec![Vec::<Uid>::new(); 5]);
	}

	proptest! {
		#[test]
		fn every_candidate_is_in_one_bin(
			skills in prop::collection::vec(prop::num::f64::ANY, 0..40),
			n in 0u32..7,
			per_bin in 0u32..7,
		) {
			let candidates: Vec<_> = (0..).zip(skills).collect();
			let mut all = bins(&candidates, n, per_bin).concat();
			all.sort_unstable();
			prop_assert!(all.into_iter().eq(candidates.iter().map(|(uid, _)| *uid)));
		}

		#[test]
		fn nobody_is_drawn_twice(
			weights in prop::collection::vec(1u32.., 0..20),
			draws in prop::collection::vec(0.0..1.0f64, 0..30),
		) {
			let candidates: Vec<_> = (0..).zip(weights).collect();
			let mut drawn = sample(&candidates, &draws);
			prop_assert_eq!(drawn.len(), candidates.len().min(draws.len()));
			drawn.sort_unstable();
			prop_assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
		}
	}
}
