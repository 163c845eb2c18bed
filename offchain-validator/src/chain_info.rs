// SPDX-License-Identifier: Apache-2.0

//! What `offchain-validator chain info` tells about a chain.

use std::collections::BTreeSet;
use std::fmt;

use crate::chain::root::{self, RootView};
use crate::chain::{BlockId, Chain, ChainError, Identity};
use crate::table::{grouped, tao, Align, Table};

/// A chain seen at one moment; its [`fmt::Display`] is the text for the user.
pub struct ChainInfo {
	endpoint: String,
	identity: Identity,
	best: BlockId,
	finalized: BlockId,
	/// None where the chain has no root weights.
	root: Option<RootView>,
}

/// Reads everything at the newest finalized block.
pub async fn read(chain: &Chain) -> Result<ChainInfo, ChainError> {
	let identity = chain.identity().await?;
	let best = chain.best().await?;
	let at = chain.at_finalized().await?;
	let root = if root::is_offered(&at) { Some(root::view(&at).await?) } else { None };
	Ok(ChainInfo { endpoint: chain.endpoint().into(), identity, best, finalized: at.block(), root })
}

impl fmt::Display for ChainInfo {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Identity { name, runtime, spec_version, genesis } = &self.identity;
		writeln!(f, "endpoint   {}", self.endpoint)?;
		writeln!(f, "chain      {name}, genesis {genesis}")?;
		writeln!(f, "runtime    {runtime} {spec_version}")?;
		writeln!(f, "best       {}", self.best)?;
		writeln!(f, "finalized  {}", self.finalized)?;
		match &self.root {
			None => writeln!(f, "root       this chain has no root weights"),
			Some(root) => write_root(f, root),
		}
	}
}

fn write_root(f: &mut fmt::Formatter<'_>, root: &RootView) -> fmt::Result {
	let next = root.next_epoch.map_or("never".into(), |block| format!("at block {block}"));
	writeln!(f, "root       epoch next {next}, {} rao per block\n", grouped(root.block_emission))?;
	if root.validators.is_empty() {
		writeln!(f, "No root validator has weights yet.")
	} else {
		write!(f, "{}\n{}\n{}", rows(root), distortions(root), emission(root))
	}
}

/// One line for each entry of each row.
fn rows(root: &RootView) -> Table {
	let mut table = Table::new([
		(Align::Right, "uid"),
		(Align::Left, "root validator"),
		(Align::Right, "stake (TAO)"),
		(Align::Right, "netuid"),
		(Align::Right, "weight as stored"),
		(Align::Right, "share as read"),
	]);
	for validator in &root.validators {
		let name = [validator.uid.to_string(), validator.hotkey.to_string(), tao(validator.stake)];
		let mut name = name.into_iter();
		for (netuid, weight) in &validator.stored {
			let mut named = || name.next().unwrap_or_default();
			let share = format!("{:.3} %", 100.0 * validator.share(*netuid));
			table.row([named(), named(), named(), netuid.to_string(), weight.to_string(), share]);
		}
		if validator.stored.is_empty() {
			table.row(name);
		}
	}
	table
}

/// What stored scale would make of each validator's stake.
fn distortions(root: &RootView) -> Table {
	let mut table = Table::new([
		(Align::Right, "uid"),
		(Align::Right, "units as stored"),
		(Align::Right, "share of voting stake"),
		(Align::Right, "share of the vote as stored"),
		(Align::Right, "distortion"),
	]);
	let percent = |billionths: f64| billionths / 1e7;
	for vote in &root.distortions {
		let (stake, distortion) = (vote.stake_share as f64, vote.distortion as f64);
		table.row([
			vote.uid.to_string(),
			grouped(vote.units),
			format!("{:.3} %", percent(stake)),
			format!("{:.3} %", percent(stake + distortion)),
			format!("{:+.3} %", percent(distortion)),
		]);
	}
	table
}

fn emission(root: &RootView) -> Table {
	let mut table = Table::new([
		(Align::Right, "netuid"),
		(Align::Right, "earns now (rao)"),
		(Align::Right, "normalized (rao)"),
		(Align::Right, "unnormalized (rao)"),
	]);
	let columns = [&root.earned, &root.normalized, &root.unnormalized];
	let netuids: BTreeSet<u16> = columns.iter().flat_map(|column| column.keys().copied()).collect();
	for netuid in netuids {
		let amounts = columns.map(|column| grouped(column.get(&netuid).copied().unwrap_or(0)));
		table.row([netuid.to_string()].into_iter().chain(amounts));
	}
	let sums = columns.map(|column| grouped(column.values().sum::<u64>()));
	table.row(["sum".to_owned()].into_iter().chain(sums));
	table
}
