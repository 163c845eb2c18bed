// SPDX-License-Identifier: Apache-2.0

//! Commitments on chain that say where a miner's bucket is.

use offchain_validator::bucket::BucketAddress;

use super::of_text;
use crate::{Decoder, Finding, Reading};

/// Reads the offender's commitment.
pub struct Address;

impl Decoder for Address {
	fn name(&self) -> &'static str {
		"bucket address"
	}

	fn honest(&self) -> Vec<Vec<u8>> {
		let credentials = ["a".repeat(32), "b".repeat(32), "c".repeat(64)].concat();
		vec![b"local:miner_4".into(), credentials.into()]
	}

	fn read(&self, bytes: &[u8]) -> Reading {
		match BucketAddress::parse(bytes) {
			Some(address) => {
				assert_eq!(BucketAddress::parse(address.commitment().as_bytes()), Some(address));
				Reading { said: "a bucket".into(), finding: Finding::Sound }
			},
			None => Reading { said: "no bucket".into(), finding: Finding::NoMiner },
		}
	}

	fn most_memory(&self, size: usize) -> usize {
		of_text(size)
	}
}
