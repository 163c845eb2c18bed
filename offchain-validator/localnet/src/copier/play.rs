// SPDX-License-Identifier: Apache-2.0

//! Plays the rounds: before each epoch every validator sets its row on every subnet, as signed extrinsics.

use std::collections::BTreeMap;

use offchain_validator::chain::{calls, metagraph, BlockId, Chain, ChainError, Submission};

use super::scenario::{epoch_after, members, Member, Part, Row, Stage, PERIOD, ROUNDS};
use super::CopierError;
use crate::progress::Progress;

/// Plays all rounds, and returns the block of the epoch in which the first one counts; the others follow a period apart.
pub async fn play(chain: &Chain, stages: &[Stage], progress: &Progress) -> Result<u32, CopierError> {
	// The neurons have their permits from the first epoch that has seen them.
	let permits = epoch_after(chain.finalized().await.map_err(CopierError::Play)?.number);
	let first = permits + u32::from(PERIOD);
	for round in 0..ROUNDS {
		let next = counted_in(first, round);
		let last = next - u32::from(PERIOD);
		chain.wait_for_block(last, chain.deadlines().finality, |_| ()).await.map_err(CopierError::Play)?;
		progress.detail(format_args!("{} of {ROUNDS}", round + 1));
		let blocks = vote(chain, stages, round, last).await.map_err(CopierError::Play)?;
		// An epoch runs before the calls of its block.
		if let Some(late) = blocks.iter().find(|block| block.number >= next) {
			return Err(CopierError::TooSlow { round, block: late.number, epoch: next });
		}
	}
	let last = counted_in(first, ROUNDS - 1);
	chain.wait_for_block(last, chain.deadlines().finality, |_| ()).await.map_err(CopierError::Play)?;
	Ok(first)
}

/// The block of the epoch in which the rows of `round` count, if `first` is that of the first round.
pub fn counted_in(first: u32, round: u32) -> u32 {
	first + round * u32::from(PERIOD)
}

/// Has everybody vote, and waits until all rows are in blocks, which are returned.
async fn vote(chain: &Chain, stages: &[Stage], round: u32, epoch: u32) -> Result<Vec<BlockId>, ChainError> {
	let seen = if round > 0 { seen(chain, stages, epoch).await? } else { BTreeMap::new() };
	let mut submissions = Vec::new();
	for member in members() {
		let row = |stage: &Stage| Some((stage.netuid, member.vote(round, seen.get(&stage.netuid))?));
		let rows: BTreeMap<u16, Row> = stages.iter().filter_map(row).collect();
		if !rows.is_empty() {
			submissions.push(Submission { call: calls::batch_set_weights(&rows, 0), signer: member.signer()? });
		}
	}
	chain.submit_all(submissions).await
}

/// What a copier sees: the row of the early one on each subnet, as it counted in the last epoch.
async fn seen(chain: &Chain, stages: &[Stage], epoch: u32) -> Result<BTreeMap<u16, Row>, ChainError> {
	let (at, early) = (chain.at_number(epoch).await?, Member::only(Part::Early).uid);
	let at = &at;
	let rows = stages.iter().map(|Stage { netuid, .. }| async move {
		let row = metagraph::row(at, *netuid, early).await?;
		Ok::<_, ChainError>((*netuid, row))
	});
	Ok(futures::future::try_join_all(rows).await?.into_iter().collect())
}
