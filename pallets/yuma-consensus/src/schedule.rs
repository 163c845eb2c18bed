// SPDX-License-Identifier: Apache-2.0
//! When a subnet's epoch runs.

/// Whether the epoch of `netuid` runs in `block`: once every `tempo + 1` blocks, shifted by netuid so that not all
/// subnets run at once. Never for tempo 0.
pub fn is_epoch_block(block: u64, netuid: u16, tempo: u16) -> bool {
	tempo > 0 && blocks_until_epoch(block, netuid, tempo) == Some(0)
}

/// Blocks from `block` to the next epoch of `netuid`, 0 in the epoch's own block; `None` for tempo 0.
pub fn blocks_until_epoch(block: u64, netuid: u16, tempo: u16) -> Option<u64> {
	if tempo == 0 {
		return None;
	}
	let period = u64::from(tempo).saturating_add(1);
	// Reduced before adding, so that no block number overflows.
	let shift = u64::from(netuid).saturating_add(1).checked_rem(period)?;
	let phase = block.checked_rem(period)?.saturating_add(shift).checked_rem(period)?;
	Some(u64::from(tempo).saturating_sub(phase))
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn tempo_zero_never_runs() {
		assert!((0..1_000).all(|block| !is_epoch_block(block, 1, 0)));
		assert_eq!(blocks_until_epoch(5, 1, 0), None);
	}

	proptest! {
		#[test]
		fn the_epoch_runs_where_the_published_formula_says(block in 0u64..1 << 62, netuid: u16, tempo in 1u16..) {
			let formula = (block + u64::from(netuid) + 1) % (u64::from(tempo) + 1) == u64::from(tempo);
			prop_assert_eq!(is_epoch_block(block, netuid, tempo), formula);
		}

		#[test]
		fn the_announced_block_is_the_next_epoch(block in 0u64..1 << 62, netuid: u16, tempo in 1u16..200) {
			let wait = blocks_until_epoch(block, netuid, tempo).unwrap();
			prop_assert!(is_epoch_block(block + wait, netuid, tempo));
			prop_assert!((0..wait).all(|ahead| !is_epoch_block(block + ahead, netuid, tempo)));
		}
	}
}
