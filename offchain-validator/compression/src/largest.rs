// SPDX-License-Identifier: Apache-2.0

//! The largest elements of a chunk, found without sorting it.
//!
//! Elements are taken in groups, and the largest of each group is noted. The `k`-th largest of these notes is a bound that
//! `k` elements at least reach, so none of the `k` largest lies below it, nor in a group that does not reach it. Few elements
//! are left, and only those are compared with each other.

use multiversion::multiversion;

/// Least number of groups; a few vector registers.
const LEAST_GROUPS: usize = 64;
/// Chunks with fewer elements for each group are compared as a whole.
const LEAST_OF_A_GROUP: usize = 4;

/// What the search needs besides, whatever is in it.
#[derive(Default)]
pub(crate) struct Scratch {
	/// The largest size of each group.
	maxima: Vec<u32>,
	order: Vec<u32>,
	/// Size and index of an element in one number: the larger the element the smaller the number, and of elements of one
	/// size that of the first the smallest.
	candidates: Vec<u64>,
}

/// Writes the indices of the largest `values` by size, as many as there is room for in `indices`, ascending. Of equally
/// large ones the first are taken; NaN is larger than any, so that it is not lost from sight. There are at most 2^16
/// values, and no fewer than indices.
#[multiversion(targets("x86_64+avx2"))]
pub(crate) fn largest(values: &[f32], indices: &mut [u16], scratch: &mut Scratch) {
	let kept = indices.len();
	if kept == 0 {
		return;
	}
	let Scratch { maxima, order, candidates } = scratch;
	candidates.clear();
	let groups = (2 * kept).next_power_of_two().max(LEAST_GROUPS);
	if values.len() < LEAST_OF_A_GROUP * groups {
		candidates.extend(values.iter().enumerate().map(|(index, value)| candidate(*value, index)));
	} else {
		maxima.clear();
		maxima.resize(groups, 0);
		for row in values.chunks(groups) {
			maxima.iter_mut().zip(row).for_each(|(most, value)| *most = size(*value).max(*most));
		}
		order.clone_from(maxima);
		let bound = *order.select_nth_unstable_by(kept - 1, |a, b| b.cmp(a)).1;
		for (group, _) in maxima.iter().enumerate().filter(|(_, most)| **most >= bound) {
			let members = (group..values.len()).step_by(groups).filter(|index| size(values[*index]) >= bound);
			candidates.extend(members.map(|index| candidate(values[index], index)));
		}
	}
	if candidates.len() > kept {
		candidates.select_nth_unstable(kept - 1);
	}
	indices.iter_mut().zip(candidates.iter()).for_each(|(index, candidate)| *index = *candidate as u16);
	indices.sort_unstable();
}

/// The bits of floats without their sign are in the order of their sizes.
#[inline(always)]
fn size(value: f32) -> u32 {
	value.to_bits() & (u32::MAX >> 1)
}

#[inline(always)]
fn candidate(value: f32, index: usize) -> u64 {
	u64::from(!size(value)) << 32 | index as u64
}

#[cfg(test)]
mod tests;
