// SPDX-License-Identifier: Apache-2.0

//! Back into a run that has gone on without us for longer than its objects are kept.
//!
//! Validators upload the model every few windows. We take the newest that we can find, in the order of their stake, if it
//! agrees with what others said of their models after the same window: then the windows since are replayed as any other,
//! from the miners' own gradients. Nobody's sum of gradients is taken, as the reference's aggregation server has it.
//!
//! What others said are a few elements of each parameter, so a checkpoint that is false in the rest passes. That is why
//! only those of validators are looked at, who have stake to lose.

use std::collections::BTreeMap;

use bytes::Bytes;
use mechanisms::templar::freshness::OpenSpan;
use mechanisms::templar::sync::{judge, Samples, Steps, SyncVerdict};
use mechanisms::Uid;
use tracing::{info, warn};

use super::debug::Debug;
use super::gather::debug_samples;
use super::node::{Node, NodeError};
use super::peers::validators;
use crate::bucket::{BucketAddress, BucketError, Fetched, Kind};
use crate::clock::Window;
use crate::model::Params;
use crate::participant::{Objects, WindowView};

/// Checkpoints that a validator keeps: the newest, and the one before it for who is reading that.
const KEPT: u32 = 2;
/// Others that must agree with a checkpoint at least.
const LEAST_WITNESSES: usize = 2;

/// What others say of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Agreement {
	/// How many have a model that is as near as one in step.
	agree: usize,
	/// How many have said anything that can be compared.
	witnesses: usize,
}

impl Agreement {
	/// Compares a checkpoint of `author` with what others said of their models. `steps` of `learning_rate` are near.
	fn of(checkpoint: &Samples, author: Uid, others: &BTreeMap<Uid, Debug>, learning_rate: f64, steps: f64) -> Self {
		let compared = |debug: &Debug| match judge(checkpoint, Some(&debug.samples), Steps::Even { learning_rate }) {
			SyncVerdict::Compared(compared) => Some(compared.avg_steps_behind),
			SyncVerdict::Failed(_) | SyncVerdict::Unjudged => None,
		};
		let others = others.iter().filter(|(uid, _)| **uid != author);
		let behind: Vec<f64> = others.filter_map(|(_, debug)| compared(debug)).collect();
		Self { agree: behind.iter().filter(|behind| **behind <= steps).count(), witnesses: behind.len() }
	}

	/// Whether most agree, and enough.
	fn is_enough(self) -> bool {
		self.agree >= LEAST_WITNESSES && self.agree > self.witnesses / 2
	}
}

/// Whether a checkpoint is made after `window`, which is not before the first of the run.
fn is_due(window: Window, start_window: Window, frequency: u32) -> bool {
	window.checked_sub(start_window).is_some_and(|since| since.saturating_add(1) % frequency == 0)
}

/// The windows before `newest` after which checkpoints were made, if the window that follows is in reach; the newest first.
fn windows_in_reach(
	newest: Window,
	retention: u32,
	start_window: Window,
	frequency: u32,
) -> impl Iterator<Item = Window> {
	let oldest = newest.saturating_sub(retention).saturating_sub(1);
	let due = (oldest..newest).rev().filter(move |window| is_due(*window, start_window, frequency));
	// Validators keep no more, and may be some windows behind.
	due.take(2 * KEPT as usize)
}

impl Node {
	/// Uploads the model after `window` if it is due.
	pub(super) async fn upload_checkpoint(&self, window: Window) -> Result<(), NodeError> {
		let frequency = self.hparams.training.checkpoint_frequency;
		if !is_due(window, self.participant.start_window, frequency) {
			return Ok(());
		}
		let file = self.checkpoints.file(window);
		match tokio::task::spawn_blocking(move || std::fs::read(file)).await? {
			Ok(model) => upload(&self.objects, frequency, window, model.into()).await,
			Err(error) => warn!(window, "no checkpoint: {error}"),
		}
		Ok(())
	}

