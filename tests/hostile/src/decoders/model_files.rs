// SPDX-License-Identifier: Apache-2.0

//! Files with the parameters of a model for finetuning, and the index that says which of several has what. Each is read where
//! a validator reads it: in the copy of a repository, of which the other files are honest.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::sync::LazyLock;

use mechanisms::finetuning::competition::Competition;
use mechanisms::finetuning::params::Form;
use mechanisms::finetuning::{Params as Scoring, Verdict};
use mechanisms::Policy;
use offchain_validator::finetuning::contest::Contest;
use offchain_validator::finetuning::engine::{open, Refused};
use offchain_validator::finetuning::tokens::Reader;
use offchain_validator::model::description::Numbers;
use offchain_validator::model::repository::{self, FILE_BYTES, MAX_INDEX_BYTES};
use offchain_validator::model::{ModelConfig, Params};
use offchain_validator::one_line;
use tempfile::TempDir;

use super::of_json;
use crate::{Decoder, Finding, Reading};

/// Reads the offender's model, of which one file is in question.
pub enum ModelFile {
	/// All parameters, in f32.
	Weights,
	/// Where they are, when half of them are in one file and half in another, in bf16.
	Index,
}

/// Names, shapes and paths of what such a small model has, and the index's files.
const OVERHEAD: usize = 1 << 14;

// Gone with their threads. Files that are made anew for each reading would take longer than the reading.
thread_local! {
	static WHOLE: Repository = Repository::new("model.safetensors", Numbers::F32, FILE_BYTES);
	static HALVED: Repository = Repository::new("model.safetensors.index.json", Numbers::Bf16, 32);
}
static SCORING: LazyLock<Scoring> = LazyLock::new(scoring);

impl Decoder for ModelFile {
	fn name(&self) -> &'static str {
		match self {
			Self::Weights => "model weights",
			Self::Index => "model index",
		}
	}

	fn honest(&self) -> Vec<Vec<u8>> {
		vec![self.with(|repository| repository.honest.clone())]
	}

	fn read(&self, bytes: &[u8]) -> Reading {
		let (path, opened) = self.with(|repository| {
			repository.put(bytes);
			let path = repository.folder.path();
			(path.to_owned(), open(path, &contest(), &SCORING))
		});
		if let Self::Weights = self {
			// What is read from a disk and what is read from memory are the same.
			let decoded = Params::decode(bytes, &model(), &path);
			assert_eq!(decoded.is_ok(), !matches!(opened, Err(Refused::Repository(_))), "{opened:?}");
		}
		match opened {
			Ok(params) => {
				assert_eq!(params.config(), &model());
				Reading { said: format!("{} parameters", model().parameters()), finding: Finding::Sound }
			},
			Err(refused) => {
				assert!(!refused.is_ours(), "{refused:?}");
				// Paths are ours, and long.
				let said = one_line(&refused).replace(&format!("{}/", path.display()), "");
				Reading { said, finding: Finding::Model(Verdict::Invalid) }
			},
		}
	}

	/// What is larger is not read. Tensors are libtorch's and not counted: they have the sizes that were asked for.
	fn most_memory(&self, size: usize) -> usize {
		let most = match self {
			Self::Weights => Params::max_bytes(&model()),
			Self::Index => MAX_INDEX_BYTES as usize,
		};
		of_json(size.min(most)) + OVERHEAD
	}
}

impl ModelFile {
	fn with<T>(&self, work: impl FnOnce(&Repository) -> T) -> T {
		match self {
			Self::Weights => WHOLE.with(work),
			Self::Index => HALVED.with(work),
		}
	}
}

/// A model's folder.
struct Repository {
	folder: TempDir,
	/// The file in question.
	file: File,
	/// What it holds if nobody spoils it.
	honest: Vec<u8>,
}

impl Repository {
	fn new(file: &str, numbers: Numbers, file_bytes: u64) -> Self {
		let params = Params::init(&model(), 1).expect("a model can have this shape");
		let folder = tempfile::tempdir().expect("a folder can be made");
		repository::save(&params, folder.path(), numbers, file_bytes).expect("it can be written");
		let path = folder.path().join(file);
		let honest = fs::read(&path).expect("it can be read");
		Self { folder, file: File::options().write(true).open(path).expect("it can be opened"), honest }
	}

	fn put(&self, bytes: &[u8]) {
		let written = self.file.write_all_at(bytes, 0).and_then(|()| self.file.set_len(bytes.len() as u64));
		written.expect("it can be written");
	}
}

/// A model of 32 numbers, so that a fuzzer reads thousands in a second.
pub fn model() -> ModelConfig {
	ModelConfig {
		vocab_size: 2,
		hidden_size: 2,
		num_hidden_layers: 1,
		num_attention_heads: 1,
		num_key_value_heads: 1,
		intermediate_size: 1,
		max_position_embeddings: 2,
		rope_theta: 10_000.0,
		rms_norm_eps: 1e-6,
		tie_word_embeddings: true,
		initializer_range: 0.02,
		rope_scaling: None,
	}
}

/// How models of one competition are scored, and what they must keep within.
pub fn scoring() -> Scoring {
	Scoring {
		form: Form::Coded,
		policy: Policy::Corrected,
		alpha: 0.9,
		temperature: 0.08,
		timestamp_epsilon: 0.01,
		copy_epsilon: 0.001,
		sample_min: 5,
		blocks_per_epoch: 100,
		max_hugging_face_bytes: 1_000_000,
		norm_eps_soft: 200.0,
		norm_eps_soft_percent_threshold: 0.15,
		norm_eps_hard: 1000.0,
		competitions: vec![Competition {
			competition_id: "s1".into(),
			reward_percentage: 1.0,
			max_model_parameter_size: 1_000_000,
			tokenizer: String::new(),
			base_model: String::new(),
		}],
	}
}

/// That competition, for a model that knows only two tokens.
fn contest() -> Contest {
	Contest { competition: SCORING.competitions[0].clone(), reader: Reader::bytes(), vocabulary: 2..=2 }
}
