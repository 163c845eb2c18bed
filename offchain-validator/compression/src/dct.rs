// SPDX-License-Identifier: Apache-2.0

//! The orthonormal DCT-II and its inverse, of several columns at a time.
//!
//! `F[i][k] = s·cos(π(2i+1)k / 2n)`, `s = √(1/n)` for `k = 0`, else `√(2/n)`. An even length is halved (Lee 1984): the
//! even coefficients are the transform of the sums of mirrored elements, the odd ones follow from that of their differences.
//! The odd length that is left in the end is multiplied out. Columns lie side by side, so that each operation is one on a
//! vector register.

use std::array::from_fn;
use std::sync::OnceLock;

use crate::cosine::cos_half_turns;

/// Columns that are transformed side by side.
pub(crate) const LANES: usize = 8;
/// One row of these columns.
pub(crate) type Lanes = [f64; LANES];

/// The transform of one length.
#[derive(Debug)]
pub(crate) struct Dct {
	/// `s` of each coefficient.
	scale: Vec<f64>,
	/// `1 / 2cos(π(2i+1) / 2n)` of each halving, from the whole length down.
	halvings: Vec<Vec<f64>>,
	/// The odd length that is left.
	odd: usize,
	/// `cos(π(2i+1)k / 2·odd)`, `k` after `k` for each `i`.
	cosines: Vec<f64>,
	/// What each coefficient alone decodes to when it is one, coefficient after coefficient. Made when first asked for: as
	/// many numbers as the square of the length.
	waves: OnceLock<Vec<f64>>,
}

impl Dct {
	/// For columns of `length` elements, at least one.
	pub(crate) fn new(length: usize) -> Self {
		let scale = |k| (if k == 0 { 1.0 } else { 2.0 } / length as f64).sqrt();
		let (mut halvings, mut odd) = (Vec::new(), length.max(1));
		while odd.is_multiple_of(2) {
			halvings.push((0..odd / 2).map(|i| 0.5 / cos_half_turns(2 * i + 1, 2 * odd)).collect());
			odd /= 2;
		}
		let cosines = (0..odd).flat_map(|i| (0..odd).map(move |k| cos_half_turns((2 * i + 1) * k, 2 * odd))).collect();
		Self { scale: (0..length).map(scale).collect(), halvings, odd, cosines, waves: OnceLock::new() }
	}

	/// Elements of a column.
	pub(crate) fn length(&self) -> usize {
		self.scale.len()
	}

	/// The column of elements that one coefficient decodes to, for each unit of it.
	#[inline(always)]
	pub(crate) fn wave(&self, coefficient: usize) -> &[f64] {
		let waves = self.waves.get_or_init(|| {
			let basis = basis(self.length());
			(0..self.length()).flat_map(|k| basis.iter().skip(k).step_by(self.length()).copied()).collect()
		});
		&waves[coefficient * self.length()..][..self.length()]
	}

	/// What each coefficient is to be multiplied by: after [`Self::forward`], before [`Self::inverse`].
	pub(crate) fn scale(&self) -> &[f64] {
		&self.scale
	}

	/// Coefficients from elements, in place. `spare` is as long and holds anything.
	#[inline(always)]
	pub(crate) fn forward(&self, tile: &mut [Lanes], spare: &mut [Lanes]) {
		let (mut from, mut to) = (tile, spare);
		let mut length = self.length();
		for weights in &self.halvings {
			halve(from, to, length, weights);
			std::mem::swap(&mut from, &mut to);
			length /= 2;
		}
		self.multiply(from, to, |k, i| self.cosines[i * self.odd + k]);
		for _ in &self.halvings {
			length *= 2;
			interleave(from, to, length);
			std::mem::swap(&mut from, &mut to);
		}
	}

	/// Elements from coefficients, in place. `spare` is as long and holds anything.
	#[inline(always)]
	pub(crate) fn inverse(&self, tile: &mut [Lanes], spare: &mut [Lanes]) {
		let (mut from, mut to) = (tile, spare);
		let mut length = self.length();
		for _ in &self.halvings {
			part(from, to, length);
			std::mem::swap(&mut from, &mut to);
			length /= 2;
		}
		self.multiply(from, to, |i, k| self.cosines[i * self.odd + k]);
		for weights in self.halvings.iter().rev() {
			length *= 2;
			mirror(from, to, length, weights);
			std::mem::swap(&mut from, &mut to);
		}
	}

