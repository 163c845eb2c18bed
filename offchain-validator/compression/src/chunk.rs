// SPDX-License-Identifier: Apache-2.0

//! The cosine transform of one chunk, `E = Fₕᵀ·X·F_w`, and back. A chunk is read and written where it lies in its parameter.

use std::array::from_fn;

use multiversion::multiversion;

use crate::dct::{Dct, Lanes, LANES};

/// The transforms along both sides of a chunk.
#[derive(Clone, Copy)]
pub(crate) struct Sides<'a> {
	/// Along a column, whose length is the chunk's height.
	pub(crate) height: &'a Dct,
	/// Along a row, whose length is the chunk's width.
	pub(crate) width: &'a Dct,
}

/// What a transform needs besides, whatever is in it.
pub(crate) struct Scratch {
	tile: Vec<Lanes>,
	spare: Vec<Lanes>,
	/// The chunk after one of both passes, turned on its side.
	turned: Vec<f64>,
}

/// Up to this part of all coefficients it is quicker to add up what each decodes to than to transform them.
const FEW: usize = 8;

/// Rows of a chunk within a larger matrix: the first begins with the data, each next one `stride` later.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, T> {
	pub(crate) data: &'a [T],
	pub(crate) stride: usize,
}

/// The same, to be written.
pub(crate) struct RowsMut<'a, T> {
	pub(crate) data: &'a mut [T],
	pub(crate) stride: usize,
}

/// A number that transforms read and write; they compute in f64.
pub(crate) trait Real: Copy {
	fn of(wide: f64) -> Self;
	fn wide(self) -> f64;
}

impl Real for f32 {
	#[inline(always)]
	fn of(wide: f64) -> Self {
		wide as f32
	}

	#[inline(always)]
	fn wide(self) -> f64 {
		f64::from(self)
	}
}

impl Real for f64 {
	#[inline(always)]
	fn of(wide: f64) -> Self {
		wide
	}

	#[inline(always)]
	fn wide(self) -> f64 {
		self
	}
}

impl Scratch {
	/// For chunks of this height and width.
	pub(crate) fn new([height, width]: [usize; 2]) -> Self {
		let longest = vec![[0.0; LANES]; height.max(width)];
		Self { tile: longest.clone(), spare: longest, turned: vec![0.0; height * width] }
	}
}

impl<'a, T> Rows<'a, T> {
	#[inline(always)]
	pub(crate) fn row(&self, row: usize, length: usize) -> &'a [T] {
		&self.data[row * self.stride..][..length]
	}
}

impl<T> RowsMut<'_, T> {
	#[inline(always)]
	pub(crate) fn row(&mut self, row: usize, length: usize) -> &mut [T] {
		&mut self.data[row * self.stride..][..length]
	}
}

/// The coefficients of the chunk `from`, row by row, rounded once.
#[multiversion(targets("x86_64+avx2"))]
pub(crate) fn forward(sides: Sides<'_>, from: Rows<'_, f32>, scratch: &mut Scratch, to: &mut [f32]) {
	let (height, width) = (sides.height.length(), sides.width.length());
	let Scratch { tile, spare, turned } = scratch;
	coefficients(sides.height, from, width, [tile, spare], RowsMut { data: turned, stride: height });
	let turned = Rows { data: turned, stride: height };
	coefficients(sides.width, turned, height, [tile, spare], RowsMut { data: to, stride: width });
}

/// The chunk whose coefficients are `from`, row by row, those that are not zero being at `sent`; rounded once.
///
/// Which way it is computed hangs on their number alone, so that all who decode the same get the same to the last bit.
#[multiversion(targets("x86_64+avx2"))]
pub(crate) fn inverse(sides: Sides<'_>, from: &[f64], sent: &[usize], scratch: &mut Scratch, to: RowsMut<'_, f32>) {
	let (height, width) = (sides.height.length(), sides.width.length());
	let Scratch { tile, spare, turned } = scratch;
	if sent.len() <= from.len() / FEW {
		add_waves(sides.height, from, sent, width, turned);
	} else {
		let from = Rows { data: from, stride: width };
		elements(sides.height, from, width, [tile, spare], RowsMut { data: turned, stride: height });
	}
	let turned = Rows { data: turned, stride: height };
	elements(sides.width, turned, height, [tile, spare], to);
}

/// Transforms each of `columns` columns; what was a column becomes a row.
#[inline(always)]
fn coefficients<S: Real, T: Real>(
	dct: &Dct,
	from: Rows<'_, S>,
	columns: usize,
	[tile, spare]: [&mut [Lanes]; 2],
	mut to: RowsMut<'_, T>,
) {
	let (tile, spare) = (&mut tile[..dct.length()], &mut spare[..dct.length()]);
	for first in (0..columns).step_by(LANES) {
		let lanes = LANES.min(columns - first);
		for (row, tile) in tile.iter_mut().enumerate() {
			*tile = load(&from.row(row, columns)[first..first + lanes]);
		}
		dct.forward(tile, spare);
		for lane in 0..lanes {
			let row = to.row(first + lane, dct.length()).iter_mut();
			row.zip(tile.iter()).zip(dct.scale()).for_each(|((to, tile), scale)| *to = T::of(tile[lane] * scale));
		}
	}
}

/// Transforms each of `columns` columns back; what was a column becomes a row.
#[inline(always)]
fn elements<S: Real, T: Real>(
	dct: &Dct,
	from: Rows<'_, S>,
	columns: usize,
	[tile, spare]: [&mut [Lanes]; 2],
	mut to: RowsMut<'_, T>,
) {
	let (tile, spare) = (&mut tile[..dct.length()], &mut spare[..dct.length()]);
	for first in (0..columns).step_by(LANES) {
		let lanes = LANES.min(columns - first);
		for ((row, tile), scale) in tile.iter_mut().enumerate().zip(dct.scale()) {
			let values = load(&from.row(row, columns)[first..first + lanes]);
			*tile = from_fn(|lane| values[lane] * scale);
		}
		dct.inverse(tile, spare);
		for lane in 0..lanes {
			let row = to.row(first + lane, dct.length()).iter_mut();
			row.zip(tile.iter()).for_each(|(to, tile)| *to = T::of(tile[lane]));
		}
	}
}

/// As [`elements`], of a few coefficients.
#[inline(always)]
fn add_waves(dct: &Dct, from: &[f64], sent: &[usize], width: usize, to: &mut [f64]) {
	to.fill(0.0);
	for at in sent {
		let to = &mut to[at % width * dct.length()..][..dct.length()];
		to.iter_mut().zip(dct.wave(at / width)).for_each(|(sum, wave)| *sum += from[*at] * wave);
	}
}

/// As many lanes as there are values; zero in the others.
#[inline(always)]
fn load<S: Real>(values: &[S]) -> Lanes {
	if let Ok(values) = <&[S; LANES]>::try_from(values) {
		return from_fn(|lane| values[lane].wide());
	}
	let mut lanes = [0.0; LANES];
	lanes.iter_mut().zip(values).for_each(|(lane, value)| *lane = value.wide());
	lanes
}
