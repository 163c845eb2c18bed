// SPDX-License-Identifier: Apache-2.0
//! Where the tempos of a subnet end.

use super::Block;

/// The last block before `block` in which a tempo of `tempo` blocks ended, where one also ended in block `start`.
///
/// A validator that starts need only look at models committed after it: of the others, the chain's consensus knows the
/// best. `None` when no tempo has ended yet, or a tempo has no length.
pub fn last_end(start: Block, tempo: u32, block: Block) -> Option<Block> {
	let first = start.checked_rem(tempo)?;
	let before = block.checked_sub(1)?;
	let since = before.checked_sub(first)?.checked_rem(tempo)?;
	before.checked_sub(since)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_end_lies_before_the_block() {
		assert_eq!(last_end(10, 5, 15), Some(10));
		assert_eq!(last_end(10, 5, 16), Some(15));
		assert_eq!(last_end(10, 5, 10), Some(5));
	}

	#[test]
	fn before_the_first_end_there_is_none() {
		assert_eq!(last_end(12, 5, 3), Some(2));
		assert_eq!(last_end(12, 5, 2), None);
		assert_eq!(last_end(12, 5, 0), None);
		assert_eq!(last_end(12, 0, 100), None);
	}
}
