// SPDX-License-Identifier: Apache-2.0

//! The miner: finetunes the base model on its part of the samples, and publishes what comes of it, again and again.

mod work;

use std::convert::Infallible;

use mechanisms::finetuning::digest::Digest;
use mechanisms::finetuning::model_id::ModelId;
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use super::node::{Node, NodeError, Settings};
use super::store::{Address, Repository};
use crate::chain::{self, ChainError};
use crate::clock::Window;
use crate::journal::MinedWindow;
use crate::participant::{MinerRole, ParticipantError};

use work::{Made, Work};

/// A miner at work.
struct Miner {
	node: Node,
	/// The competition it enters.
	competition: String,
	work: Work,
	/// A model that is made and not published, because the chain has not taken its name yet.
	due: Option<Made>,
	/// When it published last.
	published: Option<Window>,
}

/// Runs until something fails.
pub async fn run(settings: Settings, role: MinerRole) -> Result<Infallible, NodeError> {
	let compute = settings.compute.clone().first(); // It trains one model.
	let node = Node::join(settings, chain::Role::Miner).await?;
	let mut journal = node.participant.journal()?;
	// Miners spread over the competitions.
	let competitions = &node.hparams.scoring.competitions;
	let turn = usize::from(node.participant.uid) % competitions.len().max(1);
	let competition = competitions.get(turn).ok_or(NodeError::NoCompetition)?.competition_id.clone();
	let work = Work::start(&node, &competition, role, &compute).await?;
	info!(%role, competition, "mining");
	let mut miner = Miner { node, competition, work, due: None, published: None };
	loop {
		let clock = &miner.node.participant.clock;
		let window = clock.window()?.max(miner.node.participant.start_window);
		clock.begun(window).await?;
		let mined = miner.window(window).await?;
		info!(window, loss = mined.loss, batches = mined.batches, bytes = mined.bytes, "mined");
		if let Err(error) = journal.write(&mined) {
			warn!("no line in the journal for window {window}: {error}");
		}
		miner.node.participant.clock.ended(window).await?;
	}
}

impl Miner {
	/// Makes a model if it is time for one, and publishes what is due.
	async fn window(&mut self, window: Window) -> Result<MinedWindow, NodeError> {
		let mut mined = MinedWindow { window, loss: None, batches: 0, bytes: 0 };
		let next = self.published.map(|last| last.saturating_add(self.node.hparams.training.windows_per_model));
		if self.due.is_none() && next.is_none_or(|next| next <= window) {
			self.due = self.work.make(&self.node, window).await?;
			let made = self.due.as_ref();
			(mined.loss, mined.batches) = made.map_or((None, 0), |made| (made.loss, made.batches));
		}
		if let Some(made) = self.due.take() {
			if self.publish(&made.repository).await? {
				self.published = Some(window);
				mined.bytes = made.bytes;
			} else {
				self.due = Some(made);
			}
		}
		Ok(mined)
	}

	/// Commits to a model under our own name, and only then shows it: who copies it is later. False if the chain does not
	/// take the commitment now.
	async fn publish(&self, repository: &Repository) -> Result<bool, NodeError> {
		let hotkey = self.node.participant.hotkey.account().to_string();
		let id = name(&hotkey, &self.competition, repository.content)?;
		match self.node.participant.publish(&id.to_string()).await {
			Ok(()) => {},
			Err(ParticipantError::Chain(
				error @ (ChainError::Dispatch { .. } | ChainError::Refused { .. } | ChainError::NotIncluded { .. }),
			)) => {
				warn!("the model is not committed to and will be tried again: {}", crate::one_line(&error));
				return Ok(false);
			},
			Err(error) => return Err(error.into()),
		}
		let address = Address::from(&id);
		info!(%address, "published a model");
		self.node.store.publish(repository.folder.clone(), address).await?;
		Ok(true)
	}
}

/// What `hotkey` calls a model: a namespace and a hash of its own, a commit that follows from the content.
fn name(hotkey: &str, competition: &str, content: Digest) -> Result<ModelId, NodeError> {
	let namespace: String = hotkey.chars().take(16).collect();
	let hash = Sha256::digest(content.to_string());
	let commit: String = hash.iter().take(20).map(|byte| format!("{byte:02x}")).collect();
	Ok(ModelId::new(&namespace, "model", &commit, content.owned_by(hotkey), competition)?)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_model_has_a_name_of_its_owner_that_fits_on_the_chain() {
		let hotkey = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
		let content = Digest::of("a model");
		let id = name(hotkey, "localnettoy", content).expect("it fits");
		assert!(content.answers(&id.hash(), hotkey) && !content.answers(&id.hash(), "another"));
		assert_eq!(id.to_string().parse::<ModelId>().as_ref(), Ok(&id));
	}
}
