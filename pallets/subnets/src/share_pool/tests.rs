// SPDX-License-Identifier: Apache-2.0
//! What nominators rely on: what is put in reads as that, earnings are shared in proportion, nothing is lost.

use super::*;

#[test]
fn a_part_taken_out_leaves_the_rest() {
	let mut pool = SharePool::default();
	let share = pool.deposit(5_000_000_000);
	assert_eq!(pool.value_of(share), 5_000_000_000);
	let left = pool.withdraw(share, 2_000_000_000).expect("there is enough");
	assert_eq!((pool.total, pool.value_of(left)), (3_000_000_000, 3_000_000_000));
}
