// SPDX-License-Identifier: Apache-2.0

//! What a chain with root weights tells about its emission.

use std::collections::BTreeMap;

use subxt::ext::scale_decode::DecodeAsType;

use super::surface::{self, Role};
use super::{AccountId, AtBlock, ChainError};

/// One whole, in the units of [`RootValidator::read`].
const ONE: f64 = u64::MAX as f64;

/// Emission per block by netuid, in rao.
pub type Emission = BTreeMap<u16, u64>;

/// Root votes and what they pay, all after one block.
#[derive(Clone, Debug)]
pub struct RootView {
	/// New rao per block.
	pub block_emission: u64,
	/// What each subnet earns per block now.
	pub earned: Emission,
	/// What each subnet would earn per block if the epoch ran now.
	pub normalized: Emission,
	/// The same without renormalization of the rows.
	pub unnormalized: Emission,
	/// The validators with a row, by uid.
	pub validators: Vec<RootValidator>,
	/// How far each validator's power would be from its stake without renormalization, by uid.
	pub distortions: Vec<Distortion>,
	/// The block of the next root epoch; none when it never runs.
	pub next_epoch: Option<u32>,
}

/// How far a root validator's vote would pull from its stake, were rows taken as they are stored.
#[derive(Clone, Debug, PartialEq, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Distortion {
	/// Slot on the root network.
	pub uid: u16,
	/// Sum of the row's weights for subnets that exist.
	pub units: u64,
	/// Share of the stake that votes, in units of 1e-9.
	pub stake_share: u64,
	/// Share of the vote that the stored row pulls, less `stake_share`, in units of 1e-9.
	pub distortion: i64,
}

/// A root validator and its row.
#[derive(Clone, Debug, PartialEq)]
pub struct RootValidator {
	/// Slot on the root network.
	pub uid: u16,
	/// Who votes.
	pub hotkey: AccountId,
	/// Stake in rao.
	pub stake: u64,
	/// The row as stored: weight by netuid.
	pub stored: BTreeMap<u16, u16>,
	/// The row as read: share by netuid, in units of 1 / (2^64 - 1).
	pub read: BTreeMap<u16, u64>,
}

impl RootValidator {
	/// The share that the row as read gives to `netuid`, in [0, 1].
	pub fn share(&self, netuid: u16) -> f64 {
		self.read.get(&netuid).map_or(0.0, |share| *share as f64 / ONE)
	}

	/// How many whole units the row as stored hands out: one for each weight at its maximum.
	pub fn units(&self) -> f64 {
		self.stored.values().map(|weight| f64::from(*weight) / f64::from(u16::MAX)).sum()
	}
}

/// Uid, hotkey, stake in rao, and the row as stored: weight by netuid.
pub type StoredRow = (u16, AccountId, u64, Vec<(u16, u16)>);
/// The same with the row as read: share by netuid.
pub(super) type ReadRow = (u16, AccountId, u64, Vec<(u16, u64)>);

/// Whether the chain has root weights at all.
pub fn is_offered(at: &AtBlock) -> bool {
	at.has_api_of(&surface::ROWS_AS_STORED)
}

/// The block of the next root epoch; none when it never runs.
pub async fn next_epoch(at: &AtBlock) -> Result<Option<u32>, ChainError> {
	at.call(&surface::NEXT_EPOCH_BLOCK, ()).await
}

/// Reads everything about the root votes.
pub async fn view(at: &AtBlock) -> Result<RootView, ChainError> {
	at.check(Role::RootObserver, &Role::RootObserver.needs())?;
	let preview = |normalized| at.call(&surface::EMISSION_PREVIEW, (normalized,));
	let stored = at.call(&surface::ROWS_AS_STORED, ()).await?;
	let read = at.call(&surface::ROWS_AS_READ, ()).await?;
	Ok(RootView {
		block_emission: at.call(&surface::BLOCK_EMISSION, ()).await?,
		earned: at.call(&surface::EMISSION, ()).await?.into_iter().collect(),
		normalized: preview(true).await?.into_iter().collect(),
		unnormalized: preview(false).await?.into_iter().collect(),
		validators: validators(stored, read),
		distortions: at.call(&surface::VOTE_DISTORTIONS, ()).await?,
		next_epoch: next_epoch(at).await?,
	})
}

/// Joins the two forms of each row by uid.
fn validators(stored: Vec<StoredRow>, read: Vec<ReadRow>) -> Vec<RootValidator> {
	let mut read: BTreeMap<u16, _> = read.into_iter().map(|(uid, _, _, row)| (uid, row)).collect();
	let mut validators: Vec<_> = stored
		.into_iter()
		.map(|(uid, hotkey, stake, row)| RootValidator {
			uid,
			hotkey,
			stake,
			stored: row.into_iter().collect(),
			read: read.remove(&uid).unwrap_or_default().into_iter().collect(),
		})
		.collect();
	validators.sort_by_key(|validator| validator.uid);
	validators
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn both_forms_of_a_row_are_joined_by_uid() {
		let hotkey = AccountId::from([7; 32]);
		let stored = vec![(2, hotkey, 5, vec![(1, 65_535), (4, 13_107)]), (0, hotkey, 9, vec![])];
		let read = vec![(2, hotkey, 5, vec![(1, u64::MAX / 2)])];
		let found = validators(stored, read);
		assert_eq!(found.iter().map(|validator| validator.uid).collect::<Vec<_>>(), [0, 2]);
		assert_eq!(found[1].units(), 1.2);
		assert!((found[1].share(1) - 0.5).abs() < 1e-12);
		assert_eq!(found[1].share(4), 0.0);
	}
}
