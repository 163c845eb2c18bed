// SPDX-License-Identifier: Apache-2.0
//! The Yuma epoch of a subnet: read its state, compute, write, pay; and what that costs.

use alloc::{vec, vec::Vec};

use frame_support::{storage::unhashed, weights::Weight};
use yuma_consensus::{epoch::run_epoch, BondForm, EpochInput, EpochOutput, Neuron, StoredRow};

use crate::{
	payout::Paid, Active, ActivityCutoff, BlockAtRegistration, BlocksSinceLastStep, Bonds, BondsMovingAverage,
	CommitRevealWeightsEnabled, Config, Consensus, Dividends, Emission, Incentive, Kappa, Keys, LastEpochBlock,
	LastUpdate, LiquidAlphaOn, MaxAllowedValidators, OwnerPermitOn, Pallet, PendingEmission, PruningScores, Rank,
	SubnetEpochIndex, SubnetworkN, TotalHotkeyStake, Trust, ValidatorPermit, ValidatorTrust, WeightInfo, Weights,
	Yuma3On,
};

/// What the cost of an epoch depends on.
struct EpochSize {
	neurons: u32,
	/// Those whose bonds are stored.
	validators: u32,
	paid: Paid,
	/// Entries of all weight rows.
	weights: u32,
	/// Entries of all bond rows as they were.
	bonds: u32,
	/// Whether each bond moves at a pace of its own.
	is_liquid: bool,
}

impl EpochSize {
	fn new(input: &EpochInput, output: &EpochOutput, paid: Paid) -> Self {
		let entries = |rows: &[StoredRow]| rows.iter().map(Vec::len).sum::<usize>() as u32;
		Self {
			neurons: input.neurons.len() as u32,
			validators: output.bonds.iter().flatten().count() as u32,
			paid,
			weights: entries(&input.weights),
			bonds: entries(&input.bonds),
			is_liquid: matches!(input.rules.bonds, BondForm::Yuma3(Some(_))),
		}
	}

	/// Each benchmark is a whole epoch, or its part that a number has to do with, in which that number grows; what does not grow
	/// counts once. A newcomer is counted as a miner or as both, too, so that what paying it costs more comes on top.
	fn weight<W: WeightInfo>(&self) -> Weight {
		let Paid { miners, validators, both, newcomers, further_pools } = self.paid;
		W::epoch_neurons(self.neurons)
			.saturating_add(W::epoch_validators(self.validators).saturating_sub(W::epoch_validators(0)))
			.saturating_add(W::pay_miners(miners).saturating_sub(W::pay_miners(0)))
			.saturating_add(W::pay_validators(validators).saturating_sub(W::pay_validators(0)))
			.saturating_add(W::pay_both(both).saturating_sub(W::pay_both(0)))
			.saturating_add(W::pay_newcomers(newcomers).saturating_sub(W::pay_miners(newcomers)))
			.saturating_add(W::epoch_pools(further_pools).saturating_sub(W::epoch_pools(0)))
			.saturating_add(self.weight_of_entries::<W>())
	}

	/// Bonds on whom one gives weights to, as nearly all are, cost a pace each.
	fn weight_of_entries<W: WeightInfo>(&self) -> Weight {
		if self.is_liquid {
			return W::epoch_liquid(self.weights.max(self.bonds)).saturating_sub(W::epoch_liquid(0));
		}
		let weights = W::epoch_weights(self.weights).saturating_sub(W::epoch_weights(0));
		weights.saturating_add(W::epoch_bonds(self.bonds).saturating_sub(W::epoch_bonds(0)))
	}
}

/// What is known of an epoch before it has run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EpochLimits {
	pub neurons: u32,
	/// Uids that have a permit.
	pub permits: u32,
	/// Uids that may have one after the epoch.
	pub validators: u32,
	/// Where stake may be kept: subnets, removed ones and root, less one.
	pub pools: u32,
	pub is_liquid: bool,
}

impl EpochLimits {
	/// The most that the epoch can cost.
	///
	/// Either all are paid as miners, and those who have a permit as validators, too; or nobody's weights count, and all may
	/// be paid for their stake, of whom only `validators` share it on other subnets, too.
	pub fn weight<W: WeightInfo>(&self) -> Weight {
		let Self { neurons, permits, validators, pools, is_liquid } = *self;
		let entries = neurons.saturating_mul(permits);
		let pools_of = |paid: u32| paid.min(validators).saturating_mul(pools);
		let work = Paid {
			miners: neurons.saturating_sub(permits),
			both: permits,
			newcomers: neurons,
			further_pools: pools_of(permits),
			..Paid::default()
		};
		let stake = Paid { validators: neurons, further_pools: pools_of(neurons), ..Paid::default() };
		let size = |paid| EpochSize {
			neurons,
			validators: permits.saturating_add(validators).min(neurons),
			paid,
			weights: entries,
			bonds: entries,
			is_liquid,
		};
		size(work).weight::<W>().max(size(stake).weight::<W>())
	}
}

impl<T: Config> Pallet<T> {
	/// Runs the epoch of `netuid`; says what that cost.
	pub(crate) fn run_epoch(netuid: u16, block: u64) -> Weight {
		let input = Self::epoch_input(netuid, block);
		let output = run_epoch(&input);
		Self::put_epoch_output(netuid, &output);
		let paid = Self::pay(netuid, &output);
		Self::pay_subnet_owner(netuid);
		BlocksSinceLastStep::<T>::insert(netuid, 0);
		LastEpochBlock::<T>::insert(netuid, block);
		SubnetEpochIndex::<T>::mutate(netuid, |epochs| *epochs = epochs.saturating_add(1));
		EpochSize::new(&input, &output, paid).weight::<<T as Config>::WeightInfo>()
	}

