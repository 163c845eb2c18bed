// SPDX-License-Identifier: Apache-2.0
//! Whole calls that set a row: what is stored, or why nothing is.
//!
//! A call may break several rules, and each side may name any of them. So there are two lists of what a fault means, ours
//! ([`SetWeights::is_here`]) and the reference's ([`SetWeights::is_there`]); an id says why where they differ.

use std::collections::BTreeSet;

use golden::Tally;
use serde::Deserialize;
use yuma_consensus::{
	max_upscale,
	row_check::{check_lengths, is_self_weight, root_row, subnet_row},
	RowError, RowLimits, StoredRow,
};

use crate::{
	row_checks::{is_over_limit, is_over_limit_in_32_bits, w3_overflows, TOO_LONG, W1, W3},
	rows::{check_upscaled, w2_loses_the_half, HALF_DOWN},
	section,
};

const WEIGHTS_SET: &str = "chain/weights_set.json";

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Call {
	SetWeights,
	SetRootWeights,
}

/// Why a row is refused: ours, and the permit that a caller of ours asks for; under the names of the reference, then and
/// today.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
enum Fault {
	#[serde(rename = "WeightVecNotEqualSize")]
	UnequalLengths,
	#[serde(rename = "TooManyUids", alias = "UidsLengthExceedUidsInSubNet")]
	TooManyEntries,
	#[serde(rename = "NoValidatorPermit", alias = "NeuronNoValidatorPermit")]
	NoPermit,
	#[serde(rename = "InvalidUid", alias = "UidVecContainInvalidOne")]
	UnknownId,
	#[serde(rename = "DuplicateUids")]
	DuplicateId,
	#[serde(rename = "NotSettingEnoughWeights", alias = "WeightVecLengthIsLow")]
	TooFewEntries,
	#[serde(rename = "MaxWeightExceeded")]
	OverLimit,
	#[serde(skip)]
	NoWeights,
}

impl Fault {
	const ALL: [Self; 8] = [
		Self::UnequalLengths,
		Self::TooManyEntries,
		Self::NoPermit,
		Self::UnknownId,
		Self::DuplicateId,
		Self::TooFewEntries,
		Self::OverLimit,
		Self::NoWeights,
	];
}

impl From<RowError> for Fault {
	fn from(error: RowError) -> Self {
		match error {
			RowError::UnequalLengths => Self::UnequalLengths,
			RowError::TooManyEntries => Self::TooManyEntries,
			RowError::UnknownId(_) => Self::UnknownId,
			RowError::TooFewEntries { .. } => Self::TooFewEntries,
			RowError::OverLimit(_) => Self::OverLimit,
			RowError::DuplicateId(_) => Self::DuplicateId,
			RowError::NoWeights => Self::NoWeights,
		}
	}
}

#[derive(Debug, Deserialize)]
struct SetWeights {
	call: Call,
	neuron_uid: u16,
	/// On root, the number of root validators.
	subnet_n: u16,
	min_allowed_weights: u16,
	max_weight_limit: u16,
	has_validator_permit: bool,
	/// Netuids for root, uids for a subnet.
	existing: Vec<u16>,
	uids: Vec<u16>,
	values: Vec<u16>,
	result: SetResult,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SetResult {
	Stored(StoredRow),
	Err(Fault),
}

impl SetWeights {
	fn is_root(&self) -> bool {
		self.call == Call::SetRootWeights
	}

	fn subnets(&self) -> Vec<u16> {
		let subnets: BTreeSet<u16> = self.existing.iter().copied().filter(|netuid| *netuid > 0).collect();
		subnets.into_iter().collect()
	}

	/// The checks in the order of the pallets.
	fn row(&self) -> Result<StoredRow, Fault> {
		let limits = RowLimits { min_entries: self.min_allowed_weights, max_weight: self.max_weight_limit };
		if self.is_root() {
			return Ok(root_row(&self.subnets(), limits, &self.uids, &self.values)?);
		}
		check_lengths(&self.uids, &self.values, self.subnet_n.into())?;
		if !is_self_weight(self.neuron_uid, &self.uids) && !self.has_validator_permit {
			return Err(Fault::NoPermit);
		}
		Ok(subnet_row(self.neuron_uid, self.subnet_n, limits, &self.uids, &self.values)?)
	}

