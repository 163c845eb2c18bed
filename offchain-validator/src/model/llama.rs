// SPDX-License-Identifier: Apache-2.0

//! Llama's forward pass, its loss and its gradient.
//!
//! Computed where the parameters are, and with the numbers that their matrices have: `f32`, or `bf16` with explicit casts,
//! since libtorch casts by itself on a GPU alone. The stream along the layers, norms and losses are `f32` either way.

mod accumulate;

use std::iter::repeat_n;

use tch::{Device, Kind, Reduction, TchError, Tensor};

use super::config::ModelConfig;
use super::fault::Fault;
use super::params::Params;
use super::rope::frequencies;

pub use accumulate::accumulated;

/// Parameters of one layer; see [`ModelConfig::parameter_shapes`].
const LAYER_PARAMETERS: usize = 9;
/// No token: a target that never occurs.
pub(super) const NO_TOKEN: i64 = -100;

/// Token sequences of one length that a model can read, with at least one target to predict.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
	/// One sequence after the other; no tensor, which only the model's thread may make.
	pub(super) tokens: Vec<i64>,
	/// What follows each token but the last of its sequence; [`NO_TOKEN`] where that does not count.
	pub(super) targets: Vec<i64>,
	/// Tokens of one sequence.
	pub(super) length: usize,
}

/// A prompt and the response to it, as tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
	/// Both, one after the other.
	pub tokens: Vec<u32>,
	/// Tokens of the prompt, which is given: only the response is predicted.
	pub prompt: usize,
}

/// Why token sequences make no batch.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BatchError {
	/// There is no sequence.
	#[error("a batch needs a sequence")]
	Empty,
	/// A sequence is too short to predict anything, or too long for the model.
	#[error("sequence {sequence} has {length} tokens: must be from 2 to {max}")]
	Length {
		/// Position of the sequence.
		sequence: usize,
		/// Its length.
		length: usize,
		/// The model's longest.
		max: usize,
	},
	/// Sequences of a batch lie side by side.
	#[error("sequence {sequence} has {length} tokens, the first has {first}: all must be equally long")]
	Ragged {
		/// Position of the sequence.
		sequence: usize,
		/// Its length.
		length: usize,
		/// Length of the first.
		first: usize,
	},
	/// The model does not know a token.
	#[error("sequence {sequence} has token {token}: must be below {vocab_size}")]
	Token {
		/// Position of the sequence.
		sequence: usize,
		/// The token.
		token: u32,
		/// How many the model knows.
		vocab_size: usize,
	},
	/// The mean over no targets is no number.
	#[error("all targets are the masked token")]
	AllMasked,
}

/// Sum of the gradients of some batches.
#[derive(Debug)]
pub struct Gradients {
	/// Sum of the batches' losses.
	pub loss: f64,
	tensors: Vec<(String, Tensor)>,
}

impl Batch {
	/// Sequences for a model of this shape. Where the next token is `masked`, which is what padding is, it does not count.
	pub fn new<S: AsRef<[u32]>>(
		sequences: &[S],
		config: &ModelConfig,
		masked: Option<u32>,
	) -> Result<Self, BatchError> {
		let first = sequences.first().ok_or(BatchError::Empty)?.as_ref().len();
		for (sequence, tokens) in sequences.iter().map(AsRef::as_ref).enumerate() {
			check_sequence(sequence, tokens, first, config)?;
		}
		let target = |token: &u32| if Some(*token) == masked { NO_TOKEN } else { i64::from(*token) };
		let targets = sequences.iter().flat_map(|tokens| tokens.as_ref().iter().skip(1).map(target)).collect();
		let tokens = sequences.iter().flat_map(|tokens| tokens.as_ref()).copied().map(i64::from).collect();
		Self { tokens, targets, length: first }.with_a_target()
	}

