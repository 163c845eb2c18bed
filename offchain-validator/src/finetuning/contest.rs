// SPDX-License-Identifier: Apache-2.0

//! A competition as it is held: how its samples become tokens, and how many tokens its models may know.

use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr as _;

use mechanisms::finetuning::competition::Competition;

use super::store::{Address, AddressError};
use super::tokens::{Reader, ReaderError};
use crate::data::tokenizer::BYTES;
use crate::model::{repository, RepositoryError};

/// A competition that is held. Cheap to clone.
#[derive(Clone)]
pub struct Contest {
	/// What the parameters say of it.
	pub competition: Competition,
	/// How its samples become tokens.
	pub reader: Reader,
	/// Tokens that its models may know, all of the tokenizer's at least. Further ones would cost memory for every one that is
	/// predicted, and mean nothing; but a base model may have been made with some to spare.
	pub vocabulary: RangeInclusive<usize>,
}

/// Where what a competition needs is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
	/// The model that all miners start from.
	pub base: Address,
	/// The tokenizer; none for bytes. Often that of the base model.
	pub tokenizer: Option<Address>,
}

/// Why a competition cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum ContestError {
	/// Its base model or its tokenizer is nowhere.
	#[error("competition {competition}: {key}")]
	Address {
		/// Its name.
		competition: String,
		/// Which of the two.
		key: &'static str,
		#[source]
		source: AddressError,
	},
	/// Its samples cannot be turned into tokens.
	#[error("competition {competition}: the tokenizer cannot be used")]
	Reader {
		/// Its name.
		competition: String,
		#[source]
		source: ReaderError,
	},
	/// Its base model cannot be looked at.
	#[error("competition {competition}: the base model cannot be used")]
	Base {
		/// Its name.
		competition: String,
		#[source]
		source: RepositoryError,
	},
	/// The base model does not know all tokens.
	#[error("competition {competition}: the base model knows {model} tokens, its tokenizer has {tokenizer}")]
	Vocabulary {
		/// Its name.
		competition: String,
		/// Tokens of the model.
		model: usize,
		/// Tokens of the tokenizer.
		tokenizer: usize,
	},
}

impl Places {
	/// Those that the parameters name.
	pub fn of(competition: &Competition) -> Result<Self, ContestError> {
		let address = |key: &'static str, text: &str| {
			let competition = competition.competition_id.clone();
			Address::from_str(text).map_err(|source| ContestError::Address { competition, key, source })
		};
		let tokenizer = match competition.tokenizer.as_str() {
			BYTES => None,
			name => Some(address("tokenizer", name)?),
		};
		Ok(Self { base: address("base_model", &competition.base_model)?, tokenizer })
	}
}

impl Contest {
	/// With the tokenizer in the folder `tokenizer`, or without one that of bytes, for models that begin as the one in `base`.
	pub fn open(competition: Competition, tokenizer: Option<&Path>, base: &Path) -> Result<Self, ContestError> {
		let name = || competition.competition_id.clone();
		let reader = tokenizer.map_or_else(|| Ok(Reader::bytes()), Reader::open);
		let reader = reader.map_err(|source| ContestError::Reader { competition: name(), source })?;
		let described =
			repository::describe(base).map_err(|source| ContestError::Base { competition: name(), source })?;
		Self::new(competition, reader, described.model.vocab_size)
	}

	/// For models that begin as one that knows so many tokens.
	pub fn new(competition: Competition, reader: Reader, base: usize) -> Result<Self, ContestError> {
		let tokenizer = reader.vocabulary();
		if base < tokenizer {
			let competition = competition.competition_id;
			return Err(ContestError::Vocabulary { competition, model: base, tokenizer });
		}
		Ok(Self { competition, reader, vocabulary: tokenizer..=base })
	}
}

#[cfg(test)]
pub(super) mod tests {
	use super::*;
	use crate::finetuning::hparams;

	/// The first competition of these parameters, with bytes for tokens.
	pub(crate) fn of_bytes(hparams: &hparams::Hparams) -> Contest {
		let competition = hparams.scoring.competitions[0].clone();
		Contest::new(competition, Reader::bytes(), hparams.model.vocab_size).unwrap()
	}

	fn competition(tokenizer: &str) -> Competition {
		let hparams = hparams::tests::read("hparams/localnet-finetuning.json").unwrap();
		Competition { tokenizer: tokenizer.into(), ..hparams.scoring.competitions[0].clone() }
	}

	#[test]
	fn a_tokenizer_is_bytes_or_a_repository_at_a_commit() {
		let base = competition(BYTES).base_model;
		assert_eq!(Places::of(&competition(BYTES)).unwrap().tokenizer, None);
		let places = Places::of(&competition(&base)).unwrap();
		assert_eq!(places.tokenizer, Some(places.base));
		for bad in ["", "byte", "meta-llama/Meta-Llama-3-8B", "../tokenizer.json"] {
			let refused = crate::one_line(&Places::of(&competition(bad)).expect_err(bad));
			assert!(refused.contains("competition toy: tokenizer") && refused.contains("@commit"), "{refused}");
		}
	}

	#[test]
	fn models_may_have_tokens_to_spare_as_the_base_model_has() {
		let contest = |base| Contest::new(competition(BYTES), Reader::bytes(), base);
		assert_eq!(contest(256).unwrap().vocabulary, 256..=256);
		assert_eq!(contest(320).unwrap().vocabulary, 256..=320);
		let refused = contest(255).err().expect("too few").to_string();
		assert_eq!(refused, "competition toy: the base model knows 255 tokens, its tokenizer has 256");
	}
}
