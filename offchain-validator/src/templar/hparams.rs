// SPDX-License-Identifier: Apache-2.0

//! Parameters of a run of Templar.

use compression::{Coding, Quantiser};
use mechanisms::ranking::Sampling;
use mechanisms::templar::Params;
use serde::{Deserialize, Serialize};

use crate::hparams::{above, within, Data, HparamsError, Windows};
use crate::model::{InnerOptimization, ModelConfig};

/// Everything that all nodes of a run must agree on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hparams {
	/// The shape of the model, in the words of Hugging Face.
	pub model: ModelConfig,
	/// What miners train on.
	pub data: Data,
	/// How a gradient is made and applied.
	pub training: Training,
	/// What happens when.
	pub windows: Windows,
	/// Who takes part.
	pub peers: Peers,
	/// How a gradient is measured.
	pub evaluation: Evaluation,
	/// How measurements become weights.
	pub scoring: Params,
}

/// How a gradient is made and applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
	/// Seed of the parameters that all start from.
	pub init_seed: u64,
	/// Step of the outer optimizer, once warm.
	pub learning_rate: f64,
	/// Windows in which the step grows from a tenth to its full size.
	pub warmup_steps: u32,
	/// Windows of the first cosine period after that; each later one is twice as long.
	pub t_max: u32,
	/// Part of each parameter that a window takes away, times the learning rate.
	pub weight_decay: f64,
	/// Part of its momentum that a miner keeps from window to window.
	pub momentum_decay: f64,
	/// Largest side of a chunk.
	pub target_chunk: usize,
	/// Coefficients sent of each chunk.
	pub topk_compression: usize,
	/// How a gradient travels, and what steps are made of it.
	pub codec: Codec,
	/// Windows from one checkpoint to the next. What a node missed since must be there to be replayed, so at most half of
	/// `windows.retention_windows`.
	pub checkpoint_frequency: u32,
	/// How a miner trains within a window; if left out, all its batches make one gradient.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub inner_optimization: Option<InnerOptimization>,
}

/// How a gradient travels, and what steps are made of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Codec {
	/// Coefficients of a cosine transform, of whose sum the signs make the step: each as long as the learning rate, after
	/// what the weight decay takes (Templar's first version).
	Dct,
	/// Quantised elements, of which the mean is the step. Learning rate and weight decay are the miners' own matter (Templar's
	/// later version).
	Quantised {
		/// Bins of the quantiser.
		bins: usize,
		/// Width of all bins together, in standard deviations.
		range: f64,
		/// Which part of the mean of what miners send is the outer step.
		outer_learning_rate: f64,
	},
}

/// Who takes part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
	/// Miners whose gradients make the outer step.
	pub max_topk_peers: usize,
	/// Without so many miners nothing is trained.
	pub minimum_peers: usize,
	/// Windows from one list of these miners to the next.
	pub peer_replacement_frequency: u32,
	/// Windows that a list is published before it holds.
	pub peer_list_window_margin: u32,
	/// How the next list is chosen.
	pub selection: Selection,
	/// Windows without an upload after which a miner counts as inactive.
	pub recent_windows: u32,
	/// A hotkey with more stake than this is a validator and not evaluated, in TAO.
	pub eval_stake_limit_tao: u64,
}

/// How the next list of miners whose gradients make the outer step is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Selection {
	/// Paid miners take turns, see [`mechanisms::templar::peers::Rotation`].
	Rotation {
		/// Most miners of a full list that make room for others at a time, though active and paid.
		peers_to_replace: usize,
	},
	/// Those with the largest shares, see [`mechanisms::templar::peers::gather_and_reserve`].
	Share {
		/// Miners in reserve for those whose gradient does not come.
		reserve_peer_count: usize,
	},
}

/// How a gradient is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
	/// Which batches of random pages each miner is measured on.
	pub sampling: Sampling,
	/// Part of the batches on which losses are measured, where pages are assigned; a pool says how many sequences.
	pub validator_sample_rate: f64,
	/// The step on a copy of the model, in learning rates.
	pub eval_lr_factor: f64,
	/// Held-out pages on which the shared model is measured after each window.
	pub heldout_pages: usize,
}

