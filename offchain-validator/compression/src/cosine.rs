// SPDX-License-Identifier: Apache-2.0

//! Cosines of rational parts of a turn, with the same bits on every machine: the C library's promise no such thing.

use std::cmp::Ordering;
use std::f64::consts::PI;

/// Terms of the series; for arguments up to π/4 the next one is below 10⁻²³.
const TERMS: u32 = 10;

/// `cos(π·m/d)` for `d` above zero. Brought into the first quarter turn, so that zero is exact and elements that mirror each
/// other have the same size.
pub(crate) fn cos_half_turns(m: usize, d: usize) -> f64 {
	let m = m % (2 * d);
	let m = m.min(2 * d - m);
	match (2 * m).cmp(&d) {
		Ordering::Less => cos_first_quarter(m, d),
		Ordering::Equal => 0.0,
		Ordering::Greater => -cos_first_quarter(d - m, d),
	}
}

/// For `m/d` from 0 to 1/2.
fn cos_first_quarter(m: usize, d: usize) -> f64 {
	if 4 * m <= d {
		series(PI * m as f64 / d as f64, 0)
	} else {
		let x = PI * (d - 2 * m) as f64 / (2 * d) as f64;
		x * series(x, 1) // sin(π/2 - y) = cos(y).
	}
}

/// The Taylor series of `cos(x)` for `shift` 0, of `sin(x)/x` for 1, from the smallest term up.
fn series(x: f64, shift: u32) -> f64 {
	let term = |sum, j: u32| {
		let last = 2 * j + shift;
		1.0 - sum * (x * x) / f64::from(last * (last - 1))
	};
	(1..=TERMS).rev().fold(1.0, term)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn cosines_are_those_of_the_c_library_to_the_last_bits() {
		for d in 1..200 {
			for m in 0..5 * d {
				let expected = (PI * m as f64 / d as f64).cos();
				assert!((cos_half_turns(m, d) - expected).abs() < 4e-15, "{m}/{d}");
			}
		}
	}

	#[test]
	fn zeros_are_exact_and_signs_mirror() {
		for d in 1..200 {
			assert_eq!(cos_half_turns(d, 2 * d), 0.0);
			assert_eq!(cos_half_turns(3 * d, 2 * d), 0.0);
			for m in 0..d {
				assert_eq!(cos_half_turns(m, d), -cos_half_turns(d - m, d), "{m}/{d}");
				assert_eq!(cos_half_turns(m, d), cos_half_turns(2 * d - m, d), "{m}/{d}");
			}
		}
	}
}
