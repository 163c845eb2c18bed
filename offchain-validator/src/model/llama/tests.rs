// SPDX-License-Identifier: Apache-2.0

use std::slice::from_ref;

use super::super::config::tests::tiny;
use super::*;
use crate::gradient::recorded::{floats, numbers, tiny_llama};

fn params() -> Params {
	Params::init(&ModelConfig { initializer_range: 0.3, ..tiny() }, 1).unwrap()
}

fn batch(sequences: &[Vec<u32>]) -> Batch {
	Batch::new(sequences, &tiny(), None).unwrap()
}

fn tensors(params: &Params) -> Vec<Tensor> {
	params.named().map(|(_, tensor)| tensor.shallow_clone()).collect()
}

#[track_caller]
fn check_refused(sequences: &[Vec<u32>], masked: Option<u32>, expected: &str) {
	assert_eq!(Batch::new(sequences, &tiny(), masked).unwrap_err().to_string(), expected);
}

#[test]
fn what_the_model_cannot_read_is_refused() {
	check_refused(&[], None, "a batch needs a sequence");
	check_refused(&[vec![1]], None, "sequence 0 has 1 tokens: must be from 2 to 32");
	check_refused(&[vec![1; 33]], None, "sequence 0 has 33 tokens: must be from 2 to 32");
	check_refused(
		&[vec![1; 4], vec![1; 3]],
		None,
		"sequence 1 has 3 tokens, the first has 4: all must be equally long",
	);
	check_refused(&[vec![1, 48]], None, "sequence 0 has token 48: must be below 48");
	check_refused(&[vec![1, 2, 2]], Some(2), "all targets are the masked token");
}

#[test]
fn logits_are_as_recorded() {
	let Some(file) = golden::recording::<serde_json::Value>("mechanisms/tiny_llama_eval.json") else { return };
	let params = tiny_llama(&file);
	let tokens: Vec<i64> = numbers(&file["random_batches"][0][0]).into_iter().map(|token| token as i64).collect();
	let logits = logits(params.config(), &tensors(&params), &Tensor::from_slice(&tokens).unsqueeze(0)).unwrap();
	let expected = Tensor::from_slice(&floats(&file["logits_of_first_random_sequence"])).reshape(logits.size());
	assert!(logits.allclose(&expected, 0.0, 1e-5, false));
}

#[test]
fn a_model_that_knows_nothing_is_as_good_as_a_guess() {
	let params = Params::init(&ModelConfig { initializer_range: 1e-9, ..tiny() }, 1).unwrap();
	let loss = loss(&params, &batch(&[vec![1, 2, 3, 4]]));
	assert!((loss - 48_f64.ln()).abs() < 1e-5, "{loss}");
}

#[test]
fn the_future_is_not_seen() {
	let (params, first) = (params(), Tensor::from_slice(&[1_i64, 2, 3, 4]).unsqueeze(0));
	let second = Tensor::from_slice(&[1_i64, 2, 9, 9]).unsqueeze(0);
	let of = |tokens| logits(params.config(), &tensors(&params), tokens).unwrap().narrow(1, 0, 2);
	assert!(of(&first).allclose(&of(&second), 1e-6, 1e-6, false));
}

#[test]
fn masked_targets_do_not_count() {
	let (params, tokens) = (params(), vec![5, 6, 2, 7]);
	let all = loss(&params, &batch(from_ref(&tokens)));
	let without = loss(&params, &Batch::new(&[tokens], &tiny(), Some(2)).unwrap());
	assert!((all - without).abs() > 1e-3, "{all} {without}");
	assert!(without.is_finite());
}

/// The mean over the responses alone, however long the prompts and whatever is beside them.
#[test]
fn prompts_and_padding_do_not_count() {
	let params = params();
	let example = |tokens: &[u32], prompt| Example { tokens: tokens.to_vec(), prompt };
	let of = |examples: &[Example]| loss(&params, &Batch::responses(examples, &tiny()).unwrap());
	let tokens = [5, 6, 2, 7];
	let each = |prompt| of(&[example(&tokens[..=prompt], prompt)]);
	let whole = loss(&params, &batch(&[tokens.to_vec()]));
	assert!((of(&[example(&tokens, 0)]) - whole).abs() < 1e-6);
	assert!((of(&[example(&tokens, 2)]) - (each(2) + each(3)) / 2.0).abs() < 1e-5);
	let beside = of(&[example(&tokens, 3), example(&[9, 8], 1)]);
	assert!((beside - (each(3) + of(&[example(&[9, 8], 1)])) / 2.0).abs() < 1e-5);
}

