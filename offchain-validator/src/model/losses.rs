// SPDX-License-Identifier: Apache-2.0

//! Losses of many batches in few forward passes.
//!
//! Sequences of one length go through the model side by side, whichever batch they are of. What stands beside a sequence
//! changes its loss by rounding alone: in `f32` by less than 1e-5 of itself, in `bf16` by less than 1e-2 (tested).

use tch::{Device, Kind, Reduction, TchError, Tensor};

use super::config::ModelConfig;
use super::fault::Fault;
use super::llama::{context, parts, stream, Batch, NO_TOKEN};
use super::params::Params;

/// Logits that there are at a time: of a long pass and a large vocabulary they would take more than all the rest. On the
/// CPU as many as the allocator keeps for the next.
const CPU_LOGITS: usize = 1 << 22;
/// A GPU wants more to do at a time.
const CUDA_LOGITS: usize = 1 << 27;

/// Sequences that go through the model side by side.
#[derive(Debug, Default, PartialEq)]
struct Pass {
	/// As in [`Batch`].
	tokens: Vec<i64>,
	targets: Vec<i64>,
	length: usize,
	/// Of each sequence, the place of its batch.
	batches: Vec<usize>,
}

impl Params {
	/// Mean loss on each of `batches`, in nats per token; not finite where the parameters have diverged. A pass has
	/// `pass_tokens` at most, or one sequence.
	pub fn losses(&self, batches: &[&Batch], pass_tokens: usize) -> Result<Vec<f64>, Fault> {
		let tensors: Vec<_> = self.named().map(|(_, tensor)| tensor.shallow_clone()).collect();
		losses(self.config(), &tensors, batches, pass_tokens)
	}
}

/// As [`Params::losses`], of parameters in their order.
pub(super) fn losses(
	config: &ModelConfig,
	tensors: &[Tensor],
	batches: &[&Batch],
	pass_tokens: usize,
) -> Result<Vec<f64>, Fault> {
	let mut sums = vec![0.0; batches.len()];
	for pass in passes(batches, pass_tokens) {
		for (batch, sum) in pass.batches.iter().zip(tch::no_grad(|| sequence_sums(config, tensors, &pass))?) {
			sums[*batch] += sum;
		}
	}
	let counted = |batch: &&Batch| batch.targets.iter().filter(|target| **target != NO_TOKEN).count();
	Ok(sums.into_iter().zip(batches).map(|(sum, batch)| sum / counted(batch) as f64).collect())
}

/// The sequences of all batches in their order, cut where a pass is full or the length changes.
fn passes(batches: &[&Batch], pass_tokens: usize) -> Vec<Pass> {
	let mut passes: Vec<Pass> = Vec::new();
	for (place, batch) in batches.iter().enumerate() {
		let rows = batch.tokens.chunks(batch.length).zip(batch.targets.chunks(batch.length - 1));
		for (tokens, targets) in rows {
			let fits =
				|pass: &&mut Pass| pass.length == batch.length && pass.tokens.len() + batch.length <= pass_tokens;
			let pass = match passes.last_mut().filter(fits) {
				Some(pass) => pass,
				None => {
					passes.push(Pass { length: batch.length, ..Pass::default() });
					passes.last_mut().expect("it was just added; qed")
				},
			};
			pass.tokens.extend(tokens);
			pass.targets.extend(targets);
			pass.batches.push(place);
		}
	}
	passes
}

