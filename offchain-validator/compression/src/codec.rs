// SPDX-License-Identifier: Apache-2.0

//! From parameters to what is sent of them, and back; all threads at work, chunk by chunk.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::aggregate::{clip_factor, median, norm, unit_factor};
use crate::chunk::{self, Rows, RowsMut, Sides};
use crate::compressed::Compressed;
use crate::dct::Dct;
use crate::largest::{self, largest};
use crate::layout::{Coding, Layout, Layouts};

/// Compresses and decodes parameters of some layouts.
#[derive(Debug)]
pub struct Codec {
	layouts: Layouts,
	/// By side of a chunk.
	transforms: BTreeMap<usize, Dct>,
	threads: ThreadPool,
}

/// Why a step could not be taken. Never a peer's fault: what peers send is checked before it gets here.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StepError {
	/// Gradients, layouts and parameters are not all those of one model.
	#[error("parameter {parameter} is not that of the same model")]
	OtherModel {
		/// The parameter.
		parameter: String,
	},
	/// What was computed is not a number, or infinite.
	#[error("parameter {parameter}: what was computed is not finite")]
	NotFinite {
		/// The parameter.
		parameter: String,
	},
}

/// What one peer sent of a parameter, and what it is multiplied by.
struct Part<'a> {
	indices: &'a [u16],
	values: Cow<'a, [f32]>,
	factor: f64,
}

/// What the work on a chunk needs besides.
struct Scratch {
	transform: chunk::Scratch,
	search: largest::Scratch,
	/// Elements of a chunk, or its coefficients.
	chunk: Vec<f32>,
	/// Sums of what peers sent of a chunk, and of how many peers; zero between chunks.
	sums: Vec<f64>,
	counts: Vec<u32>,
	/// Where these are not zero.
	sent: Vec<usize>,
}

impl Scratch {
	fn new(layout: &Layout) -> Self {
		let total = layout.total();
		Self {
			transform: chunk::Scratch::new(layout.chunk()),
			search: largest::Scratch::default(),
			chunk: vec![0.0; total],
			sums: vec![0.0; total],
			counts: vec![0; total],
			sent: Vec::with_capacity(total),
		}
	}
}

impl Codec {
	/// For parameters of these layouts, with so many threads.
	///
	/// # Panics
	/// When the system gives no thread.
	pub fn new(layouts: Layouts, threads: usize) -> Self {
		let sides = layouts.iter().flat_map(|(_, layout)| layout.chunk());
		let transforms = sides.map(|side| (side, Dct::new(side))).collect();
		let name = |thread| format!("codec {thread}");
		let threads = ThreadPoolBuilder::new().num_threads(threads.max(1)).thread_name(name).build();
		Self { layouts, transforms, threads: threads.expect("the system gives threads") }
	}

	/// The layouts it was made for.
	pub fn layouts(&self) -> &Layouts {
		&self.layouts
	}

	/// All coefficients of a parameter for [`Coding::Dct`], else its elements; chunk by chunk.
	pub fn encode(&self, parameter: &str, values: &[f32]) -> Result<Vec<f32>, StepError> {
		let layout = self.layout(parameter, values.len())?;
		let mut encoded = vec![0.0; values.len()];
		let rows = Stripes::of(layout);
		let stripes = values.par_chunks_exact(rows.elements).zip(encoded.par_chunks_exact_mut(rows.elements));
		self.threads.install(|| {
			stripes.for_each_init(
				|| Scratch::new(layout),
				|scratch, (stripe, encoded)| {
					for (x, encoded) in encoded.chunks_exact_mut(layout.total()).enumerate() {
						self.encode_chunk(layout, stripe, x, scratch);
						encoded.copy_from_slice(&scratch.chunk);
					}
				},
			);
		});
		Ok(encoded)
	}

	/// What is sent of a parameter: of each chunk the largest; of equally large ones, the first.
	pub fn compress(&self, parameter: &str, values: &[f32]) -> Result<Compressed, StepError> {
		let layout = self.layout(parameter, values.len())?;
		let (mut indices, mut kept) = (vec![0; layout.sent()], vec![0.0; layout.sent()]);
		let rows = Stripes::of(layout);
		let stripes = values.par_chunks_exact(rows.elements);
		let sent = indices.par_chunks_exact_mut(rows.sent).zip(kept.par_chunks_exact_mut(rows.sent));
		self.threads.install(|| {
			stripes.zip(sent).for_each_init(
				|| Scratch::new(layout),
				|scratch, (stripe, (indices, kept))| self.compress_stripe(layout, stripe, indices, kept, scratch),
			);
		});
		Ok(Compressed { indices, values: self.layouts.coding().values(kept) })
	}

