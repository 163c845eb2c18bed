// SPDX-License-Identifier: Apache-2.0
//! The stakes of coldkeys.

use alloc::{collections::BTreeMap, vec::Vec};

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

use super::columns::part;
use crate::{Alpha, Config, Dividends, Emission, Incentive, Pallet, StakedHotkeys};

/// The stake of a coldkey on a hotkey, kept on a subnet; upstream's record, field for field.
///
/// `emission` is what the hotkey earned there as a validator in the last epoch, for all who have stake on it. Nothing
/// is locked or drained, and root pays no dividends of its own. All are rao.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct StakeInfo<AccountId> {
	pub hotkey: AccountId,
	pub coldkey: AccountId,
	pub netuid: Compact<u16>,
	pub stake: Compact<u64>,
	pub locked: Compact<u64>,
	pub emission: Compact<u64>,
	pub tao_emission: Compact<u64>,
	pub drain: Compact<u64>,
	pub is_registered: bool,
}

/// What a coldkey may take back of its stake on a subnet, in rao: all, as nothing is ever locked. Upstream's record,
/// field for field.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct StakeAvailability {
	pub total: Compact<u64>,
	pub locked: Compact<u64>,
	pub available: Compact<u64>,
}

/// A coldkey and its stakes.
type StakesOf<AccountId> = (AccountId, Vec<StakeInfo<AccountId>>);

impl<T: Config> Pallet<T> {
	/// All stakes of a coldkey, by netuid.
	pub fn stake_infos(coldkey: &T::AccountId) -> Vec<StakeInfo<T::AccountId>> {
		let stakes = Self::stakes_of(coldkey).into_iter();
		stakes.map(|(netuid, hotkey, stake)| Self::stake_info_of(hotkey, coldkey.clone(), netuid, stake)).collect()
	}

	/// All stakes of several coldkeys.
	pub fn stake_infos_of_many(coldkeys: Vec<T::AccountId>) -> Vec<StakesOf<T::AccountId>> {
		let with_stakes = |coldkey| {
			let stakes = Self::stake_infos(&coldkey);
			(coldkey, stakes)
		};
		coldkeys.into_iter().map(with_stakes).collect()
	}

	/// One stake, which may be 0; never `None`, as clients of upstream's rely on it.
	pub fn stake_info(hotkey: T::AccountId, coldkey: T::AccountId, netuid: u16) -> Option<StakeInfo<T::AccountId>> {
		let stake = Self::stake_of(&hotkey, &coldkey, netuid);
		Some(Self::stake_info_of(hotkey, coldkey, netuid, stake))
	}

	/// What each coldkey may take back, by subnet: of the given, or of all on which it has stake.
	pub fn stake_availability(
		coldkeys: Vec<T::AccountId>,
		netuids: Option<Vec<u16>>,
	) -> BTreeMap<T::AccountId, BTreeMap<u16, StakeAvailability>> {
		let is_asked = |netuid: &u16| netuids.as_ref().is_none_or(|asked| asked.contains(netuid));
		let of_coldkey = |coldkey: T::AccountId| {
			let mut totals = BTreeMap::<u16, u64>::new();
			for (netuid, _, stake) in Self::stakes_of(&coldkey).into_iter().filter(|(netuid, ..)| is_asked(netuid)) {
				let total = totals.entry(netuid).or_default();
				*total = total.saturating_add(stake);
			}
			let available = |total| StakeAvailability { total, locked: Compact(0), available: total };
			(coldkey, totals.into_iter().map(|(netuid, total)| (netuid, available(Compact(total)))).collect())
		};
		coldkeys.into_iter().map(of_coldkey).collect()
	}

	/// `(netuid, hotkey, rao)` of each stake of a coldkey that is worth a rao, by netuid.
	fn stakes_of(coldkey: &T::AccountId) -> Vec<(u16, T::AccountId, u64)> {
		let mut stakes = Vec::new();
		for hotkey in StakedHotkeys::<T>::iter_key_prefix(coldkey) {
			for netuid in Alpha::<T>::iter_key_prefix((&hotkey, coldkey)) {
				let stake = Self::stake_of(&hotkey, coldkey, netuid);
				if stake > 0 {
					stakes.push((netuid, hotkey.clone(), stake));
				}
			}
		}
		stakes.sort();
		stakes
	}

	fn stake_info_of(hotkey: T::AccountId, coldkey: T::AccountId, netuid: u16, stake: u64) -> StakeInfo<T::AccountId> {
		let uid = Self::uid_on(netuid, &hotkey);
		StakeInfo {
			hotkey,
			coldkey,
			netuid: Compact(netuid),
			stake: Compact(stake),
			locked: Compact(0),
			emission: Compact(uid.and_then(|uid| Self::validator_emission(netuid, uid)).unwrap_or(0)),
			tao_emission: Compact(0),
			drain: Compact(0),
			is_registered: uid.is_some(),
		}
	}

	fn validator_emission(netuid: u16, uid: u16) -> Option<u64> {
		let uid = usize::from(uid);
		let emission = *Emission::<T>::get(netuid).get(uid)?;
		let (server, validator) = (*Incentive::<T>::get(netuid).get(uid)?, *Dividends::<T>::get(netuid).get(uid)?);
		Some(part(emission, server, validator))
	}
}
