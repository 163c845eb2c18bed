// SPDX-License-Identifier: Apache-2.0
//! Which models repeat another: by their hashes, or by their losses.

use std::collections::BTreeMap;

use super::{digest::Digest, Block};
use crate::Uid;

/// Whose model it is. Only what was downloaded and answers to its hash is a claim: else anybody could make another's
/// model a duplicate by committing its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
	/// Who submits the model.
	pub uid: Uid,
	/// When it was committed.
	pub block: Block,
	/// All hashes that mark it, in commitments or of the content. Models that share one are the same.
	pub hashes: Vec<Digest>,
}

/// The uids whose model is an earlier one's, and whose it is. Of the same block, the one listed first is the original.
pub fn copies(claims: &[Claim]) -> BTreeMap<Uid, Uid> {
	let mut by_age: Vec<&Claim> = claims.iter().collect();
	by_age.sort_by_key(|claim| claim.block);
	let mut owners: BTreeMap<Digest, Uid> = BTreeMap::new();
	let mut copies = BTreeMap::new();
	for claim in by_age {
		let owner = claim.hashes.iter().find_map(|hash| owners.get(hash)).copied();
		if let Some(original) = owner {
			copies.insert(claim.uid, original);
		}
		for hash in &claim.hashes {
			owners.entry(*hash).or_insert(owner.unwrap_or(claim.uid));
		}
	}
	copies
}

/// Whether losses cannot tell two models apart: on each sample that both have, they differ by at most the part `epsilon`.
///
/// A copy can be changed so little that it is as good and yet hashes otherwise. Two that fail on the same sample do not
/// differ on it. Without a sample in common, nothing is known.
pub fn are_alike(losses: &[f64], others: &[f64], epsilon: f64) -> bool {
	let mut pairs = losses.iter().zip(others).peekable();
	pairs.peek().is_some() && pairs.all(|(a, b)| a == b || (a - b).abs() <= epsilon * a.min(*b))
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[track_caller]
	fn check(claims: &[(Uid, Block, &[&str])], expected: &[(Uid, Uid)]) {
		let claim = |(uid, block, hashes): &(Uid, Block, &[&str])| Claim {
			uid: *uid,
			block: *block,
			hashes: hashes.iter().map(Digest::of).collect(),
		};
		let claims: Vec<Claim> = claims.iter().map(claim).collect();
		assert_eq!(copies(&claims).into_iter().collect::<Vec<_>>(), expected);
	}

	#[test]
	fn the_lower_block_is_the_original() {
		check(&[(1, 9, &["a"]), (2, 3, &["a"]), (3, 5, &["b"]), (4, 4, &["a"])], &[(1, 2), (4, 2)]);
		check(&[(2, 3, &["a"]), (1, 3, &["a"])], &[(1, 2)]);
		check(&[], &[]);
	}

	#[test]
	fn a_copy_uploaded_anew_is_known_by_its_content() {
		check(&[(1, 5, &["id of 1", "content"]), (2, 4, &["id of 2", "content"])], &[(1, 2)]);
		check(&[(1, 1, &["x"]), (2, 2, &["x", "y"]), (3, 3, &["y"])], &[(2, 1), (3, 1)]);
	}

	#[test]
	fn a_difference_on_one_sample_tells_models_apart() {
		assert!(are_alike(&[2.0, 1.0], &[2.001, 0.9995], 0.001));
		assert!(!are_alike(&[2.0, 1.0], &[2.001, 0.99], 0.001));
		assert!(are_alike(&[2.0, 0.0, f64::INFINITY], &[2.0, 0.0, f64::INFINITY], 0.0));
	}

	#[test]
	fn what_was_not_compared_is_not_alike() {
		assert!(!are_alike(&[], &[1.0], 0.5));
		assert!(!are_alike(&[f64::INFINITY], &[1.0], 0.5));
		assert!(!are_alike(&[f64::NAN], &[f64::NAN], 0.5));
	}

	proptest! {
		#[test]
		fn of_each_hash_one_stays(claims in prop::collection::vec((0u32..4, 0u8..6), 0..20)) {
			let claim = |(uid, (block, hash)): (Uid, &(Block, u8))| Claim {
				uid,
				block: *block,
				hashes: vec![Digest::of([*hash])],
			};
			let claims: Vec<Claim> = (0..).zip(&claims).map(claim).collect();
			let copies = copies(&claims);
			let find = |uid: &Uid| claims.iter().find(|claim| claim.uid == *uid).unwrap();
			for (copy, original) in &copies {
				prop_assert!((find(original).block, original) < (find(copy).block, copy));
				prop_assert!(find(original).hashes == find(copy).hashes && !copies.contains_key(original));
			}
			let kept: Vec<_> = claims.iter().filter(|claim| !copies.contains_key(&claim.uid)).collect();
			prop_assert!(kept.iter().all(|one| kept.iter().all(|two| one == two || one.hashes != two.hashes)));
		}
	}
}
