// SPDX-License-Identifier: Apache-2.0

//! The models that miners start from.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::contest::{Contest, ContestError, Places};
use super::engine::{write, EngineError, Trainer};
use super::samples::{Pool, SamplesError, Source};
use super::store::{Address, Store, StoreError};
use super::tokens::{self, Reader, ReaderError};
use super::Hparams;
use crate::model::{Compute, DeviceStopped, Devices, DevicesError, Lane, Params};

/// Why there is no base model.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
	/// A competition cannot be held.
	#[error("{0}")]
	Contest(#[from] ContestError),
	/// The model would be trained with other tokens than it is measured with.
	#[error("competition {competition} names the tokenizer `{named}`: {advice}")]
	Tokenizer {
		/// Its name.
		competition: String,
		/// What it names.
		named: String,
		/// What to do.
		advice: &'static str,
	},
	/// The tokenizer cannot be used.
	#[error("the tokenizer cannot be used")]
	Reader(#[from] ReaderError),
	/// There is nothing to train on.
	#[error("no samples")]
	Samples(#[from] SamplesError),
	/// The store cannot be used.
	#[error("the store cannot be used")]
	Store(#[from] StoreError),
	/// The device thread did not start.
	#[error("the device thread did not start")]
	Start(#[from] DevicesError<EngineError>),
	/// The device thread ended.
	#[error("{0}")]
	Device(#[from] DeviceStopped),
	/// The model cannot be written.
	#[error("{0}")]
	Engine(#[from] EngineError),
	/// A folder for the model cannot be used.
	#[error("no folder for the model can be used")]
	Folder(#[from] std::io::Error),
}

/// A base model in training: fresh parameters by the seed, and all the samples.
pub fn trainer(hparams: Arc<Hparams>, reader: &Reader, pool: &Pool, lane: Lane) -> Result<Trainer, EngineError> {
	let params = Params::init(&hparams.model, hparams.training.init_seed)?;
	let examples = reader.examples(&pool.samples, hparams.evaluation.max_tokens);
	Ok(Trainer::new(hparams, params, examples)?.on(lane.processor)?)
}

/// Makes the base model of the parameters and publishes it for every competition, and with it the tokenizer in the folder
/// `tokenizer`, unless tokens are bytes; returns where.
pub async fn publish(
	hparams: Hparams,
	tokenizer: Option<&Path>,
	source: &Source,
	store: &Store,
	compute: &Compute,
) -> Result<BTreeSet<Address>, BaseError> {
	let reader = tokenizer.map_or_else(|| Ok(Reader::bytes()), Reader::open)?;
	let mut addresses = BTreeSet::new();
	for competition in &hparams.scoring.competitions {
		let places = Places::of(competition)?;
		let advice = match (tokenizer, &places.tokenizer) {
			(Some(_), None) => Some("leave out --tokenizer"),
			(None, Some(_)) => Some("give the folder of its files with --tokenizer"),
			_ => None,
		};
		if let Some(advice) = advice {
			let (competition, named) = (competition.competition_id.clone(), competition.tokenizer.clone());
			return Err(BaseError::Tokenizer { competition, named, advice });
		}
		Contest::new(competition.clone(), reader.clone(), hparams.model.vocab_size)?;
		addresses.insert(places.base);
		addresses.extend(places.tokenizer);
	}
	let pool = source.read(&hparams.samples).await?;
	let (hparams, pool) = (Arc::new(hparams), Arc::new(pool));
	let batches = hparams.training.base_batches;
	let device = Devices::start(compute, move |lane| trainer(hparams.clone(), &reader, &pool, lane)).await?;
	let folder = tempfile::tempdir()?;
	let path = folder.path().to_owned();
	let made = device.run(move |trainer: &mut Trainer| {
		for _ in 0..batches {
			trainer.step();
		}
		write(trainer.params(), &path)
	});
	made.await??;
	for name in tokens::FILES {
		if let Some(file) = tokenizer.map(|folder| folder.join(name)).filter(|file| file.exists()) {
			fs::copy(file, folder.path().join(name))?;
		}
	}
	for address in &addresses {
		store.publish(folder.path().into(), address.clone()).await?;
	}
	Ok(addresses)
}
