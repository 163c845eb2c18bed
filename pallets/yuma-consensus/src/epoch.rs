// SPDX-License-Identifier: Apache-2.0
//! The Yuma epoch of one subnet: from stake, weights and bonds to incentive, dividends, new bonds and emission.
//!
//! Follows the sparse epoch of subtensor (`epoch/run_epoch.rs`), digit for digit where that one is right: 32 fractional
//! bits, every step rounded down. Names are Yuma's own. A step keeps the formula in its doc comment.

use alloc::vec::Vec;

use crate::{
	bonds::{hold, Holder},
	columns::{Columns, Row, Since},
	consensus::{agree, Towards, Validator},
	fixed::{
		bits, divide, from_bits, mul_bits, mul_floor, normalize, proportion_q32, q32_bits_to_u16, sum,
		u16_proportion_q32, Divisor, Q32, Q32_ONE, Q32_ZERO,
	},
	median::Electorate,
	row::{max_upscale_proportions, StoredRow},
	rules::{BondForm, Rules},
	standing::Standing,
};

/// Unit of [`EpochInput::bonds_moving_average`].
pub const BONDS_MOVING_AVERAGE_UNIT: u64 = 1_000_000;

/// What the epoch knows of one uid; the position in the list is the uid.
#[derive(Clone, Debug, Default)]
pub struct Neuron {
	/// Stake of the hotkey in rao.
	pub stake: u64,
	/// Block of the last weights set.
	pub last_update: u64,
	/// Block of the registration of the present hotkey.
	pub registered_at: u64,
	/// Validator permit as the previous epoch left it.
	pub permit: bool,
	/// Block of the earliest of its promises of weights that wait to be revealed, on a subnet where weights are promised.
	/// Weights count on nobody who was registered after it.
	pub committed_at: Option<u64>,
}

/// State a subnet epoch starts from.
#[derive(Clone, Debug, Default)]
pub struct EpochInput {
	/// Block in which the epoch runs.
	pub block: u64,
	/// Blocks without new weights after which a validator's stake stops counting.
	pub activity_cutoff: u64,
	/// Majority of stake, per 65535.
	pub kappa: u16,
	/// Part of the old bonds that stays, per million; more than a million counts as a million.
	pub bonds_moving_average: u64,
	/// Uids that may set weights after this epoch.
	pub max_validators: u16,
	/// All uids in order.
	pub neurons: Vec<Neuron>,
	/// Weight rows as stored, by uid.
	pub weights: Vec<StoredRow>,
	/// Bond rows as stored, by uid.
	pub bonds: Vec<StoredRow>,
	/// Amount to distribute, in rao.
	pub emission: u64,
	/// What is done otherwise than in the first form of the epoch.
	pub rules: Rules,
}

/// Results by uid; `u16` values are per 65535, amounts in rao.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpochOutput {
	/// Whether the uid's weights are recent enough to count.
	pub active: Vec<bool>,
	/// Uids that may set weights from now on.
	pub permits: Vec<bool>,
	/// Share of all stake.
	pub stake_weight: Vec<u16>,
	/// Clipped weight received, by stake.
	pub rank: Vec<u16>,
	/// Part of the weight received that consensus kept.
	pub trust: Vec<u16>,
	/// The stake-weighted median of the weight received.
	pub consensus: Vec<u16>,
	/// A server's share.
	pub incentive: Vec<u16>,
	/// A validator's share.
	pub dividends: Vec<u16>,
	/// Part of the weight set that consensus kept.
	pub validator_trust: Vec<u16>,
	/// Combined share, scaled so that the best is 65535; the lowest goes when the subnet is full.
	pub pruning_scores: Vec<u16>,
	/// Paid as a server, rounded down.
	pub server_emission: Vec<u64>,
	/// Paid as a validator, rounded down.
	pub validator_emission: Vec<u64>,
	/// What a uid earns in all, rounded down once: at most one rao more than its two parts.
	pub emission: Vec<u64>,
	/// New bond rows. `None` leaves the stored row as it is, which is only so where there is none to clear.
	pub bonds: Vec<Option<StoredRow>>,
}

