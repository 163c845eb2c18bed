// SPDX-License-Identifier: Apache-2.0

use std::path::{Path, PathBuf};

use super::super::config::tests::tiny;
use super::super::tensor_file;
use super::*;

fn saved(params: &Params) -> (tempfile::TempDir, PathBuf) {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("model.safetensors");
	params.save(&path).unwrap();
	(folder, path)
}

#[track_caller]
fn check_refused(path: &Path, config: &ModelConfig, expected: &str) {
	let error = Params::load(path, config).unwrap_err();
	let text = match std::error::Error::source(&error) {
		Some(source) => source.to_string(),
		None => error.to_string().split_once(": ").unwrap().1.to_owned(),
	};
	assert_eq!(text, expected);
}

#[test]
fn a_seed_gives_the_same_parameters_whatever_libtorch_draws() {
	let first = Params::init(&tiny(), 1).unwrap();
	tch::manual_seed(5);
	let _ = Tensor::randn([3], (Kind::Float, tch::Device::Cpu));
	assert_eq!(first, Params::init(&tiny(), 1).unwrap());
	assert_ne!(first, Params::init(&tiny(), 2).unwrap());
}

#[test]
fn fresh_norms_are_one_and_the_rest_is_small() {
	let params = Params::init(&tiny(), 1).unwrap();
	for (name, tensor) in params.named() {
		let largest = elements(tensor, 0..tensor.numel()).into_iter().fold(0.0, |max: f32, x| max.max(x.abs()));
		match name.contains("norm") {
			true => assert_eq!(largest, 1.0, "{name}"),
			false => assert!((0.02..0.12).contains(&largest), "{name}: {largest}"),
		}
	}
}

#[test]
fn a_copy_changes_alone() {
	let params = Params::init(&tiny(), 1).unwrap();
	let mut copy = params.copy();
	assert_eq!(copy, params);
	copy.decay(0.1, 0.5);
	assert_ne!(copy, params);
	let norm = copy.samples(0..1)["model.norm.weight"][0];
	assert_eq!(norm, 0.95);
}

#[test]
fn no_decay_changes_nothing() {
	let mut params = Params::init(&tiny(), 1).unwrap();
	params.decay(0.1, 0.0);
	assert_eq!(params, Params::init(&tiny(), 1).unwrap());
}

#[test]
fn samples_are_read_row_by_row() {
	let mut params = Params::init(&tiny(), 1).unwrap();
	for (_, tensor) in params.named_mut() {
		*tensor = Tensor::arange(tensor.numel() as i64, (Kind::Float, tch::Device::Cpu)).reshape(tensor.size());
	}
	let samples = params.samples(10..12);
	assert_eq!(samples.len(), params.named().len());
	assert!(samples.values().all(|values| values == &[10.0, 11.0]));
	let long = params.samples(16..18);
	assert!(!long.contains_key("model.norm.weight"));
	assert_eq!(long.len(), params.named().filter(|(_, tensor)| tensor.dim() == 2).count());
	assert!(params.samples(usize::MAX - 1..usize::MAX).is_empty());
}

#[test]
fn what_is_saved_is_loaded() {
	for tie_word_embeddings in [false, true] {
		let config = ModelConfig { tie_word_embeddings, ..tiny() };
		let params = Params::init(&config, 3).unwrap();
		let (folder, path) = saved(&params);
		assert_eq!(Params::load(&path, &config).unwrap(), params);
		params.save(&path).unwrap(); // Over an older file.
		assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
	}
}

#[test]
fn hugging_face_finds_what_it_needs() {
	let (_folder, path) = saved(&Params::init(&tiny(), 3).unwrap());
	let bytes = std::fs::read(path).unwrap();
	let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
	assert_eq!(header.metadata().as_ref().unwrap()["format"], "pt");
	assert_eq!(header.info("model.layers.1.self_attn.k_proj.weight").unwrap().shape, [8, 16]);
}

#[test]
fn a_file_of_another_model_is_refused() {
	let (_folder, path) = saved(&Params::init(&tiny(), 3).unwrap());
	let tied = ModelConfig { tie_word_embeddings: true, ..tiny() };
	check_refused(&path, &tied, "tensor lm_head.weight is unknown");
	let wider = ModelConfig { vocab_size: 50, ..tiny() };
	let expected = "tensor model.embed_tokens.weight is F32 [48, 16]: must be F32 [50, 16]";
	check_refused(&path, &wider, expected);
	check_refused(&path.with_extension("none"), &tiny(), "No such file or directory (os error 2)");
}

#[test]
fn a_damaged_file_is_refused() {
	let (_folder, path) = saved(&Params::init(&tiny(), 3).unwrap());
	let bytes = std::fs::read(&path).unwrap();
	std::fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
	check_refused(&path, &tiny(), "21820 bytes of data: must be 21824");
	let mut not_finite = bytes.clone();
	let end = bytes.len();
	not_finite[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
	std::fs::write(&path, not_finite).unwrap();
	check_refused(&path, &tiny(), "parameter lm_head.weight holds a number that is not finite");
	std::fs::write(&path, vec![b' '; 1 << 20]).unwrap();
	assert!(Params::load(&path, &tiny()).is_err());
}

#[test]
fn what_others_send_is_read_like_a_file_and_has_a_bound() {
	let params = Params::init(&tiny(), 3).unwrap();
	let (_folder, path) = saved(&params);
	let bytes = std::fs::read(&path).unwrap();
	assert!(bytes.len() <= Params::max_bytes(&tiny()));
	assert_eq!(Params::decode(&bytes, &tiny(), &path).unwrap(), params);
	let too_large = [bytes.clone(), vec![0; Params::max_bytes(&tiny())]].concat();
	for hostile in [&b""[..], b"PK\x03\x04\0\0\x08\x08", &[0xff; 64], &bytes[..100], &too_large] {
		assert!(matches!(Params::decode(hostile, &tiny(), &path), Err(ParamsError::Contents { .. })));
	}
}

#[test]
fn a_part_may_be_saved_in_half_the_bytes() {
	let params = Params::init(&tiny(), 3).unwrap();
	let folder = tempfile::tempdir().unwrap();
	let names: Vec<_> = params.named().map(|(name, _)| name.to_owned()).collect();
	let mut files = BTreeMap::new();
	for (number, places) in [vec![0, 2, 4], (5..names.len()).collect(), vec![3, 1]].into_iter().enumerate() {
		let path = folder.path().join(format!("{number}.safetensors"));
		params.save_part(&path, tensor_file::Kind::Bf16, &places).unwrap();
		files.extend(places.into_iter().map(|place| (names[place].clone(), path.clone())));
	}
	let loaded = Params::load_shards(&files, tensor_file::Kind::Bf16, &tiny()).unwrap();
	let kind = |tensor: &Tensor| tensor.to_kind(Kind::BFloat16).to_kind(Kind::Float);
	assert!(loaded.named().zip(params.named()).all(|((_, read), (_, saved))| read.equal(&kind(saved))));
	files.pop_last();
	let missing = Params::load_shards(&files, tensor_file::Kind::Bf16, &tiny());
	assert!(matches!(missing, Err(ParamsError::Absent { .. })), "{missing:?}");
}
