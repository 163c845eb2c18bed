// SPDX-License-Identifier: Apache-2.0

//! Names of objects in a bucket.

use mechanisms::templar::Verdict;
use offchain_validator::bucket::{Kind, ObjectKey};
use offchain_validator::participant::VERSION;

use super::of_text;
use crate::{Decoder, Finding, Reading, OFFENDER, WINDOW};

/// Reads the name of an object.
pub struct Key;

/// The name that is looked for.
pub const WANTED: ObjectKey = ObjectKey { kind: Kind::Gradient, window: WINDOW, uid: OFFENDER, version: VERSION };

impl Decoder for Key {
	fn name(&self) -> &'static str {
		"object key"
	}

	fn honest(&self) -> Vec<Vec<u8>> {
		vec![WANTED.to_string().into()]
	}

	fn read(&self, bytes: &[u8]) -> Reading {
		let text = String::from_utf8_lossy(bytes);
		let found = text.parse::<ObjectKey>();
		// One object has one name.
		assert!(found.is_err() || found.is_ok_and(|key| key.to_string() == text));
		let (said, finding) = match found {
			Ok(WANTED) => ("the object", Finding::Sound),
			Ok(_) => ("another object", Finding::Gradient(Verdict::Missing)),
			Err(_) => ("no object", Finding::Gradient(Verdict::Missing)),
		};
		Reading { said: said.into(), finding }
	}

	/// Bytes that are no text are written threefold.
	fn most_memory(&self, size: usize) -> usize {
		of_text(6 * size)
	}
}
