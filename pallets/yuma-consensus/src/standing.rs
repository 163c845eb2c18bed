// SPDX-License-Identifier: Apache-2.0
//! Where each uid of a subnet stands: its stake, whether that counts, and who may set weights.

use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::{
	epoch::{EpochInput, Neuron},
	fixed::{normalize, proportion_q32, Q32, Q32_ZERO},
	rules::Rules,
};

/// By uid.
pub(crate) struct Standing {
	/// `S`: share of all stake.
	pub(crate) stake: Vec<Q32>,
	/// Whether the last weights are recent enough.
	pub(crate) active: Vec<bool>,
	/// Who has set weights by right.
	pub(crate) permits: Vec<bool>,
	/// Share of the stake that counts: that of active uids with a permit.
	pub(crate) active_stake: Vec<Q32>,
	/// Who may set weights from now on.
	pub(crate) next_permits: Vec<bool>,
}

impl Standing {
	pub(crate) fn of(input: &EpochInput) -> Self {
		let stake = stake_shares(&input.neurons, &input.rules);
		let active: Vec<bool> = input.neurons.iter().map(|neuron| is_active(neuron, input)).collect();
		let mut permits: Vec<bool> = input.neurons.iter().map(|neuron| neuron.permit).collect();
		permit_owner(&mut permits, &input.rules);
		let counts = permits.iter().zip(&active).map(|(permit, active)| *permit && *active);
		let mut active_stake: Vec<Q32> =
			stake.iter().zip(counts).map(|(stake, counts)| if counts { *stake } else { Q32_ZERO }).collect();
		normalize(&mut active_stake);
		let mut next_permits = top_validators(&stake, input.max_validators);
		if input.rules.permits_need_stake {
			let has_stake = stake.iter().map(|stake| *stake > Q32_ZERO);
			next_permits.iter_mut().zip(has_stake).for_each(|(permit, has_stake)| *permit &= has_stake);
		}
		permit_owner(&mut next_permits, &input.rules);
		Self { stake, active, permits, active_stake, next_permits }
	}
}

fn stake_shares(neurons: &[Neuron], rules: &Rules) -> Vec<Q32> {
	let owner = rules.owner.map(usize::from);
	let counts = |uid: usize, stake: u64| stake >= rules.stake_threshold || owner == Some(uid);
	let stakes =
		|| neurons.iter().enumerate().map(|(uid, neuron)| if counts(uid, neuron.stake) { neuron.stake } else { 0 });
	let total: u128 = stakes().fold(0, |sum, stake| sum.saturating_add(stake.into()));
	stakes().map(|stake| proportion_q32(stake, total)).collect()
}

fn is_active(neuron: &Neuron, input: &EpochInput) -> bool {
	neuron.last_update.saturating_add(input.activity_cutoff) >= input.block
}

fn permit_owner(permits: &mut [bool], rules: &Rules) {
	if let Some(permit) = rules.owner.and_then(|owner| permits.get_mut(usize::from(owner))) {
		*permit = true;
	}
}

/// The `k` uids with the most stake, ties to the higher uid; stake is not required.
fn top_validators(stake: &[Q32], k: u16) -> Vec<bool> {
	let mut by_stake: Vec<(Q32, usize)> = stake.iter().copied().zip(0..).collect();
	if usize::from(k) < by_stake.len() {
		by_stake.select_nth_unstable_by_key(k.into(), |entry| Reverse(*entry));
	}
	let mut permits: Vec<bool> = stake.iter().map(|_| false).collect();
	for (_, uid) in by_stake.into_iter().take(k.into()) {
		if let Some(permit) = permits.get_mut(uid) {
			*permit = true;
		}
	}
	permits
}
