// SPDX-License-Identifier: Apache-2.0

//! Keys that sign calls. A secret never shows in output or errors.

use std::str::FromStr;

use subxt_signer::sr25519::Keypair;
use subxt_signer::SecretUri;

use super::{AccountId, ChainError};

/// An sr25519 key pair.
#[derive(Clone)]
pub struct Signer(Keypair);

impl Signer {
	/// From `phrase//hard/soft`; without a phrase the development phrase is meant, as in `//Alice`.
	pub fn from_uri(uri: &str) -> Result<Self, ChainError> {
		let secret = SecretUri::from_str(uri).map_err(|error| ChainError::Secret { source: error.into() })?;
		let keypair = Keypair::from_uri(&secret).map_err(|error| ChainError::Secret { source: error.into() })?;
		Ok(Self(keypair))
	}

	/// The account this key signs for.
	pub fn account(&self) -> AccountId {
		self.0.public_key().to_account_id()
	}

	pub(super) fn keypair(&self) -> &Keypair {
		&self.0
	}
}

impl std::fmt::Debug for Signer {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Signer({})", self.account())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn development_keys_are_the_well_known_ones() {
		let alice = Signer::from_uri("//Alice").expect("a valid secret");
		assert_eq!(alice.account().to_string(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
	}

	#[test]
	fn a_bad_secret_is_refused_and_not_shown() {
		let error = Signer::from_uri("hunter2 hunter2//Alice").expect_err("not a secret");
		assert!(!crate::one_line(&error).contains("hunter2"));
	}

	#[test]
	fn debugging_shows_the_account_only() {
		let signer = Signer::from_uri("//Bob").expect("a valid secret");
		assert_eq!(format!("{signer:?}"), format!("Signer({})", signer.account()));
	}
}
