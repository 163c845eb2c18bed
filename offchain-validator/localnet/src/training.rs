// SPDX-License-Identifier: Apache-2.0

//! Trains a model on a subnet of the local network: validators and miners as processes of their own, from registration to
//! what the chain has paid them.

mod buckets;
mod cast;
mod check;
mod copies;
mod corpus;
mod mechanism;
mod outcome;
mod samples;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use offchain_validator::chain::{calls, Chain, ChainError, Signer, Submission};
use tokio::process::Command;
use tokio::time::timeout;

use crate::process::{Process, ProcessError};
use crate::progress::Progress;

pub use buckets::{Buckets, BucketsError};
pub use cast::{Member, Part};
pub use check::{check, Demand, Failure};
pub use mechanism::{Mechanism, Name as MechanismName};
pub use outcome::{Loss, Miner, Trained, Validator};
pub use watch::WindowSeen;

/// The subnet that is trained on; there from the first block.
const NETUID: u16 = 1;
/// The development account that owns all hotkeys here.
const COLDKEY: &str = "//Ferdie";
/// Stake of a validator: more than a miner may have to be evaluated.
const STAKE: u64 = 30_000_000_000_000;
/// Blocks between two epochs of the subnet, with one to spare.
const EPOCH_BLOCKS: u32 = 11;
/// Longest that making a base model may take.
const MOST_FOR_BASE: Duration = Duration::from_secs(300);

/// What to train, checked.
#[derive(Debug)]
pub struct Training {
	/// The program of validators and miners.
	pub program: PathBuf,
	/// What is measured and paid.
	pub mechanism: Mechanism,
	/// Windows to score.
	pub windows: u32,
	/// Text to train on; the sources of the build's own dependencies if there is none.
	pub corpus: Vec<PathBuf>,
	/// Folder for the token shards.
	pub shards: PathBuf,
	/// Folder for what the processes leave behind: logs, states, buckets that are folders.
	pub folder: PathBuf,
	/// Where their buckets are, if the mechanism uses any.
	pub buckets: Buckets,
	/// Time between blocks.
	pub block_time: Duration,
	/// How much is asked of the run.
	pub demand: Demand,
}

