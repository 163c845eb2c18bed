// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;
use serde_json::Value;

use super::super::recorded::{compressed, drawn, gradient, integer, tiny_llama};
use super::super::{evaluation_step, Codec, Quantiser};
use super::*;
use crate::model::{config_of_tests, elements, Batch, ModelConfig, Precision};

fn all(tensor: &Tensor) -> Vec<f32> {
	elements(tensor, 0..tensor.numel())
}

/// A model, and how its gradients travel.
struct Scene {
	params: Params,
	codec: Codec,
	decoder: Decoder,
	trial: Trial,
}

impl Scene {
	fn new(params: Params, target_chunk: usize, topk: usize) -> Self {
		Self::with_coding(params, target_chunk, topk, Coding::Dct)
	}

	fn with_coding(params: Params, target_chunk: usize, topk: usize, coding: Coding) -> Self {
		let shapes = params.config().parameter_shapes();
		let codec = Codec::new(Layouts::with_coding(&shapes, target_chunk, topk, coding).unwrap());
		let decoder = Decoder::new(&codec, Processor::Cpu).unwrap();
		let trial = Trial::new(&params, Precision::F32).unwrap();
		Self { params, codec, decoder, trial }
	}

	/// The parameters of the trial as a model.
	fn stepped(&mut self, update: &Update, lr: f64) -> Params {
		self.decoder.step(&mut self.trial, &self.params, update, lr).unwrap();
		let mut stepped = self.params.copy();
		let mut tried = Vec::new();
		self.trial.write(&self.params, |_, _, copy| Ok::<_, ()>(tried.push(copy.copy()))).unwrap();
		for ((_, tensor), tried) in stepped.named_mut().zip(tried) {
			*tensor = tried;
		}
		stepped
	}

	fn update(&self, gradient: &CompressedGradient) -> Update {
		Update::new(gradient, self.codec.layouts(), &Limits::default()).unwrap()
	}

	fn gradient(&self, seed: u32) -> CompressedGradient {
		drawn(self.codec.layouts(), seed)
	}

	/// One that moves nothing.
	fn nothing(&self) -> Update {
		let tensors = self.codec.layouts().iter().map(|(name, layout)| {
			let indices = (0..layout.chunks()).flat_map(|_| 0..layout.kept() as u16).collect();
			(name.to_owned(), Compressed { indices, values: vec![0.0; layout.sent()].into() })
		});
		self.update(&gradient(tensors.collect(), self.codec.layouts()))
	}
}

/// The step that was taken on a dense copy before, by way of `f64`.
fn check_as_dense(scene: &mut Scene, gradient: &CompressedGradient, lr: f64) {
	let limits = Limits::of(scene.codec.layouts(), &[&drawn(scene.codec.layouts(), 77), gradient]);
	let dense = evaluation_step(&scene.codec, &scene.params, gradient, &limits, lr).unwrap();
	let update = Update::new(gradient, scene.codec.layouts(), &limits).unwrap();
	for decoder in [Decoder::by_products(&scene.codec, Device::Cpu), Decoder::new(&scene.codec, Processor::Cpu)] {
		scene.decoder = decoder.unwrap();
		let stepped = scene.stepped(&update, lr);
		for ((name, dense), (_, stepped)) in dense.named().zip(stepped.named()) {
			assert_eq!(all(dense), all(stepped), "{name} by {:?}", scene.decoder.way);
		}
	}
}

fn small() -> ModelConfig {
	ModelConfig { initializer_range: 0.3, ..config_of_tests() }
}

#[test]
fn a_step_is_the_one_of_the_whole_gradient() {
	for (target_chunk, topk) in [(8, 5), (64, 7), (3, 2), (1, 1)] {
		let mut scene = Scene::new(Params::init(&small(), 1).unwrap(), target_chunk, topk);
		let gradient = scene.gradient(7);
		check_as_dense(&mut scene, &gradient, 0.01);
	}
}

/// Elements as they are, cut down to the limits.
#[test]
fn a_quantised_step_is_the_one_of_the_whole_gradient() {
	let coding = Coding::Quantised(Quantiser { bins: 4, range: 6.0 });
	let mut scene = Scene::with_coding(Params::init(&small(), 1).unwrap(), 8, 6, coding);
	let gradient = scene.gradient(7);
	check_as_dense(&mut scene, &gradient, 0.5);
}

