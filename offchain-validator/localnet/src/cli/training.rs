// SPDX-License-Identifier: Apache-2.0

//! What the user can say about the training.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::SettingsError;
use crate::training::{Buckets, BucketsError, Demand, Mechanism, MechanismName, Training};

/// Name of the program of validators and miners, beside this one.
const PROGRAM: &str = "offchain-validator";

#[derive(Args, Debug)]
pub struct TrainingArgs {
	/// What is measured and paid.
	#[arg(long, value_enum, default_value_t = MechanismName::Templar)]
	mechanism: MechanismName,

	/// Windows to train for; 0 leaves the training out.
	#[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(..=10_000))]
	windows: u32,

	/// Text to train on, a file or folder; may be given several times [default: the sources of the build's dependencies].
	#[arg(long, value_name = "PATH")]
	corpus: Vec<PathBuf>,

	/// Training and scoring parameters [default: those of the mechanism's localnet file in hparams/].
	#[arg(long, value_name = "FILE")]
	hparams: Option<PathBuf>,

	/// Folder for the pages that the text is cut into; cut anew when the text or the size of a page has changed.
	#[arg(long, value_name = "DIR", env = "LOCALNET_SHARDS", default_value = "target/localnet/shards")]
	shards: PathBuf,

	/// S3 server at which the participants have their buckets [default: folders beside the report].
	#[arg(long, value_name = "URL", requires = "bucket_credentials")]
	bucket_endpoint: Option<String>,

	/// Folder with the keys of each participant, to an empty bucket of its own.
	///
	/// The files are validator-1, validator-2, miner-1, miner-2, miner-3, copier and noise, each as the --bucket-credentials of
	/// `offchain-validator miner` are.
	#[arg(long, value_name = "DIR", requires = "bucket_endpoint")]
	bucket_credentials: Option<PathBuf>,

	/// Ask less of the run, for a few windows: that the loss falls, and every honest miner has some weight.
	#[arg(long)]
	short: bool,
}

impl TrainingArgs {
	/// What to train; none if there is nothing to.
	pub fn resolve(
		self,
		report: &Path,
		programs: &Path,
		block_time: Duration,
	) -> Result<Option<Training>, SettingsError> {
		if self.windows == 0 {
			return Ok(None);
		}
		let program = programs.join(PROGRAM);
		if !program.is_file() {
			return Err(SettingsError::NoProgram(program));
		}
		let mechanism = Mechanism::read(self.mechanism, self.hparams.as_deref()).map_err(SettingsError::Hparams)?;
		let buckets = match (self.bucket_endpoint, self.bucket_credentials, &mechanism) {
			(Some(_), Some(_), Mechanism::Finetuning(_)) => {
				return Err(BucketsError::Unused { mechanism: mechanism.name() }.into());
			},
			(Some(endpoint), Some(credentials), _) => Buckets::at(endpoint, credentials)?,
			_ => Buckets::Local,
		};
		Ok(Some(Training {
			program,
			mechanism,
			windows: self.windows,
			corpus: self.corpus,
			shards: self.shards,
			folder: report.join("training"),
			buckets,
			block_time,
			demand: if self.short { Demand::Short } else { Demand::Full },
		}))
	}
}
