// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;

use super::*;

fn forward(columns: &[Lanes]) -> Vec<Lanes> {
	let dct = Dct::new(columns.len());
	let (mut tile, mut spare) = (columns.to_vec(), vec![[f64::NAN; LANES]; columns.len()]);
	dct.forward(&mut tile, &mut spare);
	tile.iter().zip(dct.scale()).map(|(row, scale)| row.map(|value| value * scale)).collect()
}

fn inverse(coefficients: &[Lanes]) -> Vec<Lanes> {
	let dct = Dct::new(coefficients.len());
	let scaled = coefficients.iter().zip(dct.scale()).map(|(row, scale)| row.map(|value| value * scale));
	let (mut tile, mut spare) = (scaled.collect::<Vec<_>>(), vec![[f64::NAN; LANES]; coefficients.len()]);
	dct.inverse(&mut tile, &mut spare);
	tile
}

/// One in a place of the first column, two in the same of the second, and so on.
fn unit(n: usize, at: usize) -> Vec<Lanes> {
	let mut columns = vec![[0.0; LANES]; n];
	columns[at] = std::array::from_fn(|lane| (lane + 1) as f64);
	columns
}

#[test]
fn both_directions_are_the_matrix_at_every_length() {
	for n in (1..=70).chain([96, 125, 128, 181]) {
		let basis = basis(n);
		for at in 0..n {
			let (coefficients, elements) = (forward(&unit(n, at)), inverse(&unit(n, at)));
			for other in 0..n {
				for lane in 0..LANES {
					let factor = (lane + 1) as f64;
					let close = |found: f64, expected: f64| (found / factor - expected).abs() < 1e-13;
					assert!(close(coefficients[other][lane], basis[at * n + other]), "forward {n} {at} {other}");
					assert!(close(elements[other][lane], basis[other * n + at]), "inverse {n} {at} {other}");
				}
			}
		}
	}
}

/// By symmetry some elements of these transforms are zero; rounding must not give them a sign.
#[test]
fn zeros_of_the_basis_are_exact() {
	for (n, k) in [(3, 1), (5, 1), (5, 3), (25, 7), (63, 61)] {
		assert_eq!(inverse(&unit(n, k))[n / 2], [0.0; LANES], "{n} {k}");
		assert_eq!(forward(&unit(n, n / 2))[k], [0.0; LANES], "{n} {k}");
		assert_eq!(Dct::new(n).wave(k)[n / 2], 0.0, "{n} {k}");
	}
	assert_ne!(inverse(&unit(3, 2))[1], [0.0; LANES]);
}

proptest! {
	#[test]
	fn there_and_back_is_the_same_and_length_is_kept(
		values in proptest::collection::vec(proptest::array::uniform8(-1e3_f64..1e3), 1..130),
	) {
		let coefficients = forward(&values);
		for (row, expected) in inverse(&coefficients).iter().zip(&values) {
			prop_assert!(row.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-9));
		}
		let square = |rows: &[Lanes]| rows.iter().flatten().map(|value| value * value).sum::<f64>();
		prop_assert!((square(&coefficients) - square(&values)).abs() <= 1e-12 * square(&values));
	}
}
