// SPDX-License-Identifier: Apache-2.0

//! Repositories that are not what they say: each is refused with a reason, none harms.

use std::collections::BTreeMap;

use serde_json::{json, Value};

use super::*;
use crate::model::repository;
use crate::model::tensor_file::{self, Kind, TensorSpec};

/// A sound model's folder.
fn sound() -> (TempDir, PathBuf) {
	let folder = tempfile::tempdir().unwrap();
	let path = publish(&folder, "model", &Params::init(&hparams().model, 1).unwrap());
	(folder, path)
}

fn refusal(path: &Path) -> String {
	let hparams = hparams();
	let refused = open(path, &of_bytes(&hparams), &hparams.scoring).expect_err("it is refused");
	assert!(!refused.is_ours(), "{refused:?}");
	crate::one_line(&refused)
}

#[track_caller]
fn check(change: impl FnOnce(&Path), words: &str) {
	let (_folder, path) = sound();
	change(&path);
	let refusal = refusal(&path);
	assert!(refusal.contains(words), "{refusal}");
}

fn change_config(path: &Path, change: impl FnOnce(&mut Value)) {
	let file = path.join("config.json");
	let mut config = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
	change(&mut config);
	fs::write(file, config.to_string()).unwrap();
}

/// Writes tensors of the model's shapes, with each value made by `value`, into files of which `place` gives the name.
fn write_as(path: &Path, kind: Kind, value: impl Fn(&str) -> f32, place: impl Fn(usize) -> String) {
	let mut files: BTreeMap<String, Vec<TensorSpec>> = BTreeMap::new();
	for (position, (name, shape)) in hparams().model.parameter_shapes().into_iter().enumerate() {
		files.entry(place(position)).or_default().push(TensorSpec { name, kind, shape });
	}
	for (file, specs) in files {
		let mut bytes = tensor_file::header(&BTreeMap::new(), &specs);
		for spec in &specs {
			let value = value(&spec.name).to_le_bytes();
			let value = if kind == Kind::Bf16 { &value[2..] } else { &value[..] };
			bytes.extend(value.repeat(spec.shape.iter().product()));
		}
		fs::write(path.join(file), bytes).unwrap();
	}
}

#[test]
fn a_sound_model_is_opened_also_in_parts_and_as_bfloat16() {
	let (_folder, path) = sound();
	let hparams = hparams();
	let open = || open(&path, &of_bytes(&hparams), &hparams.scoring).unwrap();
	open();
	write_as(&path, Kind::F32, |_| 0.5, |_| "model.safetensors".into());
	let whole = open();
	fs::remove_file(path.join("model.safetensors")).unwrap();
	let place = |position: usize| format!("model-{}.safetensors", position % 3);
	write_as(&path, Kind::Bf16, |_| 0.5, place);
	let names = hparams.model.parameter_shapes().into_iter().enumerate();
	let map: BTreeMap<String, String> = names.map(|(position, (name, _))| (name, place(position))).collect();
	fs::write(path.join("model.safetensors.index.json"), json!({"metadata": {}, "weight_map": map}).to_string())
		.unwrap();
	change_config(&path, |config| config["torch_dtype"] = "bfloat16".into());
	assert_eq!(open(), whole);
	// The same, but one file is said to have what another has.
	let swapped: BTreeMap<_, _> = map.keys().map(|name| (name, "model-0.safetensors")).collect();
	fs::write(path.join("model.safetensors.index.json"), json!({"weight_map": swapped}).to_string()).unwrap();
	assert!(refusal(&path).contains("is missing"));
}

#[test]
fn a_file_that_is_not_there_or_endless_is_refused() {
	check(|path| fs::remove_file(path.join("config.json")).unwrap(), "config.json cannot be read");
	check(|path| fs::write(path.join("config.json"), vec![b' '; 1 << 17]).unwrap(), "more than 65536 bytes");
	check(|path| fs::remove_file(path.join("model.safetensors")).unwrap(), "index.json cannot be read");
}

#[test]
fn an_index_that_leads_elsewhere_is_refused() {
	for file in ["../other.safetensors", "/etc/passwd", "model.bin", "a/b.safetensors"] {
		check(
			|path| {
				fs::remove_file(path.join("model.safetensors")).unwrap();
				let index = json!({"weight_map": {"lm_head.weight": file}});
				fs::write(path.join("model.safetensors.index.json"), index.to_string()).unwrap();
			},
			"none of the repository's",
		);
	}
	check(
		|path| {
			fs::rename(path.join("model.safetensors"), path.join("a.safetensors")).unwrap();
			fs::write(path.join("model.safetensors.index.json"), json!({"weight_map": {}}).to_string()).unwrap();
		},
		"is in no file",
	);
}

