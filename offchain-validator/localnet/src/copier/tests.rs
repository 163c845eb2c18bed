// SPDX-License-Identifier: Apache-2.0

//! The example that the check and the renderers are tested with.

use super::outcome::{Epoch, Pay};
use super::scenario::{stages, Stage};
use super::*;

/// A success: the early one earns more the lower the penalty is, and less at the highest.
pub(crate) fn copied() -> Copied {
	let epochs = |stage: &Stage| {
		let early = 90_000_000 - u64::from(stage.penalty) * 1_000;
		let pay = |n: u64| Pay { early: early + n, copier: 30_000_000 };
		(0..4).map(|n| Epoch { block: 100 + 10 * n as u32, pay: pay(n) }).collect()
	};
	let subnets: Vec<_> = stages().iter().map(|stage| Subnet::new(stage, epochs(stage))).collect();
	let paid = subnets.iter().map(|subnet| subnet.earned).sum();
	Copied { epochs_uncounted: 4, epochs_between_moves: 2, subnets, paid, grown: paid }
}

#[test]
fn what_was_paid_is_added_up() {
	let epoch = |early, copier| Epoch { block: 1, pay: Pay { early, copier } };
	let subnet = Subnet::new(&stages()[0], vec![epoch(3, 1), epoch(3, 4)]);
	assert_eq!(subnet.earned, Pay { early: 6, copier: 5 });
	assert!((subnet.ratio - 1.2).abs() < 1e-12);
	assert!(Subnet::new(&stages()[0], Vec::new()).ratio.is_nan());
}
