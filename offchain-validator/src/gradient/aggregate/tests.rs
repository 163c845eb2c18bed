// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;
use serde_json::Value;

use super::super::layout::Layouts;
use super::super::recorded::{compressed, floats, gradient, integer, single, sizes, tiny_llama};
use super::*;
use crate::model::{elements, gradients, loss, Batch};

fn all(tensor: &Tensor) -> Vec<f32> {
	elements(tensor, 0..tensor.numel())
}

/// Decoded gradients and steps on one parameter, against a recorded case.
fn check_recorded(case: &Value) {
	let shape = sizes(&case["shape"]);
	let layouts = Layouts::new(&[("p".into(), shape)], integer(&case["target_chunk"]), integer(&case["topk"])).unwrap();
	let kept = layouts.get("p").unwrap().kept();
	let codec = Codec::new(layouts);
	let peers = case["peers"].as_array().unwrap().iter();
	let peers: Vec<_> =
		peers.map(|peer| single(compressed(&peer["idx"], &peer["val"], kept), codec.layouts())).collect();
	let before = floats(&case["param"]);
	let check_step = |gradient: &[f32], lr: f64, expected: &Value| {
		for ((gradient, before), after) in gradient.iter().zip(&before).zip(floats(expected)) {
			let stepped = before - lr as f32 * gradient.signum() * f32::from(*gradient != 0.0);
			// A sign of rounding noise is nobody's.
			assert!(gradient.abs() < 1e-7 || (stepped - after).abs() < 1e-7, "{before} {gradient} {after}");
		}
	};
	let aggregated = aggregate(&codec, &peers.iter().collect::<Vec<_>>()).unwrap();
	let aggregated = all(&aggregated.0["p"]);
	for (found, expected) in aggregated.iter().zip(floats(&case["aggregated_dense"])) {
		assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
	}
	let lr = case["lr"].as_f64().unwrap();
	check_step(&aggregated, lr, &case["param_after_outer_step"]);
	let alone = aggregate(&codec, &[&peers[0]]).unwrap();
	let factor = case["eval_lr_factor"].as_f64().unwrap();
	check_step(&all(&alone.0["p"]), lr * factor, &case["param_after_eval_of_peer0"]);
}

#[test]
fn aggregation_is_as_recorded() {
	golden::cases::<Value>("mechanisms/aggregate_seed.json").iter().for_each(check_recorded);
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
		let stepped = evaluation_step(&tiny.codec, &tiny.params, &tiny.gradient(case), lr).unwrap();
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
			let found = tiny.codec.compress(gradient, tiny.codec.layouts().get(parameter).unwrap());
			let expected = recorded.get(parameter).unwrap();
			assert_eq!(found.indices, expected.indices, "{parameter}");
			let mut pairs = found.values.iter().zip(&expected.values);
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
		let mut params = tiny.params.copy();
		let aggregated = aggregate(&tiny.codec, &peers.iter().collect::<Vec<_>>()).unwrap();
		outer_step(&mut params, &aggregated, tiny.lr(), 0.1).unwrap();
		params
	};
	assert_eq!(step(1), step(4));
}

fn vector(peers: &[(&[u16], &[f32])]) -> Vec<f32> {
	let codec = Codec::new(Layouts::new(&[("p".into(), vec![4])], 4, 2).unwrap());
	let body =
		|(indices, values): &(&[u16], &[f32])| Compressed { indices: (*indices).into(), values: (*values).into() };
	let peers: Vec<_> = peers.iter().map(|peer| single(body(peer), codec.layouts())).collect();
	let aggregated = aggregate(&codec, &peers.iter().collect::<Vec<_>>()).unwrap();
	let layout = codec.layouts().get("p").unwrap();
	all(&codec.encode(&aggregated.0["p"], layout))
}

#[track_caller]
fn check_mean(peers: &[(&[u16], &[f32])], expected: &[f32]) {
	let found = vector(peers);
	assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6), "{found:?}");
}

#[test]
fn a_coefficient_is_the_mean_of_those_who_sent_it() {
	check_mean(&[], &[0.0; 4]);
	check_mean(&[(&[0, 1], &[3.0, 4.0])], &[0.6, 0.8, 0.0, 0.0]);
	check_mean(&[(&[0, 1], &[3.0, 4.0]), (&[1, 2], &[0.0, -5.0])], &[0.6, 0.4, -1.0, 0.0]);
}

#[test]
fn nobody_gains_by_size() {
	check_mean(&[(&[0, 1], &[3e37, 4e37]), (&[0, 1], &[-3e-2, -4e-2])], &[0.0; 4]);
	check_mean(&[(&[0, 1], &[0.0, 0.0]), (&[0, 1], &[0.0, 1.0])], &[0.0, 0.5, 0.0, 0.0]);
}

#[test]
fn the_largest_valid_values_decode_to_numbers() {
	let codec = Codec::new(Layouts::new(&[("p".into(), vec![2, 2])], 2, 4).unwrap());
	let values = vec![f32::MAX / 8.0; 4];
	let sent = Compressed { indices: vec![0, 1, 2, 3], values };
	assert!(dense(&codec, "p", codec.layouts().get("p").unwrap(), &[(&sent, 1.0)]).is_ok());
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
				(name.to_owned(), Compressed { indices, values: values.repeat(layout.chunks()) })
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