impl EpochOutput {
	/// Rao that the two payments hand out; never more than the emission that went in.
	pub fn paid(&self) -> u64 {
		self.server_emission.iter().chain(&self.validator_emission).fold(0, |sum, part| sum.saturating_add(*part))
	}
}

/// Runs one epoch. Never fails: ids that do not exist and lists of the wrong length are ignored.
///
/// No share of `n` uids is off from its exact value by more than `4·n·(1 + s)·2⁻³² / (A·R·α·D)`: `A` is the part of all
/// stake that counts, `R` the weight that consensus keeps, `α` the part of a bond that is renewed, with liquid alpha the
/// least of those with a weight, `D` what dividends sum to before they are scaled to one, `s` the steepness of liquid alpha
/// or zero, and a divisor of zero counts as one. That holds unless the stake behind a weight is within 2⁻²⁴ of the
/// majority, where the median itself may jump.
pub fn run_epoch(input: &EpochInput) -> EpochOutput {
	let standing = Standing::of(input);
	let (rows, columns) = read_rows(input, &standing.permits);
	let (mut validators, electorate) = validators(&rows, &standing.active_stake, u16_proportion_q32(input.kappa));
	let mut agreed = agree(&columns, &mut validators, electorate, towards(&input.rules));
	let mut incentive = agreed.ranks.clone();
	normalize(&mut incentive);
	let mut holders: Vec<Holder> = rows.iter().map(holder).collect();
	hold(input.rules.bonds, &columns, &mut agreed, &incentive, alpha(input), &mut holders);

	let by_uid = |values: &mut dyn Iterator<Item = u64>| {
		let mut all: Vec<Q32> = input.neurons.iter().map(|_| Q32_ZERO).collect();
		for (row, value) in rows.iter().zip(values) {
			if let Some(place) = all.get_mut(row.uid()) {
				*place = from_bits(value);
			}
		}
		all
	};
	let validator_trust = by_uid(&mut validators.iter().map(|validator| validator.trust));
	let dividend = |(holder, validator): (&Holder, &Validator)| match input.rules.bonds {
		BondForm::Yuma2 => holder.dividend,
		BondForm::Yuma3(_) => mul_bits(holder.dividend, validator.stake),
	};
	let mut dividends = by_uid(&mut holders.iter().zip(&validators).map(dividend));
	normalize(&mut dividends);
	let payout = payout(&incentive, &dividends, &standing);
	let to_u16 = |values: &[Q32]| values.iter().map(|value| q32_bits_to_u16(bits(*value))).collect::<Vec<_>>();
	let to_rao = |shares: &[Q32]| shares.iter().map(|share| mul_floor(*share, input.emission)).collect::<Vec<_>>();
	EpochOutput {
		stake_weight: to_u16(&standing.stake),
		rank: to_u16(&incentive),
		trust: to_u16(&agreed.trust),
		consensus: to_u16(&agreed.consensus),
		incentive: to_u16(&incentive),
		dividends: to_u16(&dividends),
		validator_trust: to_u16(&validator_trust),
		pruning_scores: max_upscale_proportions(&payout.combined.iter().map(|share| bits(*share)).collect::<Vec<_>>()),
		server_emission: to_rao(&payout.servers),
		validator_emission: to_rao(&payout.validators),
		emission: to_rao(&payout.combined),
		bonds: bonds_to_store(&rows, holders, &standing, input),
		active: standing.active,
		permits: standing.next_permits,
	}
}

/// `W` and `B_old`: the weights of permitted validators and the bonds of everybody, as far as they count. A uid has 16
/// bits: whoever stands beyond those has no rows.
fn read_rows<'a>(input: &'a EpochInput, permits: &[bool]) -> (Vec<Row<'a>>, Columns) {
	let rows = (0..=u16::MAX).zip(input.neurons.iter().zip(permits)).map(|(uid, (neuron, permit))| {
		let weights = if *permit { stored_row(&input.weights, uid) } else { &[] };
		Row::new(uid, since(neuron, input.rules.last_epoch), weights, stored_row(&input.bonds, uid))
	});
	let mut rows: Vec<Row> = rows.filter(|row| !row.is_empty()).collect();
	let registered_at: Vec<u64> = input.neurons.iter().map(|neuron| neuron.registered_at).collect();
	let columns = Columns::of(&mut rows, &registered_at, input.rules.owner);
	(rows, columns)
}