#[test]
fn without_a_response_there_is_nothing_to_measure() {
	let example = |tokens: Vec<u32>, prompt| Example { tokens, prompt };
	assert_eq!(Batch::responses(&[], &tiny()), Err(BatchError::Empty));
	assert_eq!(Batch::responses(&[example(vec![1, 2, 3], 3)], &tiny()), Err(BatchError::AllMasked));
	assert!(matches!(Batch::responses(&[example(vec![1], 0)], &tiny()), Err(BatchError::Length { .. })));
	assert!(matches!(Batch::responses(&[example(vec![1, 48], 1)], &tiny()), Err(BatchError::Token { .. })));
}

#[test]
fn a_tied_head_is_the_embedding() {
	let config = ModelConfig { tie_word_embeddings: true, ..tiny() };
	let tied = Params::init(&config, 1).unwrap();
	let mut untied = tensors(&tied);
	untied.push(untied[0].copy());
	let tokens = Tensor::from_slice(&[1_i64, 2, 3]).unsqueeze(0);
	let of = |config, tensors: &[Tensor]| logits(config, tensors, &tokens).unwrap();
	assert!(of(&config, &tensors(&tied)).equal(&of(&tiny(), &untied)));
}

/// Keys shared by two query heads are the same as keys repeated for each of them.
#[test]
fn grouped_queries_share_their_keys() {
	let grouped = params();
	let full = ModelConfig { num_key_value_heads: 2, ..tiny() };
	let repeat = |(name, tensor): (&str, &Tensor)| match name.contains("k_proj") || name.contains("v_proj") {
		true => tensor.repeat([2, 1]),
		false => tensor.copy(),
	};
	let repeated: Vec<_> = grouped.named().map(repeat).collect();
	let tokens = Tensor::from_slice(&[1_i64, 2, 3, 4, 5]).unsqueeze(0);
	let of = |config, tensors: &[Tensor]| logits(config, tensors, &tokens).unwrap();
	let (grouped, full) = (of(grouped.config(), &tensors(&grouped)), of(&full, &repeated));
	assert!(grouped.allclose(&full, 1e-5, 1e-5, false));
}

/// Against the difference of two losses along one direction.
#[test]
fn the_gradient_is_the_slope_of_the_loss() {
	let (params, batch) = (params(), [batch(&[vec![1, 2, 3, 4, 5], vec![9, 8, 7, 6, 5]])]);
	let gradients = gradients(&params, &batch);
	assert_eq!(gradients.loss, loss(&params, &batch[0]));
	let moved = |by: f64| {
		let mut moved = params.copy();
		for ((_, tensor), (_, gradient)) in moved.named_mut().zip(gradients.named()) {
			*tensor += gradient.sign() * by;
		}
		loss(&moved, &batch[0])
	};
	let slope = (moved(1e-4) - moved(-1e-4)) / 2e-4;
	let expected: f64 = gradients.named().map(|(_, gradient)| gradient.abs().sum(Kind::Double).double_value(&[])).sum();
	assert!((slope / expected - 1.0).abs() < 0.01, "{slope} {expected}");
}

#[test]
fn gradients_of_batches_add_up() {
	let (params, tokens) = (params(), vec![1, 2, 3, 4, 5]);
	let once = gradients(&params, &[batch(from_ref(&tokens))]);
	let twice = gradients(&params, &[batch(from_ref(&tokens)), batch(from_ref(&tokens))]);
	let mut added = gradients(&params, &[batch(from_ref(&tokens))]);
	added.add(&once);
	assert_eq!((twice.loss, added.loss), (2.0 * once.loss, 2.0 * once.loss));
	assert!(twice.named().zip(added.named()).all(|((_, twice), (_, added))| twice.equal(added)));
	for ((name, once), (_, twice)) in once.named().zip(twice.named()) {
		assert!((once * 2.0).allclose(twice, 1e-5, 1e-7, false), "{name}");
	}
}

#[test]
fn parameters_never_track_gradients() {
	let params = params();
	let gradients = gradients(&params, &[batch(&[vec![1, 2, 3]])]);
	assert!(params.named().chain(gradients.named()).all(|(_, tensor)| !tensor.requires_grad()));
}

#[test]
fn scaled_positions_turn_less() {
	use crate::model::{RopeScaling, RopeType};
	let scaling = RopeScaling {
		rope_type: RopeType::Llama3,
		factor: 4.0,
		low_freq_factor: 1.0,
		high_freq_factor: 4.0,
		original_max_position_embeddings: 8,
	};
	let params = params();
	let scaled = ModelConfig { rope_scaling: Some(scaling), ..params.config().clone() };
	let tokens = Tensor::from_slice(&[1_i64, 2, 3, 4, 5, 6]).unsqueeze(0);
	let of = |config: &ModelConfig| logits(config, &tensors(&params), &tokens).unwrap();
	let (plain, scaled) = (of(params.config()), of(&scaled));
	assert!(
		plain.narrow(1, 0, 1).allclose(&scaled.narrow(1, 0, 1), 0.0, 1e-6, false),
		"the first position is not turned"
	);
	assert!(!plain.allclose(&scaled, 0.0, 1e-4, false));
}
