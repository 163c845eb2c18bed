// SPDX-License-Identifier: Apache-2.0

//! Watches the validators' journals until enough windows are scored.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

use offchain_validator::chain::{metagraph, Chain, ChainError};
use offchain_validator::journal::{self, ScoredWindow};

use super::{Member, Part, Training, NETUID};
use crate::progress::Progress;

/// How often the journals are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How much longer than planned the windows may take on a slow machine, and time to begin and to end.
const PATIENCE: u32 = 3;
const SPARE: Duration = Duration::from_secs(240);

/// One window, seen from outside.
#[derive(Clone, Debug)]
pub struct WindowSeen {
	/// What each validator has written about it.
	pub scored: BTreeMap<u16, ScoredWindow>,
	/// Stake of each hotkey when it was over, in rao.
	pub stakes: BTreeMap<u16, u64>,
}

/// Why the training cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
	#[error("cannot read {}", path.display())]
	Journal { path: PathBuf, source: io::Error },
	#[error("a line of {} is no window", path.display())]
	Line { path: PathBuf, source: serde_json::Error },
	#[error("reading the stakes failed")]
	Chain(#[from] ChainError),
	#[error("only {scored} of {wanted} windows were scored by all validators within {within:?}")]
	TooSlow { scored: usize, wanted: u32, within: Duration },
}

/// Waits until every validator has scored as many windows as are wanted; tells of each.
pub async fn windows(
	chain: &Chain,
	training: &Training,
	members: &[Member],
	progress: &Progress,
) -> Result<Vec<WindowSeen>, WatchError> {
	let blocks = training.windows.saturating_mul(training.mechanism.blocks_per_window());
	let within = training.block_time.saturating_mul(blocks.saturating_mul(PATIENCE)).saturating_add(SPARE);
	let deadline = tokio::time::Instant::now() + within;
	let wanted = training.windows as usize;
	let mut seen: Vec<WindowSeen> = Vec::new();
	loop {
		let all = scored_by_all(training, members)?;
		for scored in all.into_iter().skip(seen.len()).take(wanted - seen.len()) {
			let window = WindowSeen { stakes: stakes(chain, &scored).await?, scored };
			progress.line(line(&window, seen.len() + 1, wanted));
			seen.push(window);
		}
		if seen.len() >= wanted {
			return Ok(seen);
		}
		if tokio::time::Instant::now() > deadline {
			return Err(WatchError::TooSlow { scored: seen.len(), wanted: training.windows, within });
		}
		tokio::time::sleep(LOOK).await;
	}
}

/// The windows that all validators have a line about, in order.
fn scored_by_all(training: &Training, members: &[Member]) -> Result<Vec<BTreeMap<u16, ScoredWindow>>, WatchError> {
	let validators: Vec<_> = members.iter().filter(|member| member.part == Part::Validator).collect();
	let mut windows: BTreeMap<u32, BTreeMap<u16, ScoredWindow>> = BTreeMap::new();
	for member in &validators {
		for scored in read(&training.state(member).join(journal::FILE))? {
			windows.entry(scored.window).or_default().insert(member.uid, scored);
		}
	}
	Ok(windows.into_values().filter(|scored| scored.len() == validators.len()).collect())
}

fn read(path: &std::path::Path) -> Result<Vec<ScoredWindow>, WatchError> {
	let text = match fs::read_to_string(path) {
		Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()), // Not begun yet.
		text => text.map_err(|source| WatchError::Journal { path: path.into(), source })?,
	};
	let parse = |line| serde_json::from_str(line).map_err(|source| WatchError::Line { path: path.into(), source });
	text.lines().map(parse).collect()
}

async fn stakes(chain: &Chain, scored: &BTreeMap<u16, ScoredWindow>) -> Result<BTreeMap<u16, u64>, ChainError> {
	let Some(block) = scored.values().map(|scored| scored.block).max() else { return Ok(BTreeMap::new()) };
	let neurons = metagraph::metagraph(&chain.at_number(block).await?, NETUID).await?;
	Ok(neurons.into_values().map(|neuron| (neuron.uid, neuron.stake)).collect())
}

/// What a window looks like in the progress view.
fn line(window: &WindowSeen, number: usize, wanted: usize) -> String {
	let Some(scored) = window.scored.values().next() else { return String::new() };
	let sum: f64 = scored.weights.values().copied().map(f64::from).sum();
	let share = |uid: &u16| match scored.weights.get(uid) {
		Some(weight) => format!("{uid}: {:.0} %", 100.0 * f64::from(*weight) / sum),
		None => format!("{uid}: -"),
	};
	let weights: Vec<_> = scored.miners.keys().map(share).collect();
	let (block, loss) = (scored.block, scored.loss.unwrap_or(f64::NAN));
	format!("window {number} of {wanted}, block {block}, loss {loss:.3} nats, weights {}", weights.join(", "))
}
