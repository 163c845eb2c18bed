// SPDX-License-Identifier: Apache-2.0

//! One peer's gradient on its way to a device, and the step along it.
//!
//! Only what was sent travels, and it is decoded where the model is, some chunks at a time, straight into the copy of the
//! parameters that is tried: no dense gradient is ever in memory. Nothing is added up over peers or windows here, so `f32` will
//! do, where the step that all copies must take alike is computed in `f64`.

use std::collections::{BTreeMap, BTreeSet};

use compression::{basis, clip_factor, norm};
use tch::{Device, Kind, TchError, Tensor};

use super::compressed::CompressedGradient;
use super::limits::Limits;
use super::{Coding, Compressed, Layout, Layouts, StepError};
use crate::model::{Fault, Params, Processor, Trial};

/// Elements that are decoded at a time: on the CPU what its caches hold.
const CPU_SLAB: usize = 1 << 19;
/// On a GPU what keeps it busy.
const CUDA_SLAB: usize = 1 << 26;

/// What one peer sent, by parameter, checked and laid out for the device. Holds no tensor: any thread may make it.
#[derive(Clone, Debug, PartialEq)]
pub struct Update(BTreeMap<String, Sparse>);

/// The coefficients or elements of one parameter that were sent, all others being zero.
#[derive(Clone, Debug, PartialEq)]
struct Sparse {
	/// Of each, its place in its row of chunks as a matrix: see [`positions`].
	positions: Vec<i32>,
	values: Vec<f32>,
}

/// Decodes updates on one device.
#[derive(Debug)]
pub struct Decoder {
	layouts: Layouts,
	device: Device,
	/// The transforms by side of a chunk, if there is any.
	bases: BTreeMap<usize, Tensor>,
}

impl Update {
	/// Of a gradient that fits these layouts, no longer than the `limits` allow.
	pub fn new(gradient: &CompressedGradient, layouts: &Layouts, limits: &Limits) -> Result<Self, StepError> {
		let sparse = layouts.iter().map(|(parameter, layout)| {
			let other_model = || StepError::OtherModel { parameter: parameter.into() };
			let sent = gradient.get(parameter).ok_or_else(other_model)?;
			let positions = positions(sent, layout).ok_or_else(other_model)?;
			Ok((parameter.to_owned(), Sparse { positions, values: limited(sent, limits.get(parameter)) }))
		});
		sparse.collect::<Result<_, _>>().map(Self)
	}
}

impl Decoder {
	/// For updates of these layouts.
	pub fn new(layouts: Layouts, processor: Processor) -> Result<Self, Fault> {
		let device = processor.into();
		let there = |side: usize| {
			let basis = Tensor::f_from_slice(&basis(side))?.f_view([side as i64, side as i64])?;
			Ok((side, basis.f_to_kind(Kind::Float)?.f_to_device(device)?))
		};
		let sides: BTreeSet<usize> = match layouts.coding() {
			Coding::Dct => layouts.iter().flat_map(|(_, layout)| layout.chunk()).collect(),
			Coding::Quantised(_) => BTreeSet::new(),
		};
		let bases = sides.into_iter().map(there).collect::<Result<_, Fault>>()?;
		Ok(Self { layouts, device, bases })
	}

	/// Makes `trial` what `params` become by a step along `update` alone: `p - lr·sign(gradient)` for [`Coding::Dct`], else
	/// `p - lr·gradient`.
	///
	/// On an error `trial` is of no use until it is written anew.
	pub fn step(&self, trial: &mut Trial, params: &Params, update: &Update, lr: f64) -> Result<(), TryError> {
		tch::no_grad(|| {
			trial.write(params, |parameter, original, stepped| {
				let (layout, sparse) = self.of(parameter, original, update)?;
				Ok(self.step_parameter(layout, sparse, original, stepped, lr).map_err(Fault::from)?)
			})
		})
	}

