// SPDX-License-Identifier: Apache-2.0

//! The report: what the chain said, joined with who voted. Pure but for [`fn@write`].

mod copier;
mod html;
mod lines;
mod plot;
#[cfg(test)]
pub(crate) mod tests;
mod training;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use offchain_validator::chain::root::{Emission, RootValidator};
use offchain_validator::chain::ChainError;
use serde::Serialize;

pub use copier::CopierReport;

use crate::read::{Issuance, Origin, Outcome, Payout};
use crate::training::Trained;
use crate::votes::{Vote, Votes};

/// Everything the report shows; serializes into `report.json`.
#[derive(Debug, Serialize)]
pub struct Report {
	/// Height of the chain when it was read.
	pub blocks: u32,
	/// Emission per block.
	pub root: RootEmission,
	/// Where the money is.
	pub issuance: Issuance,
	/// The validators, in the order of the votes.
	pub votes: Vec<Validator>,
	/// The payouts that were awaited.
	pub payouts: Vec<Payout>,
	/// Which chain this was.
	pub chain: ChainFacts,
	/// The training, if there was one.
	#[serde(flatten)]
	pub training: Option<Trained>,
}

/// Emission per block, in rao.
#[derive(Debug, Serialize)]
pub struct RootEmission {
	/// Of the whole chain.
	pub block_emission: u64,
	/// What each subnet earns.
	pub normalized: Emission,
	/// What it would earn from the same state without renormalization.
	pub unnormalized: Emission,
}

/// A root validator, its vote and its pull.
#[derive(Debug, Serialize)]
pub struct Validator {
	/// Position in the votes, from 1.
	pub validator: usize,
	/// Slot on the root network.
	pub uid: u16,
	/// The validator, in ss58.
	pub hotkey: String,
	/// Secret of its owner, a development account.
	pub coldkey: &'static str,
	/// In rao.
	pub stake: u64,
	/// Its part of all root stake, in [0, 1].
	pub stake_share: f64,
	/// The row as stored: weight by netuid.
	pub stored: BTreeMap<u16, u16>,
	/// The row as read: share by netuid, in [0, 1].
	pub read: BTreeMap<u16, f64>,
	/// Units that the row as stored hands out, one for each weight at its maximum.
	pub units: f64,
	/// Its part of all units times stake, in [0, 1]: how hard it would pull without renormalization.
	pub raw_pull: f64,
}