	/// Multiplies each piece of the odd length by a matrix, given by row and column.
	#[inline(always)]
	fn multiply(&self, tile: &mut [Lanes], spare: &mut [Lanes], element: impl Fn(usize, usize) -> f64) {
		if self.odd == 1 {
			return;
		}
		spare.copy_from_slice(tile);
		for (to, from) in tile.chunks_exact_mut(self.odd).zip(spare.chunks_exact(self.odd)) {
			for (row, sums) in to.iter_mut().enumerate() {
				*sums = [0.0; LANES];
				for (column, values) in from.iter().enumerate() {
					let factor = element(row, column);
					sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value * factor);
				}
			}
		}
	}
}

/// The matrix of the transform of so many elements, row by row, by its definition. Its transpose is its inverse.
pub fn basis(length: usize) -> Vec<f64> {
	let scale = |k| (if k == 0 { 1.0 } else { 2.0 } / length as f64).sqrt();
	let element = move |i: usize, k: usize| scale(k) * cos_half_turns((2 * i + 1) * k, 2 * length);
	(0..length).flat_map(|i| (0..length).map(move |k| element(i, k))).collect()
}

/// Sums of mirrored elements, then their differences times `weights`; for each piece of a length.
#[inline(always)]
fn halve(from: &[Lanes], to: &mut [Lanes], length: usize, weights: &[f64]) {
	for (from, to) in from.chunks_exact(length).zip(to.chunks_exact_mut(length)) {
		let (low, high) = from.split_at(length / 2);
		let (sums, differences) = to.split_at_mut(length / 2);
		let from = low.iter().zip(high.iter().rev()).zip(weights);
		for (((a, b), weight), (sum, difference)) in from.zip(sums.iter_mut().zip(differences)) {
			*sum = from_fn(|lane| a[lane] + b[lane]);
			*difference = from_fn(|lane| (a[lane] - b[lane]) * weight);
		}
	}
}

/// The coefficients of both halves one after the other, of the differences each with the next.
#[inline(always)]
fn interleave(from: &[Lanes], to: &mut [Lanes], length: usize) {
	for (from, to) in from.chunks_exact(length).zip(to.chunks_exact_mut(length)) {
		let (sums, differences) = from.split_at(length / 2);
		let next = differences.iter().skip(1).chain([&[0.0; LANES]]);
		for (to, ((sum, difference), next)) in to.chunks_exact_mut(2).zip(sums.iter().zip(differences).zip(next)) {
			to[0] = *sum;
			to[1] = from_fn(|lane| difference[lane] + next[lane]);
		}
	}
}

/// The transpose of [`interleave`].
#[inline(always)]
fn part(from: &[Lanes], to: &mut [Lanes], length: usize) {
	for (from, to) in from.chunks_exact(length).zip(to.chunks_exact_mut(length)) {
		let (sums, differences) = to.split_at_mut(length / 2);
		let mut last = [0.0; LANES];
		for (from, (sum, difference)) in from.chunks_exact(2).zip(sums.iter_mut().zip(differences)) {
			*sum = from[0];
			*difference = from_fn(|lane| from[1][lane] + last[lane]);
			last = from[1];
		}
	}
}

/// The transpose of [`halve`].
#[inline(always)]
fn mirror(from: &[Lanes], to: &mut [Lanes], length: usize, weights: &[f64]) {
	for (from, to) in from.chunks_exact(length).zip(to.chunks_exact_mut(length)) {
		let (sums, differences) = from.split_at(length / 2);
		let (low, high) = to.split_at_mut(length / 2);
		let to = low.iter_mut().zip(high.iter_mut().rev());
		for (((sum, difference), weight), (a, b)) in sums.iter().zip(differences).zip(weights).zip(to) {
			let weighted: Lanes = from_fn(|lane| difference[lane] * weight);
			*a = from_fn(|lane| sum[lane] + weighted[lane]);
			*b = from_fn(|lane| sum[lane] - weighted[lane]);
		}
	}
}

#[cfg(test)]
mod tests;
