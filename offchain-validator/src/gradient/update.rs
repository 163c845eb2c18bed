// SPDX-License-Identifier: Apache-2.0

//! One peer's gradient on its way to a device, and the step along it.
//!
//! Only what was sent travels, and it is decoded where the model is, some chunks at a time, straight into the copy of the
//! parameters that is tried: no dense gradient is ever in memory. On the CPU the codec's quick transform does it, on a GPU products
//! with the matrix of the transform, in `f32`: nothing is added up over peers or windows here, where the step that all copies must
//! take alike is computed in `f64`.

use std::collections::{BTreeMap, BTreeSet};

use compression::{basis, clip_factor, norm};
use tch::{Device, Kind, TchError, Tensor};

use super::compressed::CompressedGradient;
use super::limits::Limits;
use super::{Codec, Coding, Compressed, Layout, Layouts, StepError};
use crate::model::{Fault, Params, Processor, Trial};

/// Elements that are decoded at a time: on the CPU what its caches hold.
const CPU_SLAB: usize = 1 << 19;
/// On a GPU what keeps it busy.
const CUDA_SLAB: usize = 1 << 26;

/// What one peer sent, by parameter, checked. Holds no tensor: any thread may make it.
#[derive(Clone, Debug, PartialEq)]
pub struct Update(BTreeMap<String, Sparse>);

/// The coefficients or elements of a parameter that were sent, all others being zero.
#[derive(Clone, Debug, PartialEq)]
struct Sparse {
	/// Of each, its place in its chunk.
	indices: Vec<u16>,
	values: Vec<f32>,
}

/// Decodes updates on one device.
#[derive(Debug)]
pub struct Decoder {
	codec: Codec,
	way: Way,
}

#[derive(Debug)]
enum Way {
	/// By the codec.
	Codec,
	/// By products of matrices on a device.
	Products {
		device: Device,
		/// The transforms by side of a chunk, if there is any.
		bases: BTreeMap<usize, Tensor>,
	},
}

impl Update {
	/// Of a gradient that fits these layouts, no longer than the `limits` allow.
	pub fn new(gradient: &CompressedGradient, layouts: &Layouts, limits: &Limits) -> Result<Self, StepError> {
		let sparse = layouts.iter().map(|(parameter, layout)| {
			let sent = gradient.get(parameter).filter(|sent| fits(sent, layout));
			let sent = sent.ok_or_else(|| StepError::OtherModel { parameter: parameter.into() })?;
			let values = limited(sent, limits.get(parameter));
			Ok((parameter.to_owned(), Sparse { indices: sent.indices.clone(), values }))
		});
		sparse.collect::<Result<_, _>>().map(Self)
	}
}

impl Decoder {
	/// For updates of the codec's layouts.
	pub fn new(codec: &Codec, processor: Processor) -> Result<Self, Fault> {
		match processor {
			Processor::Cpu => Ok(Self { codec: codec.clone(), way: Way::Codec }),
			Processor::Cuda(_) => Self::by_products(codec, processor.into()),
		}
	}

	fn by_products(codec: &Codec, device: Device) -> Result<Self, Fault> {
		let there = |side: usize| {
			let basis = Tensor::f_from_slice(&basis(side))?.f_view([side as i64, side as i64])?;
			Ok((side, basis.f_to_kind(Kind::Float)?.f_to_device(device)?))
		};
		let layouts = codec.layouts();
		let sides: BTreeSet<usize> = match layouts.coding() {
			Coding::Dct => layouts.iter().flat_map(|(_, layout)| layout.chunk()).collect(),
			Coding::Quantised(_) => BTreeSet::new(),
		};
		let bases = sides.into_iter().map(there).collect::<Result<_, Fault>>()?;
		Ok(Self { codec: codec.clone(), way: Way::Products { device, bases } })
	}

