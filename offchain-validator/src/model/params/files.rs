// SPDX-License-Identifier: Apache-2.0

//! Parameters in files: safetensors under the names that Hugging Face gives them, in f32 or bf16, in one file or several.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tch::Tensor;

use super::{elements, sizes, tensor, Params, ParamsError};
use crate::model::config::ModelConfig;
use crate::model::tensor_file::{self, Kind, TensorFile, TensorSpec};

/// Room for what other writers of such files say about them.
const METADATA_BYTES: usize = 1 << 16;

impl Params {
	/// Those in `file`, or fresh ones of this `seed` if there is no file yet.
	pub fn open(file: Option<&Path>, config: &ModelConfig, seed: u64) -> Result<Self, ParamsError> {
		match file {
			Some(file) => Self::load(file, config),
			None => Ok(Self::init(config, seed)?),
		}
	}

	/// Writes the file at `path` anew, in f32. It holds either the old parameters or all of the new ones, even after a crash.
	pub fn save(&self, path: &Path) -> Result<(), ParamsError> {
		let all: Vec<usize> = (0..self.tensors.len()).collect();
		self.save_part(path, Kind::F32, &all)
	}

	/// Writes those parameters at these places of their order, like [`Self::save`].
	pub(crate) fn save_part(&self, path: &Path, kind: Kind, places: &[usize]) -> Result<(), ParamsError> {
		let all = specs(&self.config, kind);
		let part: Vec<TensorSpec> = places.iter().map(|place| all[*place].clone()).collect();
		let bytes = |index: usize| {
			let (_, tensor) = &self.tensors[places[index]];
			let numbers = elements(tensor, 0..tensor.numel());
			match kind {
				Kind::Bf16 => tensor_file::bf16_bytes(&numbers),
				_ => tensor_file::f32_bytes(&numbers),
			}
		};
		// Hugging Face's loader asks for this key.
		let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
		let failed = |source| ParamsError::File { action: "writing", path: path.into(), source };
		tensor_file::save(path, &metadata, &part, bytes).map_err(failed)
	}

	/// Reads a file that holds parameters of this model in f32, all of them and nothing else.
	pub fn load(path: &Path, config: &ModelConfig) -> Result<Self, ParamsError> {
		let places = config.parameter_shapes().into_iter().map(|(name, _)| (name, path.into())).collect();
		Self::load_shards(&places, Kind::F32, config)
	}

	/// Reads the parameters of this model. `places` says in which file each lies; in none may be anything else.
	///
	/// The headers of all files are checked before the first number is read. One file is open at a time, for there may be as many
	/// as parameters.
	pub(crate) fn load_shards(
		places: &BTreeMap<String, PathBuf>,
		kind: Kind,
		config: &ModelConfig,
	) -> Result<Self, ParamsError> {
		config.check()?;
		let specs = specs(config, kind);
		let mut shards: BTreeMap<&Path, Vec<TensorSpec>> = BTreeMap::new();
		for spec in &specs {
			match places.get(&spec.name) {
				Some(path) => shards.entry(path).or_default().push(spec.clone()),
				None => return Err(ParamsError::Absent { parameter: spec.name.clone() }),
			}
		}
		for (path, wanted) in &shards {
			open(path, wanted)?;
		}
		let mut loaded = BTreeMap::new();
		for (path, wanted) in shards {
			let file = open(path, &wanted)?;
			for (index, spec) in wanted.iter().enumerate() {
				let failed = |source| ParamsError::File { action: "reading", path: path.into(), source };
				let bytes = file.tensor(index).map_err(failed)?;
				loaded.insert(spec.name.clone(), finite(&bytes, spec, path)?);
			}
		}
		let tensor = |spec: &TensorSpec| match loaded.remove(&spec.name) {
			Some(tensor) => Ok((spec.name.clone(), tensor)),
			None => Err(ParamsError::Absent { parameter: spec.name.clone() }), // Never: that was looked for.
		};
		let tensors = specs.iter().map(tensor).collect::<Result<_, _>>()?;
		Ok(Self { config: config.clone(), tensors })
	}

	/// An upper bound on the bytes of a file of such parameters. The shape has been checked.
	pub fn max_bytes(config: &ModelConfig) -> usize {
		tensor_file::max_bytes(&specs(config, Kind::F32), METADATA_BYTES)
	}

	/// Reads the bytes of such a file, whoever wrote them; `path` is what they are called in messages.
	pub fn decode(bytes: &[u8], config: &ModelConfig, path: &Path) -> Result<Self, ParamsError> {
		config.check()?;
		let specs = specs(config, Kind::F32);
		let contents = tensor_file::read(bytes, &specs, tensor_file::max_bytes(&specs, METADATA_BYTES))
			.map_err(|source| ParamsError::Contents { path: path.into(), source })?;
		let read = |(spec, data): (&TensorSpec, &[u8])| Ok((spec.name.clone(), finite(data, spec, path)?));
		let tensors = specs.iter().zip(contents.tensors).map(read).collect::<Result<_, ParamsError>>()?;
		Ok(Self { config: config.clone(), tensors })
	}
}

/// What a model's parameters are in a file.
pub(in crate::model) fn specs(config: &ModelConfig, kind: Kind) -> Vec<TensorSpec> {
	let spec = |(name, shape)| TensorSpec { name, kind, shape };
	config.parameter_shapes().into_iter().map(spec).collect()
}

/// Opens a file that must hold exactly `specs`.
fn open(path: &Path, specs: &[TensorSpec]) -> Result<TensorFile, ParamsError> {
	TensorFile::open(path, specs, METADATA_BYTES).map_err(|error| ParamsError::opening(path, error))
}

/// The tensor that the bytes of `spec` are, if all its numbers are finite.
pub(in crate::model) fn finite(data: &[u8], spec: &TensorSpec, path: &Path) -> Result<Tensor, ParamsError> {
	let values = match spec.kind {
		Kind::Bf16 => tensor_file::bf16s(data),
		_ => tensor_file::f32s(data),
	};
	match values.iter().all(|value| value.is_finite()) {
		true => Ok(tensor(&values, &sizes(&spec.shape))),
		false => Err(ParamsError::NotFinite { path: path.into(), parameter: spec.name.clone() }),
	}
}