/// Why the training did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
	#[error("the corpus cannot be used")]
	Corpus(#[from] corpus::CorpusError),
	#[error("the folder {} cannot be used", path.display())]
	Folder { path: PathBuf, source: std::io::Error },
	#[error("the samples cannot be made")]
	Samples(#[from] samples::SamplesError),
	#[error("the base model cannot be made: {0}")]
	Base(String),
	#[error("registering validators and miners failed")]
	Register(#[source] ChainError),
	#[error(transparent)]
	Process(#[from] ProcessError),
	#[error("the training cannot be watched")]
	Watch(#[from] watch::WatchError),
	#[error("waiting for the last weights failed")]
	Wait(#[source] ChainError),
	#[error("reading what the training has paid failed")]
	Read(#[from] outcome::OutcomeError),
	#[error("the copies of the model cannot be compared")]
	Copies(#[from] copies::CopiesError),
}

/// From registration to the outcome. The processes are ended, whatever happens.
pub async fn train(chain: &Chain, training: &Training, progress: &Progress) -> Result<Trained, TrainingError> {
	let dataset = corpus::prepare(training, progress).await?;
	make_folder(training)?;
	if let Mechanism::Finetuning(_) = training.mechanism {
		samples::write(&dataset, &training.folder)?;
		publish_base(training, progress).await?;
	}
	let members = cast::members();
	progress.step(format!("Registering validators and miners ({})", members.len()));
	register(chain, &members).await.map_err(TrainingError::Register)?;

	progress.step(format!("Training ({} windows)", training.windows));
	let start_window = first_window(chain, training).await.map_err(TrainingError::Register)?;
	let mut processes = start(chain, training, &members, start_window)?;
	let seen = tokio::select! {
		error = any_death(&mut processes) => Err(error),
		seen = follow(chain, training, &members, progress) => seen,
	};
	futures::future::join_all(processes.iter_mut().map(Process::stop)).await;
	let model = copies::compare(training, &members)?;
	Ok(outcome::read(chain, training, &members, &dataset, seen?, model).await?)
}

/// Makes the model that all miners start from.
async fn publish_base(training: &Training, progress: &Progress) -> Result<(), TrainingError> {
	progress.step("Training the base model");
	let [samples, _] = samples::folders(&training.folder);
	let mut command = Command::new(&training.program);
	command.args(["model", "base", "--hparams"]).arg(training.hparams_file());
	command.arg("--samples").arg(samples).arg("--models").arg(training.models()).kill_on_drop(true);
	let output = timeout(MOST_FOR_BASE, command.output()).await;
	let output = output.map_err(|_| TrainingError::Base(format!("not within {MOST_FOR_BASE:?}")))?;
	match output {
		Ok(output) if output.status.success() => Ok(()),
		Ok(output) => Err(TrainingError::Base(String::from_utf8_lossy(&output.stderr).trim().into())),
		Err(error) => Err(TrainingError::Base(error.to_string())),
	}
}

/// Registers everybody in order, so that uids are known, and has the validators staked.
async fn register(chain: &Chain, members: &[Member]) -> Result<(), ChainError> {
	let signer = Signer::from_uri(COLDKEY)?;
	let mut submissions = Vec::new();
	for member in members {
		let hotkey = member.account()?;
		let mut submit = |call| submissions.push(Submission { call, signer: signer.clone() });
		submit(calls::burned_register(NETUID, hotkey));
		if member.part == Part::Validator {
			submit(calls::add_stake(hotkey, NETUID, STAKE));
		}
	}
	chain.submit_all(submissions).await.map(|_| ())
}

/// The window after the next: by then every process has joined.
async fn first_window(chain: &Chain, training: &Training) -> Result<u32, ChainError> {
	Ok(chain.finalized().await?.number / training.mechanism.blocks_per_window() + 2)
}

fn start(
	chain: &Chain,
	training: &Training,
	members: &[Member],
	start_window: u32,
) -> Result<Vec<Process>, TrainingError> {
	let start = |member: &Member| {
		let arguments = member.arguments(chain.endpoint(), training, start_window);
		let log = training.folder.join(format!("{}.log", member.name));
		Ok(Process::start(&member.name, &training.program, arguments, log)?)
	};
	members.iter().map(start).collect()
}

/// Resolves when a process has ended, with its last words.
async fn any_death(processes: &mut [Process]) -> TrainingError {
	let (error, tail) = {
		let deaths = processes.iter_mut().map(|process| {
			Box::pin(async move {
				let error = process.died().await;
				(error, process.log_tail())
			})
		});
		futures::future::select_all(deaths).await.0
	};
	eprint!("{tail}");
	error.into()
}

/// Watches the windows go by, and lets the last row count.
async fn follow(
	chain: &Chain,
	training: &Training,
	members: &[Member],
	progress: &Progress,
) -> Result<Vec<WindowSeen>, TrainingError> {
	let seen = watch::windows(chain, training, members, progress).await?;
	progress.step("Waiting until the last weights have counted");
	let last = chain.finalized().await.map_err(TrainingError::Wait)?.number.saturating_add(EPOCH_BLOCKS);
	let limit = chain.deadlines().finality;
	let told =
		|block: offchain_validator::chain::BlockId| progress.detail(format_args!("block {} of {last}", block.number));
	chain.wait_for_block(last, limit, told).await.map_err(TrainingError::Wait)?;
	Ok(seen)
}

/// Begins with an empty folder. What an earlier run has left in it is removed, and nothing else.
fn make_folder(training: &Training) -> Result<(), TrainingError> {
	let failed = |source| TrainingError::Folder { path: training.folder.clone(), source };
	match std::fs::remove_dir_all(&training.folder) {
		Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
		_ => {},
	}
	std::fs::create_dir_all(&training.folder).map_err(failed)?;
	let hparams = training.mechanism.to_json().map_err(|error| failed(error.into()))?;
	std::fs::write(training.hparams_file(), hparams).map_err(failed)
}

impl Training {
	/// The parameters as the processes read them.
	fn hparams_file(&self) -> PathBuf {
		self.folder.join("hparams.json")
	}

	/// What a process leaves behind.
	fn state(&self, member: &Member) -> PathBuf {
		self.folder.join(&member.name)
	}

	/// Where everybody's models are.
	fn models(&self) -> PathBuf {
		self.folder.join("models")
	}
}
