// SPDX-License-Identifier: Apache-2.0

//! What the early one and the copier were paid: read from the chain epoch by epoch, then added up.

use std::collections::BTreeMap;

use offchain_validator::chain::{metagraph, surface, AtBlock, Chain};
use serde::Serialize;

use super::play::counted_in;
use super::scenario::{Form, Member, Part, Stage, HOLD, ROUNDS, UNCOUNTED};
use super::CopierError;
use crate::progress::Progress;

/// The outcome of the experiment; serializes into `report.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Copied {
	/// Epochs that were left out at the beginning.
	pub epochs_uncounted: u32,
	/// Epochs from one change of the best miner to the next.
	pub epochs_between_moves: u32,
	/// What came of each set of parameters.
	pub subnets: Vec<Subnet>,
	/// All that the two were paid on these subnets together while it counted.
	pub paid: Pay,
	/// By how much their stake has grown in that time, on the whole chain.
	pub grown: Pay,
}

/// What came of one set of parameters.
#[derive(Clone, Debug, Serialize)]
pub struct Subnet {
	/// Where they were tried.
	pub netuid: u16,
	/// How bonds come about there.
	pub form: Form,
	/// The bonds penalty, in [0, 1].
	pub penalty: f64,
	/// What the two earned.
	pub earned: Pay,
	/// What the early one earned for each rao of the copier; no number if that earned none.
	pub ratio: f64,
	/// The same epoch by epoch; in the first, the best miner has just changed.
	pub epochs: Vec<Epoch>,
}

/// What was paid in one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Epoch {
	/// Its block.
	pub block: u32,
	/// What was paid.
	#[serde(flatten)]
	pub pay: Pay,
}

/// Amounts of the two, in rao.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pay {
	/// Of the one that votes first.
	pub early: u64,
	/// Of the one that copies it.
	pub copier: u64,
}

impl Pay {
	/// The early one's for each rao of the copier's; no number if that is none.
	pub fn ratio(self) -> f64 {
		if self.copier == 0 {
			f64::NAN
		} else {
			self.early as f64 / self.copier as f64
		}
	}
}

impl std::iter::Sum for Pay {
	fn sum<I: Iterator<Item = Self>>(pays: I) -> Self {
		pays.fold(Self::default(), |sum, pay| Self { early: sum.early + pay.early, copier: sum.copier + pay.copier })
	}
}

impl Copied {
	/// What came of one form, by rising penalty.
	pub fn of(&self, form: Form) -> impl Iterator<Item = &Subnet> {
		self.subnets.iter().filter(move |subnet| subnet.form == form)
	}
}

impl Subnet {
	/// Adds up what was paid.
	pub fn new(stage: &Stage, epochs: Vec<Epoch>) -> Self {
		let earned: Pay = epochs.iter().map(|epoch| epoch.pay).sum();
		let Stage { netuid, form, penalty } = *stage;
		let penalty = f64::from(penalty) / f64::from(u16::MAX);
		Self { netuid, form, penalty, earned, ratio: earned.ratio(), epochs }
	}
}

/// Reads every epoch that counts; `first` is the block of the first round's.
pub async fn read(chain: &Chain, stages: &[Stage], first: u32, progress: &Progress) -> Result<Copied, CopierError> {
	let mut epochs = vec![Vec::new(); stages.len()];
	for round in UNCOUNTED..ROUNDS {
		progress.detail(format_args!("epoch {} of {}", round - UNCOUNTED + 1, ROUNDS - UNCOUNTED));
		let block = counted_in(first, round);
		let paid = paid(&chain.at_number(block).await?, stages).await?;
		for (epochs, pay) in epochs.iter_mut().zip(paid) {
			epochs.push(Epoch { block, pay });
		}
	}
	let subnets: Vec<_> = stages.iter().zip(epochs).map(|(stage, epochs)| Subnet::new(stage, epochs)).collect();
	let before = stakes(&chain.at_number(counted_in(first, UNCOUNTED) - 1).await?, stages).await?;
	let after = stakes(&chain.at_number(counted_in(first, ROUNDS - 1)).await?, stages).await?;
	Ok(Copied {
		epochs_uncounted: UNCOUNTED,
		epochs_between_moves: HOLD,
		paid: subnets.iter().map(|subnet| subnet.earned).sum(),
		grown: Pay {
			early: after.early.saturating_sub(before.early),
			copier: after.copier.saturating_sub(before.copier),
		},
		subnets,
	})
}

/// What the two were paid on each subnet in the epoch of this very block.
async fn paid(at: &AtBlock, stages: &[Stage]) -> Result<Vec<Pay>, CopierError> {
	let block = at.block().number;
	let last: BTreeMap<_, _> = at.map(&surface::LAST_EPOCH_BLOCK, ()).await?.into_iter().collect();
	let emission: BTreeMap<_, _> = at.map(&surface::LAST_EMISSION, ()).await?.into_iter().collect();
	let paid = |&Stage { netuid, .. }: &Stage| {
		if last.get(&(netuid,)) != Some(&u64::from(block)) {
			return Err(CopierError::NoEpoch { netuid, block });
		}
		let of = |part| {
			let uid = usize::from(Member::only(part).uid);
			emission.get(&(netuid,)).and_then(|column| column.get(uid)).copied().ok_or(CopierError::NoNeuron { netuid })
		};
		Ok(Pay { early: of(Part::Early)?, copier: of(Part::Copier)? })
	};
	stages.iter().map(paid).collect()
}

/// All stake of the two, as any subnet with them tells.
async fn stakes(at: &AtBlock, stages: &[Stage]) -> Result<Pay, CopierError> {
	let netuid = stages[0].netuid;
	let neurons = metagraph::metagraph(at, netuid).await?;
	let of = |part| {
		let hotkey = Member::only(part).account()?;
		let neuron = neurons.values().find(|neuron| neuron.hotkey == hotkey);
		neuron.map(|neuron| neuron.stake).ok_or(CopierError::NoNeuron { netuid })
	};
	Ok(Pay { early: of(Part::Early)?, copier: of(Part::Copier)? })
}