	/// Makes `trial` what `params` become by a step along `update` alone: `p - lr·sign(gradient)` for [`Coding::Dct`], else
	/// `p - lr·gradient`.
	///
	/// On an error `trial` is of no use until it is written anew.
	pub fn step(&self, trial: &mut Trial, params: &Params, update: &Update, lr: f64) -> Result<(), TryError> {
		tch::no_grad(|| {
			trial.write(params, |parameter, original, stepped| {
				let (layout, sparse) = self.of(parameter, original, update)?;
				self.step_parameter(parameter, layout, sparse, original, stepped, lr)
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
		let layout = self.codec.layouts().get(parameter);
		let layout = layout.filter(|layout| {
			original.size().iter().eq(layout.shape().iter().map(|n| *n as i64).collect::<Vec<_>>().iter())
		});
		let sparse = update.0.get(parameter);
		match (layout, sparse) {
			(Some(layout), Some(sparse)) if sparse.indices.len() == layout.sent() => Ok((layout, sparse)),
			_ => Err(StepError::OtherModel { parameter: parameter.into() }),
		}
	}

	fn step_parameter(
		&self,
		parameter: &str,
		layout: &Layout,
		sparse: &Sparse,
		original: &Tensor,
		stepped: &mut Tensor,
		lr: f64,
	) -> Result<(), TryError> {
		let [rows, columns] = layout.grid();
		let row = columns * layout.total();
		let at_a_time = match self.way {
			Way::Products { device: Device::Cuda(_), .. } => CUDA_SLAB,
			_ => CPU_SLAB,
		};
		let at_a_time = (at_a_time / row).max(1);
		let (original, stepped) = (flat(original)?, flat(stepped)?);
		for first in (0..rows).step_by(at_a_time) {
			let count = at_a_time.min(rows - first);
			let sent = columns * layout.kept();
			let sent = first * sent..(first + count) * sent;
			let (indices, values) = (&sparse.indices[sent.clone()], &sparse.values[sent]);
			let decoded = match &self.way {
				Way::Codec => {
					let mut decoded = vec![0.0; count * row];
					self.codec.plain().decode_stripes(parameter, indices, values, &mut decoded)?;
					Tensor::f_from_slice(&decoded)
				},
				Way::Products { device, bases } => decode(layout, bases, *device, indices, values),
			};
			self.add(decoded, lr, [&original, &stepped], first * row).map_err(Fault::from)?;
		}
		Ok(())
	}

	/// Writes to `stepped` from `at` on what is there in `original` with so much of a decoded gradient added.
	fn add(
		&self,
		decoded: Result<Tensor, TchError>,
		lr: f64,
		[original, stepped]: [&Tensor; 2],
		at: usize,
	) -> Result<(), TchError> {
		let mut step = decoded?.f_view([-1])?;
		if self.codec.layouts().coding() == Coding::Dct {
			step = step.f_sign_()?;
		}
		step = step.f_mul_scalar_(-lr)?;
		let (at, length) = (at as i64, step.numel() as i64);
		let stepped = stepped.f_narrow(0, at, length)?;
		original.f_narrow(0, at, length)?.f_add_out(&stepped, &step).map(|_| ())
	}
}

fn flat(tensor: &Tensor) -> Result<Tensor, Fault> {
	Ok(tensor.f_view([-1])?)
}

/// Some rows of a parameter's chunks, decoded on a device: `[rows, height, columns·width]`, which is how the parameter has them.
fn decode(
	layout: &Layout,
	bases: &BTreeMap<usize, Tensor>,
	device: Device,
	indices: &[u16],
	values: &[f32],
) -> Result<Tensor, TchError> {
	let columns = layout.grid()[1];
	let sent = (columns * layout.kept()) as i64;
	let [height, width] = layout.chunk().map(|side| side as i64);
	let row = columns as i64 * width;
	let positions = positions(layout, device, indices)?.f_view([-1, sent])?;
	let values = Tensor::f_from_slice(values)?.f_to_device(device)?.f_view([-1, sent])?;
	let count = values.size()[0];
	let mut sparse = Tensor::f_zeros([count, height * row], (Kind::Float, device))?;
	sparse = sparse.f_scatter_(1, &positions, &values)?;
	let [Some(down), Some(across)] = layout.chunk().map(|side| bases.get(&side)) else { return Ok(sparse) };
	// First along the rows of the chunks, then along their columns; each is one large product.
	let half = sparse.f_view([-1, width])?.f_mm(&across.f_tr()?)?;
	if height == 1 {
		return Ok(half);
	}
	down.f_unsqueeze(0)?.f_expand([count, height, height], false)?.f_bmm(&half.f_view([count, height, row])?)
}

/// Where each coefficient stands in its row of chunks as a matrix. There, as in the parameter, the first rows of all the chunks
/// come before their second rows.
fn positions(layout: &Layout, device: Device, indices: &[u16]) -> Result<Tensor, TchError> {
	let (columns, kept, width) = (layout.grid()[1] as i64, layout.kept() as i64, layout.chunk()[1] as i64);
	let wide: Vec<i32> = indices.iter().map(|index| i32::from(*index)).collect();
	let indices = Tensor::f_from_slice(&wide)?.f_to_device(device)?.f_to_kind(Kind::Int64)?;
	let indices = indices.f_view([-1, columns, kept])?;
	let column = Tensor::f_arange(columns, (Kind::Int64, device))?.f_view([1, columns, 1])?;
	let down = indices.f_div_scalar_mode(width, "floor")?;
	let across = indices.f_remainder(width)?;
	down.f_mul_scalar(columns)?.f_add(&column)?.f_mul_scalar(width)?.f_add(&across)
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

/// Whether this is as much of a parameter as its layout says.
fn fits(sent: &Compressed, layout: &Layout) -> bool {
	let is_whole = [sent.indices.len(), sent.values.len()] == [layout.sent(); 2];
	is_whole && sent.indices.iter().all(|index| usize::from(*index) < layout.total())
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
