// SPDX-License-Identifier: Apache-2.0

//! What the node's own log says about each block: how long it took to build, and when it was imported.

use std::collections::BTreeMap;

/// Milliseconds by block.
pub type Times = BTreeMap<u32, f64>;

const BUILT: &str = "Prepared block for proposing at ";
/// Said once of each block that goes into the database. Lines of the level below would do as well, but a node that looks
/// at each of those is a slower node.
const IMPORTED: &str = "should_check_block_gap";
const BEST: &str = " Best: #";

/// What building each block took, by the proposer; it says whole milliseconds, rounded down.
pub fn built(log: &str) -> Times {
	let line = |line: &str| {
		let (_, words) = line.split_once(BUILT)?;
		let (block, words) = words.split_once(" (")?;
		let (took, _) = words.split_once(" ms)")?;
		Some((block.parse().ok()?, took.parse().ok()?))
	};
	log.lines().filter_map(line).collect()
}

/// What importing each block took: from when the one before went into the database until it did so itself.
pub fn imported(log: &str) -> Times {
	let best = log.lines().rev().find_map(|line| line.split_once(BEST)?.1.trim().parse::<u32>().ok());
	let Some(best) = best else { return Times::new() };
	let moments: Vec<f64> = log.lines().filter(|line| line.contains(IMPORTED)).filter_map(milliseconds).collect();
	// Once a day a clock without dates goes back.
	let took = |pair: &[f64]| if pair[1] < pair[0] { pair[1] + DAY - pair[0] } else { pair[1] - pair[0] };
	// The lines do not name their blocks, but blocks go in one by one, the best one last.
	(0..=best).rev().zip(moments.windows(2).rev().map(took)).collect()
}

const DAY: f64 = 86_400_000.0;

/// The time of day that a line of the log begins with, as in `2026-01-31 12:34:56.789`.
fn milliseconds(line: &str) -> Option<f64> {
	let time = line.split_whitespace().nth(1)?;
	let mut parts = time.splitn(3, ':').map(|part| part.parse::<f64>().ok());
	let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
	Some(((hours * 60.0 + minutes) * 60.0 + seconds) * 1_000.0)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_proposer_says_what_building_took() {
		let log = "2026-01-31 12:00:00.000 🎁 Prepared block for proposing at 12 (5 ms) hash: 0x00; end: none\n\
			2026-01-31 12:00:00.100 something else (7 ms)\n";
		assert_eq!(built(log), Times::from([(12, 5.0)]));
	}

	#[test]
	fn a_block_is_imported_from_the_one_before_on() {
		let log = "2026-01-31 23:59:59.400 DEBUG main db: should_check_block_gap = false\n\
			2026-01-31 23:59:59.500 DEBUG main other: something else\n\
			2026-01-31 23:59:59.900 DEBUG main db: should_check_block_gap = false\n\
			2026-02-01 00:00:00.100 DEBUG main db: should_check_block_gap = false\n\
			2026-02-01 00:00:00.200  INFO main sc_service: Imported 3 blocks. Best: #3\n";
		let times = imported(log);
		assert_eq!(times.keys().copied().collect::<Vec<_>>(), [2, 3]);
		assert!((times[&2] - 500.0).abs() < 1e-3 && (times[&3] - 200.0).abs() < 1e-3, "{times:?}");
	}
}
