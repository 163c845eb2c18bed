// SPDX-License-Identifier: Apache-2.0
//! From shares to `u16`, as the SDK sends them, and back, as they are to be read.

use golden::{cases, recording, Tally};
use mechanisms::emit::to_u16;
use serde::Deserialize;
use yuma_consensus::NormalizedRow;

use crate::Float;

const FILE: &str = "mechanisms/bittensor_weights.json";

#[derive(Deserialize)]
struct Conversion {
	label: String,
	uids: Vec<i64>,
	weights: Vec<Float>,
	result: Sent,
	sdk_11_3_normalize: Sent,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Sent {
	Row {
		uids: Vec<i64>,
		values: Vec<u16>,
	},
	Refused {
		#[serde(rename = "RAISES")]
		_why: String,
	},
}

impl Sent {
	/// A row without an entry says as little as a refusal does.
	fn row(self) -> Option<Vec<(i64, u16)>> {
		match self {
			Self::Row { uids, values } => {
				Some(uids.into_iter().zip(values).collect()).filter(|row: &Vec<_>| !row.is_empty())
			},
			Self::Refused { .. } => None,
		}
	}
}

/// Types exclude what the SDK refuses for a uid below zero, or for lists of two lengths.
fn can_be_asked(case: &Conversion) -> bool {
	case.uids.len() == case.weights.len() && case.uids.iter().all(|uid| *uid >= 0)
}

#[test]
fn weights_are_those_that_the_sdk_sends() {
	let mut tally = Tally::default();
	for case in cases::<Conversion>(FILE) {
		if !can_be_asked(&case) {
			tally.under("cannot be asked");
			continue;
		}
		let shares: Vec<f64> = case.weights.iter().map(|weight| weight.0).collect();
		let weights = to_u16(&shares).ok();
		let row: Option<Vec<(i64, u16)>> =
			weights.map(|weights| case.uids.into_iter().zip(weights).filter(|(_, weight)| *weight > 0).collect());
		assert_eq!(row, case.result.row(), "{}, SDK 9.1", case.label);
		assert_eq!(row, case.sdk_11_3_normalize.row(), "{}, SDK 11.3", case.label);
		tally.compared();
	}
	tally.finish(FILE, 22);
}

#[derive(Deserialize)]
struct Conversions {
	from_u16: Vec<Read>,
}

#[derive(Deserialize)]
struct Read {
	n: u16,
	uids: Vec<u16>,
	u16: Vec<u16>,
	row: Vec<f64>,
}

#[test]
fn weights_are_read_as_parts_of_their_row() {
	let Some(Conversions { from_u16 }) = recording(FILE) else { return };
	let mut tally = Tally::default();
	for case in from_u16 {
		let stored: Vec<(u16, u16)> = case.uids.into_iter().zip(case.u16).collect();
		let uids: Vec<u16> = (0..case.n).collect();
		let mut row = vec![0.0; case.n.into()];
		for (position, share) in NormalizedRow::from_stored(&stored, &uids).shares() {
			row[position] = share as f64 / u64::MAX as f64;
		}
		for (share, expected) in row.into_iter().zip(&case.row) {
			tally.close("share read back", (share, *expected), 1e-6, format_args!("{stored:?}"));
		}
		tally.compared();
	}
	tally.finish(FILE, 4);
}