	/// What decodes from the gradients of several peers together; into `decoded`, whatever is in it.
	///
	/// Each element or coefficient is the mean over the peers that sent it, and zero where nobody did. Before that, each peer's
	/// values are scaled to length one for [`Coding::Dct`], else cut down to the median length of all. The order of peers is
	/// that of the sums: give them by ascending uid.
	pub fn aggregate(&self, parameter: &str, peers: &[&Compressed], decoded: &mut [f32]) -> Result<(), StepError> {
		let layout = self.layout(parameter, decoded.len())?;
		let mut parts = self.parts(parameter, layout, peers)?;
		let norms: Vec<f64> = parts.iter().map(|part| norm(&part.values)).collect();
		let limit = median(norms.clone()).unwrap_or(0.0);
		for (part, norm) in parts.iter_mut().zip(norms) {
			part.factor = match self.layouts.coding() {
				Coding::Dct => unit_factor(norm),
				Coding::Quantised(_) => clip_factor(norm, limit),
			};
		}
		self.decode_parts(parameter, layout, &parts, decoded)
	}

	/// What decodes from the gradient of one peer alone; into `decoded`, whatever is in it. With a limit it is cut down to
	/// that length.
	pub fn decode(
		&self,
		parameter: &str,
		sent: &Compressed,
		limit: Option<f64>,
		decoded: &mut [f32],
	) -> Result<(), StepError> {
		let layout = self.layout(parameter, decoded.len())?;
		let mut parts = self.parts(parameter, layout, &[sent])?;
		for part in &mut parts {
			part.factor = limit.map_or(1.0, |limit| clip_factor(norm(&part.values), limit));
		}
		self.decode_parts(parameter, layout, &parts, decoded)
	}

	/// Decodes some of a parameter: stripes as high as a chunk, one after the other, given what was sent of these. Into
	/// `decoded`, whatever is in it.
	pub fn decode_stripes(
		&self,
		parameter: &str,
		indices: &[u16],
		values: &[f32],
		decoded: &mut [f32],
	) -> Result<(), StepError> {
		let fits = |layout: &&Layout| {
			let Stripes { elements, sent } = Stripes::of(layout);
			let sent = decoded.len() / elements * sent;
			let is_below = |index: &u16| usize::from(*index) < layout.total();
			decoded.len().is_multiple_of(elements)
				&& [indices.len(), values.len()] == [sent; 2]
				&& indices.iter().all(is_below)
		};
		let layout = self.layouts.get(parameter).filter(fits);
		let layout = layout.ok_or_else(|| StepError::OtherModel { parameter: parameter.into() })?;
		let part = Part { indices, values: Cow::Borrowed(values), factor: 1.0 };
		self.decode_parts(parameter, layout, &[part], decoded)
	}

	/// Takes from `values` what decodes from `sent`.
	pub(crate) fn subtract(&self, parameter: &str, sent: &Compressed, values: &mut [f32]) -> Result<(), StepError> {
		let layout = self.layout(parameter, values.len())?;
		let parts = self.parts(parameter, layout, &[sent])?;
		let rows = Stripes::of(layout);
		let stripes = values.par_chunks_exact_mut(rows.elements).enumerate();
		self.threads.install(|| {
			stripes.for_each_init(
				|| (Scratch::new(layout), vec![0.0; rows.elements]),
				|(scratch, decoded), (y, stripe)| {
					self.decode_stripe(layout, y, &parts, decoded, scratch);
					stripe.iter_mut().zip(decoded).for_each(|(value, decoded)| *value -= *decoded);
				},
			);
		});
		Ok(())
	}

	/// The parameter's layout, if it has so many elements.
	fn layout(&self, parameter: &str, elements: usize) -> Result<&Layout, StepError> {
		let layout = self.layouts.get(parameter).filter(|layout| layout.elements() == elements);
		layout.ok_or_else(|| StepError::OtherModel { parameter: parameter.into() })
	}

