// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;
use serde_json::Value;

use super::super::recorded::{compressed, gradient, integer, sizes, tiny_llama};
use super::super::{Layouts, Quantiser};
use super::*;
use crate::model::{elements, gradients, loss, Batch};

/// The later form, with a bin for almost every number.
const FINE: Coding = Coding::Quantised(Quantiser { bins: 256, range: 6.0 });

fn all(tensor: &Tensor) -> Vec<f32> {
	elements(tensor, 0..tensor.numel())
}

/// A recorded model with what its peers sent.
struct Tiny {
	file: Value,
	params: Params,
	codec: Codec,
}

impl Tiny {
	/// `None` when `GOLDEN_DIR` lacks the file.
	fn recorded() -> Option<Self> {
		let file = golden::recording("mechanisms/tiny_llama_eval.json")?;
		let params = tiny_llama(&file);
		let (target_chunk, topk) = (integer(&file["target_chunk"]), integer(&file["topk"]));
		let codec = Codec::new(Layouts::new(&params.config().parameter_shapes(), target_chunk, topk).unwrap());
		Some(Self { file, params, codec })
	}

	fn batches(&self, recorded: &Value) -> Vec<Batch> {
		let masked = Some(integer(&self.file["pad_token_id"]) as u32);
		let batch = |batch: &Value| {
			let rows = batch.as_array().unwrap().iter();
			let rows: Vec<Vec<u32>> =
				rows.map(|row| sizes(row).into_iter().map(|token| token as u32).collect()).collect();
			Batch::new(&rows, self.params.config(), masked).unwrap()
		};
		recorded.as_array().unwrap().iter().map(batch).collect()
	}

	/// Sum of the losses of some recorded batches.
	fn loss(&self, params: &Params, recorded: &Value) -> f64 {
		self.batches(recorded).iter().map(|batch| loss(params, batch)).sum()
	}

	fn gradient(&self, case: &Value) -> CompressedGradient {
		let tensors = self.codec.layouts().iter().map(|(name, layout)| {
			let sent = &case["gradient"][name];
			(name.to_owned(), compressed(&sent["idx"], &sent["val"], layout.kept()))
		});
		gradient(tensors.collect(), self.codec.layouts())
	}

	fn lr(&self) -> f64 {
		self.file["lr"].as_f64().unwrap()
	}
}

#[track_caller]
fn check_close(found: f64, expected: &Value, tolerance: f64) {
	let expected = expected.as_f64().unwrap();
	assert!((found - expected).abs() < tolerance, "{found} is not {expected}");
}

#[test]
fn a_recorded_evaluation_gives_the_recorded_scores() {
	let Some(tiny) = Tiny::recorded() else { return };
	let lr = tiny.lr() * tiny.file["eval_lr_factor"].as_f64().unwrap();
	for case in tiny.file["cases"].as_array().unwrap() {
		let stepped = evaluation_step(&tiny.codec, &tiny.params, &tiny.gradient(case), &Limits::default(), lr).unwrap();
		let losses =
			|params| [tiny.loss(params, &case["own_batches"]), tiny.loss(params, &tiny.file["random_batches"])];
		let ([own, random], [own_after, random_after]) = (losses(&tiny.params), losses(&stepped));
		check_close(own, &case["loss"][0], 2e-5);
		check_close(own_after, &case["loss"][1], 2e-5);
		check_close(random, &case["loss"][2], 2e-5);
		check_close(random_after, &case["loss"][3], 2e-5);
		check_close((random - random_after) / random, &case["gradient_score"], 4e-6);
		check_close((own - own_after) / own, &case["improvement_own"], 4e-6);
	}
}

/// The recorded peers 3 and 5 sent gradients: 5 on its own batches, 3 on those it is judged by as well. Peer 9 sent noise.
#[test]
fn the_same_batches_give_the_recorded_gradients() {
	let Some(tiny) = Tiny::recorded() else { return };
	let [both, own] = [&tiny.file["cases"][0], &tiny.file["cases"][1]];
	let mut batches = tiny.batches(&both["own_batches"]);
	batches.extend(tiny.batches(&tiny.file["random_batches"]));
	for (case, batches) in [(both, batches), (own, tiny.batches(&own["own_batches"]))] {
		let (recorded, computed) = (tiny.gradient(case), gradients(&tiny.params, &batches));
		for (parameter, gradient) in computed.named() {
			let found = tiny.codec.compress(parameter, gradient).unwrap();
			let expected = recorded.get(parameter).unwrap();
			assert_eq!(found.indices, expected.indices, "{parameter}");
			let (found, expected) = (found.values.numbers(), expected.values.numbers());
			let mut pairs = found.iter().zip(expected.iter());
			assert!(pairs.all(|(found, expected)| (found - expected).abs() < 1e-6), "{parameter}");
		}
	}
}

