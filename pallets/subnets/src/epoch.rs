// SPDX-License-Identifier: Apache-2.0
//! The Yuma epochs of a block: read a subnet's state, compute, write, pay.

use alloc::vec::Vec;

use frame_support::weights::Weight;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::UniqueSaturatedInto;
use yuma_consensus::{epoch::run_epoch, schedule::is_epoch_block, EpochInput, EpochOutput, Neuron, StoredRow};

use crate::{
	Active, ActivityCutoff, BlockAtRegistration, BlocksSinceLastStep, Bonds, BondsMovingAverage, Config, Consensus,
	Dividends, Emission, Event, Incentive, Kappa, Keys, LastUpdate, MaxAllowedValidators, Owner, Pallet,
	PendingEmission, PruningScores, Rank, SubnetworkN, Tempo, TotalHotkeyStake, Trust, ValidatorPermit, ValidatorTrust,
	WeightInfo, Weights,
};

/// What the cost of an epoch depends on.
struct EpochSize {
	neurons: u32,
	/// Those whose bonds are stored.
	validators: u32,
	paid: u32,
	/// Entries of all weight rows.
	weights: u32,
	/// Entries of all bond rows as they were.
	bonds: u32,
}

impl EpochSize {
	fn new(input: &EpochInput, output: &EpochOutput, paid: u32) -> Self {
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
			.saturating_add(W::epoch_paid(self.paid).saturating_sub(W::epoch_paid(0)))
			.saturating_add(W::epoch_weights(self.weights).saturating_sub(W::epoch_weights(0)))
			.saturating_add(W::epoch_bonds(self.bonds).saturating_sub(W::epoch_bonds(0)))
	}
}

impl<T: Config> Pallet<T> {
	/// Runs the epoch of each of `netuids` whose tempo has come, in their order.
	pub(crate) fn run_due_epochs(netuids: Vec<u16>, block: BlockNumberFor<T>) -> Weight {
		let block: u64 = block.unique_saturated_into();
		let mut consumed = <T as Config>::WeightInfo::idle(netuids.len() as u32);
		for netuid in netuids {
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
		BlocksSinceLastStep::<T>::insert(netuid, 0);
		EpochSize::new(&input, &output, paid).weight::<<T as Config>::WeightInfo>()
	}

	fn epoch_input(netuid: u16, block: u64) -> EpochInput {
		let n = SubnetworkN::<T>::get(netuid);
		let last_update = LastUpdate::<T>::get(netuid);
		let permits = ValidatorPermit::<T>::get(netuid);
		let neuron = |uid: u16| Neuron {
			stake: Keys::<T>::get(netuid, uid).map_or(0, TotalHotkeyStake::<T>::get),
			last_update: last_update.get(usize::from(uid)).copied().unwrap_or(0),
			registered_at: BlockAtRegistration::<T>::get(netuid, uid),
			permit: permits.get(usize::from(uid)).copied().unwrap_or(false),
		};
		EpochInput {
			block,
			activity_cutoff: ActivityCutoff::<T>::get(netuid),
			kappa: Kappa::<T>::get(netuid),
			bonds_moving_average: BondsMovingAverage::<T>::get(netuid),
			max_validators: MaxAllowedValidators::<T>::get(netuid),
			neurons: (0..n).map(neuron).collect(),
			weights: (0..n).map(|uid| Weights::<T>::get(netuid, uid)).collect(),
			bonds: (0..n).map(|uid| Bonds::<T>::get(netuid, uid)).collect(),
			emission: PendingEmission::<T>::get(netuid),
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

	/// Pays each neuron in stake of its owner; what is not paid stays pending. Returns how many were paid.
	fn pay(netuid: u16, output: &EpochOutput) -> u32 {
		let (mut neurons, mut paid) = (0u32, 0u64);
		for ((uid, server), validator) in (0u16..).zip(&output.server_emission).zip(&output.validator_emission) {
			let amount = server.saturating_add(*validator); // Parts of one emission.
			let Some(hotkey) = Keys::<T>::get(netuid, uid).filter(|_| amount > 0) else { continue };
			let Some(owner) = Owner::<T>::get(&hotkey) else { continue };
			Self::increase_stake(&hotkey, &owner, netuid, amount);
			paid = paid.saturating_add(amount);
			neurons = neurons.saturating_add(1);
		}
		let pending = PendingEmission::<T>::mutate(netuid, |pending| {
			*pending = pending.saturating_sub(paid); // No more is paid than was pending.
			*pending
		});
		Self::deposit_event(Event::EpochRun { netuid, paid, pending });
		neurons
	}

	/// Checks what must hold of the storage between blocks.
	#[cfg(any(feature = "std", feature = "try-runtime"))]
	pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
		use crate::{NetworksAdded, Stake, TotalIssuance, TotalStake, Uids};
		use frame_support::{ensure, traits::fungible::Inspect};

		let pending: u64 = PendingEmission::<T>::iter_values().sum();
		let issuance = T::Currency::total_issuance() + TotalStake::<T>::get() + pending;
		ensure!(TotalIssuance::<T>::get() == issuance, "issuance is not balances plus stake plus pending emission");
		ensure!(Stake::<T>::iter_values().sum::<u64>() == TotalStake::<T>::get(), "stakes do not sum to the total");
		ensure!(TotalHotkeyStake::<T>::iter_values().sum::<u64>() == TotalStake::<T>::get(), "hotkeys' stakes do not");
		for (netuid, _) in NetworksAdded::<T>::iter() {
			let n = SubnetworkN::<T>::get(netuid);
			ensure!(Keys::<T>::iter_prefix(netuid).count() == usize::from(n), "not one hotkey a uid");
			ensure!(LastUpdate::<T>::get(netuid).len() == usize::from(n), "not one last update a uid");
			for (uid, hotkey) in Keys::<T>::iter_prefix(netuid) {
				ensure!(uid < n && Uids::<T>::get(netuid, &hotkey) == Some(uid), "keys and uids disagree");
				ensure!(frame_system::Pallet::<T>::sufficients(&hotkey) > 0, "a registered hotkey that cannot sign");
			}
		}
		ensure!(PendingEmission::<T>::iter_keys().all(NetworksAdded::<T>::get), "pending emission of no subnet");
		Ok(())
	}
}