	fn names_itself_alone(&self) -> bool {
		self.uids == [self.neuron_uid]
	}

	/// What binds all but self weights.
	fn is_bound(&self) -> bool {
		self.is_root() || !self.names_itself_alone()
	}

	/// Whether the row has this fault as this project means it.
	fn is_here(&self, fault: Fault) -> bool {
		let most = if self.is_root() { u16::MAX } else { self.subnet_n };
		let known = if self.is_root() { self.subnets() } else { (0..self.subnet_n).collect() };
		match fault {
			Fault::UnequalLengths => self.uids.len() != self.values.len(),
			Fault::TooManyEntries => self.uids.len() > usize::from(most),
			Fault::NoPermit => !self.is_root() && !self.names_itself_alone() && !self.has_validator_permit,
			Fault::UnknownId => self.uids.iter().any(|id| known.binary_search(id).is_err()),
			Fault::DuplicateId => self.uids.iter().collect::<BTreeSet<_>>().len() < self.uids.len(),
			Fault::TooFewEntries => {
				self.is_bound() && self.values.len() < known.len().min(self.min_allowed_weights.into())
			},
			Fault::OverLimit => self.is_bound() && is_over_limit(&self.values, self.limit_here()),
			Fault::NoWeights => self.is_root() && self.values.iter().all(|weight| *weight == 0),
		}
	}

	/// W5: a limit that no vote for all subnets could keep counts as an even vote.
	fn limit_here(&self) -> u16 {
		let even = u16::try_from(65_535usize.div_ceil(self.subnets().len().max(1))).expect("at most 65535");
		let least = if self.is_root() { even } else { 0 };
		self.max_weight_limit.max(least)
	}

	/// Whether the row has this fault as the reference means it.
	fn is_there(&self, fault: Fault) -> bool {
		let min_entries = self.subnet_n.min(self.min_allowed_weights);
		match fault {
			Fault::TooManyEntries => !self.is_root() && self.is_here(fault),
			Fault::UnknownId => self.uids.iter().any(|id| !self.existing.contains(id)),
			Fault::TooFewEntries => self.is_bound() && self.values.len() < usize::from(min_entries),
			Fault::OverLimit => {
				let is_spared = self.names_itself_alone() || self.max_weight_limit == u16::MAX;
				!is_spared && is_over_limit_in_32_bits(&self.upscaled_there(), self.max_weight_limit)
			},
			Fault::NoWeights => false,
			Fault::UnequalLengths | Fault::NoPermit | Fault::DuplicateId => self.is_here(fault),
		}
	}

	fn upscaled_there(&self) -> Vec<u16> {
		let max = self.values.iter().copied().max().unwrap_or_default();
		let ours = max_upscale(&self.values);
		ours.iter().zip(&self.values).map(|(ours, value)| ours - u16::from(w2_loses_the_half(*value, max))).collect()
	}

	/// Why a fault of one side is none of the other.
	fn rule(&self, fault: Fault) -> &'static str {
		assert_ne!(self.is_here(fault), self.is_there(fault), "{fault:?} is the same on both sides: {self:?}");
		let over_the_limit_as_given = is_over_limit(&self.values, self.max_weight_limit);
		match fault {
			Fault::UnknownId if self.is_root() => "R11: the root network may be voted for",
			Fault::TooFewEntries if self.is_root() => "R7: the minimum is bounded by the root validators",
			Fault::TooManyEntries => TOO_LONG,
			Fault::NoWeights => "W4: a root row without weight is stored",
			Fault::OverLimit if self.is_root() && self.names_itself_alone() => {
				"R6: a uid is taken for a netuid, and spared the limit"
			},
			Fault::OverLimit if over_the_limit_as_given != self.is_here(fault) => {
				"W5: a limit that no vote could keep shuts everybody out"
			},
			Fault::OverLimit => W1,
			_ => panic!("no rule lets {fault:?} differ: {self:?}"),
		}
	}

