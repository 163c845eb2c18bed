// SPDX-License-Identifier: Apache-2.0
//! A subnet with several mechanisms: each has weights and bonds of its own and a part of the emission, all have the same
//! stake, permits and parameters.

use alloc::vec::Vec;

use crate::{
	epoch::{run_epoch, EpochInput, EpochOutput},
	row::StoredRow,
};

/// What one mechanism has of its own, by uid.
#[derive(Clone, Debug, Default)]
pub struct Mechanism {
	/// Block of the last weights set.
	pub last_update: Vec<u64>,
	/// As [`crate::Neuron::committed_at`].
	pub committed_at: Vec<Option<u64>>,
	/// Weight rows as stored.
	pub weights: Vec<StoredRow>,
	/// Bond rows as stored.
	pub bonds: Vec<StoredRow>,
}

/// What all mechanisms together come to, by uid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Combined {
	/// Whether the weights of any mechanism are recent enough to count.
	pub active: Vec<bool>,
	/// Uids that may set weights from now on.
	pub permits: Vec<bool>,
	/// The means of the mechanisms' values, by their parts of the emission; per 65535.
	pub stake_weight: Vec<u16>,
	/// As above.
	pub consensus: Vec<u16>,
	/// As above.
	pub dividends: Vec<u16>,
	/// As above.
	pub validator_trust: Vec<u16>,
	/// Paid as a server, in rao.
	pub server_emission: Vec<u64>,
	/// Paid as a validator, in rao.
	pub validator_emission: Vec<u64>,
	/// What a uid earns in all, in rao.
	pub emission: Vec<u64>,
}

/// Parts of `amount`, in rao, of so many mechanisms: `split` per 65535, in which what is not named is zero, or evenly
/// without one. Parts are rounded down, and what that leaves is the first one's.
pub fn parts(amount: u64, mechanisms: usize, split: Option<&[u16]>) -> Vec<u64> {
	let whole = split.map_or(mechanisms as u128, |_| u16::MAX.into());
	let mut left = amount;
	let mut part = |index: usize| {
		let share = split.map_or(1, |split| split.get(index).copied().unwrap_or(0));
		let part = u128::from(amount).saturating_mul(share.into()).checked_div(whole).unwrap_or(0);
		let part = u64::try_from(part).unwrap_or(u64::MAX).min(left); // A split of more than a whole gives no more than that.
		left = left.saturating_sub(part);
		part
	};
	let mut parts: Vec<u64> = (0..mechanisms).map(&mut part).collect();
	if let Some(first) = parts.first_mut() {
		*first = first.saturating_add(left);
	}
	parts
}

/// Runs the epoch of every mechanism on its part of `common.emission`, in order. Rows, promises and last updates of
/// `common` are not looked at.
pub fn run_mechanisms(
	common: &EpochInput,
	mechanisms: Vec<Mechanism>,
	split: Option<&[u16]>,
) -> (Vec<EpochOutput>, Combined) {
	let parts = parts(common.emission, mechanisms.len(), split);
	let run = |(mechanism, part): (Mechanism, &u64)| run_epoch(&input(common, mechanism, *part));
	let outputs: Vec<EpochOutput> = mechanisms.into_iter().zip(&parts).map(run).collect();
	let combined = combine(&parts, &outputs);
	(outputs, combined)
}

fn input(common: &EpochInput, mechanism: Mechanism, emission: u64) -> EpochInput {
	let Mechanism { last_update, committed_at, weights, bonds } = mechanism;
	let mut neurons = common.neurons.clone();
	for (uid, neuron) in neurons.iter_mut().enumerate() {
		neuron.last_update = last_update.get(uid).copied().unwrap_or(0);
		neuron.committed_at = committed_at.get(uid).copied().flatten();
	}
	EpochInput { neurons, weights, bonds, emission, rules: common.rules.clone(), ..*common }
}

