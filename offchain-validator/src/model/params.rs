// SPDX-License-Identifier: Apache-2.0

//! Parameters of a model: made, copied, sampled.

mod files;

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tch::{Kind, Tensor};

pub(super) use files::{finite, specs};

use super::config::{ConfigError, ModelConfig};
use super::normal::Normal;
use super::tensor_file::{OpenError, TensorFileError};

/// Parameters of a model, named, in the order of [`ModelConfig::parameter_shapes`]. They never track gradients.
#[derive(Debug)]
pub struct Params {
	config: ModelConfig,
	tensors: Vec<(String, Tensor)>,
}

/// Why parameters could not be made, saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum ParamsError {
	/// No model has such a shape.
	#[error("no model can have this shape")]
	Config(#[from] ConfigError),
	/// The file system refused.
	#[error("{action} {path}", path = .path.display())]
	File {
		/// What was tried.
		action: &'static str,
		/// The file.
		path: PathBuf,
		#[source]
		source: io::Error,
	},
	/// The file holds something else than parameters of this model.
	#[error("{path} does not hold the parameters of this model", path = .path.display())]
	Contents {
		/// The file.
		path: PathBuf,
		#[source]
		source: TensorFileError,
	},
	/// Files that should hold all parameters lack one.
	#[error("parameter {parameter} is in no file")]
	Absent {
		/// The parameter.
		parameter: String,
	},
	/// A parameter is not a number, or infinite.
	#[error("{path}: parameter {parameter} holds a number that is not finite", path = .path.display())]
	NotFinite {
		/// The file.
		path: PathBuf,
		/// The parameter.
		parameter: String,
	},
}

impl ParamsError {
	/// Why the file at `path` could not be opened.
	pub(super) fn opening(path: &Path, error: OpenError) -> Self {
		match error {
			OpenError::File(source) => Self::File { action: "reading", path: path.into(), source },
			OpenError::Contents(source) => Self::Contents { path: path.into(), source },
		}
	}
}

impl Params {
	/// Those of a model of this shape, in the order of [`ModelConfig::parameter_shapes`].
	pub(super) fn of(config: &ModelConfig, tensors: Vec<Tensor>) -> Self {
		let names = config.parameter_shapes().into_iter().map(|(name, _)| name);
		Self { config: config.clone(), tensors: names.zip(tensors).collect() }
	}

	/// Fresh parameters: ones in the norms, elsewhere draws with standard deviation `initializer_range`. The same seed
	/// gives the same bits on every machine.
	pub fn init(config: &ModelConfig, seed: u64) -> Result<Self, ConfigError> {
		config.check()?;
		let mut normal = Normal::new(seed);
		let mut draw = || (normal.draw() * config.initializer_range) as f32;
		let fresh = |(name, shape): (String, Vec<usize>)| {
			let length = shape.iter().product();
			let values: Vec<f32> = match shape.len() {
				1 => vec![1.0; length], // All vectors of a Llama are norms.
				_ => (0..length).map(|_| draw()).collect(),
			};
			(name, tensor(&values, &sizes(&shape)))
		};
		Ok(Self { config: config.clone(), tensors: config.parameter_shapes().into_iter().map(fresh).collect() })
	}

	/// Shape of the model.
	pub fn config(&self) -> &ModelConfig {
		&self.config
	}

	/// Parameters with the same values and a life of their own.
	pub fn copy(&self) -> Self {
		self.map(|_, tensor| tensor.copy())
	}

	/// The elements at `range` of each parameter, read row by row, that has that many; the others are left out.
	pub fn samples(&self, range: Range<usize>) -> BTreeMap<String, Vec<f32>> {
		let long_enough = self.tensors.iter().filter(|(_, tensor)| range.end <= tensor.numel());
		long_enough.map(|(name, tensor)| (name.clone(), elements(tensor, range.clone()))).collect()
	}

	/// Weight decay of one step: `p *= 1 - lr·weight_decay`.
	pub fn decay(&mut self, lr: f64, weight_decay: f64) {
		if weight_decay != 0.0 {
			for (_, tensor) in &mut self.tensors {
				*tensor *= 1.0 - lr * weight_decay;
			}
		}
	}

	/// Square root of the sum of the squares of a parameter, if there is one of this name. Infinite where f32 ends.
	pub fn norm(&self, name: &str) -> Option<f64> {
		let (_, tensor) = self.tensors.iter().find(|(known, _)| known == name)?;
		Some(tensor.square().sum(Kind::Double).double_value(&[]).sqrt())
	}

	pub(crate) fn named(&self) -> impl ExactSizeIterator<Item = (&str, &Tensor)> {
		self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
	}

	pub(crate) fn named_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Tensor)> {
		self.tensors.iter_mut().map(|(name, tensor)| (name.as_str(), tensor))
	}

	fn map(&self, mut to: impl FnMut(&str, &Tensor) -> Tensor) -> Self {
		let tensors = self.named().map(|(name, tensor)| (name.to_owned(), to(name, tensor))).collect();
		Self { config: self.config.clone(), tensors }
	}
}

/// Same shape, equal numbers.
impl PartialEq for Params {
	fn eq(&self, other: &Self) -> bool {
		let mut pairs = self.named().zip(other.named());
		self.config == other.config && pairs.all(|((_, left), (_, right))| left.equal(right))
	}
}

/// In the words of libtorch.
fn sizes(shape: &[usize]) -> Vec<i64> {
	shape.iter().map(|length| *length as i64).collect()
}

pub(super) fn tensor(values: &[f32], sizes: &[i64]) -> Tensor {
	Tensor::from_slice(values).reshape(sizes)
}

/// Elements of a tensor read row by row; the range lies inside.
pub(crate) fn elements(tensor: &Tensor, range: Range<usize>) -> Vec<f32> {
	let mut values = vec![0.0_f32; range.len()];
	let flat = tensor.to_kind(Kind::Float).flatten(0, -1).narrow(0, range.start as i64, range.len() as i64);
	flat.copy_data(&mut values, range.len());
	values
}

#[cfg(test)]
mod tests;
