// SPDX-License-Identifier: Apache-2.0
//! The Yuma epochs of a block: read a subnet's state, compute, write, pay.

use alloc::vec::Vec;

use frame_support::weights::Weight;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::UniqueSaturatedInto;
use yuma_consensus::{epoch::run_epoch, schedule::is_epoch_block, EpochInput, EpochOutput, Neuron, StoredRow};

use crate::{
	payout::Paid, Active, ActivityCutoff, BlockAtRegistration, BlocksSinceLastStep, Bonds, BondsMovingAverage,
	CommitRevealWeightsEnabled, Config, Consensus, Dividends, Emission, Incentive, Kappa, Keys, LastEpochBlock,
	LastUpdate, MaxAllowedValidators, Pallet, PendingEmission, PruningScores, Rank, SubnetEpochIndex, SubnetworkN,
	Tempo, TotalHotkeyStake, Trust, ValidatorPermit, ValidatorTrust, WeightInfo, Weights,
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
		}
	}

	/// Each benchmark is a whole epoch in which one of the numbers grows; what does not grow counts once.
	fn weight<W: WeightInfo>(&self) -> Weight {
		W::epoch_neurons(self.neurons)
			.saturating_add(W::epoch_validators(self.validators).saturating_sub(W::epoch_validators(0)))
			.saturating_add(W::pay_miners(self.paid.miners).saturating_sub(W::pay_miners(0)))
			.saturating_add(W::pay_validators(self.paid.validators).saturating_sub(W::pay_validators(0)))
			.saturating_add(W::epoch_pools(self.paid.further_pools).saturating_sub(W::epoch_pools(0)))
			.saturating_add(W::epoch_weights(self.weights).saturating_sub(W::epoch_weights(0)))
			.saturating_add(W::epoch_bonds(self.bonds).saturating_sub(W::epoch_bonds(0)))
	}
}

impl<T: Config> Pallet<T> {
	/// Runs the epoch of each of `netuids` whose tempo has come, in their order, and adjusts the prices of registration.
	pub(crate) fn go_through_subnets(netuids: Vec<u16>, block: BlockNumberFor<T>) -> Weight {
		let block: u64 = block.unique_saturated_into();
		let mut consumed = <T as Config>::WeightInfo::idle(netuids.len() as u32);
		let counted = Self::count_registrations_anew();
		consumed.saturating_accrue(<T as Config>::WeightInfo::count_registrations(counted));
		for netuid in netuids {
			if Self::adjust_burn(netuid, block) {
				consumed.saturating_accrue(<T as Config>::WeightInfo::adjust_burn());
			}
			if is_epoch_block(block, netuid, Tempo::<T>::get(netuid)) {
				consumed.saturating_accrue(Self::run_epoch(netuid, block));
			} else {
				BlocksSinceLastStep::<T>::mutate(netuid, |blocks| *blocks = blocks.saturating_add(1));
			}
		}
		consumed
	}

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

	fn epoch_input(netuid: u16, block: u64) -> EpochInput {
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
		EpochInput {
			block,
			activity_cutoff: ActivityCutoff::<T>::get(netuid).into(),
			kappa: Kappa::<T>::get(netuid),
			bonds_moving_average: BondsMovingAverage::<T>::get(netuid),
			max_validators: MaxAllowedValidators::<T>::get(netuid),
			neurons: (0..n).map(neuron).collect(),
			weights: (0..n).map(|uid| Weights::<T>::get(netuid, uid)).collect(),
			bonds: (0..n).map(|uid| Bonds::<T>::get(netuid, uid)).collect(),
			emission: PendingEmission::<T>::get(netuid),
			rules,
		}
	}

	fn put_epoch_output(netuid: u16, output: &EpochOutput) {
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
			if let Some(row) = row {
				Bonds::<T>::insert(netuid, uid, row);
			}
		}
	}
}
