// SPDX-License-Identifier: Apache-2.0
//! What must hold: of the runtime as it is put together, and of the storage between blocks.

use frame_support::{ensure, traits::Get};
use sp_runtime::{traits::Zero, TryRuntimeError};

use crate::{Commits, Config, EmissionShares, EpochDue, EpochsRun, LastVote, Pallet, RootValidators, Rows};

impl<T: Config> Pallet<T> {
	/// Proves that an epoch at the configured maximum fits its budget, and the budget a block.
	#[cfg(feature = "std")]
	pub(crate) fn check_configuration() {
		let (validators, subnets) = (T::MaxValidators::get(), T::MaxSubnets::get());
		assert!(validators.max(subnets) <= u32::from(u16::MAX), "uids and netuids are 16 bits wide");
		let most = Self::largest_epoch_weight();
		let budget = T::EpochBudget::get();
		assert!(
			most.all_lte(budget),
			"a root epoch of {validators} validators and {subnets} subnets costs {most}, more than `EpochBudget`, {budget}: \
			 raise the budget or lower `MaxValidators` or `MaxSubnets`"
		);
		let block = T::BlockWeights::get().max_block;
		assert!(budget.all_lte(block), "`EpochBudget`, {budget}, is more than a block holds, {block}");
	}

	/// Checks what must hold of the storage between blocks.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_shares()?;
		Self::check_rows()?;
		let validators = T::RootValidators::all();
		let is_uid = |uid: u16| validators.iter().any(|validator| validator.uid == uid);
		ensure!(validators.len() <= T::MaxValidators::get() as usize, "more root validators than `MaxValidators`");
		ensure!(LastVote::<T>::iter_keys().all(is_uid), "a last vote of a uid that does not exist");
		ensure!(Commits::<T>::iter_keys().all(is_uid), "a promise of a uid that does not exist");
		let epochs = EpochsRun::<T>::get();
		ensure!(Commits::<T>::iter_values().all(|commit| commit.epoch <= epochs), "a promise from the future");
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(LastVote::<T>::iter_values().all(|block| block <= now), "a vote from the future");
		ensure!(EpochDue::<T>::get().is_none_or(|due| due <= now && !due.is_zero()), "an epoch from the future waits");
		Ok(())
	}

	fn check_shares() -> Result<(), TryRuntimeError> {
		let shares = EmissionShares::<T>::get();
		let sum = shares.iter().fold(0u128, |sum, (_, share)| sum.saturating_add(u128::from(*share)));
		ensure!(shares.is_empty() || sum == u128::from(u64::MAX), "emission shares do not sum to one");
		ensure!(shares.is_sorted_by(|(a, _), (b, _)| a < b), "emission shares are not ascending by netuid");
		ensure!(shares.iter().all(|(netuid, share)| *netuid != crate::ROOT_NETUID && *share > 0), "an empty share");
		Ok(())
	}

	/// Rows in the pallet's own storage keep the form they are stored in. Those in a map of the chain's may be older than
	/// the pallet, and are read whatever their form.
	fn check_rows() -> Result<(), TryRuntimeError> {
		for (uid, row) in Rows::<T>::iter() {
			ensure!(T::RootValidators::all().iter().any(|v| v.uid == uid), "a row of a uid that does not exist");
			ensure!(row.iter().any(|(_, weight)| *weight == u16::MAX), "a row that is not scaled up");
			ensure!(row.is_sorted_by(|(a, _), (b, _)| a < b), "a row that is not ascending by netuid");
		}
		Ok(())
	}
}
