// SPDX-License-Identifier: Apache-2.0
//! Whether the rules of the mechanism are those that miners are told of, or those that the reference runs.

use serde::{Deserialize, Serialize};

/// Which rules hold where the published code is at odds with its own documents, or can be turned against honest miners.
///
/// Every validator of a subnet must hold the same, or they disagree about who earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
	/// The documented rules, mended where they leave a hole. Each item that heeds the policy says what it does.
	Corrected,
	/// The reference's own, to follow its validators or to replay what they recorded. Numbers that are not finite stay
	/// refused.
	AsPublished,
}