#[test]
fn a_recorded_outer_step_gives_the_recorded_loss() {
	let Some(tiny) = Tiny::recorded() else { return };
	let peers: Vec<_> = tiny.file["cases"].as_array().unwrap().iter().map(|case| tiny.gradient(case)).collect();
	let aggregated = aggregate(&tiny.codec, &peers.iter().collect::<Vec<_>>()).unwrap();
	let mut params = tiny.params.copy();
	outer_step(&mut params, &aggregated, tiny.lr(), 0.0).unwrap();
	let found = tiny.loss(&params, &tiny.file["random_batches"]);
	check_close(found, &tiny.file["random_loss_after_outer_step_of_all_peers"], 2e-5);
}

#[test]
fn threads_change_no_bit() {
	let Some(tiny) = Tiny::recorded() else { return };
	let peers: Vec<_> = tiny.file["cases"].as_array().unwrap().iter().map(|case| tiny.gradient(case)).collect();
	let step = |threads| {
		tch::set_num_threads(threads);
		let codec = Codec::new(tiny.codec.layouts().clone());
		let mut params = tiny.params.copy();
		let aggregated = aggregate(&codec, &peers.iter().collect::<Vec<_>>()).unwrap();
		outer_step(&mut params, &aggregated, tiny.lr(), 0.1).unwrap();
		params
	};
	assert_eq!(step(1), step(4));
}

/// What all coefficients of a recorded model's gradients become in the later form, from one miner and from two alike.
#[test]
fn a_step_of_the_later_form_goes_along_the_gradient_itself() {
	let Some(tiny) = Tiny::recorded() else { return };
	let shapes = tiny.params.config().parameter_shapes();
	let codec = Codec::new(Layouts::with_coding(&shapes, 8, usize::MAX, FINE).unwrap());
	let batches = tiny.batches(&tiny.file["cases"][0]["own_batches"]);
	let computed = gradients(&tiny.params, &batches);
	let sent = computed.named().map(|(name, tensor)| (name.to_owned(), codec.compress(name, tensor).unwrap()));
	let peer = gradient(sent.collect(), codec.layouts());
	let limits = Limits::of(codec.layouts(), &[&peer, &peer]);
	let stepped = evaluation_step(&codec, &tiny.params, &peer, &limits, 0.5).unwrap();
	let mut together = tiny.params.copy();
	outer_step(&mut together, &aggregate(&codec, &[&peer, &peer]).unwrap(), 0.5, 0.0).unwrap();
	let parameters = tiny.params.named().zip(stepped.named()).zip(together.named()).zip(computed.named());
	for ((((name, before), (_, after)), (_, together)), (_, gradient)) in parameters {
		let (expected, size) = (before - gradient * 0.5, gradient.abs().max().double_value(&[]));
		// What lies beyond three deviations is read as the mean of its bin.
		let error = (after - expected).abs().max().double_value(&[]);
		assert!(error <= 0.5 * size && (after - together).abs().max().double_value(&[]) < 1e-6, "{name}: {error}");
	}
	let loss = |params: &Params| batches.iter().map(|batch| loss(params, batch)).sum::<f64>();
	assert!(loss(&stepped) < loss(&tiny.params));
}

#[test]
fn what_belongs_to_another_model_changes_nothing() {
	let Some(tiny) = Tiny::recorded() else { return };
	let other = Codec::new(Layouts::new(&tiny.params.config().parameter_shapes(), 8, 3).unwrap());
	let gradient = tiny.gradient(&tiny.file["cases"][0]);
	let refused = Err(StepError::OtherModel { parameter: "lm_head.weight".into() });
	assert_eq!(aggregate(&other, &[&gradient]).map(|_| ()), refused);
	let small = Codec::new(Layouts::new(&[("p".into(), vec![4])], 4, 2).unwrap());
	let mut params = tiny.params.copy();
	let step = outer_step(&mut params, &aggregate(&small, &[]).unwrap(), 1.0, 0.5);
	assert_eq!(step, Err(StepError::OtherModel { parameter: "model.embed_tokens.weight".into() }));
	assert_eq!(params, tiny.params);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(16))]

	#[test]
	fn a_step_moves_each_element_by_the_rate_or_not_at_all(
		values in proptest::collection::vec(-1.0_f32..1.0, 4), decay in 0.0..0.5,
	) {
		let Some(tiny) = Tiny::recorded() else { return Ok(()) };
		let step = |values: &[f32]| {
			let tensors = tiny.codec.layouts().iter().map(|(name, layout)| {
				let indices = (0..layout.chunks()).flat_map(|_| 0..layout.kept() as u16).collect();
				(name.to_owned(), Compressed { indices, values: values.repeat(layout.chunks()).into() })
			});
			let gradient = gradient(tensors.collect(), tiny.codec.layouts());
			let mut params = tiny.params.copy();
			outer_step(&mut params, &aggregate(&tiny.codec, &[&gradient]).unwrap(), 0.01, decay).unwrap();
			params
		};
		let stepped = step(&values);
		for ((name, before), (_, after)) in tiny.params.named().zip(stepped.named()) {
			for (before, after) in all(before).into_iter().zip(all(after)) {
				let moved = (after - before * (1.0 - 0.01 * decay) as f32).abs();
				prop_assert!(moved < 1e-7 || (moved - 0.01).abs() < 1e-7, "{}: {}", name, moved);
			}
		}
	}
}
