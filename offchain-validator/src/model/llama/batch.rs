// SPDX-License-Identifier: Apache-2.0

//! What a model reads at once, checked. Knows no tensor.

use std::iter::repeat_n;

use crate::model::config::ModelConfig;

/// No token: a target that never occurs.
pub(in crate::model) const NO_TOKEN: i64 = -100;

/// Token sequences of one length that a model can read, with at least one target to predict.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
	/// One sequence after the other; no tensor, which only the model's thread may make.
	pub(in crate::model) tokens: Vec<i64>,
	/// What follows each token but the last of its sequence; [`NO_TOKEN`] where that does not count.
	pub(in crate::model) targets: Vec<i64>,
	/// Tokens of one sequence.
	pub(in crate::model) length: usize,
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
