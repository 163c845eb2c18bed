// SPDX-License-Identifier: Apache-2.0

//! One window that has ended, as every node sees it: read from the first block after it.

use std::collections::BTreeMap;

use mechanisms::templar::freshness::OpenSpan;
use mechanisms::Uid;

use crate::chain::metagraph::{self, Commitment, Neuron};
use crate::chain::{AccountId, AtBlock, BlockId, ChainError};
use crate::clock::Window;

/// `tao` in rao.
pub const fn rao(tao: u64) -> u64 {
	tao.saturating_mul(1_000_000_000)
}

/// One window that has ended.
#[derive(Clone, Debug)]
pub struct WindowView {
	/// Which one.
	pub window: Window,
	/// The time for uploads.
	pub open: OpenSpan,
	/// The first block after it.
	pub sync: BlockId,
	/// Who was on the subnet then.
	pub neurons: BTreeMap<Uid, Neuron>,
	/// What hotkeys had published by then.
	pub commitments: BTreeMap<AccountId, Commitment>,
}

impl WindowView {
	/// What `at`, the first block after `window`, tells. Uploads count for `open_seconds` from its time on.
	pub async fn after(at: &AtBlock, netuid: u16, window: Window, open_seconds: u64) -> Result<Self, ChainError> {
		let neurons = metagraph::metagraph(at, netuid).await?;
		let commitments = metagraph::commitments(at, netuid).await?;
		let open = OpenSpan::after(at.timestamp().await?, open_seconds);
		Ok(Self { window, open, sync: at.block(), neurons, commitments })
	}

	/// Who held each uid.
	pub fn hotkeys(&self) -> BTreeMap<Uid, String> {
		self.neurons.iter().map(|(uid, neuron)| (*uid, neuron.hotkey.to_string())).collect()
	}

	/// The neurons with at most `most_stake` rao, by what they have published, if `read` makes something of it. One with
	/// more is a validator.
	pub fn miners<T>(&self, most_stake: u64, read: impl Fn(&Commitment) -> Option<T>) -> BTreeMap<Uid, T> {
		self.published(|neuron| neuron.stake <= most_stake, read)
	}

	/// What the neurons that `counts` have published.
	pub fn published<T>(
		&self,
		counts: impl Fn(&Neuron) -> bool,
		read: impl Fn(&Commitment) -> Option<T>,
	) -> BTreeMap<Uid, T> {
		let counted = self.neurons.values().filter(|neuron| counts(neuron));
		counted.filter_map(|neuron| Some((neuron.uid, read(self.commitments.get(&neuron.hotkey)?)?))).collect()
	}
}