	/// Prompts with their responses, of which the responses alone count. Shorter ones are padded at the end, which what
	/// comes before does not see.
	pub fn responses(examples: &[Example], config: &ModelConfig) -> Result<Self, BatchError> {
		let length = examples.iter().map(|example| example.tokens.len()).max().ok_or(BatchError::Empty)?;
		let (mut tokens, mut targets) = (Vec::new(), Vec::new());
		for (sequence, example) in examples.iter().enumerate() {
			check_sequence(sequence, &example.tokens, example.tokens.len(), config)?;
			let padding = length - example.tokens.len();
			let target = |(position, token): (usize, &u32)| match position < example.prompt {
				true => NO_TOKEN,
				false => i64::from(*token),
			};
			tokens.extend(example.tokens.iter().copied().map(i64::from).chain(repeat_n(0, padding)));
			targets.extend(example.tokens.iter().enumerate().skip(1).map(target).chain(repeat_n(NO_TOKEN, padding)));
		}
		Self { tokens, targets, length }.with_a_target()
	}

	/// Tokens that it has.
	pub fn tokens(&self) -> usize {
		self.tokens.len()
	}

	fn with_a_target(self) -> Result<Self, BatchError> {
		match self.targets.iter().all(|target| *target == NO_TOKEN) {
			true => Err(BatchError::AllMasked),
			false => Ok(self),
		}
	}
}

impl Gradients {
	/// What leads from one set of parameters to another of the same model: `before - after`, a gradient by its sign.
	pub fn between(before: &Params, after: &Params) -> Self {
		let names = before.named().map(|(name, _)| name.to_owned());
		let differences = before.named().zip(after.named()).map(|((_, before), (_, after))| before - after);
		Self { loss: 0.0, tensors: names.zip(differences).collect() }
	}

	/// Adds those of further batches of the same model.
	pub fn add(&mut self, more: &Self) {
		self.loss += more.loss;
		for ((_, sum), (_, gradient)) in self.tensors.iter_mut().zip(&more.tensors) {
			*sum += gradient;
		}
	}

	pub(crate) fn named(&self) -> impl ExactSizeIterator<Item = (&str, &Tensor)> {
		self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
	}

	pub(super) fn named_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Tensor)> {
		self.tensors.iter_mut().map(|(name, tensor)| (name.as_str(), tensor))
	}
}

/// Mean cross-entropy of the next tokens, in nats. Not finite if the parameters have diverged. Panics where libtorch
/// fails, as [`Params::losses`] does not.
pub fn loss(params: &Params, batch: &Batch) -> f64 {
	let tensors: Vec<_> = params.named().map(|(_, tensor)| tensor.shallow_clone()).collect();
	let loss = mean_loss(params.config(), &tensors, batch).and_then(|loss| loss.f_double_value(&[]));
	loss.unwrap_or_else(|error| panic!("{}", Fault::from(error)))
}

/// Sum over the batches of the gradient of each one's loss; there is no averaging. Panics where libtorch fails.
pub fn gradients(params: &Params, batches: &[Batch]) -> Gradients {
	f_gradients(params, batches).unwrap_or_else(|fault| panic!("{fault}"))
}

/// As [`gradients`], with a word for what libtorch cannot do.
pub fn f_gradients(params: &Params, batches: &[Batch]) -> Result<Gradients, Fault> {
	summed(params, batches.iter().map(|batch| (batch, 1.0)))
}

/// Sum over the batches of the gradient of each one's loss, times a number of its own.
fn summed<'a>(params: &Params, batches: impl Iterator<Item = (&'a Batch, f64)>) -> Result<Gradients, Fault> {
	// The thread that owns the device tracks nothing but here.
	Ok(tch::with_grad(|| tracked(params, batches))?)
}

