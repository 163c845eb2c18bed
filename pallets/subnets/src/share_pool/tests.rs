// SPDX-License-Identifier: Apache-2.0
//! What nominators rely on: what is put in reads as that, earnings are shared in proportion, nothing is lost.

use proptest::{collection::vec, prelude::*};

use super::*;

/// All the rao there can be.
const SUPPLY: u64 = 21_000_000_000_000_000;

#[test]
fn a_part_taken_out_leaves_the_rest() {
	let mut pool = SharePool::default();
	let share = pool.deposit(5_000_000_000);
	assert_eq!(pool.value_of(share), 5_000_000_000);
	let left = pool.withdraw(share, 2_000_000_000).expect("there is enough");
	assert_eq!((pool.total, pool.value_of(left)), (3_000_000_000, 3_000_000_000));
	assert_eq!(pool.withdraw(left, 3_000_000_001), None);
	assert_eq!(pool.total, 3_000_000_000);
}

#[test]
fn who_leaves_last_takes_what_is_left() {
	let mut pool = SharePool::default();
	let (first, second) = (pool.deposit(1), pool.deposit(2));
	pool.earn(7).expect("somebody is there");
	assert_eq!((pool.value_of(first), pool.value_of(second)), (3, 6), "of 3 1/3 and 6 2/3");
	assert_eq!(pool.withdraw(second, 6).map(U64F64::to_bits), Some(0));
	assert_eq!((pool.value_of(first), pool.total), (4, 4));
	assert_eq!(pool.withdraw(first, 4).map(U64F64::to_bits), Some(0));
	assert_eq!(pool, SharePool::default());
	assert_eq!(pool.earn(1), None, "nobody is there");
}

#[test]
fn who_is_alone_earns_without_new_shares_until_a_share_is_worth_two_rao() {
	let mut pool = SharePool::default();
	let share = pool.deposit(1_000);
	assert_eq!(pool.earn_alone(share, 999), Some(()));
	assert_eq!((pool.value_of(share), pool.shares), (1_999, share));
	let before = pool;
	assert_eq!((pool.earn_alone(share, 1), pool), (None, before));
	let others = pool.deposit(500);
	assert_eq!((pool.value_of(others), pool.value_of(share)), (500, 1_999));
	assert_eq!(pool.earn_alone(share, 1), None);
	assert_eq!(SharePool::default().earn_alone(U64F64::default(), 1), None);
}

#[test]
fn the_whole_supply_fits() {
	let mut pool = SharePool::default();
	let first = pool.deposit(SUPPLY - 1);
	let second = pool.deposit(1);
	assert_eq!((pool.value_of(first), pool.value_of(second)), (SUPPLY - 1, 1));
}

#[derive(Clone, Debug)]
enum Step {
	Deposit(usize, u64),
	/// A part of the holding per 256; all of it at 256.
	Withdraw(usize, u64),
	Earn(u64),
}

fn step() -> impl Strategy<Value = Step> {
	let amount = || prop_oneof![1u64..10, 1u64..1_000_000_000_000];
	prop_oneof![
		(0usize..5, amount()).prop_map(|(holder, amount)| Step::Deposit(holder, amount)),
		(0usize..5, 0u64..=256).prop_map(|(holder, part)| Step::Withdraw(holder, part)),
		prop_oneof![1u64..10, 1u64..100_000_000_000].prop_map(Step::Earn),
	]
}

/// A pool, the shares of its holders, and what it must hold.
#[derive(Default)]
struct Model {
	pool: SharePool,
	shares: [U64F64; 5],
	total: u64,
}

impl Model {
	/// Whether a share is worth less than 2⁴⁴ rao.
	fn is_fine(&self) -> bool {
		self.pool.is_empty() || u128::from(self.pool.total) << 20 < self.pool.shares.to_bits()
	}

	fn values(&self) -> [u64; 5] {
		self.shares.map(|share| if share.to_bits() == 0 { 0 } else { self.pool.value_of(share) })
	}

	fn run(&mut self, step: &Step) {
		if let Step::Deposit(holder, _) | Step::Withdraw(holder, _) = *step {
			self.shares[holder] = self.pool.renew(self.shares[holder]);
		}
		let before = self.values();
		match *step {
			Step::Deposit(holder, amount) => {
				self.shares[holder] += self.pool.deposit(amount);
				self.total += amount;
				let mut expected = before;
				expected[holder] += amount;
				assert_eq!(self.values(), expected, "nobody else notices");
			},
			Step::Withdraw(holder, part) => {
				let amount = (u128::from(before[holder]) * u128::from(part) / 256) as u64;
				let left = self.pool.withdraw(self.shares[holder], amount).expect("it is worth as much");
				self.shares[holder] = left;
				self.total -= amount;
				let after = self.values();
				assert_eq!(after[holder], before[holder] - amount);
				// Who leaves with a part of a rao leaves that part to the others.
				assert!(after
					.iter()
					.zip(before)
					.enumerate()
					.all(|(n, (after, before))| n == holder || *after >= before));
			},
			Step::Earn(amount) => {
				let earned = self.pool.earn(amount).is_some();
				self.total += if earned { amount } else { 0 };
				for (after, before) in self.values().into_iter().zip(before).filter(|_| earned) {
					let exact = u128::from(before) * u128::from(self.total) / u128::from(self.total - amount);
					// Beside its whole rao a holding may have had nearly one more, which earned as well.
					let more = u128::from(self.total) / u128::from(self.total - amount) + 1;
					assert!(
						(exact..=exact + more).contains(&u128::from(after)),
						"{before} became {after}, not {exact}"
					);
				}
			},
		}
	}

	fn check(&self) {
		let shares: u128 = self.shares.iter().map(|share| share.to_bits()).sum();
		let (values, holders) = (self.values().iter().sum::<u64>(), self.values().iter().filter(|v| **v > 0).count());
		assert_eq!((self.pool.total, self.pool.shares.to_bits()), (self.total, shares));
		assert!(values <= self.total && self.total - values <= holders as u64, "{values} of {}", self.total);
	}
}

proptest! {
	#[test]
	fn everybody_has_what_is_theirs(steps in vec(step(), 1..60)) {
		let mut model = Model::default();
		for step in &steps {
			// More than there can be is never staked.
			if model.total < SUPPLY / 2 && model.is_fine() {
				model.run(step);
			}
			if model.is_fine() {
				model.check();
			}
		}
	}
}
