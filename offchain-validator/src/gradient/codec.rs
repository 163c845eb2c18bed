// SPDX-License-Identifier: Apache-2.0

//! The discrete cosine transform, chunk by chunk, and the largest coefficients of each chunk.
//!
//! Transforms are computed in f64 and rounded to f32 once. Only the sign of a decoded gradient moves the model, and signs
//! near zero are decided by rounding: in f64 the order in which a machine, or another number of threads, adds up hardly
//! ever reaches a bit of the result.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::f64::consts::PI;

use tch::{Kind, Tensor};

use super::compressed::Compressed;
use super::layout::{Layout, Layouts};
use crate::model::elements;

/// Transforms between parameters and the coefficients of their chunks.
#[derive(Debug)]
pub struct Codec {
	layouts: Layouts,
	/// By side of a chunk.
	pub(super) bases: BTreeMap<usize, Tensor>,
}

impl Codec {
	/// For parameters of these layouts.
	pub fn new(layouts: Layouts) -> Self {
		let sides = layouts.iter().flat_map(|(_, layout)| layout.chunk());
		let bases = sides.map(|side| (side, basis(side))).collect();
		Self { layouts, bases }
	}

	/// The layouts it was made for.
	pub fn layouts(&self) -> &Layouts {
		&self.layouts
	}

	/// The largest coefficients of each chunk of a parameter; of equally large ones, any.
	pub(super) fn compress(&self, parameter: &Tensor, layout: &Layout) -> Compressed {
		let coefficients = self.encode(parameter, layout);
		let (_, largest) = coefficients.abs().topk(layout.kept() as i64, -1, true, false);
		let (indices, _) = largest.sort(-1, false);
		let values = elements(&coefficients.gather(-1, &indices, false), 0..layout.sent());
		let mut wide = vec![0_i64; layout.sent()];
		indices.copy_data(&mut wide, layout.sent());
		Compressed { indices: wide.into_iter().map(|index| index as u16).collect(), values }
	}

	/// `[chunks, coefficients of a chunk]`, from a parameter of this layout.
	pub(super) fn encode(&self, parameter: &Tensor, layout: &Layout) -> Tensor {
		let ([y, x], [h, w]) = (sizes(layout.grid()), sizes(layout.chunk()));
		let [rows, columns] = self.bases(layout);
		let chunks = parameter.to_kind(Kind::Double).reshape([y, h, x, w]).transpose(1, 2);
		let coefficients = rows.transpose(0, 1).matmul(&chunks).matmul(columns);
		coefficients.reshape([y * x, h * w]).to_kind(Kind::Float)
	}

	/// A parameter of this layout, from the f64 coefficients of its chunks, one chunk after the other.
	pub(super) fn decode(&self, coefficients: &Tensor, layout: &Layout) -> Tensor {
		let ([y, x], [h, w]) = (sizes(layout.grid()), sizes(layout.chunk()));
		let [rows, columns] = self.bases(layout);
		let chunks = rows.matmul(&coefficients.reshape([y, x, h, w])).matmul(&columns.transpose(0, 1));
		let shape: Vec<i64> = layout.shape().iter().map(|side| *side as i64).collect();
		chunks.transpose(1, 2).reshape(shape).to_kind(Kind::Float)
	}

	fn bases(&self, layout: &Layout) -> [&Tensor; 2] {
		layout.chunk().map(|side| self.bases.get(&side).expect("layouts come from this codec; qed"))
	}
}

fn sizes(sides: [usize; 2]) -> [i64; 2] {
	sides.map(|side| side as i64)
}

/// The orthonormal DCT-II: `F[i][k] = s·cos(π(2i+1)k / 2n)`, `s = √(1/n)` for `k = 0`, else `√(2/n)`.
fn basis(n: usize) -> Tensor {
	let element = |i: usize, k: usize| {
		let scale = if k == 0 { 1.0 } else { 2.0 };
		(scale / n as f64).sqrt() * cos_half_turns((2 * i + 1) * k, 2 * n)
	};
	let elements: Vec<f64> = (0..n).flat_map(|i| (0..n).map(move |k| element(i, k))).collect();
	Tensor::from_slice(&elements).reshape([n as i64, n as i64])
}

/// `cos(π·m/d)` for an even `d`, brought into the first quarter turn so that zero is exact and both signs mirror each other.
fn cos_half_turns(m: usize, d: usize) -> f64 {
	let m = m % (2 * d);
	let m = m.min(2 * d - m);
	match (2 * m).cmp(&d) {
		Ordering::Less => (PI * m as f64 / d as f64).cos(),
		Ordering::Equal => 0.0,
		Ordering::Greater => -(PI * (d - m) as f64 / d as f64).cos(),
	}
}

#[cfg(test)]
mod tests;
