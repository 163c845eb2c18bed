// SPDX-License-Identifier: Apache-2.0

//! What is played: on which subnets, by whom, and how each of them votes. Pure.

use std::collections::BTreeMap;

use offchain_validator::chain::calls::Hyperparameter;
use offchain_validator::chain::{AccountId, ChainError, Signer};
use serde::Serialize;

/// Blocks from one epoch to the next: time for the rows of all validators to get into blocks.
pub const PERIOD: u16 = 10;
/// Rounds for which one miner is the best; then it is another.
pub const HOLD: u32 = 8;
/// Miners that are voted on.
const MINERS: u32 = 4;
/// Rounds that are played before it counts: every miner is the best once, so that all have bonds on them.
pub const UNCOUNTED: u32 = MINERS * HOLD;
/// Rounds that are played, one an epoch; every miner is the best once more.
pub const ROUNDS: u32 = 2 * UNCOUNTED;

/// Weight on the miner that a validator takes for the best, and on each of the others.
const BEST: u16 = u16::MAX;
const OTHER: u16 = 2_048;

/// Parts of one that are tried as the bonds penalty, per 65535.
const PENALTIES: [u16; 5] = [0, 16_384, 32_768, 49_151, u16::MAX];

/// The row of a validator: weight by uid.
pub type Row = BTreeMap<u16, u16>;

/// How bonds come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
	/// Stake buys a share of a miner.
	Yuma2,
	/// A bond is the moving average of a weight.
	Yuma3,
	/// The same, at a pace for each bond from nearly standing still to nearly at once.
	LiquidAlpha,
	/// The same, all paces fast: the range that subnets begin with.
	LiquidAlphaAsIs,
}

impl Form {
	/// All of them.
	pub const ALL: [Self; 4] = [Self::Yuma2, Self::Yuma3, Self::LiquidAlpha, Self::LiquidAlphaAsIs];

	/// Its name in reports.
	pub fn name(self) -> &'static str {
		match self {
			Self::Yuma2 => "Yuma 2",
			Self::Yuma3 => "Yuma 3",
			Self::LiquidAlpha => "Yuma 3, liquid alpha 0.025 to 0.9",
			Self::LiquidAlphaAsIs => "Yuma 3, liquid alpha 0.7 to 0.9",
		}
	}

	fn parameters(self) -> Vec<Hyperparameter> {
		use Hyperparameter::{AlphaValues, LiquidAlphaOn, Yuma3On};
		let liquid = |low| vec![Yuma3On(true), LiquidAlphaOn(true), AlphaValues { low, high: 58_982 }];
		match self {
			Self::Yuma2 => vec![Yuma3On(false)],
			Self::Yuma3 => vec![Yuma3On(true), LiquidAlphaOn(false)],
			Self::LiquidAlpha => liquid(1_638),
			Self::LiquidAlphaAsIs => liquid(45_875),
		}
	}
}

/// One set of parameters, on a subnet of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
	/// The subnet.
	pub netuid: u16,
	/// How bonds come about there.
	pub form: Form,
	/// How far weights above consensus are cut to it before they buy bonds, per 65535.
	pub penalty: u16,
}

impl Stage {
	/// What the subnet is set to.
	pub fn parameters(&self) -> Vec<Hyperparameter> {
		let mut parameters = self.form.parameters();
		parameters.push(Hyperparameter::BondsPenalty(self.penalty));
		parameters
	}
}

/// Every form with every penalty.
pub fn stages() -> Vec<Stage> {
	let pairs = Form::ALL.into_iter().flat_map(|form| PENALTIES.map(|penalty| (form, penalty)));
	// A subnet's number moves its epochs by as many blocks: multiples of the period have theirs in the same blocks.
	let netuids = (1..).map(|n| n * PERIOD);
	netuids.zip(pairs).map(|(netuid, (form, penalty))| Stage { netuid, form, penalty }).collect()
}

/// The first block after `block` in which the subnets have an epoch: those of which the number, the subnet's own and two
/// are together a multiple of the period.
pub fn epoch_after(block: u32) -> u32 {
	let period = u32::from(PERIOD);
	((block + 2) / period + 1) * period - 2
}

/// What a hotkey does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
	/// Knows the best miner at once.
	Early,
	/// Votes what the early one has voted in the round before.
	Copier,
	/// Knows the best miner one round later. Together they are the majority.
	Majority,
	/// Is voted on.
	Miner,
}

/// A hotkey, on every subnet under the same uid.
#[derive(Clone, Copy, Debug)]
pub struct Member {
	/// Its slot: they register in this order on subnets that are empty.
	pub uid: u16,
	/// What it does.
	pub part: Part,
}

