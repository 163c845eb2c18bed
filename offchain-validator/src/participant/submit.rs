// SPDX-License-Identifier: Apache-2.0

//! Sends a row of weights, and makes sure that the chain holds what was meant.

use std::collections::BTreeMap;

use mechanisms::{emit, Uid};
use tracing::{info, warn};

use super::{Participant, ParticipantError};
use crate::chain::{calls, metagraph, Chain, ChainError, Signer};
use crate::clock::Window;
use crate::state::Row;

/// The row that `shares` ask for; none if no share is positive.
pub fn row(window: Window, shares: &[(Uid, f32)]) -> Option<Row> {
	let scaled = emit::to_u16(&shares.iter().map(|(_, share)| f64::from(*share)).collect::<Vec<_>>()).ok()?;
	let weights = shares.iter().zip(scaled).filter(|(_, weight)| *weight > 0).map(|((uid, _), weight)| (*uid, weight));
	Some(Row { window, weights: weights.collect() })
}

/// Who sends, and where to.
pub struct Sender {
	chain: Chain,
	hotkey: Signer,
	netuid: u16,
	uid: Uid,
}

impl Sender {
	/// Sends for `participant`, without borrowing it.
	pub fn of(participant: &Participant) -> Self {
		let Participant { chain, hotkey, netuid, uid, .. } = participant;
		Self { chain: chain.clone(), hotkey: hotkey.clone(), netuid: *netuid, uid: *uid }
	}

	/// Sets `row` and returns it once the chain holds it. None if there was nothing to send or the chain refused, which is
	/// told; then the row stays due.
	pub async fn send(&self, row: Option<Row>) -> Result<Option<Row>, ParticipantError> {
		let Some(row) = row else { return Ok(None) };
		let dests: Vec<u16> = row.weights.keys().copied().collect();
		let values: Vec<u16> = row.weights.values().copied().collect();
		let call = calls::set_weights(self.netuid, &dests, &values, 0);
		let block = match self.chain.submit(call, &self.hotkey).await {
			Ok(block) => block,
			Err(
				error @ (ChainError::Dispatch { .. } | ChainError::Refused { .. } | ChainError::NotIncluded { .. }),
			) => {
				warn!("weights are not set and will be tried again: {}", crate::one_line(&error));
				return Ok(None);
			},
			Err(error) => return Err(error.into()),
		};
		let stored = metagraph::row(&self.chain.at(block).await?, self.netuid, self.uid).await?;
		if same_direction(&stored, &row.weights) {
			info!(window = row.window, block = block.number, weights = ?row.weights, "weights set");
			return Ok(Some(row));
		}
		warn!(sent = ?row.weights, ?stored, "the chain holds another row than was sent; it will be sent again");
		Ok(None)
	}
}

/// Whether two rows are the same but for weights of zero.
fn same_direction(stored: &BTreeMap<Uid, u16>, sent: &BTreeMap<Uid, u16>) -> bool {
	stored.iter().filter(|(_, weight)| **weight > 0).eq(sent.iter())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_largest_share_has_the_largest_weight_and_none_is_zero() {
		let row = row(9, &[(2, 0.5), (3, 0.25), (7, 1e-9)]).expect("there are shares");
		assert_eq!(row, Row { window: 9, weights: [(2, 65_535), (3, 32_768)].into() });
	}

	#[test]
	fn without_a_share_there_is_no_row() {
		assert_eq!(row(9, &[]), None);
		assert_eq!(row(9, &[(2, 0.0)]), None);
		assert_eq!(row(9, &[(2, f32::NAN)]), None);
	}

	#[test]
	fn weights_of_zero_may_be_dropped_or_kept() {
		assert!(same_direction(&[(1, 0), (2, 65_535)].into(), &[(2, 65_535)].into()));
		assert!(!same_direction(&[(1, 1), (2, 65_535)].into(), &[(2, 65_535)].into()));
		assert!(!same_direction(&[].into(), &[(2, 65_535)].into()));
	}
}
