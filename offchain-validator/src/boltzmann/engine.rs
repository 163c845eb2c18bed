// SPDX-License-Identifier: Apache-2.0

//! The model of one node and what is done with it. Lives on the device thread; knows no chain, bucket or clock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mechanisms::boltzmann::aggregate::{self, AggregateError};
use mechanisms::boltzmann::scores::{judge, Judgement};
use mechanisms::Uid;

use super::acceptance::{self, Agreement, Finding, NotFinite};
use super::gather::Submission;
use super::slice::{Selection, Values};
use super::Hparams;
use crate::data::{Batch, Dataset};
use crate::model::{Fault, Lane, Params, Probe};
use crate::shared_model::{SharedModel, SharedModelError};

/// Why the model could not be worked with. Never a peer's fault.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
	/// As for every model that nodes share.
	#[error("{0}")]
	Shared(#[from] SharedModelError),
	/// Accepted slices are not of this model.
	#[error("the slices do not fit the model")]
	Slices(#[from] AggregateError),
	/// The model is of no use any more.
	#[error("{0}: remove the params-*.safetensors of this node, or begin a new run")]
	NotFinite(#[from] NotFinite),
}

/// The model, and what a miner has in the works.
pub struct Engine {
	shared: SharedModel,
	hparams: Arc<Hparams>,
	trained: Option<Params>,
}

impl Engine {
	/// The model as saved at `file`, or as all begin.
	pub fn open(
		hparams: Arc<Hparams>,
		dataset: Arc<Dataset>,
		file: Option<PathBuf>,
		lane: Lane,
	) -> Result<Self, EngineError> {
		let (seed, heldout_pages) = (hparams.training.init_seed, hparams.evaluation.heldout_pages);
		let (model, data) = (&hparams.model, hparams.data.clone());
		let shared = SharedModel::open(file.as_deref(), model, seed, dataset, data, lane, heldout_pages)?;
		Ok(Self { shared, hparams, trained: None })
	}

	/// Writes the shared model to `file`.
	pub fn save(&self, file: &Path) -> Result<(), EngineError> {
		Ok(self.shared.save(file)?)
	}

	/// The batches of `pages`, in their order.
	pub fn batches(&self, pages: &[u64]) -> Result<Vec<Batch>, EngineError> {
		Ok(self.shared.batches(pages)?)
	}

	/// A step on a copy of our own, down the gradient of the loss on `batch`; returns the loss before it. A gradient that
	/// is not finite makes none.
	pub fn train(&mut self, batch: &Batch) -> Result<f64, EngineError> {
		let Self { shared, hparams, trained } = self;
		let own = trained.get_or_insert_with(|| shared.params.copy());
		let gradients = shared.gradients(own, std::slice::from_ref(batch))?;
		own.descend(&gradients, hparams.training.learning_rate, hparams.training.grad_clip);
		Ok(gradients.loss)
	}

	/// The slice of the shared model.
	pub fn state(&self, selection: &Selection) -> Values {
		self.shared.params.at(selection.positions())
	}

	/// The slice of what this window's training led to, which begins anew after it. None if there was no batch.
	pub fn delta(&mut self, selection: &Selection) -> Option<Values> {
		self.trained.take().map(|trained| trained.at(selection.positions()))
	}

	/// Takes the state that most miners hold, where ours differs.
	pub fn agree(
		&mut self,
		selection: &Selection,
		states: &BTreeMap<Uid, Submission>,
	) -> Result<Agreement, EngineError> {
		let Some(agreed) = acceptance::agreed(states, self.hparams.peers.minimum_peers) else {
			return Ok(Agreement::InStep);
		};
		let agreement = acceptance::compare(&self.state(selection), agreed, &self.hparams.scoring)?;
		if agreement == Agreement::Repaired {
			self.write(selection, agreed)?;
		}
		Ok(agreement)
	}

	/// What is to be held of `deltas` before anybody measures them.
	pub fn findings(
		&self,
		selection: &Selection,
		deltas: &BTreeMap<Uid, Submission>,
	) -> Result<BTreeMap<Uid, Finding>, EngineError> {
		Ok(acceptance::findings(&self.state(selection), deltas, &self.hparams.scoring)?)
	}

	/// How far the step that `delta` is goes along our own gradient on `batches`.
	pub fn judge(&self, selection: &Selection, delta: &Values, batches: &[Batch]) -> Result<Judgement, EngineError> {
		let gradients = self.shared.gradients(&self.shared.params, batches)?.at(selection.positions());
		let gradients: Vec<_> = gradients.iter().map(|values| Some(values.as_slice())).collect();
		let (own, scoring) = (self.state(selection), &self.hparams.scoring);
		Ok(judge(&acceptance::baseline(&own, scoring)?, &gradients, delta, scoring.score_form))
	}

	/// The step that all nodes take alike: writes the mean of `deltas`, which come by ascending uid, into the model.
	pub fn step(&mut self, selection: &Selection, deltas: &[&Values]) -> Result<(), EngineError> {
		match deltas {
			[] => Ok(()),
			_ => self.write(selection, &acceptance::mean(deltas)?),
		}
	}

	/// Mean loss of the shared model on held-out pages, in nats per token.
	pub fn heldout_loss(&mut self) -> Result<f64, EngineError> {
		Ok(self.shared.heldout_loss()?)
	}

	fn write(&mut self, selection: &Selection, values: &Values) -> Result<(), EngineError> {
		let none = (&[][..], &[][..]); // Of a parameter that is no part of the model's slices.
		let parts: Vec<_> =
			selection.positions().iter().zip(values).map(|(at, values)| (&at[..], &values[..])).collect();
		let write = |number: usize, parameter: &mut [f32]| {
			let (positions, values) = parts.get(number).copied().unwrap_or(none);
			aggregate::write(parameter, positions, values)
		};
		Ok(self.shared.params.alter(write)?)
	}
}

impl Probe for Engine {
	fn probe(&mut self) -> Result<(), Fault> {
		self.shared.probe()
	}
}
