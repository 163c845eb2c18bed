// SPDX-License-Identifier: Apache-2.0

//! The models that miners start from.

use std::str::FromStr as _;
use std::sync::Arc;

use mechanisms::finetuning::competition::Competition;

use super::engine::{write, EngineError, Trainer};
use super::samples::{Pool, SamplesError, Source};
use super::store::{Address, AddressError, Store, StoreError};
use super::{tokens, Hparams};
use crate::model::{Compute, DeviceStopped, Devices, DevicesError, Lane, Params};

/// Why a competition cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
	/// We cannot read its text.
	#[error(
		"competition {competition}: the tokenizer `{tokenizer}` is not supported yet: only `{}` is",
		tokens::BYTES
	)]
	Tokenizer {
		/// Its name.
		competition: String,
		/// The tokenizer it names.
		tokenizer: String,
	},
	/// Its base model is none that can be found.
	#[error("competition {competition}: base_model")]
	Address {
		/// Its name.
		competition: String,
		#[source]
		source: AddressError,
	},
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
	/// A folder for the model cannot be made.
	#[error("no folder for the model can be made")]
	Folder(#[from] std::io::Error),
}

/// The base model of a competition that we can hold.
pub fn address(competition: &Competition) -> Result<Address, BaseError> {
	let Competition { competition_id, tokenizer, base_model, .. } = competition;
	if tokenizer != tokens::BYTES {
		return Err(BaseError::Tokenizer { competition: competition_id.clone(), tokenizer: tokenizer.clone() });
	}
	Address::from_str(base_model).map_err(|source| BaseError::Address { competition: competition_id.clone(), source })
}

/// A base model in training: fresh parameters by the seed, and all the samples.
pub fn trainer(hparams: Arc<Hparams>, pool: &Pool, lane: Lane) -> Result<Trainer, EngineError> {
	let params = Params::init(&hparams.model, hparams.training.init_seed)?;
	let examples = tokens::examples(&pool.samples, hparams.evaluation.max_tokens);
	Ok(Trainer::new(hparams, params, examples)?.on(lane.processor)?)
}

/// Makes the base model of the parameters and publishes it for every competition; returns where.
pub async fn publish(
	hparams: Hparams,
	source: &Source,
	store: &Store,
	compute: &Compute,
) -> Result<Vec<Address>, BaseError> {
	let addresses: Vec<Address> = hparams.scoring.competitions.iter().map(address).collect::<Result<_, _>>()?;
	let pool = source.read(&hparams.samples).await?;
	let (hparams, pool) = (Arc::new(hparams), Arc::new(pool));
	let batches = hparams.training.base_batches;
	let device = Devices::start(compute, move |lane| trainer(hparams.clone(), &pool, lane)).await?;
	let folder = tempfile::tempdir()?;
	let path = folder.path().to_owned();
	let made = device.run(move |trainer: &mut Trainer| {
		for _ in 0..batches {
			trainer.step();
		}
		write(trainer.params(), &path)
	});
	made.await??;
	for address in &addresses {
		store.publish(folder.path().into(), address.clone()).await?;
	}
	Ok(addresses)
}