/// Four validators and four miners.
pub fn members() -> Vec<Member> {
	let validators = [Part::Early, Part::Copier, Part::Majority, Part::Majority];
	let parts = validators.into_iter().chain((0..MINERS).map(|_| Part::Miner));
	(0..).zip(parts).map(|(uid, part)| Member { uid, part }).collect()
}

impl Member {
	/// The one that does what only one does.
	pub fn only(part: Part) -> Self {
		let mut members = members().into_iter();
		members.find(|member| member.part == part).expect("every part is taken; qed")
	}

	/// Its key, derived from the development phrase. It never holds a balance.
	pub fn signer(&self) -> Result<Signer, ChainError> {
		Signer::from_uri(&format!("//copier//{}", self.uid))
	}

	/// Its account.
	pub fn account(&self) -> Result<AccountId, ChainError> {
		Ok(self.signer()?.account())
	}

	/// Its stake in rao: so much that what is earned does not matter beside it.
	pub fn stake(&self) -> u64 {
		match self.part {
			Part::Early | Part::Copier => 80_000_000_000_000,
			Part::Majority => 320_000_000_000_000,
			Part::Miner => 0,
		}
	}

	/// The row of a validator in a round, after `seen` of the early one in the round before; none of a miner.
	pub fn vote(&self, round: u32, seen: Option<&Row>) -> Option<Row> {
		match (self.part, seen) {
			(Part::Early, _) => Some(row_for(best(round))),
			(Part::Majority, _) => Some(row_for(best(round.saturating_sub(1)))),
			(Part::Copier, Some(seen)) => Some(seen.clone()),
			// In the first round there is nothing to copy, and all vote alike.
			(Part::Copier, None) => Some(row_for(best(0))),
			(Part::Miner, _) => None,
		}
	}
}

/// The uids that are voted on.
fn miners() -> Vec<u16> {
	members().iter().filter(|member| member.part == Part::Miner).map(|member| member.uid).collect()
}

/// The uid of the best miner: each in its turn.
fn best(round: u32) -> u16 {
	miners()[(round / HOLD % MINERS) as usize]
}

fn row_for(best: u16) -> Row {
	miners().into_iter().map(|uid| (uid, if uid == best { BEST } else { OTHER })).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::BTreeSet;

	fn vote(part: Part, round: u32, seen: Option<&Row>) -> Row {
		Member::only(part).vote(round, seen).expect("a validator votes")
	}

	#[test]
	fn the_early_one_knows_a_move_at_once_and_the_majority_a_round_later() {
		let (before, after) = (vote(Part::Early, HOLD - 1, None), vote(Part::Early, HOLD, None));
		assert_ne!(before, after);
		assert_eq!(vote(Part::Majority, HOLD, None), before);
		assert_eq!(vote(Part::Majority, HOLD + 1, None), after);
	}

	#[test]
	fn the_copier_votes_what_it_has_seen_whatever_that_is() {
		let seen = Row::from([(4, 1), (7, u16::MAX)]);
		assert_eq!(vote(Part::Copier, HOLD, Some(&seen)), seen);
		assert_eq!(vote(Part::Copier, 0, None), vote(Part::Early, 0, None));
	}

	#[test]
	fn every_miner_has_its_turn_and_all_vote_on_all() {
		let rows: BTreeSet<Row> = (UNCOUNTED..ROUNDS).map(|round| vote(Part::Early, round, None)).collect();
		assert_eq!(rows.len(), miners().len());
		assert_ne!(vote(Part::Early, UNCOUNTED, None), vote(Part::Early, UNCOUNTED - 1, None));
		for row in rows {
			assert_eq!(row.keys().copied().collect::<Vec<_>>(), miners());
			assert_eq!(row.values().filter(|weight| **weight == BEST).count(), 1);
		}
	}

	#[test]
	fn two_of_equal_stake_stand_against_a_majority() {
		let stake = |part| members().iter().filter(|it| it.part == part).map(Member::stake).sum::<u64>();
		assert_eq!(stake(Part::Early), stake(Part::Copier));
		assert!(stake(Part::Majority) > stake(Part::Early) + stake(Part::Copier));
	}

	#[test]
	fn every_pair_of_parameters_has_a_subnet_and_all_have_their_epochs_together() {
		let stages = stages();
		let pairs: BTreeSet<_> = stages.iter().map(|stage| (stage.form, stage.penalty)).collect();
		let netuids: BTreeSet<_> = stages.iter().map(|stage| stage.netuid).collect();
		assert_eq!((pairs.len(), netuids.len()), (stages.len(), stages.len()));
		assert!(netuids.iter().all(|netuid| netuid % PERIOD == 0));
		assert_eq!([0, 7, 8, 9, 17, 18].map(epoch_after), [8, 8, 18, 18, 18, 28]);
	}
}
