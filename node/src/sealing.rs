// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! Says when the next block is due, as commands to the SDK's manual seal engine.
//!
//! What is made by the clock or for a transaction is finalised at once, because clients wait for finality; what is made by
//! request is as final as the request wants it. How a block is made is not known here.

use futures::{
	channel::{
		mpsc,
		oneshot::{self, Canceled},
	},
	stream::{self, BoxStream},
	Stream, StreamExt,
};
use futures_timer::Delay;
use root_weights_runtime::Hash;
use sc_consensus_manual_seal::{CreatedBlock, EngineCommand, Error};
use sc_transaction_pool_api::TransactionPool;
use std::time::{Duration, Instant};

/// What makes a block due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
	/// A block each time this much time has passed, be there transactions or not. Never zero.
	Interval(Duration),
	/// A block as soon as a transaction is ready.
	Instant,
	/// A block for each request by RPC.
	Manual,
}

/// Takes the requests of manual sealing.
pub type Requests = mpsc::Sender<EngineCommand<Hash>>;
/// Requests that may wait for the engine; who asks for more than that waits as well.
const WAITING_REQUESTS: usize = 16;

/// One command for each block that falls due, and where requests go if it is they who make blocks due.
pub fn commands<Pool: TransactionPool>(
	sealing: Sealing,
	pool: &Pool,
) -> (BoxStream<'static, EngineCommand<Hash>>, Option<Requests>) {
	match sealing {
		Sealing::Interval(period) => (seal_at(ticks(period).boxed(), true), None),
		// Two transactions that are ready together share a block, so the second one finds nothing left to do.
		Sealing::Instant => (seal_at(pool.import_notification_stream().map(drop).boxed(), false), None),
		Sealing::Manual => {
			let (requests, commands) = mpsc::channel(WAITING_REQUESTS);
			(commands.boxed(), Some(requests))
		},
	}
}

/// Turns each trigger into a command, and logs what became of it before it waits for the next trigger.
fn seal_at(triggers: BoxStream<'static, ()>, create_empty: bool) -> BoxStream<'static, EngineCommand<Hash>> {
	stream::unfold((triggers, None), move |(mut triggers, last)| async move {
		if let Some(outcome) = last {
			log_failure(outcome.await);
		}
		triggers.next().await?;
		let (sender, outcome) = oneshot::channel();
		let command =
			EngineCommand::SealNewBlock { create_empty, finalize: true, parent_hash: None, sender: Some(sender) };
		Some((command, (triggers, Some(outcome))))
	})
	.boxed()
}

/// A block that could not be made is no reason to stop: the next trigger tries again.
fn log_failure(outcome: Result<Result<CreatedBlock<Hash>, Error>, Canceled>) {
	match outcome {
		Ok(Ok(_)) | Ok(Err(Error::EmptyTransactionPool)) => {},
		Ok(Err(error)) => log::error!("no block was made this time: {error}"),
		Err(Canceled) => log::debug!("the sealing engine has stopped"),
	}
}

/// Ticks now and then each `period`. What falls due while a block is being made gives one tick, not one each.
fn ticks(period: Duration) -> impl Stream<Item = ()> {
	stream::unfold(Instant::now(), move |due| async move {
		Delay::new(due.saturating_duration_since(Instant::now())).await;
		Some(((), next_tick(due, Instant::now(), period)))
	})
}

/// The first instant after `now` that lies a whole number of periods after `due`, so that lateness does not add up.
fn next_tick(due: Instant, now: Instant, period: Duration) -> Instant {
	let mut next = due + period;
	while next <= now {
		next += period;
	}
	next
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::{executor::block_on, FutureExt};

	/// All times in milliseconds after the first tick.
	#[track_caller]
	fn check_next_tick(due: u64, now: u64, period: u64, expected: u64) {
		let start = Instant::now();
		let at = |ms| start + Duration::from_millis(ms);
		assert_eq!(next_tick(at(due), at(now), Duration::from_millis(period)), at(expected));
	}

	#[test]
	fn late_tick_does_not_delay_the_next() {
		check_next_tick(1000, 1000, 250, 1250);
		check_next_tick(1000, 1030, 250, 1250);
	}

	#[test]
	fn missed_ticks_are_skipped() {
		check_next_tick(1000, 1250, 250, 1500);
		check_next_tick(1000, 1990, 250, 2000);
	}

	#[test]
	fn failed_block_does_not_end_sealing() {
		let mut commands = seal_at(stream::iter([(), ()]).boxed(), true);
		for _ in 0..2 {
			let Some(EngineCommand::SealNewBlock { finalize: true, sender: Some(sender), .. }) =
				block_on(commands.next())
			else {
				panic!("a trigger gives a command that finalises")
			};
			sender.send(Err(Error::Other("deadline".into()))).expect("the outcome is awaited");
		}
		assert!(block_on(commands.next()).is_none());
	}

	#[test]
	fn next_command_waits_for_the_last_block() {
		let mut commands = seal_at(stream::iter([(), ()]).boxed(), true);
		let _first = block_on(commands.next());
		assert!(commands.next().now_or_never().is_none());
	}
}
