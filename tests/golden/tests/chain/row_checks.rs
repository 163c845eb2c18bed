// SPDX-License-Identifier: Apache-2.0
//! What is asked of a row before it is stored, each rule by itself.

use golden::Tally;
use serde::Deserialize;
use yuma_consensus::{
	row_check::{is_self_weight, root_row, subnet_row},
	RowError, RowLimits, StoredRow,
};

use crate::section;

const WEIGHTS_SET: &str = "chain/weights_set.json";

/// M1: nothing can be stored of more entries than there are uids.
pub const TOO_LONG: &str = "M1: more entries than a row may have";
pub const W1: &str = "W1: the limit is checked after rounding";
pub const W3: &str = "W3: the sum of so many weights overflows";

/// Whether an entry is a larger part of the row than `limit`, per 65535.
pub fn is_over_limit(weights: &[u16], limit: u16) -> bool {
	let sum: u128 = weights.iter().copied().map(u128::from).sum();
	let max = weights.iter().copied().max().unwrap_or_default();
	u128::from(max) * 65_535 > sum * u128::from(limit)
}

/// As the reference finds it, part and limit cut to 32 fractional bits.
pub fn is_over_limit_in_32_bits(weights: &[u16], limit: u16) -> bool {
	let sum: u128 = weights.iter().copied().map(u128::from).sum();
	let max = weights.iter().copied().max().unwrap_or_default();
	(u128::from(max) << 32).checked_div(sum).unwrap_or_default() > (u128::from(limit) << 32) / 65_535
}

/// W3: the reference sums weights in signed fixed point with 31 whole bits.
pub fn w3_overflows(weights: &[u16]) -> bool {
	weights.iter().copied().map(u64::from).sum::<u64>() >= 1 << 31
}

/// Uids for a row of which nothing but the weights counts.
fn some_uids(weights: &[u16]) -> Option<Vec<u16>> {
	u16::try_from(weights.len()).ok().map(|n| (0..n).collect())
}

#[derive(Deserialize)]
struct Limited {
	r#in: Vec<u16>,
	max_limit: u16,
	ok: bool,
}

#[test]
fn a_row_is_over_the_limit_where_the_reference_says_so() {
	/// Of no row below, so that none is a self weight.
	const UID: u16 = u16::MAX;
	let mut tally = Tally::default();
	for Limited { r#in: weights, max_limit, ok } in section(WEIGHTS_SET, "check_vec_max_limited") {
		let Some(uids) = some_uids(&weights) else {
			tally.under(TOO_LONG);
			continue;
		};
		let limits = RowLimits { min_entries: 0, max_weight: max_limit };
		let row = subnet_row(UID, u16::MAX, limits, &uids, &weights);
		let is_over = is_over_limit(&weights, max_limit);
		assert_eq!(matches!(row, Err(RowError::OverLimit(_))), is_over, "limit {max_limit} of {weights:?}");
		if ok != is_over {
			tally.compared();
		} else if w3_overflows(&weights) {
			tally.under(W3);
		} else {
			assert_eq!(ok, !is_over_limit_in_32_bits(&weights, max_limit), "limit {max_limit} of {weights:?}");
			tally.under(W1);
		}
	}
	tally.finish("chain/weights_set.json, check_vec_max_limited", 404);
}

#[derive(Deserialize)]
struct Length {
	netuid: u16,
	subnet_n: u16,
	min_allowed_weights: u16,
	uid: u16,
	uids: Vec<u16>,
	weights: Vec<u16>,
	check_length: bool,
	is_self_weight: bool,
}

impl Length {
	/// On root there are here as many subnets as the reference has root validators, so that R7 makes no difference; their
	/// netuids are the uids and one, as nobody votes for netuid 0.
	fn row(&self) -> Result<StoredRow, RowError> {
		let limits = RowLimits { min_entries: self.min_allowed_weights, ..RowLimits::NONE };
		if self.netuid > 0 {
			return subnet_row(self.uid, self.subnet_n, limits, &self.uids, &self.weights);
		}
		let netuids: Vec<u16> = (0..self.subnet_n).map(|uid| uid + 1).collect();
		let dests: Vec<u16> = self.uids.iter().map(|uid| uid.saturating_add(1)).collect();
		root_row(&netuids, limits, &dests, &self.weights)
	}
}

#[test]
fn a_row_is_too_short_where_the_reference_says_so() {
	let mut tally = Tally::default();
	for case in section::<Length>(WEIGHTS_SET, "check_length") {
		let what = format!("uid {} of {} with {:?}", case.uid, case.subnet_n, case.uids);
		assert_eq!(is_self_weight(case.uid, &case.uids), case.is_self_weight, "{what}");
		match case.row() {
			Err(RowError::UnequalLengths | RowError::TooManyEntries | RowError::UnknownId(_)) => {
				let is_known = |uid: &u16| *uid < case.subnet_n;
				let is_distinct_and_known =
					case.uids.iter().all(is_known) && case.uids.len() <= usize::from(case.subnet_n);
				assert!(!is_distinct_and_known || case.uids.len() != case.weights.len(), "{what}");
				tally.under("refused for a fault that is found before the length");
			},
			Err(RowError::NoWeights) => {
				assert!(case.weights.iter().all(|weight| *weight == 0), "{what}");
				tally.under("W4: a root row without weight is refused before its length counts");
			},
			row => {
				assert_eq!(!matches!(row, Err(RowError::TooFewEntries { .. })), case.check_length, "{what}");
				tally.compared();
			},
		}
	}
	tally.finish("chain/weights_set.json, check_length", 45);
}