	/// Whether the verdict of the reference rests on a sum that overflows.
	fn is_w3(&self) -> bool {
		let may_be_of_the_limit = !matches!(self.result, SetResult::Err(fault) if fault != Fault::OverLimit);
		may_be_of_the_limit && self.max_weight_limit < u16::MAX && w3_overflows(&self.upscaled_there())
	}
}

/// The recorded row is the one that was sent, scaled up, and so is ours where it is not refused: whatever the order of
/// entries, and on root without zeros.
fn check_stored(case: &SetWeights, ours: Option<&StoredRow>, recorded: &StoredRow, tally: &mut Tally) {
	let as_we_store = |weights: &[u16]| {
		let mut row: StoredRow = case.uids.iter().copied().zip(weights.iter().copied()).collect();
		row.retain(|(_, weight)| *weight > 0 || !case.is_root());
		row.sort_unstable();
		row
	};
	let (sent, mut recorded) = (as_we_store(&case.values), recorded.clone());
	recorded.retain(|(_, weight)| *weight > 0 || !case.is_root());
	recorded.sort_unstable();
	assert!(recorded.iter().map(|(id, _)| id).eq(sent.iter().map(|(id, _)| id)), "{case:?}");
	let weights = |row: &StoredRow| -> Vec<u16> { row.iter().map(|(_, weight)| *weight).collect() };
	if check_upscaled(&weights(&sent), &weights(&recorded)) {
		tally.under(HALF_DOWN);
	}
	if let Some(ours) = ours {
		assert_eq!(*ours, as_we_store(&max_upscale(&case.values)), "{case:?}");
	}
}

fn check_call(case: &SetWeights, tally: &mut Tally) {
	let row = case.row();
	let is_any_here = Fault::ALL.into_iter().any(|fault| case.is_here(fault));
	let is_ours_true = row.as_ref().map_or_else(|fault| case.is_here(*fault), |_| !is_any_here);
	assert!(is_ours_true, "{row:?} is not true of {case:?}");
	if let SetResult::Stored(recorded) = &case.result {
		check_stored(case, row.as_ref().ok(), recorded, tally);
	}
	match (&row, &case.result) {
		(Ok(_), SetResult::Stored(_)) => tally.under("of those stored alike"),
		(Err(ours), SetResult::Err(recorded)) if ours == recorded => tally.under("of those refused alike"),
		_ => return tally.under(difference(case, row.err())),
	}
	tally.compared();
}

/// Why the reference stores what is refused here, or refuses what is stored, or names another fault: what either side
/// says must be true of the row as that side means it.
fn difference(case: &SetWeights, ours: Option<Fault>) -> &'static str {
	if case.is_w3() {
		return W3;
	}
	let theirs = match case.result {
		SetResult::Err(fault) => Some(fault),
		SetResult::Stored(_) => None,
	};
	let is_any_there = Fault::ALL.into_iter().any(|fault| case.is_there(fault));
	let is_theirs_true = theirs.map_or(!is_any_there, |fault| case.is_there(fault));
	assert!(is_theirs_true, "here {ours:?}; nothing known of the reference explains {case:?}");
	let is_ours_alone = |fault: &Fault| !case.is_there(*fault);
	let is_theirs_alone = |fault: &Fault| !case.is_here(*fault);
	match ours.filter(is_ours_alone).or(theirs.filter(is_theirs_alone)) {
		Some(fault) => case.rule(fault),
		None => "with several faults, of which each side names another first",
	}
}

#[test]
fn a_row_is_stored_or_refused_as_by_the_reference() {
	let mut tally = Tally::default();
	for case in section::<SetWeights>(WEIGHTS_SET, "set_pipeline") {
		check_call(&case, &mut tally);
	}
	tally.finish("chain/weights_set.json, set_pipeline", 100);
}