	/// Takes a checkpoint if the next window is out of reach; says whether it has. An error if there is none to take.
	pub(super) async fn stay_in_reach(&mut self) -> Result<bool, NodeError> {
		let (newest, retention) = (self.participant.clock.window()?, self.hparams.windows.retention_windows);
		if newest.saturating_sub(self.next_window()) <= retention {
			return Ok(false);
		}
		info!(next = self.next_window(), newest, "too far behind to replay: looking for a checkpoint");
		let view = self.participant.view(newest.saturating_sub(1), 0).await?;
		let (start_window, frequency) = (self.participant.start_window, self.hparams.training.checkpoint_frequency);
		for window in windows_in_reach(newest, retention, start_window, frequency) {
			if self.take_checkpoint(window, &view).await? {
				return Ok(true);
			}
		}
		self.participant.check_reach(self.next_window(), retention)?;
		Ok(false)
	}

	/// Takes the first acceptable checkpoint of `window`, if there is one.
	async fn take_checkpoint(&mut self, window: Window, view: &WindowView) -> Result<bool, NodeError> {
		let max_bytes = Debug::max_bytes(self.layouts.iter().count());
		let everybody = view.published(|_| true, |commitment| BucketAddress::parse(&commitment.bytes));
		let others = debug_samples(&self.objects, everybody, window, max_bytes).await?;
		// What was there before the window had ended is of another chain, or false.
		let opens_ms = self.participant.began_ms(window.saturating_add(1)).await?;
		let open = OpenSpan { opens_ms, closes_ms: u64::MAX };
		for (uid, address) in validators(view, &self.hparams.peers) {
			let max_bytes = Params::max_bytes(&self.hparams.model);
			let Some(model) = fetch(&self.objects, window, &open, max_bytes, (uid, address)).await? else { continue };
			let bytes = model.clone();
			let samples = match self.device.run(move |engine| engine.samples_of(&bytes)).await? {
				Ok(samples) => samples,
				Err(error) => {
					info!(uid, window, "not a checkpoint: {}", crate::one_line(&error));
					continue;
				},
			};
			let steps = self.hparams.scoring.sync_max_steps_behind;
			let agreement = Agreement::of(&samples, uid, &others, self.learning_rate(window), steps);
			let Agreement { agree, witnesses } = agreement;
			if agreement.is_enough() {
				info!(uid, window, "going on from a checkpoint: {agree} of {witnesses} others agree");
				self.adopt(window, model).await?;
				return Ok(true);
			}
			info!(uid, window, "a checkpoint is left: {agree} of {witnesses} others agree");
		}
		Ok(false)
	}
}

/// Puts a checkpoint into our bucket, and removes all but the last few.
async fn upload(objects: &Objects, frequency: u32, window: Window, model: Bytes) {
	objects.upload_for(frequency.saturating_mul(KEPT - 1), Kind::Checkpoint, window, model).await;
}

