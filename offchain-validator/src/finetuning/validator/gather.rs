// SPDX-License-Identifier: Apache-2.0

//! Which models are looked at in a step, and our copies of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use mechanisms::finetuning::state::Model;
use mechanisms::Uid;

use super::{Entry, Node, NodeError, Scores};
use crate::clock::Window;
use crate::finetuning::store::Fetched;
use crate::participant::WindowView;

/// Repositories that are fetched at once.
const AT_ONCE: usize = 4;

/// What was found of a model that was to be looked at.
#[derive(Clone, Debug)]
pub(super) enum Found {
	/// Our copy of it.
	Copy(Model, PathBuf),
	/// A copy of what this hotkey had first.
	CopiedFrom(String),
	/// There is none.
	Missing,
	/// It breaks a rule.
	Refused(String),
	/// The store cannot be read.
	Unreachable(String),
}

/// Fetches the models of a competition that are new to us, and those that we look at again.
pub(super) async fn gather(
	node: &Node,
	scores: &Scores,
	view: &WindowView,
	entries: &BTreeMap<Uid, Entry>,
	competition: &str,
) -> Result<BTreeMap<Uid, Found>, NodeError> {
	let entered: BTreeMap<Uid, &Entry> = entries
		.iter()
		.filter(|(_, entry)| entry.id.competition() == competition)
		.map(|(uid, entry)| (*uid, entry))
		.collect();
	let is_new = |uid: &Uid, entry: &Entry| scores.judged.get(uid) != Some(&entry.committed);
	let new: BTreeSet<Uid> = entered.iter().filter(|(uid, entry)| is_new(uid, entry)).map(|(uid, _)| *uid).collect();
	let wanted = scores.state.to_evaluate(competition, &new);
	let fetching = wanted.into_iter().filter(|uid| view.neurons.contains_key(uid)).map(|uid| {
		let miner = scores.state.miner(uid).filter(|miner| miner.competition == competition);
		let held = miner.and_then(|miner| Some((miner.model?, node.cache.get(&miner.model?.content)?)));
		let entry = entered.get(&uid).copied();
		async move { Ok::<_, NodeError>((uid, find(node, held, entry).await?)) }
	});
	let fetching: Vec<_> = fetching.collect();
	stream::iter(fetching).buffer_unordered(AT_ONCE).try_collect().await
}

/// Marks what another hotkey had first.
pub(super) fn mark_copies(
	scores: &mut Scores,
	window: Window,
	entries: &BTreeMap<Uid, Entry>,
	found: &mut BTreeMap<Uid, Found>,
) {
	let mut by_age: Vec<_> = found.iter_mut().collect();
	by_age.sort_by_key(|(uid, found)| match found {
		Found::Copy(model, _) => (model.block, **uid),
		_ => (u32::MAX, **uid),
	});
	for (uid, found) in by_age {
		let (Found::Copy(model, _), Some(entry)) = (&*found, entries.get(uid)) else { continue };
		if let Some(owner) = scores.origin(model.content, &entry.hotkey, model.block, window) {
			*found = Found::CopiedFrom(owner.into());
		}
	}
}

/// The model of an entry, if there is one; `held` is the one we looked at last, and our copy of it.
async fn find(node: &Node, held: Option<(Model, PathBuf)>, entry: Option<&Entry>) -> Result<Found, NodeError> {
	let Some(entry) = entry else { return Ok(Found::Missing) };
	// The same hash is the same content, wherever it lies.
	if let Some((known, folder)) = held.as_ref().filter(|(known, _)| known.committed == entry.id.hash()) {
		return Ok(Found::Copy(Model { block: entry.committed.block, ..*known }, folder.clone()));
	}
	Ok(judge(entry, node.fetch(entry).await?, held))
}

/// What is to be made of what the store has for an entry.
///
/// Miners commit before they show, so that nobody can copy in between. Until the new model is there the last one counts.
fn judge(entry: &Entry, fetched: Fetched, held: Option<(Model, PathBuf)>) -> Found {
	match fetched {
		Fetched::Repository(repository) => {
			let (block, committed, content) = (entry.committed.block, entry.id.hash(), repository.content);
			Found::Copy(Model { block, committed, content }, repository.folder)
		},
		Fetched::Missing => held.map_or(Found::Missing, |(known, folder)| Found::Copy(known, folder)),
		Fetched::Refused(why) => Found::Refused(why),
		Fetched::Unreachable(why) => Found::Unreachable(why),
	}
}

impl fmt::Display for Found {
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Copy(..) => formatter.write_str("fetched"),
			Self::CopiedFrom(hotkey) => write!(formatter, "a copy of what {hotkey} had first"),
			Self::Missing => formatter.write_str("no model"),
			Self::Refused(why) => write!(formatter, "refused: {why}"),
			Self::Unreachable(why) => write!(formatter, "unreachable: {why}"),
		}
	}
}

#[cfg(test)]
mod tests {
	use mechanisms::finetuning::digest::Digest;

	use super::*;
	use crate::finetuning::scores::Committed;

	fn entry(hotkey: &str, content: Digest, block: u32) -> (Entry, Found) {
		let committed = content.owned_by(hotkey);
		let text = format!("{hotkey}:model:{}:{committed}:toy", "a".repeat(40));
		let id = text.parse().expect("a model's id");
		let model = Model { block, committed, content };
		(Entry { id, committed: Committed { block, text }, hotkey: hotkey.into() }, Found::Copy(model, PathBuf::new()))
	}

	/// The uids whose model is another's, of miners with `(content, block)` each.
	fn copies(scores: &mut Scores, window: Window, miners: &[(&str, u32)]) -> Vec<Uid> {
		let both = (0..).zip(miners).map(|(uid, (content, block))| {
			let (entry, found) = entry(&format!("hotkey{uid}"), Digest::of(content), *block);
			((uid, entry), (uid, found))
		});
		let (entries, mut found): (BTreeMap<_, _>, BTreeMap<_, _>) = both.unzip();
		mark_copies(scores, window, &entries, &mut found);
		found.iter().filter(|(_, found)| matches!(found, Found::CopiedFrom(_))).map(|(uid, _)| *uid).collect()
	}

	#[test]
	fn until_the_new_model_is_shown_the_last_one_counts() {
		let (entry, _) = entry("maker", Digest::of("new"), 40);
		let last = Model { block: 10, committed: Digest::of("claim"), content: Digest::of("old") };
		let held = || Some((last, PathBuf::from("old")));
		let is_last = |found| matches!(found, Found::Copy(model, folder) if model == last && folder.ends_with("old"));
		assert!(is_last(judge(&entry, Fetched::Missing, held())));
		assert!(matches!(judge(&entry, Fetched::Missing, None), Found::Missing));
		assert!(matches!(judge(&entry, Fetched::Refused("too large".into()), held()), Found::Refused(_)));
	}

	#[test]
	fn who_committed_a_content_first_has_it() {
		let mut scores = Scores::default();
		assert_eq!(copies(&mut scores, 1, &[("a", 20), ("a", 10), ("b", 30)]), [0]);
		// The maker has gone on; the copier has still what it copied.
		assert_eq!(copies(&mut scores, 2, &[("a", 20), ("c", 40), ("b", 30)]), [0]);
	}
}