fn tracked<'a>(params: &Params, batches: impl Iterator<Item = (&'a Batch, f64)>) -> Result<Gradients, TchError> {
	// These share the parameters' memory but are no part of them: tracking ends with this call.
	let leaf = |(_, tensor): (&str, &Tensor)| tensor.f_detach()?.f_set_requires_grad(true);
	let leaves = params.named().map(leaf).collect::<Result<Vec<_>, _>>()?;
	let mut sums = params.named().map(|(_, tensor)| tensor.f_zeros_like()).collect::<Result<Vec<_>, _>>()?;
	let mut total = 0.0;
	for (batch, factor) in batches {
		let loss = mean_loss(params.config(), &leaves, batch)?.f_mul_scalar(factor)?;
		total += loss.f_double_value(&[])?;
		for (sum, gradient) in sums.iter_mut().zip(Tensor::f_run_backward(&[&loss], &leaves, false, false)?) {
			_ = sum.f_add_(&gradient)?;
		}
	}
	Ok(Gradients { loss: total, tensors: params.named().map(|(name, _)| name.to_owned()).zip(sums).collect() })
}

fn check_sequence(sequence: usize, tokens: &[u32], first: usize, config: &ModelConfig) -> Result<(), BatchError> {
	let (length, max, vocab_size) = (tokens.len(), config.max_position_embeddings, config.vocab_size);
	if length < 2 || length > max {
		return Err(BatchError::Length { sequence, length, max });
	}
	if length != first {
		return Err(BatchError::Ragged { sequence, length, first });
	}
	match tokens.iter().find(|token| **token as usize >= vocab_size) {
		Some(&token) => Err(BatchError::Token { sequence, token, vocab_size }),
		None => Ok(()),
	}
}

fn mean_loss(config: &ModelConfig, tensors: &[Tensor], batch: &Batch) -> Result<Tensor, TchError> {
	let device = parts(config, tensors).embedding.device();
	let logits = logits(config, tensors, &context(&batch.tokens, batch.length, device)?)?.f_flatten(0, 1)?;
	let targets = Tensor::f_from_slice(&batch.targets)?.f_to_device(device)?;
	logits.f_cross_entropy_loss(&targets, None::<Tensor>, Reduction::Mean, NO_TOKEN, 0.0)
}

/// The tokens by which the next ones are predicted, all but the last of each sequence: `[sequence, position]`.
pub(super) fn context(tokens: &[i64], length: usize, device: Device) -> Result<Tensor, TchError> {
	let tokens = Tensor::f_from_slice(tokens)?.f_view([-1, length as i64])?;
	tokens.f_narrow(1, 0, length as i64 - 1)?.f_to_device(device)
}

/// `[sequence, position, token]`, from the parameters in their order.
pub(super) fn logits(config: &ModelConfig, tensors: &[Tensor], tokens: &Tensor) -> Result<Tensor, TchError> {
	stream(config, tensors, tokens)?.f_linear(parts(config, tensors).head, None::<Tensor>)
}

/// What the head reads, `[sequence, position, hidden]`.
pub(super) fn stream(config: &ModelConfig, tensors: &[Tensor], tokens: &Tensor) -> Result<Tensor, TchError> {
	let Parts { embedding, layers, norm, .. } = parts(config, tensors);
	let rotary = Rotary::new(config, tokens.size()[1], embedding.kind(), embedding.device())?;
	let mut stream = Tensor::f_embedding(embedding, tokens, -1, false, false)?.f_to_kind(Kind::Float)?;
	// Nothing is added in place: the backward pass still needs what was there.
	for layer in layers.chunks_exact(LAYER_PARAMETERS) {
		let [q, k, v, o, gate, up, down, input_norm, post_norm] = layer else {
			unreachable!("chunks have this length; qed")
		};
		let normed = rms_norm(config, &stream, input_norm)?.f_to_kind(q.kind())?;
		let mixed = attention(config, &rotary, &normed, [q, k, v])?;
		stream = mixed.f_linear(o, None::<Tensor>)?.f_add(&stream)?;
		let normed = rms_norm(config, &stream, post_norm)?.f_to_kind(q.kind())?;
		let gated = normed.f_linear(gate, None::<Tensor>)?.f_silu()?;
		let gated = gated.f_mul(&normed.f_linear(up, None::<Tensor>)?)?;
		stream = gated.f_linear(down, None::<Tensor>)?.f_add(&stream)?;
	}
	rms_norm(config, &stream, norm)?.f_to_kind(embedding.kind())
}

