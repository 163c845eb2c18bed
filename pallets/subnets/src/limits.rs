// SPDX-License-Identifier: Apache-2.0
//! What a chain's configuration must keep to, so that no block is too small for what the pallet has to do in it.
#![cfg(feature = "std")]

use frame_support::{dispatch::DispatchClass, traits::Get, weights::Weight};
use sp_runtime::Perbill;

use crate::{epoch::EpochLimits, Config, Hyperparameter, Pallet, WeightInfo};

/// Part of the largest epoch that its budget has beyond it, so that weights measured anew, and a little higher, still fit.
pub(crate) const MARGIN: Perbill = Perbill::from_percent(5);

impl<T: Config> Pallet<T> {
	/// Checks that the largest epoch fits in its budget, with a [`MARGIN`], and what the hooks may take in a block.
	pub(crate) fn check_configuration() {
		let budget = T::SubnetEpochBudget::get();
		// What an epoch costs grows with the uids and with the validators, whose product is bounded: so the most is at an end.
		let most_uids = Hyperparameter::MOST_ENTRIES / u32::from(Hyperparameter::MOST_UIDS);
		for validators in [most_uids, Hyperparameter::MOST_VALIDATORS.into()] {
			let most = Self::largest_epoch_weight(validators, false).max(Self::largest_epoch_weight(validators, true));
			let needed = most.saturating_add(MARGIN * most);
			assert!(
				needed.all_lte(budget),
				"a subnet's epoch with {validators} validators costs {most}, with a margin of {MARGIN:?} more than \
				 `SubnetEpochBudget`, {budget}: raise the budget or lower `Hyperparameter::MOST_ENTRIES` or `MaxSubnets`"
			);
		}
		let (hooks, block) = (Self::largest_hook_weight(), T::BlockWeights::get());
		assert!(hooks.all_lte(block.max_block), "hooks may cost {hooks}, more than a block holds, {}", block.max_block);
		let (registration, call) =
			(Self::largest_registration_weight(), block.get(DispatchClass::Normal).max_extrinsic);
		assert!(
			call.is_none_or(|call| registration.all_lte(call)),
			"`burned_register` may cost {registration}, more than a call may"
		);
	}

	/// The most that an epoch can cost with so many validators, wherever stake may be kept. The owners of a subnet may have
	/// two permits above that number: the last one keeps its own until the next epoch.
	pub(crate) fn largest_epoch_weight(validators: u32, is_liquid: bool) -> Weight {
		let neurons =
			Hyperparameter::MOST_ENTRIES.checked_div(validators).unwrap_or(0).min(Hyperparameter::MOST_UIDS.into());
		let (permits, validators) = (validators.saturating_add(2), validators.saturating_add(1));
		let limits = EpochLimits { neurons, permits, validators, pools: T::MaxSubnets::get(), is_liquid };
		limits.weight::<<T as Config>::WeightInfo>()
	}

	/// The most that the hooks of a block can cost, the root epoch among them, when all there can be is due at once.
	fn largest_hook_weight() -> Weight {
		let subnets = T::MaxSubnets::get();
		<T as pallet_root_weights::Config>::EpochBudget::get()
			.saturating_add(<T as Config>::WeightInfo::mint_block_emission(subnets))
			.saturating_add(<T as Config>::WeightInfo::idle(subnets))
			.saturating_add(<T as Config>::WeightInfo::count_registrations(subnets))
			.saturating_add(<T as Config>::WeightInfo::adjust_burn().saturating_mul(subnets.into()))
			.saturating_add(T::SubnetEpochBudget::get())
			.saturating_add(<T as Config>::WeightInfo::defer_epochs(subnets))
	}

	/// The most that a registration can cost: in the largest subnet there can be, all neurons of which have weights on all.
	fn largest_registration_weight() -> Weight {
		let (uids, validators) = (Hyperparameter::MOST_UIDS.into(), u32::from(Hyperparameter::MOST_VALIDATORS));
		Self::weight_of_registration(uids, validators.saturating_add(uids))
	}
}