/// Of each sequence of a pass, the sum of its losses, added up in f64.
fn sequence_sums(config: &ModelConfig, tensors: &[Tensor], pass: &Pass) -> Result<Vec<f64>, TchError> {
	let head = parts(config, tensors).head;
	let device = head.device();
	let context = context(&pass.tokens, pass.length, device)?;
	let read = stream(config, tensors, &context)?.f_flatten(0, 1)?;
	let targets = Tensor::f_from_slice(&pass.targets)?.f_to_device(device)?;
	let logits = if device == Device::Cpu { CPU_LOGITS } else { CUDA_LOGITS };
	let slab = (logits / config.vocab_size).max(1);
	let mut token_losses = Vec::new();
	for start in (0..pass.targets.len()).step_by(slab) {
		let (at, rows) = (start as i64, slab.min(pass.targets.len() - start) as i64);
		let logits = read.f_narrow(0, at, rows)?.f_linear(head, None::<Tensor>)?.f_to_kind(Kind::Float)?;
		let targets = targets.f_narrow(0, at, rows)?;
		token_losses.push(logits.f_cross_entropy_loss(&targets, None::<Tensor>, Reduction::None, NO_TOKEN, 0.0)?);
	}
	let token_losses = Tensor::f_cat(&token_losses, 0)?.f_view([-1, pass.length as i64 - 1])?;
	let sums = token_losses.f_sum_dim_intlist(1, false, Kind::Double)?;
	let mut values = vec![0.0; pass.batches.len()];
	sums.f_copy_data(&mut values, pass.batches.len())?;
	Ok(values)
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::super::config::tests::tiny;
	use super::super::llama::{loss, Example};
	use super::*;

	fn params() -> Params {
		Params::init(&ModelConfig { initializer_range: 0.3, ..tiny() }, 1).unwrap()
	}

	fn batch(rows: &[Vec<u32>]) -> Batch {
		Batch::new(rows, &tiny(), None).unwrap()
	}

	#[track_caller]
	fn check_close(found: f64, expected: f64) {
		assert!((found - expected).abs() < 1e-5 * expected, "{found} is not {expected}");
	}

	/// What stood in the validator before: one pass for each batch.
	#[test]
	fn a_batch_has_the_loss_it_has_alone() {
		let params = params();
		let batches = [
			batch(&[vec![1, 2, 3, 4, 5], vec![9, 8, 7, 6, 5]]),
			batch(&[vec![3, 3, 3, 4, 9]]),
			batch(&[vec![4, 40, 7]]),
			Batch::responses(
				&[Example { tokens: vec![5, 6, 2, 7], prompt: 2 }, Example { tokens: vec![9, 8], prompt: 1 }],
				&tiny(),
			)
			.unwrap(),
		];
		let all: Vec<&Batch> = batches.iter().collect();
		for pass_tokens in [1, 7, 10, 1 << 20] {
			for (found, batch) in params.losses(&all, pass_tokens).unwrap().into_iter().zip(&batches) {
				check_close(found, loss(&params, batch));
			}
		}
		assert_eq!(params.losses(&[], 10).unwrap(), Vec::<f64>::new());
	}

	#[test]
	fn a_pass_has_as_many_sequences_as_fit_and_one_at_least() {
		let (two, one, other) = (batch(&[vec![1; 4], vec![2; 4]]), batch(&[vec![3; 4]]), batch(&[vec![4; 6]]));
		let places = |pass_tokens| -> Vec<Vec<usize>> {
			let passes = passes(&[&two, &one, &other, &one], pass_tokens);
			passes.into_iter().map(|pass| pass.batches).collect()
		};
		assert_eq!(places(12), [vec![0, 0, 1], vec![2], vec![3]]);
		assert_eq!(places(11), [vec![0, 0], vec![1], vec![2], vec![3]]);
		assert_eq!(places(1), [vec![0], vec![0], vec![1], vec![2], vec![3]]);
	}

	#[test]
	fn a_vocabulary_larger_than_a_slab_changes_nothing() {
		let config = ModelConfig { vocab_size: CPU_LOGITS / 3, hidden_size: 2, num_attention_heads: 1, ..tiny() };
		let params = Params::init(&config, 1).unwrap();
		let batch = Batch::new(&[vec![1, 2, 3, 4, 5, 6, 7, 8]], &config, None).unwrap();
		check_close(params.losses(&[&batch], 100).unwrap()[0], loss(&params, &batch));
	}

	/// In a process of its own that may have but so much memory.
	#[test]
	fn what_there_is_no_memory_for_costs_one_measurement() {
		let test = std::thread::current().name().unwrap().replace("costs_one_measurement", "is_a_fault");
		let limited = "ulimit -v 6000000 && exec \"$0\" \"$@\"";
		let mut child = std::process::Command::new("sh");
		child.args(["-c", limited]).arg(std::env::current_exe().unwrap()).args(["--exact", &test, "--ignored"]);
		let output = child.output().unwrap();
		let told = String::from_utf8_lossy(&output.stdout);
		assert!(output.status.success() && told.contains("1 passed"), "{told}");
	}

	#[test]
	#[ignore = "for a process with little memory"]
	fn what_there_is_no_memory_for_is_a_fault() {
		let config = ModelConfig { intermediate_size: 1 << 18, hidden_size: 2, num_attention_heads: 1, ..tiny() };
		let params = Params::init(&config, 1).unwrap();
		let batch = |rows| Batch::new(&vec![vec![1; 32]; rows], &config, None).unwrap();
		let (small, large) = (batch(1), batch(256));
		let before = params.losses(&[&small], 32).unwrap();
		assert!(matches!(params.losses(&[&large], usize::MAX), Err(Fault::Memory(_))), "8 GiB an activation");
		assert_eq!(params.losses(&[&small], 32).unwrap(), before);
	}

	#[test]
	fn parameters_that_have_diverged_have_no_finite_loss() {
		let mut params = params();
		for (_, tensor) in params.named_mut() {
			*tensor *= f64::INFINITY;
		}
		assert!(!params.losses(&[&batch(&[vec![1, 2, 3]])], 10).unwrap()[0].is_finite());
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(24))]

		#[test]
		fn what_stands_beside_a_batch_changes_rounding_alone(
			shapes in proptest::collection::vec((1_usize..4, 2_usize..9), 1..6),
			seed: u32,
			pass_tokens in 1_usize..60,
		) {
			let params = params();
			let token = |at: usize| (seed.wrapping_mul(at as u32 + 1) >> 7) % 48;
			let row = |at: usize, columns| (0..columns).map(|column| token(at * 9 + column)).collect::<Vec<_>>();
			let batches: Vec<Batch> = shapes
				.iter()
				.enumerate()
				.map(|(place, (rows, columns))| {
					batch(&(0..*rows).map(|at| row(place * 4 + at, *columns)).collect::<Vec<_>>())
				})
				.collect();
			let together = params.losses(&batches.iter().collect::<Vec<_>>(), pass_tokens).unwrap();
			for (together, batch) in together.into_iter().zip(&batches) {
				let alone = params.losses(&[batch], 1).unwrap()[0];
				prop_assert!((together - alone).abs() <= 1e-5 * alone, "{} {}", together, alone);
			}
		}
	}
}
