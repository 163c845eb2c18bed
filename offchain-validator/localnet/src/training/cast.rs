// SPDX-License-Identifier: Apache-2.0

//! Who takes part, and how each is started.

use std::path::PathBuf;

use offchain_validator::chain::{AccountId, ChainError, Signer};

use super::{samples, Mechanism, Training, NETUID};

/// What a member does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
	/// Scores miners and sets weights.
	Validator,
	/// Trains.
	Honest,
	/// Uploads again what the miner of this uid has uploaded.
	Copier(u16),
	/// Uploads random numbers.
	Noise,
}

/// A process with a hotkey.
#[derive(Clone, Debug)]
pub struct Member {
	/// Its slot on the subnet: they register in this order on a subnet that is empty.
	pub uid: u16,
	/// Its name in logs and folders.
	pub name: String,
	/// What it does.
	pub part: Part,
}

/// Two validators, three honest miners, a copier and a source of noise.
///
/// The copier is among the first three miners, whose gradients make the first steps: it must not do harm there.
pub fn members() -> Vec<Member> {
	let parts = [
		("validator-1", Part::Validator),
		("validator-2", Part::Validator),
		("miner-1", Part::Honest),
		("miner-2", Part::Honest),
		("copier", Part::Copier(2)),
		("noise", Part::Noise),
		("miner-3", Part::Honest),
	];
	let member = |(uid, (name, part)): (usize, (&str, Part))| Member { uid: uid as u16, name: name.into(), part };
	parts.into_iter().enumerate().map(member).collect()
}

impl Part {
	/// The word for it in reports.
	pub fn role(self) -> &'static str {
		match self {
			Self::Validator => "validator",
			Self::Honest => "honest",
			Self::Copier(_) => "copier",
			Self::Noise => "noise",
		}
	}
}

impl Member {
	/// Its hotkey, in ss58.
	pub fn account(&self) -> Result<AccountId, ChainError> {
		Ok(Signer::from_uri(&self.hotkey())?.account())
	}

	/// A key of its own, derived from the development phrase. It never holds a balance.
	fn hotkey(&self) -> String {
		format!("//localnet//{}", self.name)
	}

	/// How its process is started.
	pub fn arguments(&self, endpoint: &str, training: &Training, start_window: u32) -> Vec<String> {
		let mut arguments = match self.part {
			Part::Validator => vec!["validator".into()],
			Part::Honest => vec!["miner".into()],
			Part::Copier(uid) => vec!["miner".into(), format!("--role=copy:{uid}")],
			Part::Noise => vec!["miner".into(), "--role=noise".into()],
		};
		let path = |path: PathBuf| path.display().to_string();
		let [train, heldout] = samples::folders(&training.folder);
		let samples = if self.part == Part::Validator { heldout } else { train };
		let data = match training.mechanism {
			Mechanism::Templar(_) | Mechanism::Boltzmann(_) => {
				let mut flags = training.buckets.flags(&self.name, &training.folder);
				flags.push(("dataset", path(training.shards.clone())));
				flags
			},
			Mechanism::Finetuning(_) => vec![("models", path(training.models())), ("samples", path(samples))],
		};
		let flags = [
			("mechanism", training.mechanism.name().into()),
			("endpoint", endpoint.into()),
			("netuid", NETUID.to_string()),
			("hotkey", self.hotkey()),
			("hparams", path(training.hparams_file())),
			("state", path(training.state(self))),
			// Seven processes share the machine: more threads each would only fight over its cores.
			("threads", "1".into()),
			("start-window", start_window.to_string()),
		];
		let flags = flags.into_iter().chain(data);
		arguments.extend(flags.map(|(flag, value): (&str, String)| format!("--{flag}={value}")));
		arguments
	}
}
