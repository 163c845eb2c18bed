// SPDX-License-Identifier: Apache-2.0

//! What is found of one miner must not move the scores of the others.
//!
//! A state in which all miners have earned is scored one window further, twice: with the finding, and as if its miner had
//! never been. Of the others, everything that is remembered must be the same to the last bit, but for their shares, which
//! must keep their proportions.

mod boltzmann;
mod finetuning;
mod templar;

use std::path::{Path, PathBuf};

use hostile::Finding;
use mechanisms::Uid;

/// Who plays fair.
const HONEST: [Uid; 3] = [1, 2, 3];

pub fn check_others_unmoved(finding: &Finding) {
	match finding {
		Finding::Sound | Finding::Ignored => {},
		Finding::Gradient(verdict) => templar::check(|seen| templar::submitted(seen, *verdict)),
		Finding::Sync(verdict) => templar::check(|seen| templar::compared(seen, verdict)),
		Finding::Slice(verdict) => boltzmann::check(*verdict),
		Finding::NoMiner => templar::check(templar::withdrew),
		Finding::Model(verdict) => finetuning::check(verdict),
	}
}

/// A file of the workspace.
pub fn file(path: &str) -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Shares as parts of what they sum to.
fn parts(shares: [f32; 3]) -> [f64; 3] {
	let sum: f64 = shares.iter().map(|share| f64::from(*share)).sum();
	assert!(sum > 0.0, "nobody earns, which proves nothing");
	shares.map(|share| f64::from(share) / sum)
}

fn assert_close(left: [f64; 3], right: [f64; 3]) {
	assert!(left.iter().zip(right).all(|(left, right)| (left - right).abs() < 1e-6), "{left:?} and {right:?}");
}