/// From when on uids must have been registered for what `neuron` says of them not to count.
fn since(neuron: &Neuron, last_epoch: Option<u64>) -> Since {
	let after_promise = neuron.committed_at.map_or(u64::MAX, |block| block.saturating_add(1));
	Since {
		weights: neuron.last_update.min(after_promise),
		bonds: last_epoch.map_or(neuron.last_update, |block| block.saturating_add(1)),
	}
}

fn stored_row(rows: &[StoredRow], uid: u16) -> &[(u16, u16)] {
	rows.get(usize::from(uid)).map(Vec::as_slice).unwrap_or_default()
}

/// Who has the rows, and how their stake decides.
fn validators(rows: &[Row], active_stake: &[Q32], majority: Q32) -> (Vec<Validator>, Electorate) {
	let mut votes = active_stake.to_vec();
	normalize(&mut votes);
	let of = |stakes: &[Q32], row: &Row| stakes.get(row.uid()).map_or(0, |stake| bits(*stake));
	let validator = |row: &Row| Validator {
		whole: Divisor::new(row.whole),
		stake: of(active_stake, row),
		vote: of(&votes, row),
		trust: 0,
	};
	let electorate = Electorate::new(bits(sum(&votes)), bits(majority));
	(rows.iter().map(validator).collect(), electorate)
}

/// Part of the bonds that is renewed.
fn alpha(input: &EpochInput) -> Q32 {
	let keep = input.bonds_moving_average.min(BONDS_MOVING_AVERAGE_UNIT);
	Q32_ONE.saturating_sub(proportion_q32(keep, BONDS_MOVING_AVERAGE_UNIT.into()))
}

fn towards(rules: &Rules) -> Towards {
	let penalty = bits(u16_proportion_q32(rules.bonds_penalty));
	Towards { penalty, by_stake: rules.bonds == BondForm::Yuma2 }
}

fn holder(row: &Row) -> Holder {
	Holder { dividend: 0, row: StoredRow::with_capacity(row.length) }
}

/// Shares of the emission by uid.
struct Payout {
	servers: Vec<Q32>,
	validators: Vec<Q32>,
	combined: Vec<Q32>,
}

/// Servers and validators share by incentive and dividends; where neither exists, validators share by stake.
fn payout(incentive: &[Q32], dividends: &[Q32], Standing { stake, active_stake, .. }: &Standing) -> Payout {
	let combined: Vec<Q32> = incentive.iter().zip(dividends).map(|(i, d)| i.saturating_add(*d)).collect();
	let total = sum(&combined);
	if total == Q32_ZERO {
		let by_stake = if sum(active_stake) == Q32_ZERO { stake } else { active_stake };
		return Payout { servers: incentive.to_vec(), validators: by_stake.to_vec(), combined: by_stake.to_vec() };
	}
	let whole = Divisor::new(bits(total));
	let scaled = |values: &[Q32]| values.iter().map(|part| from_bits(whole.proportion(bits(*part)))).collect();
	let combined = combined.iter().map(|both| divide(*both, total)).collect(); // Each may be more than one.
	Payout { servers: scaled(incentive), validators: scaled(dividends), combined }
}

/// Rows of new validators; an empty one for who just lost the permit, and by the rule of the last epoch for everybody else.
fn bonds_to_store(
	rows: &[Row],
	holders: Vec<Holder>,
	standing: &Standing,
	input: &EpochInput,
) -> Vec<Option<StoredRow>> {
	let all = input.rules.last_epoch.is_some();
	let permits = &standing.next_permits;
	let is_stored = permits.iter().zip(&standing.permits).map(|(next, permit)| *next || *permit || all);
	let mut bonds: Vec<Option<StoredRow>> = is_stored.map(|is_stored| is_stored.then(StoredRow::new)).collect();
	for (row, holder) in rows.iter().zip(holders) {
		let is_permitted = permits.get(row.uid()).copied().unwrap_or(false);
		if let Some(stored) = bonds.get_mut(row.uid()).filter(|_| is_permitted) {
			*stored = Some(holder.row);
		}
	}
	bonds
}

#[cfg(test)]
mod tests;
