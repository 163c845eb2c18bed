// SPDX-License-Identifier: Apache-2.0

//! The steps of the run, from a node that has just started to an outcome that can be reported.

use std::time::Duration;

use offchain_validator::chain::{calls, root, Call, Chain, ChainError, Deadlines, Role, Signer, Submission};

use crate::progress::Progress;
use crate::read::{self, Payout};
use crate::votes::{Vote, Votes};

/// Netuid of the root network.
const ROOT: u16 = 0;
/// Blocks between two epochs of the subnets that are opened here.
const TEMPO: u16 = 10;
/// How long a node may take from its start to its first answer.
const START: Duration = Duration::from_secs(90);
/// Blocks that a step may take longer than planned.
const SPARE_BLOCKS: u32 = 30;
/// Time that a step may take beyond its blocks, on a busy machine.
const SPARE: Duration = Duration::from_secs(60);

/// Why the run ended before its outcome.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
	#[error("the node did not answer within {START:?}")]
	NoAnswer(#[source] ChainError),
	#[error("the node does not fit this program")]
	Unfit(#[source] ChainError),
	#[error("opening the subnets failed")]
	Subnets(#[source] ChainError),
	#[error("registering the root validators failed")]
	Register(#[source] ChainError),
	#[error("staking on the root validators failed")]
	Stake(#[source] ChainError),
	#[error("voting failed")]
	Vote(#[source] ChainError),
	#[error("waiting for the root epoch failed")]
	Epoch(#[source] ChainError),
	#[error("this chain's root epoch never runs")]
	NoEpoch,
	#[error("waiting for payouts failed")]
	Payouts(#[source] ChainError),
	#[error("only {paid} of {wanted} payouts came in the {blocks} blocks after the root epoch")]
	Unpaid { paid: usize, wanted: u32, blocks: u32 },
}

/// Connects as soon as the node answers, if its chain has all that will be used of it.
pub async fn connect(endpoint: &str, block_time: Duration) -> Result<Chain, RunError> {
	let deadlines = Deadlines { finality: block_time * SPARE_BLOCKS + SPARE, ..Deadlines::default() };
	let patience = tokio::time::Instant::now() + START;
	loop {
		match Chain::connect_with(endpoint, deadlines).await {
			Ok(chain) => return chain.checked(Role::Localnet).await.map_err(RunError::Unfit),
			Err(error) if tokio::time::Instant::now() > patience => return Err(RunError::NoAnswer(error)),
			Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
		}
	}
}

/// Sends the votes, waits until they have counted and paid, and returns what they were paid.
pub async fn vote(
	chain: &Chain,
	votes: &Votes,
	payouts: u32,
	block_time: Duration,
	progress: &Progress,
) -> Result<Vec<Payout>, RunError> {
	open_subnets(chain, votes, progress).await.map_err(RunError::Subnets)?;

	progress.step(format!("Registering root validators ({})", votes.validators.len()));
	submit_each(chain, votes, |vote| Ok(calls::root_register(vote.account()?))).await.map_err(RunError::Register)?;

	progress.step("Staking");
	let stake = |vote: &Vote| Ok(calls::add_stake(vote.account()?, ROOT, vote.stake));
	submit_each(chain, votes, stake).await.map_err(RunError::Stake)?;

	progress.step("Voting");
	submit_each(chain, votes, set_root_weights).await.map_err(RunError::Vote)?;

	let epoch = wait_for_epoch(chain, block_time, progress).await?;
	wait_for_payouts(chain, epoch, payouts, progress).await
}

/// Opens the subnets that the votes need and the chain lacks, all of them or none.
async fn open_subnets(chain: &Chain, votes: &Votes, progress: &Progress) -> Result<(), ChainError> {
	let existing = read::netuids(&chain.at_finalized().await?).await?;
	let missing: Vec<u16> = votes.subnets.difference(&existing).copied().collect();
	if missing.is_empty() {
		return Ok(());
	}
	progress.step(format!("Opening subnets ({})", missing.len()));
	let opening = missing.into_iter().map(|netuid| calls::create_network(netuid, TEMPO)).collect();
	let call = calls::sudo(calls::batch_all(opening));
	chain.submit(call, &Signer::from_uri("//Alice")?).await.map(|_| ())
}

/// One signed call per vote, by the validator's coldkey.
async fn submit_each(
	chain: &Chain,
	votes: &Votes,
	call: impl Fn(&Vote) -> Result<Call, ChainError>,
) -> Result<(), ChainError> {
	let submission = |vote: &Vote| Ok(Submission { call: call(vote)?, signer: Signer::from_uri(vote.coldkey)? });
	let submissions = votes.validators.iter().map(submission).collect::<Result<_, ChainError>>()?;
	chain.submit_all(submissions).await.map(|_| ())
}

fn set_root_weights(vote: &Vote) -> Result<Call, ChainError> {
	let (dests, weights): (Vec<u16>, Vec<u16>) = vote.weights.iter().unzip();
	Ok(calls::set_root_weights(ROOT, vote.account()?, &dests, &weights, 0))
}

/// Waits until the votes have counted, and returns the block in which they did.
async fn wait_for_epoch(chain: &Chain, block_time: Duration, progress: &Progress) -> Result<u32, RunError> {
	progress.step("Waiting for the root epoch");
	let at = chain.at_finalized().await.map_err(RunError::Epoch)?;
	let epoch = root::next_epoch(&at).await.map_err(RunError::Epoch)?.ok_or(RunError::NoEpoch)?;
	let blocks = epoch.saturating_sub(at.block().number).saturating_add(SPARE_BLOCKS);
	let limit = block_time.saturating_mul(blocks).saturating_add(SPARE);
	let told = |block: offchain_validator::chain::BlockId| {
		progress.detail(format_args!("block {} of {epoch}", block.number));
	};
	chain.wait_for_block(epoch, limit, told).await.map_err(RunError::Epoch)?;
	Ok(epoch)
}

/// Waits for `wanted` blocks, from the epoch's own on, in which the chain minted.
async fn wait_for_payouts(
	chain: &Chain,
	epoch: u32,
	wanted: u32,
	progress: &Progress,
) -> Result<Vec<Payout>, RunError> {
	progress.step("Waiting for payouts");
	let last = epoch.saturating_add(wanted).saturating_add(SPARE_BLOCKS);
	let mut payouts = Vec::new();
	let mut issued = read::total_issuance(chain, epoch.saturating_sub(1)).await.map_err(RunError::Payouts)?;
	for block in epoch..=last {
		chain.wait_for_block(block, chain.deadlines().finality, |_| ()).await.map_err(RunError::Payouts)?;
		let now = read::total_issuance(chain, block).await.map_err(RunError::Payouts)?;
		if now > issued {
			payouts.push(Payout { block, rao: now - issued });
			progress.detail(format_args!("{} of {wanted}", payouts.len()));
		}
		if payouts.len() >= wanted as usize {
			return Ok(payouts);
		}
		issued = now;
	}
	Err(RunError::Unpaid { paid: payouts.len(), wanted, blocks: last.saturating_sub(epoch) })
}
