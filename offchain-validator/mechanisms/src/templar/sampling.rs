// SPDX-License-Identifier: Apache-2.0
//! Which uids are evaluated in a window: a draw that favours those who have waited longest.

use crate::Uid;

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

	proptest! {
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
