// SPDX-License-Identifier: Apache-2.0

//! Llama's forward pass and its loss.
//!
//! Computed where the parameters are, and with the numbers that their matrices have: `f32`, or `bf16` with explicit casts,
//! since libtorch casts by itself on a GPU alone. The stream along the layers, norms and losses are `f32` either way.

mod accumulate;
mod backward;
mod batch;
mod rotary;

use tch::{Device, Kind, Reduction, TchError, Tensor};

use super::config::ModelConfig;
use super::fault::Fault;
use super::params::Params;

pub use accumulate::accumulated;
pub use backward::{f_gradients, gradients, Gradients};
pub(super) use batch::NO_TOKEN;
pub use batch::{Batch, BatchError, Example};
use rotary::Rotary;

/// Parameters of one layer; see [`ModelConfig::parameter_shapes`].
const LAYER_PARAMETERS: usize = 9;

/// Mean cross-entropy of the next tokens, in nats. Not finite if the parameters have diverged. Panics where libtorch
/// fails, as [`Params::losses`] does not.
pub fn loss(params: &Params, batch: &Batch) -> f64 {
	let tensors: Vec<_> = params.named().map(|(_, tensor)| tensor.shallow_clone()).collect();
	let loss = mean_loss(params.config(), &tensors, batch).and_then(|loss| loss.f_double_value(&[]));
	loss.unwrap_or_else(|error| panic!("{}", Fault::from(error)))
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

#[cfg(test)]
mod tests;
