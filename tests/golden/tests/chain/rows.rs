// SPDX-License-Identifier: Apache-2.0
//! Weight rows: scaled up when set, renormalized when read.

use golden::{cases, plain, Decimal, Tally};
use serde::Deserialize;
use yuma_consensus::{max_upscale, row::max_upscale_proportions, NormalizedRow};

use crate::section;

const WEIGHTS_SET: &str = "chain/weights_set.json";
pub const HALF_DOWN: &str = "of those with a half rounded down by W2";

#[derive(Deserialize)]
struct Upscale {
	r#in: Vec<u16>,
	out: Vec<u16>,
}

/// W2: with a maximum above 32768 the reference multiplies by `65535 / max`, cut to 32 fractional bits. What is a half, or
/// above it by less than the value times the lost bits, it rounds down.
pub fn w2_loses_the_half(value: u16, max: u16) -> bool {
	let (value, max) = (u64::from(value), u64::from(max));
	let above_half = |max| (131_070 * value + max) % (2 * max); // Of 2·max: what rounding half up cuts off.
	let lost = |max| (65_535 << 32) % max; // Of 2³²·max.
	max > 32_768 && above_half(max) << 31 < value * lost(max)
}

/// Checks that a recorded row is ours, scaled up, but for halves that W2 rounds down. Whether there are such.
#[track_caller]
pub fn check_upscaled(weights: &[u16], recorded: &[u16]) -> bool {
	let upscaled = max_upscale(weights);
	assert_eq!(upscaled.len(), recorded.len(), "{weights:?}");
	let max = weights.iter().copied().max().unwrap_or_default();
	let mut is_w2 = false;
	for ((weight, ours), recorded) in weights.iter().zip(&upscaled).zip(recorded) {
		let rounded_down = w2_loses_the_half(*weight, max) && ours.checked_sub(1) == Some(*recorded);
		assert!(rounded_down || ours == recorded, "{weight} of at most {max}: {ours} is not {recorded}");
		is_w2 |= rounded_down;
	}
	is_w2
}

#[test]
fn rows_are_scaled_up_as_in_the_reference() {
	let mut tally = Tally::default();
	for Upscale { r#in, out } in section(WEIGHTS_SET, "max_upscale_u16") {
		if check_upscaled(&r#in, &out) {
			tally.under(HALF_DOWN);
		}
		tally.compared();
	}
	tally.finish("chain/weights_set.json, max_upscale_u16", 59);
}

#[derive(Deserialize)]
struct UpscaledProportions {
	r#in: SignedBits,
	out: Vec<u16>,
}

/// Raw bits of numbers with 32 fractional ones.
#[derive(Deserialize)]
struct SignedBits {
	bits: Vec<Decimal<i64>>,
}

/// As pruning scores are. Up to 32768 the reference divides last, and cuts bits below the half alone: there is no W2.
#[test]
fn proportions_are_scaled_up_as_in_the_reference() {
	let mut tally = Tally::default();
	for UpscaledProportions { r#in, out } in section(WEIGHTS_SET, "max_upscale_fixed") {
		let bits = plain(&r#in.bits).into_iter().map(|bits| u64::try_from(bits).ok().filter(|bits| *bits < 1 << 47));
		let Some(bits) = bits.collect::<Option<Vec<u64>>>() else {
			tally.under("no proportions: negative, or from 32768 on");
			continue;
		};
		assert_eq!(max_upscale_proportions(&bits), out, "{bits:?}");
		tally.compared();
	}
	tally.finish("chain/weights_set.json, max_upscale_fixed", 10);
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

#[derive(Deserialize)]
struct WholeShares {
	r#in: Vec<u16>,
	out: Vec<u16>,
	out_sum: u64,
}

/// How many 65535ths a share of 2⁶⁴ holds. The share is rounded down, by less than one; the next larger one holds the
/// same number or is exact, as a share of 65536 entries is whole 65535ths or misses them by 2⁻³² at the least.
fn in_65535ths(share: u64) -> u16 {
	let parts = ((u128::from(share) + 1) * 65_535) >> 64;
	u16::try_from(parts).expect("at most 65535")
}

#[test]
fn rows_are_normalized_to_65535_as_in_the_reference() {
	let mut tally = Tally::default();
	for WholeShares { r#in, out, out_sum } in section(WEIGHTS_SET, "normalize_weights") {
		let Ok(n) = u16::try_from(r#in.len()) else {
			tally.under("M1: more entries than a row may have");
			continue;
		};
		let ids: Vec<u16> = (0..n).collect();
		let stored: Vec<(u16, u16)> = ids.iter().copied().zip(r#in).collect();
		let mut ours = vec![0; stored.len()];
		for (index, share) in NormalizedRow::from_stored(&stored, &ids).shares() {
			ours[index] = in_65535ths(share);
		}
		assert_eq!(ours, out, "{stored:?}");
		assert_eq!(ours.into_iter().map(u64::from).sum::<u64>(), out_sum, "{stored:?}");
		tally.compared();
	}
	tally.finish("chain/weights_set.json, normalize_weights", 59);
}