	/// What peers sent, each if it is of this layout; as it is.
	fn parts<'a>(
		&self,
		parameter: &str,
		layout: &Layout,
		peers: &[&'a Compressed],
	) -> Result<Vec<Part<'a>>, StepError> {
		let fits = |sent: &Compressed| {
			let is_below = |index: &u16| usize::from(*index) < layout.total();
			sent.indices.len() == layout.sent()
				&& sent.values.len() == layout.sent()
				&& sent.indices.iter().all(is_below)
		};
		let part = |sent: &&'a Compressed| match fits(sent) {
			true => Ok(Part { indices: &sent.indices, values: sent.values.numbers(), factor: 1.0 }),
			false => Err(StepError::OtherModel { parameter: parameter.into() }),
		};
		peers.iter().map(part).collect()
	}

	fn decode_parts(
		&self,
		parameter: &str,
		layout: &Layout,
		parts: &[Part<'_>],
		decoded: &mut [f32],
	) -> Result<(), StepError> {
		let stripes = decoded.par_chunks_exact_mut(Stripes::of(layout).elements).enumerate();
		let is_finite = self.threads.install(|| {
			let finite = stripes.map_init(
				|| Scratch::new(layout),
				|scratch, (y, stripe)| {
					self.decode_stripe(layout, y, parts, stripe, scratch);
					is_finite(stripe)
				},
			);
			finite.reduce(|| true, |one, other| one && other)
		});
		match is_finite {
			true => Ok(()),
			false => Err(StepError::NotFinite { parameter: parameter.into() }),
		}
	}

	/// Chunks side by side, over the whole width of a parameter.
	fn compress_stripe(
		&self,
		layout: &Layout,
		stripe: &[f32],
		indices: &mut [u16],
		kept: &mut [f32],
		scratch: &mut Scratch,
	) {
		let sent = indices.chunks_exact_mut(layout.kept()).zip(kept.chunks_exact_mut(layout.kept()));
		for (x, (indices, kept)) in sent.enumerate() {
			self.encode_chunk(layout, stripe, x, scratch);
			largest(&scratch.chunk, indices, &mut scratch.search);
			let at = |index: &u16| scratch.chunk[usize::from(*index)];
			kept.iter_mut().zip(indices).for_each(|(kept, index)| *kept = at(index));
		}
	}

	/// The chunk at `x` of a stripe, as it is kept; into the scratch.
	fn encode_chunk(&self, layout: &Layout, stripe: &[f32], x: usize, scratch: &mut Scratch) {
		let [_, width] = layout.chunk();
		let rows = Rows { data: &stripe[x * width..], stride: width * layout.grid()[1] };
		match self.layouts.coding() {
			Coding::Dct => chunk::forward(self.sides(layout), rows, &mut scratch.transform, &mut scratch.chunk),
			Coding::Quantised(_) => {
				let to = scratch.chunk.chunks_exact_mut(width).enumerate();
				to.for_each(|(row, to)| to.copy_from_slice(rows.row(row, width)));
			},
		}
	}

	/// The stripe at `y` of the mean of `parts`.
	fn decode_stripe(&self, layout: &Layout, y: usize, parts: &[Part<'_>], decoded: &mut [f32], scratch: &mut Scratch) {
		let ([_, columns], [_, width]) = (layout.grid(), layout.chunk());
		for x in 0..columns {
			scratch.add((y * columns + x) * layout.kept(), layout.kept(), parts);
			let mut to = RowsMut { data: &mut decoded[x * width..], stride: width * columns };
			match self.layouts.coding() {
				Coding::Dct => {
					chunk::inverse(self.sides(layout), &scratch.sums, &scratch.sent, &mut scratch.transform, to);
				},
				Coding::Quantised(_) => {
					for (row, sums) in scratch.sums.chunks_exact(width).enumerate() {
						to.row(row, width).iter_mut().zip(sums).for_each(|(to, sum)| *to = *sum as f32);
					}
				},
			}
			scratch.clear();
		}
	}

	fn sides(&self, layout: &Layout) -> Sides<'_> {
		let [height, width] = layout.chunk().map(|side| &self.transforms[&side]);
		Sides { height, width }
	}
}

impl Scratch {
	/// The mean of what was sent of one chunk, which of each part is the `kept` values from `first` on.
	fn add(&mut self, first: usize, kept: usize, parts: &[Part<'_>]) {
		for Part { indices, values, factor } in parts {
			let range = first..first + kept;
			for (index, value) in indices[range.clone()].iter().zip(&values[range]) {
				let at = usize::from(*index);
				if self.counts[at] == 0 {
					self.sent.push(at);
				}
				self.sums[at] += f64::from(*value) * factor;
				self.counts[at] += 1;
			}
		}
		for at in &self.sent {
			self.sums[*at] /= f64::from(self.counts[*at]);
		}
	}

	fn clear(&mut self) {
		for at in self.sent.drain(..) {
			self.sums[at] = 0.0;
			self.counts[at] = 0;
		}
	}
}

/// Parameters are worked on in stripes as high as a chunk, which lie in memory one after the other.
struct Stripes {
	/// Elements of a stripe.
	elements: usize,
	/// What is sent of a stripe.
	sent: usize,
}

impl Stripes {
	fn of(layout: &Layout) -> Self {
		let [_, columns] = layout.grid();
		Self { elements: columns * layout.total(), sent: columns * layout.kept() }
	}
}

/// By the bits, which takes no branch: those of infinities and of NaN are the largest.
fn is_finite(values: &[f32]) -> bool {
	let bits = values.iter().map(|value| value.to_bits() & (u32::MAX >> 1));
	bits.fold(0, u32::max) < f32::INFINITY.to_bits()
}

#[cfg(test)]
mod tests;