/// What a validator's bucket holds as the checkpoint of a window, uploaded while that was `open`.
async fn fetch(
	objects: &Objects,
	window: Window,
	open: &OpenSpan,
	max_bytes: usize,
	of: (Uid, BucketAddress),
) -> Result<Option<Bytes>, BucketError> {
	let found = objects.fetch(Kind::Checkpoint, window, Some(open), max_bytes, [of]).await?;
	Ok(found.into_values().find_map(|fetched| match fetched {
		Fetched::Object { bytes, .. } => Some(bytes),
		_ => None,
	}))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::bucket::BucketName;
	use crate::participant::ObjectsSettings;

	fn samples(shift: f32) -> Samples {
		[("a".into(), vec![1.0 + shift, 2.0]), ("b".into(), vec![3.0, 4.0 + shift])].into()
	}

	fn said(samples: Samples) -> Debug {
		Debug { window: 7, samples, successful_peers: Vec::new(), skipped_peers: Vec::new() }
	}

	/// Whether a checkpoint of uid 0 is taken where others, counted from uid 0 on, said so.
	#[track_caller]
	fn check(others: &[Samples], expected: bool) {
		let others = (0..).zip(others.iter().cloned().map(said)).collect();
		let agreement = Agreement::of(&samples(0.0), 0, &others, 0.01, 3.0);
		assert_eq!(agreement.is_enough(), expected, "{agreement:?}");
	}

	#[test]
	fn most_must_agree_and_more_than_one() {
		let (right, wrong) = (samples(0.0), samples(1.0));
		check(&[right.clone(), right.clone(), right.clone()], true);
		check(&[right.clone(), right.clone()], false);
		check(&[wrong.clone(), right.clone(), right.clone(), wrong.clone()], true);
		check(&[wrong.clone(), right.clone(), right.clone(), wrong.clone(), wrong], false);
		check(&[right], false);
		check(&[], false);
	}

	#[test]
	fn a_few_steps_are_no_difference() {
		check(&[samples(0.0), samples(0.05), samples(-0.05)], true);
		check(&[samples(0.0), samples(0.07), samples(-0.07)], false);
	}

	#[test]
	fn who_says_nothing_of_use_has_no_vote() {
		let (right, nothing) = (samples(0.0), Samples::new());
		let not_finite = Samples::from([("a".into(), vec![f32::NAN, 2.0]), ("b".into(), vec![3.0, 4.0])]);
		let short = Samples::from([("a".into(), vec![1.0]), ("b".into(), vec![3.0, 4.0])]);
		check(&[nothing.clone(), nothing, not_finite, short, right.clone(), right], true);
	}

	#[test]
	fn a_checkpoint_that_is_not_finite_is_not_taken() {
		let checkpoint = Samples::from([("a".into(), vec![f32::INFINITY])]);
		let others = (1..4).map(|uid| (uid, said(checkpoint.clone()))).collect();
		assert!(!Agreement::of(&checkpoint, 0, &others, 0.01, 3.0).is_enough());
	}

	#[tokio::test]
	async fn the_last_checkpoints_are_kept_and_only_those_of_use_are_read() {
		let root = tempfile::tempdir().expect("a folder can be made");
		let name = BucketName::new("validator").expect("it is a name");
		let bucket = BucketAddress::Local(name.clone());
		let objects = Objects::open(ObjectsSettings::local(name, root.path()), 3, 100).expect("it can be opened");
		for window in [1, 3, 5] {
			upload(&objects, 2, window, format!("model {window}").into()).await;
		}
		let found = async |window, opens_ms, max_bytes| {
			let open = OpenSpan { opens_ms, closes_ms: u64::MAX };
			let found = fetch(&objects, window, &open, max_bytes, (3, bucket.clone())).await;
			found.expect("the buckets are there").map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
		};
		assert_eq!(found(1, 0, 100).await, None, "an old one");
		assert_eq!(found(3, 0, 100).await.as_deref(), Some("model 3"));
		assert_eq!(found(5, 0, 7).await.as_deref(), Some("model 5"));
		assert_eq!(found(5, 0, 6).await, None, "more bytes than a model has");
		assert_eq!(found(5, u64::MAX, 100).await, None, "one from before its window had ended");
	}

	#[test]
	fn checkpoints_are_made_every_so_many_steps_and_looked_for_while_they_are_of_use() {
		assert_eq!((0..40).filter(|window| is_due(*window, 10, 10)).collect::<Vec<_>>(), [19, 29, 39]);
		let in_reach = |newest, retention| windows_in_reach(newest, retention, 10, 2).collect::<Vec<_>>();
		assert!(in_reach(11, 6).is_empty());
		assert_eq!(in_reach(12, 6), [11]);
		assert_eq!(in_reach(30, 6), [29, 27, 25, 23]);
		assert_eq!(in_reach(30, 100), [29, 27, 25, 23]);
		assert_eq!(in_reach(31, 4), [29, 27]);
	}
}