impl crate::hparams::Hparams for Hparams {
	const MECHANISM: &'static str = "templar";

	fn check(&self) -> Result<(), HparamsError> {
		let Self { model, data, training, windows, peers, evaluation, scoring } = self;
		model.check().map_err(HparamsError::Model)?;
		scoring.check().map_err(|error| HparamsError::Scoring(error.into()))?;
		data.check(model.max_position_embeddings)?;
		training.check()?;
		windows.check()?;
		within("training.checkpoint_frequency", training.checkpoint_frequency, 1..=windows.retention_windows / 2)?;
		peers.check()?;
		evaluation.sampling.check().map_err(|error| HparamsError::Sampling(error.into()))?;
		within("evaluation.validator_sample_rate", evaluation.validator_sample_rate, 0.0..=1.0)?;
		within("evaluation.eval_lr_factor", evaluation.eval_lr_factor, above(0.0, 100.0))?;
		within("evaluation.heldout_pages", evaluation.heldout_pages, 1..=1_000_000)
	}
}

impl Training {
	/// What the outer step is multiplied by when the learning rate is `learning_rate`.
	pub fn outer_learning_rate(&self, learning_rate: f64) -> f64 {
		match self.codec {
			Codec::Dct => learning_rate,
			Codec::Quantised { outer_learning_rate, .. } => outer_learning_rate,
		}
	}

	/// The weight decay of the outer step.
	pub fn outer_weight_decay(&self) -> f64 {
		match self.codec {
			Codec::Dct => self.weight_decay,
			Codec::Quantised { .. } => 0.0,
		}
	}

	fn check(&self) -> Result<(), HparamsError> {
		within("training.learning_rate", self.learning_rate, above(0.0, 1.0))?;
		within("training.warmup_steps", self.warmup_steps, 1..=1_000_000)?;
		within("training.t_max", self.t_max, 1..=100_000_000)?;
		within("training.weight_decay", self.weight_decay, 0.0..=1.0)?;
		self.inner_optimization.as_ref().map_or(Ok(()), InnerOptimization::check)?;
		within("training.momentum_decay", self.momentum_decay, 0.0..=1.0)?;
		// Positions in a chunk travel as 16 bits, or packed as 12.
		let longest_side = match self.codec {
			Codec::Dct => 181,
			Codec::Quantised { .. } => 64,
		};
		within("training.target_chunk", self.target_chunk, 1..=longest_side)?;
		within("training.topk_compression", self.topk_compression, 1..=self.target_chunk * self.target_chunk)?;
		self.codec.check()
	}
}

impl Codec {
	/// What is kept of a chunk, and how it is written.
	pub fn coding(&self) -> Coding {
		match *self {
			Self::Dct => Coding::Dct,
			Self::Quantised { bins, range, .. } => Coding::Quantised(Quantiser { bins, range }),
		}
	}

	fn check(&self) -> Result<(), HparamsError> {
		let Self::Quantised { bins, range, outer_learning_rate } = *self else { return Ok(()) };
		within("training.codec.quantised.bins", bins, 2..=256)?;
		within("training.codec.quantised.range", range, above(0.0, 1000.0))?;
		within("training.codec.quantised.outer_learning_rate", outer_learning_rate, above(0.0, 10.0))
	}
}

impl Peers {
	/// Most miners in reserve.
	pub fn reserve_peer_count(&self) -> usize {
		match self.selection {
			Selection::Rotation { .. } => 0,
			Selection::Share { reserve_peer_count } => reserve_peer_count,
		}
	}

	fn check(&self) -> Result<(), HparamsError> {
		within("peers.max_topk_peers", self.max_topk_peers, 1..=256)?;
		within("peers.minimum_peers", self.minimum_peers, 1..=self.max_topk_peers)?;
		within("peers.peer_replacement_frequency", self.peer_replacement_frequency, 1..=1_000)?;
		within("peers.peer_list_window_margin", self.peer_list_window_margin, 1..=1_000)?;
		within("peers.selection.share.reserve_peer_count", self.reserve_peer_count(), 0..=256)?;
		within("peers.recent_windows", self.recent_windows, 1..=100_000)
	}
}

#[cfg(test)]
mod tests;