/// The parameters by what they are for.
pub(super) struct Parts<'a> {
	pub embedding: &'a Tensor,
	/// [`LAYER_PARAMETERS`] of each layer.
	layers: &'a [Tensor],
	norm: &'a Tensor,
	pub head: &'a Tensor,
}

pub(super) fn parts<'a>(config: &ModelConfig, tensors: &'a [Tensor]) -> Parts<'a> {
	let [embedding, rest @ ..] = tensors else { unreachable!("every model has an embedding; qed") };
	let (layers, last) = rest.split_at(config.num_hidden_layers * LAYER_PARAMETERS);
	let [norm, head @ ..] = last else { unreachable!("every model has a last norm; qed") };
	Parts { embedding, layers, norm, head: head.first().unwrap_or(embedding) }
}

fn rms_norm(config: &ModelConfig, x: &Tensor, weight: &Tensor) -> Result<Tensor, TchError> {
	let mean_square = x.f_square()?.f_mean_dim(-1, true, Kind::Float)?;
	x.f_mul(&mean_square.f_add_scalar(config.rms_norm_eps)?.f_rsqrt()?)?.f_mul(weight)
}

/// Causal attention with grouped queries; all heads side by side, before the output projection.
fn attention(config: &ModelConfig, rotary: &Rotary, x: &Tensor, [q, k, v]: [&Tensor; 3]) -> Result<Tensor, TchError> {
	let (sequences, length) = (x.size()[0], x.size()[1]);
	let heads = |weight: &Tensor| {
		let split = x.f_linear(weight, None::<Tensor>)?.f_view([sequences, length, -1, config.head_size() as i64])?;
		split.f_transpose(1, 2)
	};
	let (q, k, v) = (rotary.turn(&heads(q)?)?, rotary.turn(&heads(k)?)?, heads(v)?);
	let grouped = config.num_key_value_heads < config.num_attention_heads;
	let mixed = Tensor::f_scaled_dot_product_attention(&q, &k, &v, None::<Tensor>, 0.0, true, None, grouped)?;
	mixed.f_transpose(1, 2)?.f_reshape([sequences, length, -1])
}

/// Rotary position embedding, as Hugging Face lays it out: coordinate `i` is turned with `i + head_size / 2`.
struct Rotary {
	cos: Tensor,
	sin: Tensor,
}

impl Rotary {
	/// Angles are computed on the CPU and in `f32` wherever they are used.
	fn new(config: &ModelConfig, length: i64, kind: Kind, device: Device) -> Result<Self, TchError> {
		let frequencies = Tensor::f_from_slice(&frequencies(config))?;
		let angles = Tensor::f_arange(length, (Kind::Float, Device::Cpu))?.f_outer(&frequencies)?;
		let angles = Tensor::f_cat(&[&angles, &angles], -1)?;
		let there = |values: Tensor| values.f_to_kind(kind)?.f_to_device(device);
		Ok(Self { cos: there(angles.f_cos()?)?, sin: there(angles.f_sin()?)? })
	}

	/// `x` is `[sequence, head, position, coordinate]`.
	fn turn(&self, x: &Tensor) -> Result<Tensor, TchError> {
		let halves = x.f_chunk(2, -1)?;
		let turned = Tensor::f_cat(&[&halves[1].f_neg()?, &halves[0]], -1)?;
		x.f_mul(&self.cos)?.f_add(&turned.f_mul(&self.sin)?)
	}
}

#[cfg(test)]
mod tests;
