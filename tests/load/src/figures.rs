// SPDX-License-Identifier: Apache-2.0

//! What was measured, as it goes into the JSON file. Times are milliseconds, sizes bytes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::drive::{Driven, Memory};
use crate::matrix::Matrix;
use crate::scenario::Scenario;
use crate::timeline::Times;

/// Everything, as it is written.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
	/// The machine's processor, and how many of it there are.
	pub machine: String,
	/// Of each chain that was driven.
	pub chains: Vec<ChainFigures>,
	/// Of each matrix that was computed without a chain.
	pub matrices: Vec<Matrix>,
}

/// What driving a chain showed.
#[derive(Debug, Serialize)]
pub struct ChainFigures {
	/// Which chain.
	pub scenario: Scenario,
	/// Blocks that count.
	pub blocks: u32,
	/// Rows that were set in them.
	pub rows: u32,
	/// What building a block took, by the proposer.
	pub built: BlockTimes,
	/// What importing it into another database took.
	pub imported: BlockTimes,
	/// The node's memory.
	pub memory: MemoryFigures,
	/// What the chain keeps.
	pub state: State,
	/// What the runtime calls took that clients make.
	pub views: Vec<View>,
}

/// Times of blocks, with and without an epoch of a subnet in them.
#[derive(Debug, Serialize)]
pub struct BlockTimes {
	/// With rows alone.
	pub quiet: Spread,
	/// With rows and one epoch.
	pub epoch: Spread,
}

impl BlockTimes {
	/// Of the blocks that were driven; `epochs` are the numbers of those with one.
	pub fn new(times: &Times, driven: &Driven, epochs: &[u32]) -> Self {
		let driven = times.range(driven.from..=driven.to);
		let (epoch, quiet): (Vec<_>, Vec<_>) = driven.partition(|(block, _)| epochs.contains(block));
		let spread = |times: Vec<(&u32, &f64)>| Spread::new(times.into_iter().map(|(_, time)| *time).collect());
		Self { quiet: spread(quiet), epoch: spread(epoch) }
	}

	/// What an epoch adds to a block, on average.
	pub fn hook(&self) -> f64 {
		self.epoch.mean - self.quiet.mean
	}
}

/// How a number is spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
	/// How many there are.
	pub count: usize,
	pub mean: f64,
	pub median: f64,
	/// That 95 % do not exceed.
	pub p95: f64,
	pub most: f64,
}

impl Spread {
	/// Of no values, all zero.
	pub fn new(mut values: Vec<f64>) -> Self {
		values.sort_unstable_by(f64::total_cmp);
		let count = values.len();
		// The smallest value that so many of a hundred do not exceed.
		let percentile = |percent: usize| values.get((count * percent).div_ceil(100).saturating_sub(1)).copied();
		let percentile = |percent| percentile(percent).unwrap_or(0.0);
		let mean = values.iter().sum::<f64>() / count.max(1) as f64;
		Self { count, mean, median: percentile(50), p95: percentile(95), most: percentile(100) }
	}
}

/// Memory of the node while it was driven, in bytes.
#[derive(Debug, Serialize)]
pub struct MemoryFigures {
	/// What it had allocated.
	pub own: Course,
	/// What it had mapped of files.
	pub files: Course,
	/// Both, at each block.
	pub course: Vec<Memory>,
}

/// How an amount of bytes went.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Course {
	/// At the first block.
	pub first: u64,
	/// Halfway.
	pub middle: u64,
	/// At the last.
	pub last: u64,
	/// What it grew by a block in the second half, by least squares.
	pub growth_a_block: f64,
}

impl MemoryFigures {
	/// From the course of it.
	pub fn new(course: Vec<Memory>) -> Self {
		let own = Course::of(&course, |memory| memory.resident.own);
		let files = Course::of(&course, |memory| memory.resident.files);
		Self { own, files, course }
	}
}

impl Course {
	fn of(course: &[Memory], bytes: fn(&Memory) -> u64) -> Self {
		let at = |memory: Option<&Memory>| memory.map_or(0, bytes);
		let half = course.len() / 2;
		let points: Vec<_> =
			course[half..].iter().map(|memory| (f64::from(memory.block), bytes(memory) as f64)).collect();
		Self {
			first: at(course.first()),
			middle: at(course.get(half)),
			last: at(course.last()),
			growth_a_block: slope(&points),
		}
	}
}

/// The slope of a line through points, by least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
	let count = points.len().max(1) as f64;
	let middle = points.iter().map(|(x, _)| x).sum::<f64>() / count;
	let level = points.iter().map(|(_, y)| y).sum::<f64>() / count;
	let add = |(both, square): (f64, f64), (x, y): &(f64, f64)| {
		(both + (x - middle) * (y - level), square + (x - middle).powi(2))
	};
	let (both, square) = points.iter().fold((0.0, 0.0), add);
	if square > 0.0 {
		both / square
	} else {
		0.0
	}
}

/// What the chain keeps at the end.
#[derive(Debug, Serialize)]
pub struct State {
	/// Of the database on disk, with the state of every block.
	pub database: u64,
	/// Of the subnets' pallet, at the last block, by storage item.
	pub items: BTreeMap<String, Item>,
}

/// What a storage item holds.
#[derive(Debug, Serialize)]
pub struct Item {
	pub keys: u64,
	/// Of its values.
	pub bytes: u64,
}

/// What one runtime call took over the node's socket.
#[derive(Debug, Serialize)]
pub struct View {
	/// The method.
	pub name: &'static str,
	pub latency: Spread,
	/// Of its answer.
	pub bytes: usize,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::node::Resident;

	#[test]
	fn percentiles_are_values_that_were_measured() {
		let spread = Spread::new((1..=20).rev().map(f64::from).collect());
		assert_eq!(spread, Spread { count: 20, mean: 10.5, median: 10.0, p95: 19.0, most: 20.0 });
		assert_eq!(Spread::new(Vec::new()), Spread { count: 0, mean: 0.0, median: 0.0, p95: 0.0, most: 0.0 });
	}

	#[test]
	fn blocks_are_told_apart_by_their_epochs() {
		let times = Times::from([(9, 100.0), (10, 1.0), (11, 5.0), (12, 3.0), (13, 100.0)]);
		let driven = Driven { from: 10, to: 12, rows: 0, memory: Vec::new() };
		let times = BlockTimes::new(&times, &driven, &[11, 13]);
		assert_eq!((times.quiet.count, times.epoch.count, times.hook()), (2, 1, 3.0));
	}

	#[test]
	fn memory_grows_by_what_the_second_half_shows() {
		let own = |block: u32| if block < 10 { 7 } else { 100 + 3 * u64::from(block) };
		let at = |block: u32| Memory { block, resident: Resident { own: own(block), files: 5 } };
		let MemoryFigures { own, files, .. } = MemoryFigures::new((0..20).map(at).collect());
		assert!((own.growth_a_block - 3.0).abs() < 1e-9, "{own:?}");
		assert_eq!((own.first, own.middle, own.last), (7, 130, 157));
		assert_eq!((files.middle, files.growth_a_block), (5, 0.0));
	}
}