/// Adds up payments, and takes the means of values by the parts of the emission, rounded down at every step as the
/// reference does. What is paid is a part already and is not weighted again.
fn combine(parts: &[u64], outputs: &[EpochOutput]) -> Combined {
	let whole = parts.iter().fold(0u64, |sum, part| sum.saturating_add(*part));
	let mut combined = Combined::default();
	for (index, (output, part)) in outputs.iter().zip(parts).enumerate() {
		let weight = match whole {
			0 => u128::from(index == 0) << 64,
			_ => (u128::from(*part) << 64).checked_div(whole.into()).unwrap_or(0),
		};
		either(&mut combined.active, &output.active);
		either(&mut combined.permits, &output.permits);
		add_weighted(&mut combined.stake_weight, &output.stake_weight, weight);
		add_weighted(&mut combined.consensus, &output.consensus, weight);
		add_weighted(&mut combined.dividends, &output.dividends, weight);
		add_weighted(&mut combined.validator_trust, &output.validator_trust, weight);
		add(&mut combined.server_emission, &output.server_emission);
		add(&mut combined.validator_emission, &output.validator_emission);
		add(&mut combined.emission, &output.emission);
	}
	combined
}

fn either(sums: &mut Vec<bool>, flags: &[bool]) {
	sums.resize(flags.len(), false);
	sums.iter_mut().zip(flags).for_each(|(sum, flag)| *sum |= flag);
}

fn add(sums: &mut Vec<u64>, amounts: &[u64]) {
	sums.resize(amounts.len(), 0);
	sums.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum = sum.saturating_add(*amount));
}

/// `weight` has 64 bits behind the point and is at most one.
fn add_weighted(sums: &mut Vec<u16>, values: &[u16], weight: u128) {
	sums.resize(values.len(), 0);
	for (sum, value) in sums.iter_mut().zip(values) {
		let part = weight.saturating_mul((*value).into()) >> 64;
		*sum = sum.saturating_add(u16::try_from(part).unwrap_or(u16::MAX));
	}
}

#[cfg(test)]
mod tests {
	use std::vec;

	use proptest::prelude::*;

	use super::*;

	proptest! {
		#[test]
		fn the_parts_are_the_whole(amount: u64, split in proptest::collection::vec(any::<u16>(), 0..5), count in 1usize..6) {
			prop_assert_eq!(parts(amount, count, Some(&split)).iter().sum::<u64>(), amount);
			prop_assert_eq!(parts(amount, count, None).iter().sum::<u64>(), amount);
		}
	}

	#[test]
	fn without_emission_the_first_mechanism_counts_alone() {
		let of = |consensus| EpochOutput { consensus: vec![consensus], ..EpochOutput::default() };
		assert_eq!(combine(&[0, 0], &[of(7), of(9)]).consensus, [7]);
		assert_eq!(combine(&[1, 3], &[of(8), of(12)]).consensus, [11]);
	}

	#[test]
	fn one_mechanism_is_the_subnet() {
		let neurons = vec![crate::Neuron { stake: 7, last_update: 2, permit: true, ..Default::default() }; 3];
		let weights = vec![vec![(1, 9), (2, 4)], vec![(2, 1)], Vec::new()];
		let bonds = vec![vec![(1, 9)], Vec::new(), Vec::new()];
		let mechanism =
			Mechanism { last_update: vec![2; 3], weights: weights.clone(), bonds: bonds.clone(), ..Default::default() };
		let input = EpochInput {
			block: 3,
			kappa: 32_767,
			max_validators: 3,
			neurons,
			weights,
			bonds,
			emission: 1_000,
			..Default::default()
		};
		let (outputs, combined) = run_mechanisms(&input, vec![mechanism], None);
		let alone = run_epoch(&input);
		assert_eq!(outputs, std::slice::from_ref(&alone));
		assert_eq!((combined.dividends, combined.emission), (alone.dividends, alone.emission));
	}
}
