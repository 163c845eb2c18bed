// SPDX-License-Identifier: Apache-2.0

//! One scenario from an empty chain to its figures.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use codec::Encode;

use crate::chain::{by_netuid, prefix, Chain, ChainError};
use crate::drive::{DriveError, Driven, Driver};
use crate::figures::{BlockTimes, ChainFigures, Item, MemoryFigures, Spread, State, View};
use crate::node::{bytes_of_database, Node, NodeError, Program};
use crate::progress::Progress;
use crate::scenario::Scenario;
use crate::stage::{validators, Stage, StageError};
use crate::timeline;

/// Calls of each view that count, after some that warm up.
const CALLS: usize = 40;
const WARM_UP: usize = 3;
/// Fields of a metagraph that a miner looks at: hotkeys, axons, permits, incentives, and the stake that weighs.
const FIELDS: [u16; 5] = [52, 55, 57, 62, 69];

/// What is asked for besides the scenario.
pub struct Settings<'a> {
	/// The node's program.
	pub node: &'a Path,
	/// Blocks that count.
	pub blocks: u32,
	/// Further flags of the node that is driven.
	pub node_flags: &'a [String],
	/// Time between two blocks.
	pub block_time: Duration,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
	#[error("no folder for the chain")]
	Folder(#[from] std::io::Error),
	#[error(transparent)]
	Chain(#[from] ChainError),
	#[error(transparent)]
	Node(#[from] NodeError),
	#[error(transparent)]
	Stage(#[from] StageError),
	#[error(transparent)]
	Drive(#[from] DriveError),
}

/// Sets the chain up, drives it, and measures.
pub async fn measure(scenario: Scenario, settings: &Settings<'_>) -> Result<ChainFigures, MeasureError> {
	let progress = Progress::new(scenario.name);
	let folder = tempfile::tempdir()?;
	let program = Program { path: settings.node, folder: folder.path() };
	progress.step("starting a node");
	let node = program.start(settings.block_time, settings.node_flags)?;
	let run = run(scenario, settings, &node, &progress).await;
	let run = run.inspect_err(|_| progress.line(format!("last lines of the node's log:\n{}", node.log_tail())))?;
	let built = timeline::built(&node.log()?);
	node.stop().await?;
	let database = bytes_of_database(&program.chain())?;
	progress.step("importing its blocks into another database");
	let imported = timeline::imported(&program.reimport().await?);
	let Run { driven, epochs, items, views } = run;
	Ok(ChainFigures {
		scenario,
		blocks: driven.to - driven.from + 1,
		rows: driven.rows,
		built: BlockTimes::new(&built, &driven, &epochs),
		imported: BlockTimes::new(&imported, &driven, &epochs),
		memory: MemoryFigures::new(driven.memory),
		state: State { database, items },
		views,
	})
}

/// What a running node shows.
struct Run {
	driven: Driven,
	/// Blocks with an epoch.
	epochs: Vec<u32>,
	items: BTreeMap<String, Item>,
	views: Vec<View>,
}

async fn run(
	scenario: Scenario,
	settings: &Settings<'_>,
	node: &Node,
	progress: &Progress,
) -> Result<Run, MeasureError> {
	let chain = Chain::connect(&node.endpoint()).await?;
	let validators = validators(scenario);
	Stage::new(&chain, scenario).await?.set(&validators, progress).await?;
	let mut driver = Driver::new(&chain, scenario, &validators);
	progress.step("setting rows");
	// Until every row is there, and the epoch has seen it.
	driver.drive(node, 2 * scenario.period() + 5, progress).await?;
	progress.step("measuring blocks");
	let driven = driver.drive(node, settings.blocks, progress).await?;
	let keys: Vec<_> = scenario.netuids().map(|netuid| by_netuid("LastEpochBlock", netuid)).collect();
	let epochs: Vec<u64> = chain.values_taken(&keys, driven.from, driven.to).await?;
	progress.step("measuring views");
	let views = views(&chain).await?;
	progress.step("measuring the state");
	let mut items = BTreeMap::new();
	for item in chain.items() {
		let (keys, bytes) = chain.size(&prefix(item)).await?;
		if keys > 0 {
			items.insert(item.clone(), Item { keys, bytes });
		}
	}
	Ok(Run { driven, epochs: epochs.into_iter().filter_map(|block| block.try_into().ok()).collect(), items, views })
}

/// The views of the first subnet, while the node goes on making blocks.
async fn views(chain: &Chain) -> Result<Vec<View>, MeasureError> {
	let methods = [
		("Core_version", Vec::new()), // Says nothing of neurons: what any call takes.
		("NeuronInfoRuntimeApi_get_neurons_lite", 1u16.encode()),
		("SubnetInfoRuntimeApi_get_metagraph", 1u16.encode()),
		("SubnetInfoRuntimeApi_get_selective_metagraph", (1u16, FIELDS.to_vec()).encode()),
		("SubnetInfoRuntimeApi_get_subnet_state", 1u16.encode()),
	];
	let mut views = Vec::new();
	for (method, arguments) in methods {
		let (mut times, mut bytes) = (Vec::new(), 0);
		for call in 0..WARM_UP + CALLS {
			let (took, answered) = chain.timed_call(method, &arguments).await?;
			bytes = answered;
			if call >= WARM_UP {
				times.push(took.as_secs_f64() * 1_000.0);
			}
		}
		let name = method.strip_prefix("NeuronInfoRuntimeApi_").unwrap_or(method);
		let name = name.strip_prefix("SubnetInfoRuntimeApi_").unwrap_or(name);
		views.push(View { name, latency: Spread::new(times), bytes });
	}
	Ok(views)
}
