// SPDX-License-Identifier: Apache-2.0

//! How a miner comes by what it submits. All roles but one are here to try an incentive mechanism against.

use std::fmt;
use std::str::FromStr;

use mechanisms::Uid;

/// How a miner comes by what it submits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinerRole {
	/// It trains.
	Honest,
	/// It submits again what the miner of this uid has submitted.
	Copier(Uid),
	/// It submits random numbers of the right shape.
	Noise,
}

/// The text is no role.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no role: use honest, noise or copy:UID")]
pub struct MinerRoleError(String);

impl FromStr for MinerRole {
	type Err = MinerRoleError;

	fn from_str(text: &str) -> Result<Self, MinerRoleError> {
		let copied = text.strip_prefix("copy:").and_then(|uid| uid.parse().ok());
		match (text, copied) {
			("honest", _) => Ok(Self::Honest),
			("noise", _) => Ok(Self::Noise),
			(_, Some(uid)) => Ok(Self::Copier(uid)),
			_ => Err(MinerRoleError(text.into())),
		}
	}
}

impl fmt::Display for MinerRole {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Honest => f.write_str("honest"),
			Self::Copier(uid) => write!(f, "copy:{uid}"),
			Self::Noise => f.write_str("noise"),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn roles_read_as_they_print() {
		for text in ["honest", "noise", "copy:3"] {
			assert_eq!(text.parse::<MinerRole>().map(|role| role.to_string()).expect("a role"), text);
		}
		for text in ["", "copy", "copy:", "copy:x", "copy:70000", "Honest"] {
			assert!(text.parse::<MinerRole>().is_err(), "{text}");
		}
	}
}
