// SPDX-License-Identifier: Apache-2.0
//! Weight rows: scaled up when set, renormalized when read.

use golden::{cases, plain, recording, Decimal, Tally};
use serde::Deserialize;
use yuma_consensus::{max_upscale, NormalizedRow};

/// The checks of a row are the pallets' and have errors of their own; of a row that passed, what is stored is compared.
#[derive(Deserialize)]
struct WeightsSet {
	cases: Sections,
}

#[derive(Deserialize)]
struct Sections {
	max_upscale_u16: Vec<Upscale>,
	set_pipeline: Vec<SetWeights>,
}

#[derive(Deserialize)]
struct Upscale {
	r#in: Vec<u16>,
	out: Vec<u16>,
}

#[derive(Deserialize)]
struct SetWeights {
	uids: Vec<u16>,
	values: Vec<u16>,
	result: SetResult,
}

/// What is stored; nothing of a row that is refused.
#[derive(Deserialize)]
struct SetResult {
	stored: Option<Vec<(u16, u16)>>,
}

/// W2: with a maximum above 32768 the reference multiplies by `65535 / max`, cut to 32 fractional bits. What is exactly a
/// half, or less than the lost bits above it, it rounds down.
fn w2_loses_the_half(value: u16, max: u16) -> bool {
	let (value, max) = (u64::from(value), u64::from(max));
	let above_half = |max| (131_070 * value + max) % (2 * max); // Of 2·max: what rounding half up cuts off.
	max > 32_768 && above_half(max) << 31 < (value + 1) * max
}

#[track_caller]
fn check_upscaled(weights: &[u16], recorded: &[u16], tally: &mut Tally) {
	let upscaled = max_upscale(weights);
	assert_eq!(upscaled.len(), recorded.len(), "{weights:?}");
	let max = weights.iter().copied().max().unwrap_or_default();
	let mut is_w2 = false;
	for ((weight, ours), recorded) in weights.iter().zip(&upscaled).zip(recorded) {
		let rounded_down = w2_loses_the_half(*weight, max) && ours.checked_sub(1) == Some(*recorded);
		assert!(rounded_down || ours == recorded, "{weight} of at most {max}: {ours} is not {recorded}");
		is_w2 |= rounded_down;
	}
	tally.compared();
	if is_w2 {
		tally.under("of those with a half rounded down by W2");
	}
}

#[test]
fn rows_are_scaled_up_as_in_the_reference() {
	const FILE: &str = "chain/weights_set.json";
	let mut tally = Tally::default();
	if let Some(WeightsSet { cases }) = recording(FILE) {
		for case in &cases.max_upscale_u16 {
			check_upscaled(&case.r#in, &case.out, &mut tally);
		}
		for case in &cases.set_pipeline {
			match &case.result.stored {
				Some(row) => {
					let (uids, weights): (Vec<_>, Vec<_>) = row.iter().copied().unzip();
					assert_eq!(uids, case.uids);
					check_upscaled(&case.values, &weights, &mut tally);
				},
				None => tally.under("refused"),
			}
		}
	}
	tally.finish(FILE, 102);
}

#[derive(Deserialize)]
struct Normalization {
	row: Vec<u16>,
	normalized: Bits,
}

#[derive(Deserialize)]
struct Bits {
	bits: Vec<Decimal<u128>>,
}

/// To the last of 64 bits, but for a share of one: ours are of 2⁶⁴ − 1.
#[test]
fn shares_of_a_row_are_those_of_the_reference() {
	const FILE: &str = "chain/row_normalize.json";
	let mut tally = Tally::default();
	for case in cases::<Normalization>(FILE) {
		let stored: Vec<(u16, u16)> = (0..).zip(case.row).collect();
		let ids: Vec<u16> = stored.iter().map(|(id, _)| *id).collect();
		let mut shares = vec![0; stored.len()];
		for (index, share) in NormalizedRow::from_stored(&stored, &ids).shares() {
			shares[index] = share;
		}
		let recorded = plain(&case.normalized.bits).into_iter();
		assert!(
			recorded.map(|bits| bits.min(u64::MAX.into())).eq(shares.iter().copied().map(u128::from)),
			"{stored:?}"
		);
		tally.compared();
	}
	tally.finish(FILE, 18);
}