/// Which chain, and which state of it.
#[derive(Debug, Serialize)]
pub struct ChainFacts {
	/// Name from its specification.
	pub name: String,
	/// Name and version of its runtime.
	pub runtime: String,
	/// Hash of its first block.
	pub genesis: String,
	/// Hash of the block after which all was read.
	pub block_hash: String,
	/// Timestamp of that block, in milliseconds since 1970.
	pub timestamp: u64,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
	#[error("validator {validator} has no row on the chain")]
	NoRow { validator: usize },
	#[error("the row of validator {validator} is not the one that was sent")]
	OtherRow { validator: usize },
	#[error("a validator's key cannot be derived")]
	Key(#[from] ChainError),
	#[error("a chart cannot be drawn")]
	Plot(#[from] plot::PlotError),
	#[error("the report cannot be put into JSON")]
	Json(#[from] serde_json::Error),
	#[error("cannot write {}", path.display())]
	Write { path: PathBuf, source: io::Error },
}

/// Where the report is.
pub struct Files {
	/// The page to look at.
	pub html: PathBuf,
	/// The same for programs.
	pub json: PathBuf,
}

impl Report {
	/// Joins `outcome` with the `votes` that led to it; each must be on the chain as it was sent.
	pub fn new(outcome: &Outcome, votes: &Votes, training: Option<Trained>) -> Result<Self, ReportError> {
		let root = &outcome.root;
		let stakes: f64 = root.validators.iter().map(|validator| validator.stake as f64).sum();
		let pulls: f64 = root.validators.iter().map(pull).sum();
		let whole = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
		let validator = |(index, vote): (usize, &Vote)| {
			let found = row_of(vote, index + 1, &root.validators)?;
			Ok(Validator {
				validator: index + 1,
				uid: found.uid,
				hotkey: found.hotkey.to_string(),
				coldkey: vote.coldkey,
				stake: found.stake,
				stake_share: whole(found.stake as f64, stakes),
				stored: found.stored.clone(),
				read: found.read.keys().map(|netuid| (*netuid, found.share(*netuid))).collect(),
				units: found.units(),
				raw_pull: whole(pull(found), pulls),
			})
		};
		Ok(Self {
			blocks: outcome.origin.block.number,
			root: RootEmission {
				block_emission: root.block_emission,
				normalized: root.earned.clone(),
				unnormalized: root.unnormalized.clone(),
			},
			issuance: outcome.issuance.clone(),
			votes: votes.validators.iter().enumerate().map(validator).collect::<Result<_, ReportError>>()?,
			payouts: outcome.payouts.clone(),
			chain: ChainFacts::new(&outcome.origin),
			training,
		})
	}

	/// Per subnet: what it earns, and what it would earn without renormalization.
	pub fn subnets(&self) -> impl Iterator<Item = Subnet> + '_ {
		let RootEmission { block_emission, normalized, unnormalized } = &self.root;
		let netuids: BTreeSet<u16> = normalized.keys().chain(unnormalized.keys()).copied().collect();
		netuids.into_iter().map(|netuid| Subnet {
			netuid,
			earned: normalized.get(&netuid).copied().unwrap_or(0),
			unnormalized: unnormalized.get(&netuid).copied().unwrap_or(0),
			block_emission: *block_emission,
		})
	}
}

impl ChainFacts {
	fn new(Origin { identity, block, timestamp }: &Origin) -> Self {
		Self {
			name: identity.name.clone(),
			runtime: format!("{} {}", identity.runtime, identity.spec_version),
			genesis: identity.genesis.clone(),
			block_hash: block.hash(),
			timestamp: *timestamp,
		}
	}
}

/// What one subnet earns, in rao per block.
pub struct Subnet {
	/// Which one.
	pub netuid: u16,
	/// With renormalization, as the chain pays.
	pub earned: u64,
	/// Without.
	pub unnormalized: u64,
	/// Of the whole chain.
	pub block_emission: u64,
}

impl Subnet {
	/// What renormalization adds or takes.
	pub fn difference(&self) -> i128 {
		i128::from(self.earned) - i128::from(self.unnormalized)
	}

	/// `rao` as a percentage of the block emission.
	pub fn percent(&self, rao: u64) -> f64 {
		if self.block_emission == 0 {
			return 0.0;
		}
		100.0 * rao as f64 / self.block_emission as f64
	}
}

/// A report that has a page; as JSON it is for programs.
pub trait Page: Serialize {
	/// The whole page.
	fn page(&self) -> Result<String, plot::PlotError>;
}

impl Page for Report {
	fn page(&self) -> Result<String, plot::PlotError> {
		html::page(self)
	}
}

/// Writes both files into `folder`, which is made if missing.
pub fn write(report: &impl Page, folder: &Path) -> Result<Files, ReportError> {
	let files = Files { html: folder.join("report.html"), json: folder.join("report.json") };
	let json = serde_json::to_string_pretty(report)?;
	let page = report.page()?;
	let put = |path: &Path, text: &str| {
		fs::write(path, text).map_err(|source| ReportError::Write { path: path.to_owned(), source })
	};
	fs::create_dir_all(folder).map_err(|source| ReportError::Write { path: folder.to_owned(), source })?;
	put(&files.json, &json)?;
	put(&files.html, &page)?;
	Ok(files)
}

/// How hard a validator pulls when its row is taken as stored.
fn pull(validator: &RootValidator) -> f64 {
	validator.stake as f64 * validator.units()
}

/// The row of `vote`, which must be on the chain as it was sent; weights of zero may be gone.
fn row_of<'a>(vote: &Vote, validator: usize, on_chain: &'a [RootValidator]) -> Result<&'a RootValidator, ReportError> {
	let hotkey = vote.account()?;
	let found = on_chain.iter().find(|found| found.hotkey == hotkey).ok_or(ReportError::NoRow { validator })?;
	let positive = |row: &BTreeMap<u16, u16>| -> BTreeMap<u16, u16> {
		row.iter().filter(|(_, weight)| **weight > 0).map(|(netuid, weight)| (*netuid, *weight)).collect()
	};
	if positive(&vote.weights) == positive(&found.stored) {
		Ok(found)
	} else {
		Err(ReportError::OtherRow { validator })
	}
}