	/// What the epoch of `netuid` is bounded by, where stake is kept on `pools` subnets, the removed ones and root too.
	pub(crate) fn epoch_limits(netuid: u16, pools: u32) -> EpochLimits {
		let neurons = SubnetworkN::<T>::get(netuid).into();
		let permits = ValidatorPermit::<T>::get(netuid).into_iter().filter(|permit| *permit).count() as u32;
		// The owner's permit may be new, and is one more.
		let owners = u32::from(OwnerPermitOn::<T>::get(netuid));
		let most = u32::from(MaxAllowedValidators::<T>::get(netuid));
		let of_all = |permits: u32| permits.saturating_add(owners).min(neurons);
		let is_liquid = Yuma3On::<T>::get(netuid) && LiquidAlphaOn::<T>::get(netuid);
		EpochLimits { neurons, permits: of_all(permits), validators: of_all(most), pools, is_liquid }
	}

	pub(crate) fn epoch_input(netuid: u16, block: u64) -> EpochInput {
		let n = SubnetworkN::<T>::get(netuid);
		let last_update = LastUpdate::<T>::get(netuid);
		let permits = ValidatorPermit::<T>::get(netuid);
		let (rules, are_promised) = (Self::rules(netuid), CommitRevealWeightsEnabled::<T>::get(netuid));
		let neuron = |uid: u16| {
			let (place, hotkey) = (usize::from(uid), Keys::<T>::get(netuid, uid));
			let permit = permits.get(place).copied().unwrap_or(false);
			let promises = hotkey.as_ref().filter(|_| are_promised && (permit || rules.owner == Some(uid)));
			Neuron {
				stake: hotkey.as_ref().map_or(0, TotalHotkeyStake::<T>::get),
				last_update: last_update.get(place).copied().unwrap_or(0),
				registered_at: BlockAtRegistration::<T>::get(netuid, uid),
				permit,
				committed_at: promises.and_then(|hotkey| Self::promised_at(netuid, hotkey)),
			}
		};
		let neurons: Vec<_> = (0..n).map(neuron).collect();
		EpochInput {
			block,
			activity_cutoff: ActivityCutoff::<T>::get(netuid).into(),
			kappa: Kappa::<T>::get(netuid),
			bonds_moving_average: BondsMovingAverage::<T>::get(netuid),
			max_validators: MaxAllowedValidators::<T>::get(netuid),
			weights: Self::weights_by_uid(netuid, &neurons, rules.owner),
			bonds: Self::bonds_by_uid(netuid, n),
			neurons,
			emission: PendingEmission::<T>::get(netuid),
			rules,
		}
	}

	/// The weight rows of those who have a permit, and of the owner. Only they count, and others may have rows, too: from when
	/// they had a permit, or on themselves.
	pub(crate) fn weights_by_uid(netuid: u16, neurons: &[Neuron], owner: Option<u16>) -> Vec<StoredRow> {
		let weights_of = |(uid, neuron): (u16, &Neuron)| {
			if neuron.permit || owner == Some(uid) {
				stored_row(&Weights::<T>::hashed_key_for(netuid, uid))
			} else {
				StoredRow::new()
			}
		};
		(0..).zip(neurons).map(weights_of).collect()
	}

	/// The bond rows of `n` uids. Few have one, so that it is not asked for each.
	pub(crate) fn bonds_by_uid(netuid: u16, n: u16) -> Vec<StoredRow> {
		let mut rows = vec![StoredRow::new(); n.into()];
		for uid in Bonds::<T>::iter_key_prefix(netuid) {
			if let Some(place) = rows.get_mut(usize::from(uid)) {
				*place = stored_row(&Bonds::<T>::hashed_key_for(netuid, uid));
			}
		}
		rows
	}

	pub(crate) fn put_epoch_output(netuid: u16, output: &EpochOutput) {
		Active::<T>::insert(netuid, &output.active);
		ValidatorPermit::<T>::insert(netuid, &output.permits);
		Rank::<T>::insert(netuid, &output.rank);
		Trust::<T>::insert(netuid, &output.trust);
		Consensus::<T>::insert(netuid, &output.consensus);
		Incentive::<T>::insert(netuid, &output.incentive);
		Dividends::<T>::insert(netuid, &output.dividends);
		ValidatorTrust::<T>::insert(netuid, &output.validator_trust);
		PruningScores::<T>::insert(netuid, &output.pruning_scores);
		Emission::<T>::insert(netuid, &output.emission);
		for (uid, row) in (0u16..).zip(&output.bonds) {
			match row {
				Some(row) if row.is_empty() => Bonds::<T>::remove(netuid, uid),
				Some(row) => Bonds::<T>::insert(netuid, uid, row),
				None => (),
			}
		}
	}
}

/// The row that is stored under `key`; empty if there is none.
///
/// An entry is encoded as one word, uid below and value above. The codec copies words at once where it would read an entry
/// number by number, so that a row costs little more than its bytes.
fn stored_row(key: &[u8]) -> StoredRow {
	let words: Vec<u32> = unhashed::get_or_default(key);
	words.into_iter().map(|word| (word as u16, (word >> 16) as u16)).collect()
}