#[test]
fn parameters_of_many_slabs_are_decoded_whole() {
	let config = ModelConfig { vocab_size: CPU_SLAB / 16 * 5 / 2, hidden_size: 16, ..small() };
	let mut scene = Scene::new(Params::init(&config, 1).unwrap(), 16, 4);
	let gradient = scene.gradient(3);
	check_as_dense(&mut scene, &gradient, 0.01);
}

#[test]
fn recorded_gradients_give_the_recorded_losses() {
	let Some(file) = golden::recording::<Value>("mechanisms/tiny_llama_eval.json") else { return };
	let mut scene = Scene::new(tiny_llama(&file), integer(&file["target_chunk"]), integer(&file["topk"]));
	let masked = Some(integer(&file["pad_token_id"]) as u32);
	let batches = |recorded: &Value| -> Vec<Batch> {
		let rows = |batch: &Value| -> Vec<Vec<u32>> { serde_json::from_value(batch.clone()).unwrap() };
		let batches = recorded.as_array().unwrap().iter();
		batches.map(|batch| Batch::new(&rows(batch), scene.params.config(), masked).unwrap()).collect()
	};
	let lr = file["lr"].as_f64().unwrap() * file["eval_lr_factor"].as_f64().unwrap();
	let random = batches(&file["random_batches"]);
	for case in file["cases"].as_array().unwrap() {
		let own = batches(&case["own_batches"]);
		let tensors = scene.codec.layouts().iter().map(|(name, layout)| {
			let sent = &case["gradient"][name];
			(name.to_owned(), compressed(&sent["idx"], &sent["val"], layout.kept()))
		});
		let update = scene.update(&gradient(tensors.collect(), scene.codec.layouts()));
		let together: Vec<&Batch> = own.iter().chain(&random).collect();
		let sums = |losses: Vec<f64>| {
			let (own, random) = losses.split_at(own.len());
			[own.iter().sum::<f64>(), random.iter().sum()]
		};
		let before = sums(scene.params.losses(&together, 1 << 20).unwrap());
		for decoder in [Decoder::by_products(&scene.codec, Device::Cpu), Decoder::new(&scene.codec, Processor::Cpu)] {
			decoder.unwrap().step(&mut scene.trial, &scene.params, &update, lr).unwrap();
			let after = sums(scene.trial.losses(&scene.params, &together, 1 << 20).unwrap());
			for (place, found) in [before[0], after[0], before[1], after[1]].into_iter().enumerate() {
				let expected = case["loss"][place].as_f64().unwrap();
				assert!((found - expected).abs() < 2e-5, "{found} is not {expected}");
			}
		}
	}
}

#[test]
fn an_update_of_another_model_is_refused() {
	let mut scene = Scene::new(Params::init(&small(), 1).unwrap(), 8, 3);
	let other = Scene::new(Params::init(&small(), 1).unwrap(), 8, 2);
	let foreign = other.update(&other.gradient(1));
	let refused = StepError::OtherModel { parameter: "model.embed_tokens.weight".into() };
	let found = scene.decoder.step(&mut scene.trial, &scene.params, &foreign, 0.1);
	assert_eq!(found, Err(TryError::Step(refused)));
	assert!(Update::new(&other.gradient(1), scene.codec.layouts(), &Limits::default()).is_err());
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(16))]

	/// Whatever was tried before, and whatever that was.
	#[test]
	fn a_try_changes_neither_the_original_nor_the_next_try(first: u32, second: u32, lr in 1e-6_f64..1.0) {
		let mut scene = Scene::new(Params::init(&small(), 1).unwrap(), 8, 4);
		let before = scene.params.copy();
		let (first, second) = (scene.update(&scene.gradient(first)), scene.update(&scene.gradient(second)));
		let alone = scene.stepped(&second, lr);
		scene.stepped(&first, lr);
		prop_assert_eq!(&scene.params, &before);
		let after_another = scene.stepped(&second, lr);
		prop_assert_eq!(&after_another, &alone);
		// A step of nothing is the original to the last bit.
		let nothing = scene.nothing();
		let unmoved = scene.stepped(&nothing, lr);
		prop_assert_eq!(&unmoved, &before);
	}
}