	/// What there is of a parameter, if it is of the same shape everywhere.
	fn of<'a>(
		&'a self,
		parameter: &str,
		original: &Tensor,
		update: &'a Update,
	) -> Result<(&'a Layout, &'a Sparse), StepError> {
		let layout = self.layouts.get(parameter);
		let layout = layout.filter(|layout| {
			original.size().iter().eq(layout.shape().iter().map(|n| *n as i64).collect::<Vec<_>>().iter())
		});
		let sparse = update.0.get(parameter);
		match (layout, sparse) {
			(Some(layout), Some(sparse)) if sparse.positions.len() == layout.sent() => Ok((layout, sparse)),
			_ => Err(StepError::OtherModel { parameter: parameter.into() }),
		}
	}

	fn step_parameter(
		&self,
		layout: &Layout,
		sparse: &Sparse,
		original: &Tensor,
		stepped: &mut Tensor,
		lr: f64,
	) -> Result<(), TchError> {
		let [rows, columns] = layout.grid();
		let [height, width] = layout.chunk();
		let row = height * columns * width;
		let slab = if self.device == Device::Cpu { CPU_SLAB } else { CUDA_SLAB };
		let (original, stepped) = (original.f_view([-1])?, stepped.f_view([-1])?);
		for first in (0..rows).step_by((slab / row).max(1)) {
			let count = (slab / row).max(1).min(rows - first);
			let mut step = self.decode(layout, sparse, first, count)?.f_view([-1])?;
			if self.layouts.coding() == Coding::Dct {
				step = step.f_sign_()?;
			}
			step = step.f_mul_scalar_(-lr)?;
			let (at, length) = ((first * row) as i64, (count * row) as i64);
			let stepped = stepped.f_narrow(0, at, length)?;
			_ = original.f_narrow(0, at, length)?.f_add_out(&stepped, &step)?;
		}
		Ok(())
	}

	/// Rows `first..first + count` of a parameter's chunks, decoded: `[count, height, columns·width]`, which is how the
	/// parameter has them.
	fn decode(&self, layout: &Layout, sparse: &Sparse, first: usize, count: usize) -> Result<Tensor, TchError> {
		let columns = layout.grid()[1];
		let [height, width] = layout.chunk();
		let sent = columns * layout.kept();
		let there = first * sent..(first + count) * sent;
		let size = [count as i64, sent as i64];
		let positions = Tensor::f_from_slice(&sparse.positions[there.clone()])?.f_to_device(self.device)?;
		let positions = positions.f_to_kind(Kind::Int64)?.f_view(size)?;
		let values = Tensor::f_from_slice(&sparse.values[there])?.f_to_device(self.device)?.f_view(size)?;
		let (count, height, width) = (count as i64, height as i64, width as i64);
		let row = columns as i64 * width;
		let mut sparse = Tensor::f_zeros([count, height * row], (Kind::Float, self.device))?;
		sparse = sparse.f_scatter_(1, &positions, &values)?;
		let [Some(down), Some(across)] = layout.chunk().map(|side| self.bases.get(&side)) else { return Ok(sparse) };
		// First along the rows of the chunks, then along their columns; each is one large product.
		let half = sparse.f_view([-1, width])?.f_mm(&across.f_tr()?)?;
		if height == 1 {
			return Ok(half);
		}
		down.f_unsqueeze(0)?.f_expand([count, height, height], false)?.f_bmm(&half.f_view([count, height, row])?)
	}
}

/// The numbers that were sent, or shorter ones along the same line.
fn limited(sent: &Compressed, limit: Option<f64>) -> Vec<f32> {
	let numbers = sent.values.numbers().into_owned();
	match limit {
		None => numbers,
		Some(limit) => {
			let factor = clip_factor(norm(&numbers), limit);
			numbers.into_iter().map(|number| (f64::from(number) * factor) as f32).collect()
		},
	}
}

/// Where each coefficient stands in its row of chunks, if these are coefficients of this layout. There, as in the parameter,
/// the first rows of all the chunks come before their second rows.
fn positions(sent: &Compressed, layout: &Layout) -> Option<Vec<i32>> {
	let [height, width] = layout.chunk();
	let columns = layout.grid()[1];
	let in_range = sent.indices.iter().all(|index| usize::from(*index) < layout.total());
	let is_whole = sent.indices.len() == layout.sent() && sent.values.len() == layout.sent();
	let addressable = i32::try_from(height * columns * width).is_ok();
	if !(in_range && is_whole && addressable) {
		return None;
	}
	let place = |(chunk, indices): (usize, &[u16])| {
		let column = chunk % columns;
		let place = move |index: &u16| {
			let (down, across) = (usize::from(*index) / width, usize::from(*index) % width);
			((down * columns + column) * width + across) as i32
		};
		indices.iter().map(place).collect::<Vec<_>>()
	};
	Some(sent.indices.chunks(layout.kept()).enumerate().flat_map(place).collect())
}

/// Why an update could not be tried. The parameters are as they were.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TryError {
	/// It is not of this model.
	#[error("{0}")]
	Step(#[from] StepError),
	/// The device could not.
	#[error("{0}")]
	Fault(#[from] Fault),
}

#[cfg(test)]
mod tests;