/// With an index in place of the one file, made of pairs of parameter and file.
fn write_index(path: &Path, map: impl Iterator<Item = (String, String)>) {
	fs::remove_file(path.join("model.safetensors")).unwrap();
	let map: BTreeMap<String, String> = map.collect();
	fs::write(path.join("model.safetensors.index.json"), json!({ "weight_map": map }).to_string()).unwrap();
}

/// The time of whoever reads it does not grow with what it names.
#[test]
fn an_index_of_very_many_files_is_refused_at_once() {
	let many = |count: usize| (0..count).map(|number| (format!("p{number}"), format!("{number}.safetensors")));
	let at_once = |change: &dyn Fn(&Path), words: &str| {
		let (_folder, path) = sound();
		change(&path);
		let begun = Instant::now();
		let refusal = refusal(&path);
		assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
		assert!(refusal.contains(words), "{refusal}");
	};
	at_once(&|path| write_index(path, many(100_000)), "it has more than 1048576 bytes");
	at_once(&|path| write_index(path, many(30_000)), "names parameter p0, which the model does not have");
	// As many files as the deepest model has parameters.
	let deepest = |path: &Path| {
		let small = [("num_hidden_layers", 1024), ("hidden_size", 2), ("intermediate_size", 1)];
		let heads = [("num_attention_heads", 1), ("num_key_value_heads", 1)];
		change_config(path, |config| small.into_iter().chain(heads).for_each(|(key, size)| config[key] = size.into()));
		let names = repository::describe(path).unwrap().model.parameter_shapes().into_iter().map(|(name, _)| name);
		write_index(path, names.enumerate().map(|(number, name)| (name, format!("{number}.safetensors"))));
	};
	at_once(&deepest, "names 9219 files: at most 256 are allowed");
}

#[test]
fn too_many_parameters_are_refused_before_any_is_read() {
	check(
		|path| {
			change_config(path, |config| config["hidden_size"] = (1 << 15).into());
			fs::remove_file(path.join("model.safetensors")).unwrap();
		},
		"parameters are more than 200000",
	);
	check(
		|path| change_config(path, |config| config["vocab_size"] = 300.into()),
		"a vocabulary of 300 tokens: must be at least 256 and at most 256",
	);
}

#[test]
fn a_file_that_is_another_model_is_refused() {
	check(|path| change_config(path, |config| config["num_hidden_layers"] = 1.into()), "are allowed");
	check(|path| change_config(path, |config| config["num_hidden_layers"] = 3.into()), "is missing");
	check(
		|path| change_config(path, |config| config["tie_word_embeddings"] = true.into()),
		"model.safetensors does not hold",
	);
	check(|path| change_config(path, |config| config["torch_dtype"] = "bfloat16".into()), "are allowed");
	for bytes in [&b""[..], b"\xff\xff\xff\xff\xff\xff\xff\xff{}", b"\x02\0\0\0\0\0\0\0{}"] {
		check(|path| fs::write(path.join("model.safetensors"), bytes).unwrap(), "does not hold the parameters");
	}
}

#[test]
fn numbers_that_are_none_and_huge_weights_are_refused() {
	let write = |path: &Path, value: f32| write_as(path, Kind::F32, |_| value, |_| "model.safetensors".into());
	for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
		check(|path| write(path, value), "not finite");
	}
	check(|path| write(path, 100.0), "a norm in layer 0 is 6400: more than 1000");
	check(|path| write(path, f32::MAX), "a norm in layer 0 is inf");
	check(|path| write(path, 4.0), "of all norms are large");
}

/// No norm is taken of the embedding.
#[test]
fn numbers_that_overflow_in_the_model_give_a_loss_or_none() {
	let (_folder, path) = sound();
	let value = |name: &str| if name.contains("embed") { f32::MAX } else { 0.5 };
	write_as(&path, Kind::F32, value, |_| "model.safetensors".into());
	let (hparams, example) = (Arc::new(hparams()), Example { tokens: vec![1; 8], prompt: 4 });
	let losses = Engine::new(hparams.clone(), Lane::CPU).losses(&path, &of_bytes(&hparams), &[example]).unwrap();
	assert!(losses.len() == 1 && losses[0] > 0.0, "{losses:?}");
}
