// SPDX-License-Identifier: Apache-2.0

//! A model's folder, as Hugging Face lays it out: `config.json`, and the parameters in `model.safetensors` or, with an index,
//! in several such files. What somebody else has put there is checked before it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;

use super::description::{self, Description, DescriptionError, Numbers};
use super::params::{specs, Params, ParamsError};
use super::tensor_file::{short, UniqueKeys};
use crate::atomic;

/// Name of the file that says what the model is.
const CONFIG: &str = "config.json";
/// Name of the file of a model that has but one.
const WHOLE: &str = "model.safetensors";
/// Name of the file that says where each parameter is.
const INDEX: &str = "model.safetensors.index.json";
/// Bytes that it may have; that of the deepest model has fewer.
pub const MAX_INDEX_BYTES: u64 = 1 << 20;
/// Files that it may name.
const MAX_FILES: usize = 256;
/// Bytes of a file's name.
const MAX_NAME: usize = 255;
/// Bytes of parameters in a file, if nobody says another number; as Hugging Face has it.
pub const FILE_BYTES: u64 = 5_000_000_000;

/// Why a model's folder cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
	/// It lacks a file, or has one that is too large to be what it is.
	#[error("{name} cannot be read")]
	File {
		/// The file.
		name: &'static str,
		#[source]
		source: io::Error,
	},
	/// A file cannot be written.
	#[error("{name} cannot be written")]
	Write {
		/// The file.
		name: &'static str,
		#[source]
		source: io::Error,
	},
	/// It is no model of the kind we know.
	#[error("{0}")]
	Description(#[from] DescriptionError),
	/// The index cannot be read.
	#[error("{INDEX} cannot be read")]
	Index(#[source] serde_json::Error),
	/// The index names what the model does not have.
	#[error("{INDEX} names parameter {parameter}, which the model does not have")]
	Unknown {
		/// The parameter, cut short.
		parameter: String,
	},
	/// The parameters are said to be in more files than a repository may have.
	#[error("{INDEX} names {count} files: at most {MAX_FILES} are allowed")]
	Files {
		/// Files that it names.
		count: usize,
	},
	/// The index leads out of the folder.
	#[error("{INDEX} names a file that is none of the repository's")]
	Place,
	/// The parameters are not those of the model described.
	#[error("{0}")]
	Params(#[from] ParamsError),
}

/// In which file each parameter is. What else an index says is passed over.
#[derive(Deserialize)]
struct Index {
	weight_map: UniqueKeys<String>,
}

impl RepositoryError {
	/// Whether it was our disk that failed, and no rule that was broken.
	pub fn is_ours(&self) -> bool {
		match self {
			Self::File { source, .. } | Self::Params(ParamsError::File { source, .. }) => {
				!matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::Other)
			},
			Self::Write { .. } => true,
			_ => false,
		}
	}
}

/// What the model in `folder` says it is.
pub fn describe(folder: &Path) -> Result<Description, RepositoryError> {
	Ok(Description::read(&read(folder, CONFIG, description::MAX_BYTES)?)?)
}

/// The parameters of the model in `folder`, of which this is the description.
pub fn load(folder: &Path, description: &Description) -> Result<Params, RepositoryError> {
	let places = places(folder, description)?;
	Ok(Params::load_shards(&places, description.numbers.kind(), &description.model)?)
}

/// Writes a model to `folder`, which must exist, in files of about so many bytes. Another model there is replaced: each file
/// is whole at any time, and all of them belong together again when this has ended.
pub fn save(params: &Params, folder: &Path, numbers: Numbers, file_bytes: u64) -> Result<(), RepositoryError> {
	let sizes: Vec<u64> = specs(params.config(), numbers.kind()).iter().map(|spec| spec.bytes() as u64).collect();
	let parts = parts(&sizes, file_bytes);
	let (mut weight_map, mut written) = (BTreeMap::new(), BTreeSet::new());
	let names: Vec<&str> = params.named().map(|(name, _)| name).collect();
	for (number, places) in parts.iter().enumerate() {
		let file = match parts.len() {
			1 => WHOLE.to_owned(),
			count => format!("model-{:05}-of-{count:05}.safetensors", number + 1),
		};
		params.save_part(&folder.join(&file), numbers.kind(), places)?;
		weight_map.extend(places.iter().map(|place| (names[*place].to_owned(), file.clone())));
		written.insert(file);
	}
	if parts.len() > 1 {
		let metadata = json!({ "total_size": sizes.iter().sum::<u64>() });
		let index = serde_json::to_vec_pretty(&json!({ "metadata": metadata, "weight_map": weight_map }));
		write(folder, INDEX, index.map_err(io::Error::from))?;
		written.insert(INDEX.to_owned());
	}
	let description = Description { model: params.config().clone(), numbers };
	write(folder, CONFIG, description.write().map_err(io::Error::from))?;
	remove_others(folder, &written).map_err(|source| RepositoryError::Write { name: WHOLE, source })
}

/// Divides parameters of these sizes, in their order, into parts of no more than so many bytes, or of one parameter.
fn parts(sizes: &[u64], most: u64) -> Vec<Vec<usize>> {
	let (mut parts, mut bytes): (Vec<Vec<usize>>, u64) = (Vec::new(), 0);
	for (place, size) in sizes.iter().enumerate() {
		bytes = bytes.saturating_add(*size);
		match parts.last_mut() {
			Some(part) if bytes <= most => part.push(place),
			_ => {
				parts.push(vec![place]);
				bytes = *size;
			},
		}
	}
	parts
}

/// In which file each parameter is.
fn places(folder: &Path, description: &Description) -> Result<BTreeMap<String, PathBuf>, RepositoryError> {
	let names = description.model.parameter_shapes().into_iter().map(|(name, _)| name);
	if folder.join(WHOLE).exists() {
		return Ok(names.map(|name| (name, folder.join(WHOLE))).collect());
	}
	let index = read(folder, INDEX, MAX_INDEX_BYTES)?;
	let Index { weight_map: UniqueKeys(places) } = serde_json::from_slice(&index).map_err(RepositoryError::Index)?;
	let names: BTreeSet<String> = names.collect();
	if let Some(parameter) = places.keys().find(|name| !names.contains(*name)) {
		return Err(RepositoryError::Unknown { parameter: short(parameter) });
	}
	let files: BTreeSet<&String> = places.values().collect();
	if files.len() > MAX_FILES {
		return Err(RepositoryError::Files { count: files.len() });
	}
	if !files.into_iter().all(|file| is_name(file)) {
		return Err(RepositoryError::Place);
	}
	Ok(places.into_iter().map(|(parameter, file)| (parameter, folder.join(file))).collect())
}

/// Whether a file of parameters could have this name, in the folder itself. The file system never fails for a name's sake then,
/// which would look like a fault of ours.
fn is_name(file: &str) -> bool {
	file.ends_with(".safetensors") && file.len() <= MAX_NAME && !file.contains(['/', '\\', '\0'])
}

/// Removes what a model before had in files that this one does not have.
fn remove_others(folder: &Path, written: &BTreeSet<String>) -> io::Result<()> {
	for entry in fs::read_dir(folder)? {
		let name = entry?.file_name();
		let Some(name) = name.to_str() else { continue };
		let is_part = name.starts_with("model-") && name.ends_with(".safetensors");
		if (is_part || name == WHOLE || name == INDEX) && !written.contains(name) {
			fs::remove_file(folder.join(name))?;
		}
	}
	Ok(())
}

/// A file of at most so many bytes.
fn read(folder: &Path, name: &'static str, max_bytes: u64) -> Result<Vec<u8>, RepositoryError> {
	let read = || -> io::Result<Vec<u8>> {
		let mut text = Vec::new();
		File::open(folder.join(name))?.take(max_bytes + 1).read_to_end(&mut text)?;
		match text.len() as u64 > max_bytes {
			true => Err(io::Error::other(format!("it has more than {max_bytes} bytes"))),
			false => Ok(text),
		}
	};
	read().map_err(|source| RepositoryError::File { name, source })
}

fn write(folder: &Path, name: &'static str, text: io::Result<Vec<u8>>) -> Result<(), RepositoryError> {
	let written = text.and_then(|text| atomic::write(&folder.join(name), &text));
	written.map_err(|source| RepositoryError::Write { name, source })
}

#[cfg(test)]
mod tests {
	use super::super::config::tests::tiny;
	use super::*;
	use crate::model::ModelConfig;

	fn saved(params: &Params, numbers: Numbers, file_bytes: u64) -> tempfile::TempDir {
		let folder = tempfile::tempdir().unwrap();
		save(params, folder.path(), numbers, file_bytes).unwrap();
		folder
	}

	fn names(folder: &Path) -> Vec<String> {
		let mut names: Vec<_> =
			fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
		names.sort();
		names
	}

	fn loaded(folder: &Path) -> Params {
		load(folder, &describe(folder).unwrap()).unwrap()
	}

	#[test]
	fn what_is_saved_is_loaded_in_one_file_or_several() {
		for tie_word_embeddings in [false, true] {
			let params = Params::init(&ModelConfig { tie_word_embeddings, ..tiny() }, 1).unwrap();
			let folder = saved(&params, Numbers::F32, FILE_BYTES);
			assert_eq!(names(folder.path()), [CONFIG, WHOLE]);
			assert_eq!(loaded(folder.path()), params);
			save(&params, folder.path(), Numbers::F32, 8_000).unwrap();
			let several = names(folder.path());
			assert!(several.len() > 3 && several.contains(&INDEX.to_owned()), "{several:?}");
			assert!(several.iter().all(|name| name != WHOLE), "{several:?}");
			assert_eq!(loaded(folder.path()), params);
			save(&params, folder.path(), Numbers::F32, FILE_BYTES).unwrap();
			assert_eq!(names(folder.path()), [CONFIG, WHOLE]);
		}
	}

	#[test]
	fn half_the_bytes_keep_three_digits() {
		let params = Params::init(&tiny(), 1).unwrap();
		let folder = saved(&params, Numbers::Bf16, 4_000);
		assert_eq!(describe(folder.path()).unwrap().numbers, Numbers::Bf16);
		let read = loaded(folder.path());
		for ((name, saved), (_, read)) in params.named().zip(read.named()) {
			assert!(read.allclose(saved, 1.0 / 256.0, 0.0, false), "{name}");
		}
		let again = saved(&read, Numbers::Bf16, FILE_BYTES);
		assert_eq!(loaded(again.path()), read, "what has been rounded stays as it is");
	}

	/// Names as long as they get, in as many files as there may be.
	#[test]
	fn the_index_of_the_deepest_model_is_read() {
		let description =
			Description { model: ModelConfig { num_hidden_layers: 1 << 10, ..tiny() }, numbers: Numbers::F32 };
		let names = description.model.parameter_shapes().into_iter().enumerate();
		let read = |files: usize| {
			let file = |place: usize| format!("model-{:05}-of-{files:05}.safetensors", place % files + 1);
			let map: BTreeMap<String, String> = names.clone().map(|(place, (name, _))| (name, file(place))).collect();
			let folder = tempfile::tempdir().unwrap();
			let index = serde_json::to_vec_pretty(&json!({ "metadata": {}, "weight_map": map }));
			write(folder.path(), INDEX, index.map_err(io::Error::from)).unwrap();
			places(folder.path(), &description).map(|places| places.len())
		};
		assert_eq!(read(MAX_FILES).unwrap(), 9_219);
		assert!(matches!(read(MAX_FILES + 1), Err(RepositoryError::Files { count: 257 })));
	}

	#[test]
	fn parts_keep_the_order_and_the_size() {
		assert_eq!(parts(&[3, 3, 3, 9, 1], 6), [vec![0, 1], vec![2], vec![3], vec![4]]);
		assert_eq!(parts(&[1, 2], 0), [vec![0], vec![1]]);
	}
}
