// SPDX-License-Identifier: Apache-2.0

use tch::Tensor;

use super::super::{Layouts, Quantiser};
use super::*;
use crate::model::{gradients, Batch, ModelConfig, Params};

const LR: f64 = 0.5;
const DECAY: f64 = 0.9;

fn config() -> ModelConfig {
	serde_json::from_value(serde_json::json!({
		"vocab_size": 8, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1,
		"intermediate_size": 6, "max_position_embeddings": 8, "rope_theta": 10000.0, "rms_norm_eps": 1e-6,
		"tie_word_embeddings": true, "initializer_range": 0.5,
	}))
	.unwrap()
}

fn codec(topk: usize) -> Codec {
	Codec::new(Layouts::new(&config().parameter_shapes(), 4, topk).unwrap())
}

fn gradient() -> Gradients {
	let params = Params::init(&config(), 1).unwrap();
	gradients(&params, &[Batch::new(&[[1_u32, 2, 3, 4]], &config(), None).unwrap()])
}

/// Size of a sum, of one parameter.
fn size(tensor: &Tensor) -> f64 {
	elements(tensor, 0..tensor.numel()).into_iter().map(|element| f64::from(element).abs()).sum()
}

fn norm(gradients: &Gradients) -> f64 {
	gradients.named().map(|(_, gradient)| size(gradient)).sum()
}

fn left(momentum: &Momentum) -> f64 {
	let codec = codec(1);
	let left = codec.layouts().iter().filter_map(|(name, _)| momentum.feedback.left(name)).flatten();
	left.map(|element| f64::from(*element).abs()).sum()
}

#[test]
fn the_sum_decays_and_grows() {
	let (gradient, mut momentum) = (gradient(), Momentum::new(DECAY));
	momentum.accumulate(&gradient, LR);
	assert!((left(&momentum) / norm(&gradient) - LR).abs() < 1e-5);
	momentum.accumulate(&gradient, LR);
	assert!((left(&momentum) / norm(&gradient) - LR * (1.0 + DECAY)).abs() < 1e-5);
}

#[test]
fn what_is_sent_leaves_the_sum_from_the_sixth_window_on() {
	let (gradient, mut momentum, codec) = (gradient(), Momentum::new(DECAY), codec(usize::MAX));
	for window in 1..=7 {
		momentum.accumulate(&gradient, LR);
		let before = left(&momentum);
		momentum.compress(&codec).unwrap();
		match window {
			..6 => assert_eq!(left(&momentum), before, "{window}"),
			_ => assert!(left(&momentum) < 1e-5 * before, "{window}"),
		}
	}
}

#[test]
fn what_is_not_sent_stays() {
	let (gradient, mut momentum, codec) = (gradient(), Momentum::new(DECAY), codec(1));
	(0..6).for_each(|_| momentum.accumulate(&gradient, LR));
	let before = left(&momentum);
	let body = momentum.compress(&codec).unwrap();
	assert!(left(&momentum) > 1e-3 * before && left(&momentum) < before);
	for (parameter, layout) in codec.layouts().iter() {
		// What is left has nothing at the places that were sent.
		let left = momentum.feedback.left(parameter).unwrap();
		let coefficients = codec.plain().encode(parameter, left).unwrap();
		for (chunk, index) in body[parameter].indices.iter().enumerate() {
			let left = coefficients[chunk / layout.kept() * layout.total() + usize::from(*index)];
			assert!(left.abs() < 1e-5, "{parameter}: {left}");
		}
	}
}

/// In the later form in every window, and but for what quantising has lost.
#[test]
fn what_is_quantised_leaves_the_sum_from_the_first_window_on() {
	let coding = Coding::Quantised(Quantiser { bins: 256, range: 6.0 });
	let codec = Codec::new(Layouts::with_coding(&config().parameter_shapes(), 4, usize::MAX, coding).unwrap());
	let mut momentum = Momentum::new(DECAY);
	momentum.accumulate(&gradient(), LR);
	let before = left(&momentum);
	momentum.compress(&codec).unwrap();
	assert!(left(&momentum) < 0.05 * before, "{} of {before}", left(&momentum));
}

#[test]
fn an_empty_sum_or_another_model_is_refused() {
	let mut momentum = Momentum::new(DECAY);
	assert!(matches!(momentum.compress(&codec(1)), Err(StepError::OtherModel { .. })));
	momentum.accumulate(&gradient(), LR);
	let wider = ModelConfig { vocab_size: 9, ..config() };
	let other = Codec::new(Layouts::new(&wider.parameter_shapes(), 4, 1).unwrap());
	let refused = StepError::OtherModel { parameter: "model.embed_tokens.weight".into() };
	assert_eq!(momentum.compress(&other), Err(refused));
}
