// SPDX-License-Identifier: Apache-2.0

//! Parameters of a model: made, copied, sampled, kept in a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use tch::{Kind, Tensor};
use tempfile::NamedTempFile;

use super::config::{ConfigError, ModelConfig};
use super::normal::Normal;
use super::tensor_file::{self, TensorFileError, TensorSpec};

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

impl Params {
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

	/// Those in `file`, or fresh ones of this `seed` if there is no file yet.
	pub fn open(file: Option<&Path>, config: &ModelConfig, seed: u64) -> Result<Self, ParamsError> {
		match file {
			Some(file) => Self::load(file, config),
			None => Ok(Self::init(config, seed)?),
		}
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

	/// Writes the file at `path` anew. It holds either the old parameters or all of the new ones, even after a crash.
	pub fn save(&self, path: &Path) -> Result<(), ParamsError> {
		let failed = |source| ParamsError::File { action: "writing", path: path.into(), source };
		self.write(path).map_err(failed)
	}

	fn write(&self, path: &Path) -> io::Result<()> {
		let folder = match path.parent() {
			Some(folder) if !folder.as_os_str().is_empty() => folder,
			_ => Path::new("."),
		};
		// Hugging Face's loader asks for this key.
		let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
		let mut file = NamedTempFile::new_in(folder)?;
		file.write_all(&tensor_file::header(&metadata, &specs(&self.config, tensor_file::Kind::F32)))?;
		for (_, tensor) in &self.tensors {
			let bytes: Vec<u8> = elements(tensor, 0..tensor.numel()).into_iter().flat_map(f32::to_le_bytes).collect();
			file.write_all(&bytes)?;
		}
		file.as_file().sync_all()?;
		file.persist(path)?;
		File::open(folder)?.sync_all() // Else the new name may be lost in a crash, and with it nothing but this step.
	}

	/// Reads a file that holds parameters of this model, all of them and nothing else.
	pub fn load(path: &Path, config: &ModelConfig) -> Result<Self, ParamsError> {
		let names = config.parameter_shapes().into_iter().map(|(name, _)| name).collect();
		Self::load_shards(&BTreeMap::from([(path.into(), names)]), tensor_file::Kind::F32, config)
	}

	/// Reads parameters of this model that lie in several files: in each those named and nothing else, together all.
	pub(crate) fn load_shards(
		shards: &BTreeMap<PathBuf, BTreeSet<String>>,
		kind: tensor_file::Kind,
		config: &ModelConfig,
	) -> Result<Self, ParamsError> {
		config.check()?;
		let specs = specs(config, kind);
		let mut loaded = BTreeMap::new();
		for (path, names) in shards {
			let wanted: Vec<_> = specs.iter().filter(|spec| names.contains(&spec.name)).cloned().collect();
			let tensors = load_file(path, &wanted)?;
			loaded.extend(wanted.into_iter().map(|spec| spec.name).zip(tensors));
		}
		let tensor = |spec: &TensorSpec| match loaded.remove(&spec.name) {
			Some(tensor) => Ok((spec.name.clone(), tensor)),
			None => Err(ParamsError::Absent { parameter: spec.name.clone() }),
		};
		Ok(Self { config: config.clone(), tensors: specs.iter().map(tensor).collect::<Result<_, _>>()? })
	}

	/// An upper bound on the bytes of a file of such parameters. The shape has been checked.
	pub fn max_bytes(config: &ModelConfig) -> usize {
		tensor_file::max_bytes(&specs(config, tensor_file::Kind::F32), METADATA_BYTES)
	}

	/// Reads the bytes of such a file, whoever wrote them; `path` is what they are called in messages.
	pub fn decode(bytes: &[u8], config: &ModelConfig, path: &Path) -> Result<Self, ParamsError> {
		config.check()?;
		let specs = specs(config, tensor_file::Kind::F32);
		let names = specs.iter().map(|spec| spec.name.clone());
		let tensors = names.zip(tensors(bytes, &specs, path)?).collect();
		Ok(Self { config: config.clone(), tensors })
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

/// Room for what other writers of such files say about them.
const METADATA_BYTES: usize = 1 << 16;

fn specs(config: &ModelConfig, kind: tensor_file::Kind) -> Vec<TensorSpec> {
	let spec = |(name, shape)| TensorSpec { name, kind, shape };
	config.parameter_shapes().into_iter().map(spec).collect()
}

/// In the words of libtorch.
fn sizes(shape: &[usize]) -> Vec<i64> {
	shape.iter().map(|length| *length as i64).collect()
}

/// The tensors of a file that must hold exactly `specs`, all finite.
fn load_file(path: &Path, specs: &[TensorSpec]) -> Result<Vec<Tensor>, ParamsError> {
	let failed = |source| ParamsError::File { action: "reading", path: path.into(), source };
	let max = tensor_file::max_bytes(specs, METADATA_BYTES);
	let mut bytes = Vec::new();
	// One byte more than allowed is read, so that a file that is too large is told from one that just fits.
	File::open(path).map_err(failed)?.take(max as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
	tensors(&bytes, specs, path)
}

/// The tensors of the bytes of such a file, which `path` is called in messages.
fn tensors(bytes: &[u8], specs: &[TensorSpec], path: &Path) -> Result<Vec<Tensor>, ParamsError> {
	let contents = tensor_file::read(bytes, specs, tensor_file::max_bytes(specs, METADATA_BYTES))
		.map_err(|source| ParamsError::Contents { path: path.into(), source })?;
	let mut tensors = Vec::with_capacity(specs.len());
	for (spec, data) in specs.iter().zip(contents.tensors) {
		let values = match spec.kind {
			tensor_file::Kind::Bf16 => tensor_file::bf16s(data),
			_ => tensor_file::f32s(data),
		};
		if !values.iter().all(|value| value.is_finite()) {
			return Err(ParamsError::NotFinite { path: path.into(), parameter: spec.name.clone() });
		}
		tensors.push(tensor(&values, &sizes(&spec.shape)));
	}
	Ok(tensors)
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
