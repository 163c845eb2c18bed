// SPDX-License-Identifier: Apache-2.0

//! Keys as the user names them.

use std::fs;

use anyhow::{bail, Context as _};
use offchain_validator::chain::{AccountId, Signer};

/// Who signs: `@FILE` with a secret phrase, or a development key such as `//Alice`.
///
/// A phrase itself is not taken: everybody on the machine can read a program's arguments.
pub fn signer(key: &str) -> anyhow::Result<Signer> {
	if let Some(file) = key.strip_prefix('@') {
		let secret = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
		return Ok(Signer::from_uri(secret.trim())?);
	}
	if !key.starts_with("//") {
		bail!("use @FILE with a secret phrase, or a development key such as //Alice");
	}
	Ok(Signer::from_uri(key)?)
}

/// Whose account: an ss58 address, or a development key such as `//Alice`.
pub fn account(text: &str) -> anyhow::Result<AccountId> {
	if text.starts_with("//") {
		return Ok(Signer::from_uri(text)?.account());
	}
	text.parse().with_context(|| format!("{text} is no ss58 address"))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_phrase_comes_from_a_file_only() {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let file = folder.path().join("hotkey");
		fs::write(&file, "//Alice\n").expect("it can be written");
		let from_file = signer(&format!("@{}", file.display())).expect("a secret");
		assert_eq!(from_file.account(), signer("//Alice").expect("a development key").account());

		let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
		let error = signer(phrase).expect_err("it is an argument");
		assert!(!format!("{error:#}").contains("bottom"), "the secret is shown");
	}
}
