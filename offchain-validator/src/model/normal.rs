// SPDX-License-Identifier: Apache-2.0

//! Normal draws that have the same bits on every machine.
//!
//! All copies of a fresh model must agree, and neither libtorch's generators nor the logarithm of the system's C library
//! promise equal bits everywhere. Here nothing is used but an integer generator and the operations that IEEE 754 rounds
//! exactly: `+ - * /` and the square root.

use rand_pcg::rand_core::Rng;
use rand_pcg::Pcg64;

/// Which of the generator's sequences is used; any fixed number.
const STREAM: u128 = 0x726f_6f74_2077_6569_6768_7473;

/// Standard normal draws, by Marsaglia's polar method.
pub(super) struct Normal {
	generator: Pcg64,
	/// Each round gives two draws.
	spare: Option<f64>,
}

impl Normal {
	pub(super) fn new(seed: u64) -> Self {
		Self { generator: Pcg64::new(seed.into(), STREAM), spare: None }
	}

	pub(super) fn draw(&mut self) -> f64 {
		if let Some(spare) = self.spare.take() {
			return spare;
		}
		loop {
			let (x, y) = (self.uniform(), self.uniform());
			let square = x * x + y * y;
			if square > 0.0 && square < 1.0 {
				let scale = (-2.0 * ln(square) / square).sqrt();
				self.spare = Some(y * scale);
				return x * scale;
			}
		}
	}

	/// In `[-1, 1)`, on a grid of 2⁻⁵² so that nothing is rounded.
	fn uniform(&mut self) -> f64 {
		(self.generator.next_u64() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
	}
}

/// Natural logarithm of a positive normal number: `ln(m·2ᵉ) = e·ln 2 + 2·artanh((m-1)/(m+1))`, `m` in `[√½, √2)`.
fn ln(x: f64) -> f64 {
	let bits = x.to_bits();
	let mut exponent = (bits >> 52) as i64 - 1023;
	let mut mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
	if mantissa >= std::f64::consts::SQRT_2 {
		mantissa /= 2.0;
		exponent += 1;
	}
	let z = (mantissa - 1.0) / (mantissa + 1.0);
	// |z| is below 0.172, so the term after these is below 10⁻¹⁸.
	let series = (0..12).rev().fold(0.0, |sum, i| sum * z * z + 1.0 / f64::from(2 * i + 1));
	exponent as f64 * std::f64::consts::LN_2 + 2.0 * z * series
}

#[cfg(test)]
mod tests {
	use super::*;

	/// A second implementation, in Python, gave the same.
	#[test]
	fn draws_are_the_same_everywhere() {
		let mut normal = Normal::new(42);
		let bits: Vec<u64> = (0..4).map(|_| normal.draw().to_bits()).collect();
		let expected = [
			4_597_361_228_170_409_466,
			13_822_189_672_592_222_745,
			13_832_021_806_773_140_633,
			13_829_796_175_451_879_612,
		];
		assert_eq!(bits, expected);
	}

	#[test]
	fn draws_have_the_moments_of_a_normal() {
		let mut normal = Normal::new(7);
		let draws: Vec<f64> = (0..100_000).map(|_| normal.draw()).collect();
		let moment = |power: i32| draws.iter().map(|draw| draw.powi(power)).sum::<f64>() / draws.len() as f64;
		assert!(moment(1).abs() < 0.015, "{}", moment(1));
		assert!((moment(2) - 1.0).abs() < 0.02, "{}", moment(2));
		assert!(moment(3).abs() < 0.06, "{}", moment(3));
		assert!((moment(4) - 3.0).abs() < 0.15, "{}", moment(4));
	}

	#[test]
	fn the_logarithm_is_the_logarithm() {
		for x in [1e-300, 1e-9, 0.1, 0.5, 0.707, 0.708, 0.999_999, 1.0, 1.5, 3e5] {
			assert!((ln(x) - x.ln()).abs() <= 4e-16 * x.ln().abs().max(1.0), "{x}");
		}
	}
}
